"""An order is paid once, whatever is clicked twice, lost or late."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError
from types import SimpleNamespace

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from orders import payments, states, stripe_gateway
from orders.models import Order, Payment
from orders.stripe_gateway import PaymentProviderDown
from privacy.models import Consent
from tests.orders.factories import make_line, make_order, make_ordered
from tests.payment_sandbox import SandboxAtWork

pytestmark = pytest.mark.django_db
State = Payment.State


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_gateway, "NETWORK_RETRIES", 0)


@pytest.fixture
def effects(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What was done because of money: ("paid", order) and ("give back", payment). The shop's own hooks rest."""
    done: list[tuple[str, int]] = []
    monkeypatch.setattr(payments, "_on_paid", [lambda order: done.append(("paid", order.pk))])
    monkeypatch.setattr(payments, "_on_paid_after_cancel", [lambda payment: done.append(("give back", payment.pk))])
    return done


@pytest.fixture
def order(effects: list[tuple[str, int]]) -> Order:
    order = make_order()
    make_line(order)
    return order


@pytest.fixture
def later() -> Iterator[time_machine.Traveller]:
    """The shop's clock, moved by hand. (The sandbox lives in the same process, and moves along.)"""
    with time_machine.travel(timezone.now(), tick=True) as traveller:
        yield traveller


def session_of(payment: Payment) -> str:
    assert payment.session_id is not None
    return payment.session_id


def kinds(order: Order) -> list[str]:
    return list(order.events.values_list("kind", flat=True))


# --- starting ---


def test_the_row_with_its_key_is_stored_before_the_provider_is_asked(
    order: Order, payment_sandbox: SandboxAtWork
) -> None:
    payment_sandbox.control("faults", {"drop_next_request": "POST /v1/checkout/sessions"})
    with pytest.raises(PaymentProviderDown):
        payments.start(order)
    stored = order.payments.get()
    assert (stored.state, stored.session_id, stored.amount) == (State.CREATED, None, 3480)
    payment = payments.start(order)
    assert payment.pk == stored.pk
    assert (payment.state, payment.idempotency_key) == (State.OPEN, stored.idempotency_key)


def test_the_customer_comes_back_to_the_order(order: Order, payment_sandbox: SandboxAtWork) -> None:
    payment = payments.start(order)
    (session,) = payment_sandbox.objects("checkout.session")
    assert payment.session_url == session["url"]
    answer = payment_sandbox.pay(payment.session_url)
    assert answer.location.endswith(f"/orders/{order.number}/paid/?session={payment.session_id}")
    assert f"/orders/{order.number}/pay/" in session["cancel_url"]


def test_a_second_click_finds_the_open_page(order: Order, payment_sandbox: SandboxAtWork) -> None:
    assert payments.start(order) == payments.start(order)
    assert len(payment_sandbox.objects("checkout.session")) == 1


def test_a_second_click_with_the_provider_down_finds_it_too(order: Order, payment_sandbox: SandboxAtWork) -> None:
    payment = payments.start(order)
    payment_sandbox.control("faults", {"drop_next_request": "GET /v1/*"})
    assert payments.start(order).session_url == payment.session_url


def test_a_click_after_paying_finds_it_paid(
    order: Order, payment_sandbox: SandboxAtWork, effects: list[tuple[str, int]]
) -> None:
    payment_sandbox.pay(payments.start(order).session_url)
    assert payments.start(order).state == State.PAID
    assert effects == [("paid", order.pk)]
    with pytest.raises(payments.NothingToPay):
        payments.start(order)


def test_an_expired_page_is_followed_by_a_new_one(
    order: Order, payment_sandbox: SandboxAtWork, later: time_machine.Traveller
) -> None:
    first = payments.start(order)
    later.shift(stripe_gateway.SESSION_LIFETIME + timedelta(minutes=1))
    second = payments.start(order)
    assert second.pk != first.pk
    first.refresh_from_db()
    assert (first.state, second.state) == (State.EXPIRED, State.OPEN)


def test_a_page_that_is_about_to_close_is_closed_first(
    order: Order, payment_sandbox: SandboxAtWork, later: time_machine.Traveller
) -> None:
    first = payments.start(order)
    later.shift(stripe_gateway.SESSION_LIFETIME - timedelta(minutes=2))
    second = payments.start(order)
    assert [session["status"] for session in payment_sandbox.objects("checkout.session")] == ["expired", "open"]
    assert second.pk != first.pk


def test_a_key_that_brings_no_answer_is_given_up(
    order: Order, payment_sandbox: SandboxAtWork, later: time_machine.Traveller
) -> None:
    payment_sandbox.control("faults", {"refuse_next_request": "POST /v1/*"})
    with pytest.raises(PaymentProviderDown):
        payments.start(order)
    later.shift(payments.GIVE_UP_UNANSWERED + timedelta(seconds=1))
    payments.start(order)
    assert list(order.payments.values_list("state", flat=True)) == [State.FAILED, State.OPEN]


@pytest.mark.django_db(transaction=True)
def test_clicks_at_the_same_time_find_one_page(
    order: Order, payment_sandbox: SandboxAtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever is about to make a row waits for company: it comes only if two could be there at once.
    company = Barrier(2)

    def key(_: int) -> str:
        with suppress(BrokenBarrierError):
            company.wait(timeout=0.5)
        return secrets.token_hex(16)

    monkeypatch.setattr(payments, "secrets", SimpleNamespace(token_urlsafe=key))

    def click(_: int) -> int:
        try:
            return payments.start(order).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(click, range(16)))) == 1
    assert len(payment_sandbox.objects("checkout.session")) == 1


# --- being paid ---


def test_only_the_provider_says_that_it_is_paid(
    order: Order, payment_sandbox: SandboxAtWork, effects: list[tuple[str, int]]
) -> None:
    payment = payments.start(order)
    assert payments.fulfil(session_of(payment)).state == State.OPEN
    assert effects == []
    payment_sandbox.pay(payment.session_url)
    payment = payments.fulfil(session_of(payment))
    order.refresh_from_db()
    assert (payment.state, order.state) == (State.PAID, Order.State.PAID)
    assert payment.intent_id == payment_sandbox.objects("payment_intent")[0]["id"]
    assert payment.paid_at is not None
    assert order.paid_at is not None


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_have_one_effect(
    order: Order, payment_sandbox: SandboxAtWork, effects: list[tuple[str, int]]
) -> None:
    payment = payments.start(order)
    payment_sandbox.pay(payment.session_url)

    def told(_: int) -> str:
        try:
            return payments.fulfil(session_of(payment)).state
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(told, range(50))) == {State.PAID}
    assert effects == [("paid", order.pk)]
    assert kinds(order) == ["paid"]


def test_a_hook_that_fails_leaves_everything_for_the_next_try(
    order: Order, payment_sandbox: SandboxAtWork, effects: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = payments.start(order)
    payment_sandbox.pay(payment.session_url)
    with monkeypatch.context() as broken:
        broken.setattr(payments, "_on_paid", [lambda order: 1 / 0])
        with pytest.raises(ZeroDivisionError):
            payments.fulfil(session_of(payment))
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.state, order.state) == (State.OPEN, Order.State.AWAITING_PAYMENT)
    payments.fulfil(session_of(payment))
    assert effects == [("paid", order.pk)]


def test_p2_the_card_payment_verifies_the_parents_consent(
    effects: list[tuple[str, int]], payment_sandbox: SandboxAtWork
) -> None:
    order = make_ordered(state=Order.State.AWAITING_PAYMENT, books=2)
    payment = payments.start(order)
    assert set(Consent.objects.values_list("verified_at", flat=True)) == {None}
    payment_sandbox.pay(payment.session_url)
    payments.fulfil(session_of(payment))
    assert Consent.objects.filter(verified_at__isnull=False).count() == 2


def test_another_amount_or_currency_is_never_taken_for_the_price(
    order: Order, payment_sandbox: SandboxAtWork, effects: list[tuple[str, int]]
) -> None:
    payment = payments.start(order)
    payment_sandbox.pay(payment.session_url)
    Payment.objects.filter(pk=payment.pk).update(amount=3481)
    for _ in range(2):
        assert payments.fulfil(session_of(payment)).state == State.FAILED
    order.refresh_from_db()
    assert order.state == Order.State.AWAITING_PAYMENT
    assert effects == []
    assert order.events.get().detail == "got 3480 eur, expected 3481 eur"


def test_money_for_a_cancelled_order_is_given_back_once(
    order: Order, payment_sandbox: SandboxAtWork, effects: list[tuple[str, int]]
) -> None:
    payment = payments.start(order)
    states.move(order, Order.State.CANCELLED, actor="customer")
    payment_sandbox.pay(payment.session_url)
    for _ in range(2):
        assert payments.fulfil(session_of(payment)).state == State.PAID
    assert effects == [("give back", payment.pk)]
    assert kinds(order) == ["cancelled", "paid_after_cancel"]


def test_a_second_payment_of_an_order_is_given_back(
    order: Order, payment_sandbox: SandboxAtWork, effects: list[tuple[str, int]]
) -> None:
    first = payments.start(order)
    # Two pages open at once cannot happen by `start`; somebody may still have made one at the provider.
    Payment.objects.filter(pk=first.pk).update(state=State.FAILED)
    second = payments.start(order)
    assert second.pk != first.pk
    for payment in (first, second):
        payment_sandbox.pay(payment.session_url)
        payments.fulfil(session_of(payment))
    assert effects == [("paid", order.pk), ("give back", second.pk)]
    assert kinds(order) == ["paid", "paid_twice"]


def test_a_paid_page_that_was_never_stored_is_adopted(
    order: Order, payment_sandbox: SandboxAtWork, effects: list[tuple[str, int]]
) -> None:
    payment = payments.start(order)
    payment_sandbox.pay(payment.session_url)
    session_id = session_of(payment)
    payment.delete()
    with transaction.atomic():
        assert payments.fulfil(session_id).state == State.PAID
    assert effects == [("paid", order.pk)]


def test_a_session_of_another_shop_is_left_alone(order: Order, payment_sandbox: SandboxAtWork) -> None:
    payment = payments.start(order)
    session_id = session_of(payment)
    payment.delete()
    with pytest.raises(Payment.DoesNotExist):
        payments.fulfil(session_id)


def test_closing_takes_the_page_back_or_finds_it_paid(
    order: Order, payment_sandbox: SandboxAtWork, effects: list[tuple[str, int]]
) -> None:
    payments.start(order)
    payments.close(order)
    assert order.payments.get().state == State.EXPIRED
    payment_sandbox.pay(payments.start(order).session_url)
    payments.close(order)
    assert effects == [("paid", order.pk)]


# --- sweeping ---


def test_a_lost_webhook_loses_no_order(
    order: Order, payment_sandbox: SandboxAtWork, effects: list[tuple[str, int]], later: time_machine.Traveller
) -> None:
    payment_sandbox.pay(payments.start(order).session_url)
    assert payments.sweep() == 0, "a page that was opened just now is in nobody's way"
    later.shift(timedelta(minutes=2))
    assert payments.sweep() == 1
    assert effects == [("paid", order.pk)]
    later.shift(timedelta(minutes=2))
    assert payments.sweep() == 0


def test_the_sweeper_finishes_and_closes_and_gives_up(
    effects: list[tuple[str, int]], payment_sandbox: SandboxAtWork, later: time_machine.Traveller
) -> None:
    unanswered, cancelled, expired, unwanted = (make_order() for _ in range(4))
    for order in (unanswered, cancelled, expired, unwanted):
        make_line(order)
    payments.start(cancelled)
    states.move(cancelled, Order.State.CANCELLED, actor="customer")
    session_id = session_of(payments.start(expired))
    stripe_gateway.expire_session(session_id)
    for order in (unanswered, unwanted):
        payment_sandbox.drop_answers("POST /v1/checkout/sessions")
        with pytest.raises(PaymentProviderDown):
            payments.start(order)
    states.move(unwanted, Order.State.CANCELLED, actor="customer")
    later.shift(timedelta(minutes=2))
    assert payments.sweep() == 4
    found = {order.pk: order.payments.get().state for order in (unanswered, cancelled, expired, unwanted)}
    assert found == {
        unanswered.pk: State.OPEN,
        cancelled.pk: State.EXPIRED,
        expired.pk: State.EXPIRED,
        unwanted.pk: State.FAILED,
    }
    assert len(payment_sandbox.objects("checkout.session")) == 4


def test_the_sweeper_asks_the_least_recently_asked_first_and_few_at_a_time(
    effects: list[tuple[str, int]], payment_sandbox: SandboxAtWork, later: time_machine.Traveller
) -> None:
    for _ in range(3):
        order = make_order()
        make_line(order)
        payments.start(order)
    Payment.objects.update(checked_at=None)
    later.shift(timedelta(minutes=2))
    asked = []
    for _ in range(3):
        before = timezone.now()
        assert payments.sweep(limit=1) == 1
        asked.append(Payment.objects.get(checked_at__gte=before).pk)
    assert asked == sorted(asked)
    assert payments.sweep(limit=1) == 0


def test_the_sweeper_stops_while_the_provider_is_down_and_goes_on_with_the_next(
    effects: list[tuple[str, int]], payment_sandbox: SandboxAtWork, later: time_machine.Traveller
) -> None:
    for _ in range(2):
        order = make_order()
        make_line(order)
        payment_sandbox.pay(payments.start(order).session_url)
    later.shift(timedelta(minutes=2))
    payment_sandbox.control("faults", {"drop_next_request": "GET /v1/*"})
    assert payments.sweep() == 1
    assert effects == []
    assert payments.sweep() == 1
    later.shift(timedelta(minutes=2))
    assert payments.sweep() == 1
    assert len(effects) == 2
