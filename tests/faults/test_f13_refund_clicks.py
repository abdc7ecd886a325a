"""F13: fifty people press "refund" at the same moment: exactly one refund leaves."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import OutgoingMail
from orders import checkout, payments
from orders.models import Order, OrderEvent, Payment, Refund
from refunds import cancelling, cases, payouts, second_person, tasks
from refunds.models import Case
from tests.orders.factories import make_line, make_order
from tests.payment_sandbox import SandboxAtWork
from tests.refunds.staff import member

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
CLICKS = 50
AT_ONCE = 10


def paid(sandbox: SandboxAtWork) -> Order:
    """A paid order whose book needs no drawing."""
    order = make_order()
    make_line(order)
    payment = payments.start(order)
    sandbox.pay(payment.session_url)
    payments.fulfil(str(payment.session_id))
    order.refresh_from_db()
    assert order.state == Order.State.PAID
    return order


def together(work: Sequence[Callable[[], object]]) -> Counter[str]:
    """Call everything, ten at the same moment; what each call said, counted."""
    gate = Barrier(AT_ONCE)

    def run(call: Callable[[], object]) -> str:
        try:
            gate.wait(timeout=20)
            return str(call())
        except (
            cancelling.CannotCancel,
            cases.CannotDecide,
            payouts.NothingLeft,
            second_person.NotProposed,
            checkout.AlreadyPaid,
        ) as error:
            return type(error).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(run, work))


def test_f13_fifty_clicks_at_once_are_one_case_and_one_refund(payment_sandbox: SandboxAtWork) -> None:
    order = paid(payment_sandbox)
    work = [lambda: cancelling.cancel_and_refund(order, actor="staff:1").pk] * 25 + [
        lambda: cancelling.cancel_alone(order).pk
    ] * 25
    said = together(work)
    assert said == {str(Case.objects.get().pk): CLICKS}
    refund = Refund.objects.get()
    assert refund.amount == Payment.objects.get().amount == 3480
    assert OrderEvent.objects.filter(order=order, kind="cancelled").count() == 1
    # Fifty workers find the one row, and the provider hears of it once.
    together([lambda: payouts.execute(refund.pk)] * CLICKS)
    tasks.sweep_payouts()
    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED
    (sent,) = payment_sandbox.objects("refund")
    assert sent["amount"] == 3480
    assert [event["type"] for event in payment_sandbox.events("refund.created")] == ["refund.created"]


def test_f13_fifty_different_refunds_at_once_never_exceed_what_was_paid(payment_sandbox: SandboxAtWork) -> None:
    payment = Payment.objects.get(order=paid(payment_sandbox))

    def decide(number: int) -> Callable[[], object]:
        return lambda: bool(payouts.decide(payment, reason="test", key=f"click-{number}", amount=1000))

    said = together([decide(number) for number in range(CLICKS)])
    assert said == {"True": 3, "NothingLeft": 47}
    assert payouts.left_to_refund(payment) == 480


def test_f13_fifty_clicks_on_send_again_are_one_new_refund(payment_sandbox: SandboxAtWork) -> None:
    payment = Payment.objects.get(order=paid(payment_sandbox))
    failed = Refund.objects.create(payment=payment, idempotency_key="f", amount=3480, reason="test", state="failed")
    said = together([lambda: payouts.again(failed, actor="staff:1").pk] * CLICKS)
    assert len(said) == 1
    assert Refund.objects.exclude(pk=failed.pk).count() == 1
    assert payouts.left_to_refund(payment) == 0


def test_f13_fifty_colleagues_who_agree_at_once_are_one_refund(
    payment_sandbox: SandboxAtWork, settings: Settings
) -> None:
    settings.SECOND_PERSON_ABOVE = 1000
    order = paid(payment_sandbox)
    one, two = member(email="one@example.com"), member(email="two@example.com")
    case = cancelling.cancel_and_refund(order, actor=f"staff:{one.pk}", staff=one)
    assert not Refund.objects.exists()
    work = [lambda: second_person.agree(Case.objects.get(pk=case.pk), staff=two).state] * CLICKS
    assert together(work) == {"approved": 1, "NotProposed": CLICKS - 1}
    tasks.sweep_payouts()
    (sent,) = payment_sandbox.objects("refund")
    assert sent["amount"] == Refund.objects.get().amount == 3480
    assert OrderEvent.objects.filter(order=order, kind="cancelled").count() == 1
    assert OutgoingMail.objects.filter(template="order_cancelled").count() == 1


def test_f13_fifty_who_agree_and_decline_at_once_do_one_of_both(
    payment_sandbox: SandboxAtWork, settings: Settings
) -> None:
    settings.SECOND_PERSON_ABOVE = 1000
    order = paid(payment_sandbox)
    one, two = member(email="one@example.com"), member(email="two@example.com")
    case = cancelling.cancel_and_refund(order, actor=f"staff:{one.pk}", staff=one)
    work = [
        lambda: second_person.agree(Case.objects.get(pk=case.pk), staff=two).state,
        lambda: second_person.decline(Case.objects.get(pk=case.pk), staff=one, why="taken back").state,
    ] * (CLICKS // 2)
    said = together(work)
    assert said["NotProposed"] == CLICKS - 1
    assert said["approved"] + said["declined"] == 1
    order.refresh_from_db()
    agreed = bool(said["approved"])
    assert (Refund.objects.count(), order.state == Order.State.CANCELLED, order.held_at) == (agreed, agreed, None)


def test_f13_fifty_clicks_on_cancelling_one_book_are_one_case_and_one_refund(payment_sandbox: SandboxAtWork) -> None:
    order = make_order(items_total=5980, total=6470, vat_total=1294)
    line, kept = make_line(order), make_line(order)
    payment = payments.start(order)
    payment_sandbox.pay(payment.session_url)
    payments.fulfil(str(payment.session_id))
    staff = member()
    work = [
        lambda: cancelling.cancel_book(line, actor=f"staff:{staff.pk}", staff=staff).pk,
        lambda: cancelling.cancel_book_alone(line, reason="mistake").pk,
    ] * (CLICKS // 2)
    assert together(work) == {str(Case.objects.get().pk): CLICKS}
    assert Refund.objects.get().amount == 2990
    assert OrderEvent.objects.filter(order=order, kind="book_cancelled").count() == 1
    kept.refresh_from_db()
    order.refresh_from_db()
    assert (kept.cancelled_at, order.state) == (None, Order.State.PAID)


def test_f13_fifty_clicks_on_goodwill_are_one_case(payment_sandbox: SandboxAtWork) -> None:
    order, staff = paid(payment_sandbox), member()
    work = [lambda: cases.give_goodwill(order, amount=500, staff=staff, note="late", seen=0).pk] * CLICKS
    assert together(work) == {str(Case.objects.get().pk): CLICKS}
    assert Refund.objects.get().amount == 500
