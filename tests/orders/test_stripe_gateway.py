"""What goes to the payment provider and what comes back, through the real SDK over HTTP."""

import ast
import json
import time
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import stripe
from django.utils import timezone
from pytest_django import Settings

from orders import stripe_gateway
from orders.models import Order, Payment, Refund
from orders.sandbox import api as sandbox_api
from orders.sandbox.deliveries import signature
from orders.stripe_gateway import ForgedEvent, LineItem, PaymentProviderDown, PaymentRefused
from tests.orders.factories import make_order
from tests.payment_sandbox import SandboxAtWork

pytestmark = pytest.mark.django_db

ROOT = Path(stripe_gateway.__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's own retries would hide what these tests break."""
    monkeypatch.setattr(stripe_gateway, "NETWORK_RETRIES", 0)


def new_payment(order: Order | None = None, key: str = "pay-1") -> Payment:
    order = order or make_order()
    return Payment.objects.create(order=order, idempotency_key=key, amount=order.total, currency="eur")


def open_session(payment: Payment) -> stripe_gateway.CheckoutSession:
    return stripe_gateway.create_checkout_session(
        payment,
        lines=[LineItem("The Night Post", 1, 2990), LineItem("Delivery", 1, 490)],
        success_url="http://127.0.0.1:9/paid?session={CHECKOUT_SESSION_ID}",
        cancel_url="http://127.0.0.1:9/back",
        email=payment.order.email,
    )


def paid_payment(sandbox: SandboxAtWork, number: str = "4242424242424242") -> Payment:
    payment = new_payment()
    session = open_session(payment)
    sandbox.pay(session.url, number)
    payment.intent_id = stripe_gateway.fetch_session(session.id).intent_id
    payment.save()
    return payment


def test_p17_the_provider_learns_the_order_the_prices_and_the_mail_address_and_nothing_else(
    payment_sandbox: SandboxAtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[sandbox_api.Request] = []
    handle = sandbox_api.handle

    def listen(provider: object, request: sandbox_api.Request) -> sandbox_api.Reply:
        asked.append(request)
        return handle(payment_sandbox.sandbox.provider, request)

    monkeypatch.setattr(sandbox_api, "handle", listen)
    payment = new_payment()
    open_session(payment)
    (request,) = asked
    form = {key: values[0] for key, values in parse_qs(request.form).items()}
    number = payment.order.number
    expires = int((payment.created_at + stripe_gateway.SESSION_LIFETIME).timestamp())
    assert form == {
        "mode": "payment",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "2990",
        "line_items[0][price_data][product_data][name]": "The Night Post",
        "line_items[1][quantity]": "1",
        "line_items[1][price_data][currency]": "eur",
        "line_items[1][price_data][unit_amount]": "490",
        "line_items[1][price_data][product_data][name]": "Delivery",
        "client_reference_id": number,
        "metadata[order]": number,
        "payment_intent_data[metadata][order]": number,
        "payment_intent_data[metadata][payment]": str(payment.pk),
        "customer_email": "karen@example.com",
        "success_url": "http://127.0.0.1:9/paid?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:9/back",
        "expires_at": str(expires),
        "adaptive_pricing[enabled]": "false",
    }
    assert request.idempotency_key == "pay-1"


def test_a_session_comes_back_as_plain_data(payment_sandbox: SandboxAtWork) -> None:
    payment = new_payment()
    session = open_session(payment)
    assert session == stripe_gateway.CheckoutSession(
        id=session.id,
        url=f"{payment_sandbox.url}/c/pay/{session.id}",
        status="open",
        payment_status="unpaid",
        amount=3480,
        currency="eur",
        intent_id=None,
        order_number=payment.order.number,
        test_mode=True,
    )
    assert stripe_gateway.expire_session(session.id).status == "expired"
    with pytest.raises(PaymentRefused):
        stripe_gateway.expire_session(session.id)


def test_the_same_row_asks_for_the_same_session(payment_sandbox: SandboxAtWork) -> None:
    payment = new_payment()
    first = open_session(payment)
    assert open_session(Payment.objects.get(pk=payment.pk)) == first
    assert len(payment_sandbox.objects("checkout.session")) == 1


def test_p28_money_goes_back_to_the_charge_it_came_from_and_once_per_row(payment_sandbox: SandboxAtWork) -> None:
    payment = paid_payment(payment_sandbox)
    refund = Refund.objects.create(payment=payment, idempotency_key="re-1", amount=1000, reason="test")
    payment_sandbox.drop_answers("POST /v1/refunds")
    with pytest.raises(PaymentProviderDown):
        stripe_gateway.create_refund(refund)
    back = stripe_gateway.create_refund(refund)
    assert (back.status, back.amount, back.currency, back.intent_id) == ("succeeded", 1000, "eur", payment.intent_id)
    assert stripe_gateway.fetch_refund(back.id) == back
    (stored,) = payment_sandbox.objects("refund")
    assert stored["metadata"] == {"order": payment.order.number}
    with pytest.raises(PaymentRefused):
        stripe_gateway.create_refund(Refund(payment=payment, idempotency_key="re-2", amount=9999, reason="test"))


def test_a_refund_that_fails_later_says_why(payment_sandbox: SandboxAtWork) -> None:
    payment = paid_payment(payment_sandbox, "4000000000005126")
    back = stripe_gateway.create_refund(
        Refund(payment=payment, idempotency_key="re-1", amount=payment.amount, reason="test")
    )
    payment_sandbox.advance(60)
    back = stripe_gateway.fetch_refund(back.id)
    assert (back.status, back.failure) == ("failed", "expired_or_canceled_card")


def test_a_payment_that_was_never_made_cannot_be_refunded() -> None:
    with pytest.raises(PaymentRefused):
        stripe_gateway.create_refund(Refund(payment=new_payment(), idempotency_key="re-1", amount=1, reason="test"))


@pytest.mark.parametrize("mode", ["drop_next_answer", "drop_next_request", "refuse_next_request"])
def test_trouble_on_the_way_says_try_again(payment_sandbox: SandboxAtWork, mode: str) -> None:
    payment_sandbox.control("faults", {mode: "POST /v1/checkout/sessions"})
    payment = new_payment()
    with pytest.raises(PaymentProviderDown) as down:
        open_session(payment)
    assert down.value.retry_after > 0
    assert open_session(payment).status == "open"
    assert len(payment_sandbox.objects("checkout.session")) == 1


def test_the_sdk_tries_again_by_itself(payment_sandbox: SandboxAtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_gateway, "NETWORK_RETRIES", 1)
    payment_sandbox.drop_answers("POST /v1/checkout/sessions")
    assert open_session(new_payment()).status == "open"
    assert len(payment_sandbox.objects("checkout.session")) == 1


def test_a_provider_that_is_not_there_is_down(settings: Settings) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(PaymentProviderDown):
        stripe_gateway.fetch_session("cs_test_x")


def test_a_wrong_key_is_our_trouble_and_not_the_customers(payment_sandbox: SandboxAtWork, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_wrong"
    with pytest.raises(PaymentProviderDown, match="AuthenticationError"):
        stripe_gateway.fetch_session("cs_test_x")


def test_a_signed_event_is_read_and_every_other_one_refused(settings: Settings) -> None:
    body = json.dumps({"id": "evt_1", "type": "x.y", "data": {"object": {"id": "cs_1"}}}).encode()
    secret, now = settings.STRIPE_WEBHOOK_SECRET, int(time.time())
    event = stripe_gateway.construct_event(body, signature(body, secret, at=now))
    assert event == stripe_gateway.SignedEvent("evt_1", "x.y", "cs_1")
    for wrong in (
        "",
        "nonsense",
        f"t={now}",
        f"t={now},v1=00",
        signature(body, "whsec_other", at=now),
        signature(body + b" ", secret, at=now),
        signature(body, secret, at=now - 301),
        signature(body, secret, at=now + 320),
    ):
        with pytest.raises(ForgedEvent):
            stripe_gateway.construct_event(body, wrong)
    for nonsense in (b"", b"\xff\xfe", b"[]", b"{}", b'{"id":1}', b'{"id":"e","type":"t","data":{"object":{}}}'):
        with pytest.raises(ForgedEvent):
            stripe_gateway.construct_event(nonsense, signature(nonsense, secret, at=now))


def test_our_signature_scheme_is_the_sdks_own(settings: Settings) -> None:
    at = int(timezone.now().timestamp())
    theirs = stripe.WebhookSignature.generate_signature_header("{}", "whsec_x", at)
    assert signature(b"{}", "whsec_x", at=at) == theirs


def test_only_the_gateway_and_the_sandbox_import_the_sdk() -> None:
    importers = set()
    for app in ("accounts", "books", "littledreamers", "orders", "privacy", "refunds"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                if any(name.split(".")[0] == "stripe" for name in names):
                    importers.add(path.relative_to(ROOT).as_posix())
    assert {path for path in importers if not path.startswith("orders/sandbox/")} == {"orders/stripe_gateway.py"}
