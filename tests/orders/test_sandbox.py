"""The payment sandbox behaves as the provider does: seen through the real SDK and through its own pages."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
import stripe
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from orders.sandbox.cards import CARDS
from tests.payment_sandbox import GOOD_CARD_FORM, SandboxAtWork, running_sandbox, visit

SHOP = "http://127.0.0.1:9"


@pytest.fixture
def api(payment_sandbox: SandboxAtWork) -> Any:
    return client_of(payment_sandbox)


def client_of(sandbox: SandboxAtWork, key: str = "sk_test_1") -> Any:
    return stripe.StripeClient(key, base_addresses={"api": sandbox.url}, max_network_retries=0).v1


def new_session(api: Any, *, key: str = "", **changes: Any) -> Any:
    price = {"currency": "eur", "unit_amount": 3990, "product_data": {"name": "The Night Post <b>"}}
    params = {
        "mode": "payment",
        "line_items": [{"quantity": 2, "price_data": price}],
        "success_url": f"{SHOP}/paid?session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{SHOP}/back",
        "client_reference_id": "LD-T00001",
        **changes,
    }
    return api.checkout.sessions.create(params=params, options={"idempotency_key": key} if key else None)


def paid_session(sandbox: SandboxAtWork, api: Any, number: str = "4242424242424242") -> Any:
    session = new_session(api)
    assert sandbox.pay(session.url, number).status == 303
    return api.checkout.sessions.retrieve(session.id)


# --- the API ---


def test_a_session_is_created_paid_and_told_about(payment_sandbox: SandboxAtWork, api: Any) -> None:
    session = new_session(api)
    assert (session.amount_total, session.status, session.payment_status) == (7980, "open", "unpaid")
    answer = payment_sandbox.pay(session.url)
    assert (answer.status, answer.location) == (303, f"{SHOP}/paid?session={session.id}")
    session = api.checkout.sessions.retrieve(session.id)
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    intent = api.payment_intents.retrieve(session.payment_intent)
    assert (intent.status, intent.amount_received) == ("succeeded", 7980)
    assert api.charges.retrieve(intent.latest_charge).paid is True
    events = api.events.list({"type": "checkout.session.completed"}).data
    assert [event.data.object["id"] for event in events] == [session.id]
    assert api.events.retrieve(events[0].id).api_version == stripe.api_version


def test_an_idempotency_key_replays_the_first_answer(payment_sandbox: SandboxAtWork, api: Any) -> None:
    first, again = new_session(api, key="k1"), new_session(api, key="k1")
    assert first.id == again.id
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert len(payment_sandbox.objects("checkout.session")) == 1


def test_an_idempotency_key_with_other_parameters_is_refused(api: Any) -> None:
    new_session(api, key="k1")
    with pytest.raises(stripe.IdempotencyError):
        new_session(api, key="k1", client_reference_id="LD-T00002")


def test_an_idempotency_key_is_forgotten_after_a_day(payment_sandbox: SandboxAtWork, api: Any) -> None:
    first = new_session(api, key="k1")
    payment_sandbox.advance(24 * 3600 + 1)
    assert new_session(api, key="k1").id != first.id


def test_a_request_that_was_never_begun_does_not_use_up_its_key(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        new_session(api, key="k1", mode="gift")
    assert new_session(api, key="k1").status == "open"


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"line_items": []}, "line_items"),
        ({"success_url": ""}, "success_url"),
        ({"expires_at": 1}, "expires_at"),
        ({"mode": "subscription"}, "mode"),
        ({"expand": ["payment_intent"]}, "expand"),
    ],
)
def test_wrong_sessions_are_refused_by_name(api: Any, changes: dict[str, Any], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        new_session(api, **changes)
    assert (refused.value.http_status, refused.value.param) == (400, param)


def test_unknown_things_and_keys_are_refused(payment_sandbox: SandboxAtWork, api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        api.refunds.retrieve("re_none")
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError):
        api.customers.list()
    for key in ("sk_live_1", "nonsense"):
        with pytest.raises(stripe.AuthenticationError):
            client_of(payment_sandbox, key).refunds.list()


def test_an_old_session_expires_and_cannot_be_paid(payment_sandbox: SandboxAtWork, api: Any) -> None:
    session = new_session(api, expires_at=int(time.time()) + 1800)
    payment_sandbox.advance(1801)
    assert api.checkout.sessions.retrieve(session.id).status == "expired"
    answer = payment_sandbox.pay(session.url)
    assert answer.status == 410
    assert "Nothing was taken" in answer.body
    assert payment_sandbox.objects("charge") == []
    assert len(payment_sandbox.events("checkout.session.expired")) == 1


def test_only_an_open_session_can_be_expired(payment_sandbox: SandboxAtWork, api: Any) -> None:
    assert api.checkout.sessions.expire(new_session(api).id).status == "expired"
    session = paid_session(payment_sandbox, api)
    with pytest.raises(stripe.InvalidRequestError):
        api.checkout.sessions.expire(session.id)


# --- refunds ---


def test_never_more_goes_back_than_was_charged(payment_sandbox: SandboxAtWork, api: Any) -> None:
    intent = paid_session(payment_sandbox, api).payment_intent
    assert api.refunds.create({"payment_intent": intent, "amount": 5000}).status == "succeeded"
    for amount in (2981, 0, -5):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            api.refunds.create({"payment_intent": intent, "amount": amount})
        assert refused.value.param == "amount"
    assert api.refunds.create({"payment_intent": intent}).amount == 2980
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.refunds.create({"payment_intent": intent})
    assert refused.value.code == "charge_already_refunded"
    found = api.refunds.list({"payment_intent": intent, "limit": 1})
    assert ([refund.amount for refund in found.data], found.has_more) == ([2980], True)
    rest = api.refunds.list({"payment_intent": intent, "starting_after": found.data[0].id})
    assert ([refund.amount for refund in rest.data], rest.has_more) == ([5000], False)


def test_a_refund_can_succeed_and_then_fail(payment_sandbox: SandboxAtWork, api: Any) -> None:
    intent = paid_session(payment_sandbox, api, "4000000000005126").payment_intent
    refund = api.refunds.create({"payment_intent": intent})
    assert refund.status == "succeeded"
    payment_sandbox.advance(60)
    refund = api.refunds.retrieve(refund.id)
    assert (refund.status, refund.failure_reason) == ("failed", "expired_or_canceled_card")
    assert api.charges.retrieve(refund.charge).amount_refunded == 0
    assert [event["type"] for event in payment_sandbox.events() if event["type"].startswith("refund.")] == [
        "refund.created",
        "refund.updated",
        "refund.failed",
    ]


def test_a_refund_can_be_pending_and_then_succeed(payment_sandbox: SandboxAtWork, api: Any) -> None:
    intent = paid_session(payment_sandbox, api, "4000000000007726").payment_intent
    refund = api.refunds.create({"payment_intent": intent})
    assert refund.status == "pending"
    payment_sandbox.advance(60)
    assert api.refunds.retrieve(refund.id).status == "succeeded"
    (event,) = payment_sandbox.events("refund.updated")
    assert event["data"]["previous_attributes"] == {"status": "pending"}


# --- the pay page ---


def test_the_page_shows_what_is_bought_and_says_sandbox(payment_sandbox: SandboxAtWork, api: Any) -> None:
    page = visit(new_session(api).url)
    assert page.status == 200
    for words in ("SANDBOX", "LittleDreamers", "The Night Post &lt;b&gt;", "× 2", "€79.80", f'href="{SHOP}/back"'):
        assert words in page.body
    for card in CARDS.values():
        assert card.spaced in page.body
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert f"form-action 'self' {SHOP};" in f"{policy};"
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", page.body)
    for asset in re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.body):
        assert visit(payment_sandbox.url + asset).status == 200


@pytest.mark.parametrize("card", [card for card in CARDS.values() if card.code], ids=lambda card: card.last4)
def test_a_decline_is_explained_and_the_page_stays_open(payment_sandbox: SandboxAtWork, api: Any, card: Any) -> None:
    session = new_session(api)
    declined = payment_sandbox.pay(session.url, card.number)
    assert declined.status == 402
    assert card.words in declined.body
    assert 'value="Sam Sandbox"' in declined.body
    assert 'value="12 / 34"' in declined.body
    assert card.number not in declined.body.replace(card.spaced, "")
    assert 'value="123"' not in declined.body
    (charge,) = payment_sandbox.objects("charge")
    assert (charge["status"], charge["failure_code"]) == ("failed", card.code)
    intent = payment_sandbox.objects("payment_intent")[0]
    assert intent["last_payment_error"]["decline_code"] == card.decline_code
    assert api.checkout.sessions.retrieve(session.id).status == "open"
    assert payment_sandbox.pay(session.url).status == 303


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"number": ""}, "Enter a card number"),
        ({"number": "5555 5555 5555 4444"}, "Never type a real card here"),
        ({"expiry": "13 / 34"}, "Enter month and year"),
        ({"expiry": "01 / 20"}, "in the past"),
        ({"cvc": "12"}, "Enter three digits"),
        ({"name": " "}, "Enter the name"),
    ],
)
def test_each_wrong_field_is_named(payment_sandbox: SandboxAtWork, api: Any, typed: dict[str, str], words: str) -> None:
    session = new_session(api)
    page = visit(session.url, {**GOOD_CARD_FORM, **typed})
    assert page.status == 422
    assert words in page.body
    assert page.body.count('aria-invalid="true"') == 1
    assert payment_sandbox.objects("charge") == []


@pytest.mark.parametrize("number", ["4000002760003184", "4000002500003155"])
def test_three_d_secure_asks_and_may_be_answered_with_no(payment_sandbox: SandboxAtWork, api: Any, number: str) -> None:
    session = new_session(api)
    asked = payment_sandbox.pay(session.url, number)
    assert asked.location == f"/c/pay/{session.id}/challenge"
    challenge = f"{session.url}/challenge"
    assert "€79.80" in visit(challenge).body
    assert payment_sandbox.objects("charge") == []
    refused = visit(challenge, {"answer": "fail"})
    assert refused.status == 402
    assert "did not confirm" in refused.body
    assert visit(challenge, {"answer": "complete"}).location == f"/c/pay/{session.id}"
    payment_sandbox.pay(session.url, number)
    assert visit(challenge, {"answer": "complete"}).location == f"{SHOP}/paid?session={session.id}"
    assert len(payment_sandbox.objects("charge")) == 1


def test_a_double_click_pays_once_and_ends_at_the_shop(payment_sandbox: SandboxAtWork, api: Any) -> None:
    session = new_session(api)
    answers = [payment_sandbox.pay(session.url) for _ in range(3)]
    assert {answer.location for answer in answers} == {f"{SHOP}/paid?session={session.id}"}
    assert len(payment_sandbox.objects("charge")) == 1
    again = visit(session.url)
    assert again.status == 200
    assert "This is paid" in again.body


def test_unknown_pages_are_friendly(payment_sandbox: SandboxAtWork) -> None:
    for path in ("/", "/c/pay/cs_test_nothing", "/c/pay/cs_test_nothing/challenge", "/assets/../server.py"):
        page = visit(payment_sandbox.url + path)
        assert page.status == 404
        assert "There is no payment here" in page.body


# --- starting it ---


def test_it_refuses_to_start_beside_a_live_key_or_outside_a_demo(settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_secret"
    with pytest.raises(CommandError, match="live Stripe key"):
        call_command("payment_sandbox", port=0)
    settings.STRIPE_SECRET_KEY = "sk_test_sandbox"
    settings.DEMO = False
    with pytest.raises(CommandError, match="demo"):
        call_command("payment_sandbox", port=0)


def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as before:
        session = new_session(client_of(before), key="k1")
        before.pay(session.url)
    with running_sandbox(tmp_path) as after:
        api = client_of(after)
        assert new_session(api, key="k1").id == session.id
        assert api.checkout.sessions.retrieve(session.id).payment_status == "paid"
        assert after.sandbox.store.undelivered() == len(after.events())
