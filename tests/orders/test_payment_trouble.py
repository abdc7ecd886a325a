"""P64: a payment did not work; the customer is told as they wish, once, and can pay again."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import stripe
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import OutgoingMail
from orders import payment_tasks, payment_trouble, payments, stripe_gateway, tasks, webhooks
from orders.models import Order, Payment, WebhookEvent
from orders.sandbox import contract
from orders.stripe_gateway import Intent
from privacy.models import Child
from tests.orders.factories import CANARY, make_ordered
from tests.orders.test_review import opened
from tests.payment_sandbox import SandboxAtWork
from tests.refunds.staff import member, signed_in

pytestmark = pytest.mark.django_db
State = Order.State
DECLINED = "4000000000000002"


@pytest.fixture(autouse=True)
def paid(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Orders that were paid. What the shop does then is for other tests."""
    done: list[int] = []
    monkeypatch.setattr(stripe_gateway, "NETWORK_RETRIES", 0)
    monkeypatch.setattr(payments, "_on_paid", [lambda order: done.append(order.pk)])
    return done


@pytest.fixture
def later() -> Iterator[time_machine.Traveller]:
    """The shop's clock, moved by hand. (The sandbox lives in the same process, and moves along.)"""
    with time_machine.travel(timezone.now(), tick=True) as traveller:
        yield traveller


def waiting(**fields: Any) -> Order:
    return make_ordered(state=State.AWAITING_PAYMENT, **fields)


def hear(sandbox: SandboxAtWork, *kinds: str) -> None:
    """The provider's messages arrive and are worked on."""
    for event in sandbox.events():
        if not kinds or event["type"] in kinds:
            assert sandbox.tell(Client(), event) == 200
    for stored in WebhookEvent.objects.filter(processed_at=None):
        assert webhooks.process(stored.pk)


def mails() -> list[str]:
    payment_tasks.sweep_payment_trouble()
    payment_tasks.sweep_payment_trouble()
    return list(OutgoingMail.objects.order_by("pk").values_list("template", flat=True))


def page_of(order: Order) -> str:
    return opened(order).get(reverse("orders:pay", args=[order.number])).text


# --- told by mail ---


def test_p64_a_declined_card_is_told_by_mail_half_an_hour_later_and_can_be_paid_again(
    payment_sandbox: SandboxAtWork, later: time_machine.Traveller, paid: list[int]
) -> None:
    order = waiting()
    page = payments.start(order).session_url
    assert "One step is missing" in page_of(order)
    assert payment_sandbox.pay(page, DECLINED).status == 402
    hear(payment_sandbox)
    payment = order.payments.get()
    assert (payment.state, payment.failed_at is not None) == (Payment.State.OPEN, True)
    assert "The payment did not work" in page_of(order)  # the page says it at once
    later.shift(timedelta(minutes=29))
    assert mails() == []  # they may still be typing
    later.shift(timedelta(minutes=2))
    assert mails() == ["payment_failed"]
    mail = OutgoingMail.objects.get()
    assert (mail.recipient, mail.subject) == (order.email, f"Your order {order.number}: the payment did not work")
    assert "nothing was charged" in mail.text
    assert CANARY not in mail.text + mail.html
    assert "/pay/" in mail.text
    # The same page takes another card, and a failure after that is history.
    assert payments.start(order).session_url == page
    payment_sandbox.pay(page)
    hear(payment_sandbox)
    order.refresh_from_db()
    assert (order.state, paid) == (State.PAID, [order.pk])
    later.shift(timedelta(days=2))
    assert mails() == ["payment_failed"]


def test_p64_whoever_pays_within_half_an_hour_is_not_written_to(
    payment_sandbox: SandboxAtWork, later: time_machine.Traveller
) -> None:
    order = waiting()
    page = payments.start(order).session_url
    for card in (DECLINED, "4000000000009995"):
        payment_sandbox.pay(page, card)
    hear(payment_sandbox)
    later.shift(timedelta(minutes=20))
    payment_sandbox.pay(page)
    hear(payment_sandbox)
    later.shift(timedelta(hours=40))
    assert mails() == []


def test_p64_a_page_that_closed_after_a_declined_card_is_told_at_once_and_once(
    payment_sandbox: SandboxAtWork, later: time_machine.Traveller
) -> None:
    order = waiting()
    payment_sandbox.pay(payments.start(order).session_url, DECLINED)
    later.shift(stripe_gateway.SESSION_LIFETIME + timedelta(seconds=1))
    payment_sandbox.sandbox.deliveries.keep_time()
    hear(payment_sandbox)
    assert order.payments.get().state == Payment.State.EXPIRED
    assert mails() == ["payment_failed"]
    assert "The payment did not work" in page_of(order)


def test_p64_a_page_that_closed_unpaid_is_told_and_the_next_attempt_is_another_one(
    payment_sandbox: SandboxAtWork, later: time_machine.Traveller
) -> None:
    order = waiting()
    payments.start(order)
    later.shift(stripe_gateway.SESSION_LIFETIME + timedelta(seconds=1))
    payment_sandbox.sandbox.deliveries.keep_time()
    hear(payment_sandbox)
    assert mails() == ["payment_failed"]
    assert OutgoingMail.objects.get().subject == f"Your order {order.number}: it is not paid yet"
    assert "The payment page has closed" in page_of(order)
    second = payments.start(order)
    assert mails() == ["payment_failed"]
    assert "One step is missing" in page_of(order)
    payment_sandbox.pay(second.session_url, DECLINED)
    hear(payment_sandbox)
    later.shift(timedelta(minutes=31))
    assert mails() == ["payment_failed", "payment_failed"]


def test_p64_a_lost_message_about_a_closed_page_costs_a_minute_only(
    payment_sandbox: SandboxAtWork, later: time_machine.Traveller
) -> None:
    order = waiting()
    payments.start(order)
    later.shift(stripe_gateway.SESSION_LIFETIME + timedelta(seconds=1))
    payment_sandbox.sandbox.deliveries.keep_time()
    payment_tasks.sweep_payments()
    assert mails() == ["payment_failed"]
    assert order.payments.get().state == Payment.State.EXPIRED


def test_p64_a_bank_that_says_no_days_later_closes_the_page(
    payment_sandbox: SandboxAtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Payment methods that take days: the sandbox has cards only, so what it answers is written here."""
    order = waiting()
    payment = payments.start(order)
    session_id = str(payment.session_id)
    filled_in = stripe_gateway.CheckoutSession(
        session_id, "", "complete", "unpaid", payment.amount, "eur", "pi_slow", order.number, True
    )
    failed = Intent("pi_slow", "processing", False, order.number, str(payment.pk))
    monkeypatch.setattr(stripe_gateway, "fetch_session", lambda _: filled_in)
    monkeypatch.setattr(stripe_gateway, "fetch_intent", lambda _: failed)
    event = WebhookEvent.objects.create(
        event_id="e", type="checkout.session.async_payment_failed", object_id=session_id
    )
    payment_trouble.money_never_came(event)
    payment.refresh_from_db()
    assert (payment.state, payment.failed_at) == (Payment.State.OPEN, None)
    failed = Intent("pi_slow", "requires_payment_method", True, order.number, str(payment.pk))
    payment_trouble.money_never_came(event)
    payment.refresh_from_db()
    assert (payment.state, payment.failed_at is not None) == (Payment.State.FAILED, True)
    assert mails() == ["payment_failed"]


# --- money stays true (F11) ---


@pytest.mark.parametrize("seed", range(8))
def test_f11_messages_about_failure_and_success_in_any_order_and_repeated_end_in_paid(
    payment_sandbox: SandboxAtWork, later: time_machine.Traveller, paid: list[int], seed: int
) -> None:
    order = waiting()
    page = payments.start(order).session_url
    for card in (DECLINED, "4000000000000069", "4242424242424242"):
        payment_sandbox.pay(page, card)
    events = payment_sandbox.events() * 3
    random.Random(seed).shuffle(events)
    for event in events:
        payment_sandbox.tell(Client(), event)
        for stored in WebhookEvent.objects.filter(processed_at=None):
            assert webhooks.process(stored.pk)
    order.refresh_from_db()
    payment = order.payments.get()
    assert (order.state, payment.state, paid) == (State.PAID, Payment.State.PAID, [order.pk])
    assert payment.failed_at is None  # the provider says that it has succeeded, whatever the message says
    later.shift(timedelta(hours=30))
    assert mails() == []


def test_a_late_message_about_an_old_page_says_nothing_about_the_new_one(
    payment_sandbox: SandboxAtWork, later: time_machine.Traveller
) -> None:
    order = waiting()
    payment_sandbox.pay(payments.start(order).session_url, DECLINED)
    later.shift(stripe_gateway.SESSION_LIFETIME + timedelta(seconds=1))
    second = payments.start(order)
    hear(payment_sandbox, "payment_intent.payment_failed")
    second.refresh_from_db()
    assert (second.state, second.failed_at) == (Payment.State.OPEN, None)
    assert order.payments.order_by("pk")[0].failed_at is not None
    assert mails() == []


def test_the_sandbox_tells_of_a_declined_card_as_stripe_does(payment_sandbox: SandboxAtWork) -> None:
    payment_sandbox.pay(payments.start(waiting()).session_url, DECLINED)
    (event,) = payment_sandbox.events("payment_intent.payment_failed")
    assert contract.problems(event, stripe.Event) == []
    intent = event["data"]["object"]
    assert contract.problems(intent, stripe.PaymentIntent) == []
    assert intent["status"] == "requires_payment_method"
    assert intent["last_payment_error"]["decline_code"] == "generic_decline"


def test_an_attempt_of_another_shop_is_done_with(payment_sandbox: SandboxAtWork) -> None:
    order = waiting()
    payment_sandbox.pay(payments.start(order).session_url, DECLINED)
    Order.objects.update(number="LD-0THER1")
    hear(payment_sandbox, "payment_intent.payment_failed")
    assert order.payments.get().failed_at is None


# --- told by telephone ---


def test_p64_who_wishes_a_call_is_on_the_list_until_somebody_has_spoken_to_them(
    payment_sandbox: SandboxAtWork, later: time_machine.Traveller
) -> None:
    order = waiting(contact_by="phone")
    payment_sandbox.pay(payments.start(order).session_url, DECLINED)
    hear(payment_sandbox)
    later.shift(timedelta(minutes=31))
    assert mails() == ["staff_task"]  # and none to the customer
    user = member("orders.change_payment", "orders.view_order")
    staff, path = signed_in(user), reverse("orders:staff_calls")
    page = staff.get(path).text
    for said in (order.number, order.name, f'href="tel:{order.phone}"', "did not accept the payment"):
        assert said in page
    staff.post(path, {"order": order.number, "nobody": "1"})
    assert "nobody answered" in staff.get(path).text
    staff.post(path, {"order": order.number, "reached": "1"})
    assert "Nobody waits for a call." in staff.get(path).text
    assert not payment_trouble.called(order, actor="staff:1", reached=True)
    assert list(order.events.values_list("kind", "actor"))[-2:] == [
        ("nobody_answered", f"staff:{user.pk}"),
        ("customer_called", f"staff:{user.pk}"),
    ]
    assert signed_in(member("orders.view_order", email="other@example.com")).get(path).status_code == 403


def test_p64_on_the_telephone_a_link_to_pay_is_promised_and_sent(
    payment_sandbox: SandboxAtWork, later: time_machine.Traveller
) -> None:
    order = waiting(contact_by="phone")
    payment_sandbox.pay(payments.start(order).session_url, DECLINED)
    hear(payment_sandbox)
    later.shift(timedelta(minutes=31))
    assert mails() == ["staff_task"]
    staff = signed_in(member("orders.change_payment"))
    answer = staff.post(reverse("orders:staff_calls"), {"order": order.number, "link": "1"}, follow=True)
    assert f"a link to pay {order.number} is on its way to {order.email}" in answer.text
    assert "Nobody waits for a call." in answer.text
    assert mails() == ["staff_task", "payment_failed"]


def test_p64_who_has_paid_meanwhile_is_not_called(
    payment_sandbox: SandboxAtWork, later: time_machine.Traveller
) -> None:
    order = waiting(contact_by="phone")
    page = payments.start(order).session_url
    payment_sandbox.pay(page, DECLINED)
    hear(payment_sandbox)
    later.shift(timedelta(minutes=31))
    assert mails() == ["staff_task"]
    assert list(payment_trouble.to_call()) == [order]
    payment_sandbox.pay(page)
    hear(payment_sandbox)
    assert not payment_trouble.to_call().exists()


# --- reminded, and let go ---


def test_p64_an_unpaid_order_is_reminded_once_and_then_let_go_with_one_mail() -> None:
    order = waiting()
    Payment.objects.create(order=order, idempotency_key="k", amount=1, currency="eur", state="failed")
    with time_machine.travel(order.created_at, tick=False) as clock:
        clock.shift(timedelta(hours=23, minutes=59))
        assert mails() == []
        clock.shift(timedelta(minutes=1))
        assert mails() == ["payment_reminder"]
        clock.shift(timedelta(hours=24))
        assert mails() == ["payment_reminder"]
        clock.shift(timedelta(minutes=1))
        tasks.sweep_unpaid()
        tasks.sweep_unpaid()
        assert mails() == ["payment_reminder", "order_not_paid"]
    order.refresh_from_db()
    assert order.state == State.CANCELLED
    assert Child.objects.get().end_reason == Child.End.ABANDONED
    mail = OutgoingMail.objects.get(template="order_not_paid")
    assert "Nothing was charged." in mail.text
    assert CANARY not in mail.text + mail.html


def test_p64_nobody_is_reminded_who_is_paying_or_heard_from_us_just_now() -> None:
    paying, told, by_phone = waiting(), waiting(), waiting(contact_by="phone")
    Payment.objects.create(order=paying, idempotency_key="1", amount=1, currency="eur", state="open")
    with time_machine.travel(paying.created_at + timedelta(hours=20), tick=False) as clock:
        Payment.objects.create(order=told, idempotency_key="2", amount=1, currency="eur", state="expired")
        assert mails() == ["payment_failed"]
        clock.shift(timedelta(hours=5))
        assert mails() == ["payment_failed"]
        clock.shift(timedelta(hours=8))
        assert mails() == ["payment_failed", "payment_reminder"]
    assert told.events.filter(kind="payment_reminder").count() == 1
    assert not paying.events.filter(kind="payment_reminder").exists()
    assert not by_phone.events.filter(kind="payment_reminder").exists()
