"""The provider's messages: stored once, worked on once, whatever order they come in."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from orders import payments, stripe_gateway, webhooks
from orders.models import Order, Payment, WebhookEvent
from orders.stripe_gateway import PaymentProviderDown
from tests.orders.factories import make_line, make_order
from tests.payment_sandbox import SandboxAtWork, post_event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_gateway, "NETWORK_RETRIES", 0)


@pytest.fixture
def paid(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The orders that were paid, in that moment; the shop's own hooks rest."""
    done: list[int] = []
    monkeypatch.setattr(payments, "_on_paid", [lambda order: done.append(order.pk)])
    return done


@pytest.fixture
def order(paid: list[int]) -> Order:
    order = make_order()
    make_line(order)
    return order


@pytest.fixture
def later() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(timezone.now(), tick=True) as traveller:
        yield traveller


def event_body(event_id: str = "evt_1", kind: str = "checkout.session.completed", subject: str = "cs_1") -> bytes:
    return json.dumps({"id": event_id, "type": kind, "data": {"object": {"id": subject}}}).encode()


def test_an_event_is_stored_answered_and_worked_on_after_the_answer(
    order: Order,
    client: Client,
    payment_sandbox: SandboxAtWork,
    paid: list[int],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    payment_sandbox.pay(payments.start(order).session_url)
    (event,) = payment_sandbox.events("checkout.session.completed")
    with django_capture_on_commit_callbacks() as hints:
        assert payment_sandbox.tell(client, event) == 200
    assert paid == []
    stored = WebhookEvent.objects.get()
    assert (stored.event_id, stored.object_id) == (event["id"], event["data"]["object"]["id"])
    for hint in hints:
        hint()
    assert paid == [order.pk]
    stored.refresh_from_db()
    assert stored.processed_at is not None
    assert stored.tries == 1


def test_a_browser_of_somebody_else_cannot_post_here_without_a_signature_and_nobody_can_read() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.get("/payments/webhook/").status_code == 405
    assert post_event(strict, event_body(), header="") == 400
    assert post_event(strict, event_body()) == 200
    assert WebhookEvent.objects.count() == 1


def test_a_message_that_is_too_large_is_not_even_read(client: Client) -> None:
    assert post_event(client, event_body() + b" " * webhooks.MAX_BYTES) == 413
    assert not WebhookEvent.objects.exists()


def test_types_that_nobody_works_on_are_done_with(client: Client) -> None:
    assert post_event(client, event_body(kind="invoice.paid." + "x" * 80)) == 200
    event = WebhookEvent.objects.get()
    assert webhooks.process(event.pk)
    assert len(event.type) == 60


def test_a_message_about_an_object_is_only_a_hint_to_ask_for_it(
    order: Order, client: Client, payment_sandbox: SandboxAtWork, paid: list[int]
) -> None:
    payment = payments.start(order)
    lie = {"id": "evt_lie", "type": "checkout.session.completed", "data": {"object": {"id": payment.session_id}}}
    assert payment_sandbox.tell(client, {**lie, "payment_status": "paid"}) == 200
    assert webhooks.process(WebhookEvent.objects.get().pk)
    assert paid == []


def test_events_in_the_wrong_order_end_in_the_right_state(
    order: Order, client: Client, payment_sandbox: SandboxAtWork, paid: list[int]
) -> None:
    first = payments.start(order)
    payments.close(order)
    payment_sandbox.pay(payments.start(order).session_url)
    for event in reversed(payment_sandbox.events()):
        assert payment_sandbox.tell(client, event) == 200
    for pk in WebhookEvent.objects.order_by("pk").values_list("pk", flat=True):
        assert webhooks.process(pk)
    assert paid == [order.pk]
    assert set(order.payments.values_list("state", flat=True)) == {Payment.State.EXPIRED, Payment.State.PAID}
    first.refresh_from_db()
    assert first.state == Payment.State.EXPIRED


def test_an_event_of_another_shop_is_done_with(
    order: Order, client: Client, payment_sandbox: SandboxAtWork, paid: list[int]
) -> None:
    payment = payments.start(order)
    post_event(client, event_body(subject=str(payment.session_id)))
    payment.delete()
    assert webhooks.process(WebhookEvent.objects.get().pk)


def test_only_one_worker_has_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    event = WebhookEvent.objects.create(event_id="evt_1", type="test.once", object_id="x")
    seen: list[bool] = []

    def meanwhile(_: WebhookEvent) -> None:
        seen.append(webhooks.process(event.pk))

    monkeypatch.setitem(webhooks.HANDLERS, "test.once", meanwhile)
    assert webhooks.process(event.pk)
    assert seen == [False]
    assert not webhooks.process(event.pk)


def test_an_event_whose_worker_died_is_found_again(
    monkeypatch: pytest.MonkeyPatch, later: time_machine.Traveller
) -> None:
    event = WebhookEvent.objects.create(event_id="evt_1", type="test.once", object_id="x")
    done: list[int] = []
    monkeypatch.setitem(webhooks.HANDLERS, "test.once", lambda event: done.append(event.pk))
    assert webhooks.sweep() == 0, "the hint has its chance first"
    WebhookEvent.objects.update(lease_until=timezone.now() + webhooks.LEASE)  # somebody took it and died
    assert webhooks.sweep() == 0
    later.shift(webhooks.LEASE + timedelta(seconds=1))
    assert webhooks.sweep() == 1
    assert webhooks.sweep() == 0
    assert done == [event.pk]


def test_an_event_whose_hint_was_lost_is_found_again(
    monkeypatch: pytest.MonkeyPatch, later: time_machine.Traveller
) -> None:
    WebhookEvent.objects.create(event_id="evt_1", type="nobody", object_id="x")
    later.shift(webhooks.HINT_FIRST + timedelta(seconds=1))
    assert webhooks.sweep() == 1


@pytest.mark.parametrize(
    ("error", "pauses"),
    [(PaymentProviderDown("x", retry_after=30), [30, 60, 120]), (RuntimeError("a bug"), [10, 20, 40])],
)
def test_trouble_puts_an_event_off_longer_each_time(
    monkeypatch: pytest.MonkeyPatch, later: time_machine.Traveller, error: Exception, pauses: list[int]
) -> None:
    event = WebhookEvent.objects.create(event_id="evt_1", type="test.once", object_id="x")

    def trouble(_: WebhookEvent) -> None:
        raise error

    monkeypatch.setitem(webhooks.HANDLERS, "test.once", trouble)
    for pause in pauses:
        assert not webhooks.process(event.pk)
        event.refresh_from_db()
        assert event.lease_until is not None
        assert round((event.lease_until - timezone.now()).total_seconds()) == pause
        later.shift(timedelta(seconds=pause + 1))
    monkeypatch.setitem(webhooks.HANDLERS, "test.once", lambda event: None)
    assert webhooks.sweep() == 1


def test_a_type_has_one_handler() -> None:
    def mine(_: WebhookEvent) -> None: ...

    def other(_: WebhookEvent) -> None: ...

    try:
        webhooks.register("test.type", mine)
        webhooks.register("test.type", mine)
        with pytest.raises(ValueError, match=r"test\.type"):
            webhooks.register("test.type", other)
    finally:
        webhooks.HANDLERS.pop("test.type", None)


@pytest.mark.django_db(transaction=True)
def test_the_sandbox_delivers_over_http_and_again_when_it_was_turned_away(
    order: Order, payment_sandbox: SandboxAtWork, live_server: object, paid: list[int], settings: Settings
) -> None:
    payment_sandbox.pay(payments.start(order).session_url)
    hook = f"{live_server}/payments/webhook/"
    payment_sandbox.deliver_to(f"{live_server}/nowhere/")
    told = payment_sandbox.control("deliver", {})
    assert told["taken"] == 0
    waiting = told["waiting"]
    assert waiting == len(payment_sandbox.events()) > 0
    payment_sandbox.deliver_to(hook)
    payment_sandbox.advance(3600)
    payment_sandbox.control("deliver", {})
    assert payment_sandbox.sandbox.store.undelivered() == 0
    assert WebhookEvent.objects.count() == waiting
    assert paid == [order.pk]
