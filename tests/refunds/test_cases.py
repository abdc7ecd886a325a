"""Deciding how much goes back: for whole orders, single books and copies, alone or with a second person (P23-P28)."""

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import OutgoingMail
from orders import printing, review
from orders.models import Order, OrderLine, PrintJob, Refund
from orders.stripe_gateway import ProviderRefund
from refunds import amounts, cancelling, cases, payouts, second_person, tasks
from refunds.models import Case, CaseRefund, Return, ReturnLine
from tests.orders.factories import make_line, make_order
from tests.orders.jobs import approve
from tests.payment_sandbox import SandboxAtWork
from tests.refunds.paying import FAILS_LATER, paid_order, went_back
from tests.refunds.staff import member

pytestmark = pytest.mark.django_db
State = Case.State


def returned(order: Order, copies: int = 1, **fields: object) -> Return:
    """A return of the order's first book whose fault was verified."""
    back = Return.objects.create(
        number=f"R-{order.pk}-{Return.objects.count()}", order=order, reason="print", wish="refund",
        **{"state": Return.State.VERIFIED, "inspected_at": timezone.now(), **fields},
    )  # fmt: skip
    ReturnLine.objects.create(of=back, line=order.lines.order_by("pk")[0], copies=copies)
    return back


# --- amounts ----------------------------------------------------------------------------------------------------------


def test_p27_copies_given_back_one_by_one_are_exactly_what_was_paid(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox)
    OrderLine.objects.update(quantity=3, unit_price=1000, discount=10)
    Order.objects.update(items_total=3000, discount_total=10, total=3480)
    order.refresh_from_db()
    line = order.lines.get()
    parts = []
    for _ in range(3):
        owed = amounts.of_copies(order, {line.pk: 1}, shipping=True)
        case = cases.open_case(order, owed, kind=Case.Kind.RETURN, actor="test")
        cases.carry_out(case, actor="test")
        parts.append((owed.money, owed.shipping))
    assert parts == [(996 + 164, 164), (997 + 163, 163), (997 + 163, 163)]
    assert amounts.left_of(order) == 0
    with pytest.raises(amounts.TooManyCopies):
        amounts.of_copies(order, {line.pk: 1}, shipping=True)


def test_p27_after_goodwill_a_return_never_gives_back_more_than_is_left(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox)
    cases.give_goodwill(order, amount=1000, staff=member("refunds.add_case"), note="late")
    with pytest.raises(cases.CannotDecide):
        cases.give_goodwill(order, amount=2481, staff=member(email="b@example.com"), note="more")
    owed = amounts.of_copies(order, {order.lines.get().pk: 1}, shipping=True)
    assert (owed.money, amounts.left_of(order)) == (2480, 2480)
    assert OutgoingMail.objects.filter(template="money_back").count() == 1


# --- returns ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [state for state in Return.State if state != Return.State.VERIFIED])
def test_p26_a_refund_before_the_inspection_found_the_fault_is_impossible(
    payment_sandbox: SandboxAtWork, state: str
) -> None:
    back = returned(paid_order(payment_sandbox, ready=False), state=state, inspected_at=None)
    with pytest.raises(cases.CannotDecide):
        cases.decide_return(back, staff=member(), actor="staff:1")
    assert not Refund.objects.exists()


def test_p26_a_verified_return_pays_back_the_copy_and_its_share_of_the_delivery_once(
    payment_sandbox: SandboxAtWork,
) -> None:
    order = paid_order(payment_sandbox, books=2)
    back, staff = returned(order), member()
    case = cases.decide_return(back, staff=staff, actor="staff:1")
    assert cases.decide_return(back, staff=staff, actor="staff:1") == case
    assert (case.amount, case.shipping, case.state) == (2990 + 245, 245, State.APPROVED)
    tasks.sweep_payouts()
    case.refresh_from_db()
    assert (case.state, went_back(payment_sandbox)) == (State.REFUNDED, 3235)
    with pytest.raises(cases.CannotDecide):
        cases.decide_return(returned(order), staff=staff, actor="staff:1")
    assert went_back(payment_sandbox) == 3235


# --- one book of several ----------------------------------------------------------------------------------------------


def test_p23_one_book_is_cancelled_and_the_other_goes_on_to_print(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox, books=2)
    first, second = order.lines.order_by("pk")
    review.approve(second, 1, actor="customer")
    assert Order.objects.get().state == Order.State.IN_REVIEW
    case = cancelling.cancel_book(first, actor="customer")
    assert cancelling.cancel_book(first, actor="customer") == case
    assert (case.amount, case.shipping, case.whole) == (2990, 0, False)
    order.refresh_from_db()
    assert order.state == Order.State.APPROVED
    assert PrintJob.objects.get().line == second
    with pytest.raises(review.NotPaid):
        review.approve(first, 1, actor="customer")
    assert OutgoingMail.objects.filter(template="money_back").count() == 1


def test_p23_the_last_book_takes_the_whole_order_with_it(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox, books=2)
    first, second = order.lines.order_by("pk")
    cancelling.cancel_book(first, actor="customer")
    case = cancelling.cancel_book(second, actor="customer")
    order.refresh_from_db()
    assert (order.state, case.whole, case.amount) == (Order.State.CANCELLED, True, 2990 + 490)
    assert amounts.left_of(order) == 0


def test_p23_a_cancelled_book_keeps_the_parcel_of_the_other_one_not_waiting(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox, books=2)
    first, second = approve(order)
    PrintJob.objects.filter(pk=second.pk).update(state=PrintJob.State.SENT)
    Order.objects.update(state=Order.State.IN_PRINT)
    cancelling.cancel_book(first.line, actor="customer")
    second.refresh_from_db()
    printing.shipped(second, carrier="GLS", tracking="")
    assert Order.objects.get().state == Order.State.SHIPPED


# --- a second person --------------------------------------------------------------------------------------------------


@pytest.fixture
def low_limit(settings: Settings) -> None:
    settings.SECOND_PERSON_ABOVE = 3000


@pytest.mark.usefixtures("low_limit")
def test_above_the_limit_nothing_leaves_before_a_colleague_agrees(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox)
    one, two = member(email="one@example.com"), member(email="two@example.com")
    case = cancelling.cancel_and_refund(order, actor="staff:1", staff=one)
    assert cancelling.cancel_and_refund(order, actor="staff:2", staff=two) == case
    order.refresh_from_db()
    assert (case.state, order.state, order.held_at is None) == (State.PROPOSED, Order.State.IN_REVIEW, False)
    assert not Refund.objects.exists()
    with pytest.raises(second_person.NotThisPerson):
        second_person.agree(case, staff=one)
    second_person.agree(case, staff=two)
    with pytest.raises(second_person.NotProposed):
        second_person.decline(case, staff=two, why="too late")
    tasks.sweep_payouts()
    case.refresh_from_db()
    order.refresh_from_db()
    assert (case.state, case.decided_by, case.proposed_by) == (State.REFUNDED, two, one)
    assert (order.state, order.held_at, went_back(payment_sandbox)) == (Order.State.CANCELLED, None, 3480)


@pytest.mark.usefixtures("low_limit")
def test_what_a_colleague_declines_goes_on_and_can_be_proposed_again(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox)
    one, two = member(email="one@example.com"), member(email="two@example.com")
    case = cancelling.cancel_and_refund(order, actor="staff:1", staff=one)
    second_person.decline(case, staff=two, why="the parent has changed their mind")
    order.refresh_from_db()
    assert (order.held_at, order.state, Refund.objects.count()) == (None, Order.State.IN_REVIEW, 0)
    assert cancelling.cancel_and_refund(order, actor="staff:1", staff=one) != case


@pytest.mark.usefixtures("low_limit")
def test_p23_a_proposal_never_makes_the_parent_wait(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox)
    case = cancelling.cancel_and_refund(order, actor="staff:1", staff=member())
    assert cancelling.cancel_alone(order) == case
    case.refresh_from_db()
    assert (case.state, case.amount) == (State.APPROVED, 3480)
    assert Order.objects.get().state == Order.State.CANCELLED


@pytest.mark.usefixtures("low_limit")
def test_a_return_and_goodwill_above_the_limit_wait_too(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox)
    one, two = member(email="one@example.com"), member(email="two@example.com")
    case = cases.decide_return(returned(order), staff=one, actor="staff:1")
    assert (case.state, Refund.objects.count()) == (State.PROPOSED, 0)
    # What is proposed is spoken for, and goodwill is not: the rest of the order's money is not owed twice.
    with pytest.raises(amounts.TooManyCopies):
        amounts.of_copies(order, {order.lines.get().pk: 1}, shipping=True)
    second_person.agree(case, staff=two)
    assert (Case.objects.get().state, Refund.objects.get().amount) == (State.APPROVED, 3480)
    assert OutgoingMail.objects.filter(template="money_back").count() == 1


# --- following the money ----------------------------------------------------------------------------------------------


def test_p28_a_case_follows_its_own_refunds_and_not_those_of_others(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox, card=FAILS_LATER, books=2)
    goodwill = cases.give_goodwill(order, amount=500, staff=member(), note="late")
    tasks.sweep_payouts()
    back = cases.decide_return(returned(order), staff=member(email="b@example.com"), actor="staff:1")
    refund = back.refunds.get().refund
    Refund.objects.filter(pk=refund.pk).update(state=Refund.State.PENDING)
    goodwill.refresh_from_db()
    assert (goodwill.state, Case.objects.get(pk=back.pk).state) == (State.REFUNDED, State.APPROVED)
    failed = ProviderRefund("re_x", "failed", refund.amount, "eur", "", "expired_or_canceled_card")
    payouts.settle(refund, failed)
    assert Case.objects.get(pk=back.pk).state == State.FAILED
    fresh = payouts.again(refund, actor="staff:1")
    assert CaseRefund.objects.get(refund=fresh).case == back
    assert Case.objects.get(pk=back.pk).state == State.APPROVED
    goodwill.refresh_from_db()
    assert goodwill.state == State.REFUNDED


def test_money_that_a_case_did_not_decide_opens_none() -> None:
    order = make_order(state=Order.State.CANCELLED)
    make_line(order)
    assert amounts.left_of(order) == 0
    case = cases.open_case(order, amounts.of_rest(order), kind=Case.Kind.CANCELLATION, actor="system")
    assert cases.carry_out(case, actor="system") == []
    case.refresh_from_db()
    assert (case.state, case.closed_at is None, case.amount) == (State.UNPAID, False, 0)
