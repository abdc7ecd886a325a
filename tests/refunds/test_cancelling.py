"""Cancelling and getting everything back: the parent alone, staff, the purge, and what nobody approved."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import OutgoingMail
from books.models import Edition
from books.story import Story
from orders import checkout, printing, review
from orders.models import BasketLine, Order, PrintJob, Refund
from privacy import children, retention
from privacy.models import Child
from refunds import cancelling, forgetting, tasks
from refunds.models import Case
from tests.orders.factories import CANARY, make_ordered
from tests.orders.jobs import job_at_the_printer, queued
from tests.orders.test_review import opened
from tests.payment_sandbox import SandboxAtWork
from tests.refunds.paying import paid_order, went_back

pytestmark = pytest.mark.django_db
State = Order.State


def child_of(order: Order) -> Child:
    return Child.objects.get(edition__order_line__order=order)


def mails() -> list[str]:
    return list(OutgoingMail.objects.order_by("pk").values_list("template", flat=True))


def cancel_page(order: Order) -> str:
    return reverse("refunds:cancel_mine", args=[order.number])


# --- the parent -------------------------------------------------------------------------------------------------------


def test_p23_a_parent_cancels_with_one_button_and_everything_goes_back(
    payment_sandbox: SandboxAtWork, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    order = paid_order(payment_sandbox)
    client = opened(order)
    assert cancel_page(order) in client.get(reverse("orders:order", args=[order.number])).text
    page = client.get(cancel_page(order)).text
    assert "Cancel the order and get all your money back?" in page
    assert "€34.80" in page
    order.refresh_from_db()
    assert order.state == State.IN_REVIEW  # looking changes nothing
    OutgoingMail.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            assert client.post(cancel_page(order)).status_code == 302
    order.refresh_from_db()
    assert (order.state, mails()) == (State.CANCELLED, ["order_cancelled"])
    assert went_back(payment_sandbox) == 3480
    assert child_of(order).end_reason == Child.End.DELETED
    case = Case.objects.get()
    assert (case.kind, case.state) == (Case.Kind.CANCELLATION, Case.State.REFUNDED)
    page = client.get(reverse("orders:order", args=[order.number])).text
    assert "€34.80 went back to your card on" in page
    assert CANARY not in page
    assert client.get(cancel_page(order)).status_code == 302


def test_p23_after_approval_the_parents_button_is_gone_and_the_page_says_why(small_story: Story) -> None:
    job = queued(small_story)
    order = job.line.order
    client = opened(order)
    assert cancel_page(order) not in client.get(reverse("orders:order", args=[order.number])).text
    for answer in (client.get(cancel_page(order)), client.post(cancel_page(order))):
        assert "This order can no longer be cancelled here" in answer.text
    assert answer.status_code == 409
    order.refresh_from_db()
    job.refresh_from_db()
    assert (order.state, job.state) == (State.APPROVED, PrintJob.State.QUEUED)
    assert not Case.objects.exists()


def test_f20_a_strangers_cancel_page_is_the_404_of_no_order(client: Client) -> None:
    order = make_ordered(state=State.IN_REVIEW)
    for method in (client.get, client.post):
        assert method(cancel_page(order)).status_code == 404
    order.refresh_from_db()
    assert order.state == State.IN_REVIEW


# --- staff ------------------------------------------------------------------------------------------------------------


def test_staff_cancel_an_unpaid_order_and_nothing_goes_back() -> None:
    order = make_ordered(state=State.AWAITING_PAYMENT)
    case = cancelling.cancel_and_refund(order, actor="staff:1")
    assert (case.state, case.refunds.count(), mails()) == (Case.State.UNPAID, 0, ["order_cancelled"])
    assert "Nothing was charged." in OutgoingMail.objects.get().text


@pytest.mark.parametrize("state", [State.SHIPPED, State.DELIVERED, State.COMPLETED, State.CANCELLED])
def test_what_is_done_is_not_cancelled(state: str) -> None:
    order = make_ordered(state=state)
    with pytest.raises(cancelling.CannotCancel):
        cancelling.cancel_and_refund(order, actor="staff:1")
    assert not OutgoingMail.objects.exists()


def test_p23_what_is_at_the_printer_is_not_cancelled_and_a_rejected_book_is(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox)
    Order.objects.update(state=State.IN_PRINT)
    job = job_at_the_printer(order)
    with pytest.raises(cancelling.CannotCancel):
        cancelling.cancel_and_refund(order, actor="staff:1")
    assert not Refund.objects.exists()
    printing.rejected(job, reason="no paper")
    case = cancelling.cancel_and_refund(order, actor="staff:1", note="paper is out")
    assert (case.note, case.refunds.count()) == ("paper is out", 1)
    assert "paper" not in " ".join(order.events.values_list("detail", flat=True))


# --- forgetting -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ready", [True, False])
def test_p5_forgetting_the_child_of_an_unapproved_order_gives_the_money_back(
    payment_sandbox: SandboxAtWork,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ready: bool,
) -> None:
    order = paid_order(payment_sandbox, ready=ready)
    edition = Edition.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        answer = opened(order).post(reverse("privacy:forget", args=[edition.pk]))
    assert answer.status_code == 302
    order.refresh_from_db()
    assert order.state == State.CANCELLED
    assert went_back(payment_sandbox) == 3480
    child = child_of(order)
    assert (child.end_reason, child.purged_at is None) == (Child.End.DELETED, False)
    assert order.events.get(kind="cancelled").actor == "customer"


def test_p10_the_purge_on_day_14_cancels_and_refunds_what_nobody_approved(
    payment_sandbox: SandboxAtWork, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    order = paid_order(payment_sandbox, books=2)
    last = max(child.expires_at for child in Child.objects.all())
    with (
        time_machine.travel(last + timedelta(seconds=1), tick=True),
        django_capture_on_commit_callbacks(execute=True),
    ):
        report = retention.purge()
    assert (report.expired, report.remaining) == (2, 0)
    order.refresh_from_db()
    assert order.state == State.CANCELLED
    assert went_back(payment_sandbox) == 6470
    assert Case.objects.get().kind == Case.Kind.UNAPPROVED
    assert order.events.get(kind="cancelled").actor == "system"
    assert "was not approved in time" in OutgoingMail.objects.get(template="order_cancelled").text
    assert not Child.objects.filter(purged_at=None).exists()
    with time_machine.travel(last + timedelta(hours=1), tick=True):
        assert retention.purge().unfinished == 0
    assert Refund.objects.count() == 1


def test_an_order_of_two_books_stays_while_one_can_still_be_made() -> None:
    order = make_ordered(state=State.IN_REVIEW, books=2)
    first = Edition.objects.order_by("order_line__pk")[0]
    children.forget(first.child, reason=Child.End.DELETED)
    order.refresh_from_db()
    assert order.state == State.IN_REVIEW
    assert cancelling.can_cancel_alone(order)


def test_a_cancellation_that_rolls_back_forgets_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    order = make_ordered(state=State.IN_REVIEW)
    monkeypatch.setattr("orders.mails.order_cancelled", fail)
    with pytest.raises(RuntimeError):
        cancelling.cancel_and_refund(order, actor="customer")
    order.refresh_from_db()
    assert order.state == State.IN_REVIEW
    assert children.is_open(child_of(order))


def test_the_sweeper_forgets_the_children_that_a_crash_left_over() -> None:
    order = make_ordered(state=State.IN_REVIEW)
    cancelling.cancel_and_refund(order, actor="customer")  # the commit's callbacks do not run in this test
    assert children.is_open(child_of(order))
    tasks.sweep_unapproved()
    assert child_of(order).end_reason == Child.End.DELETED


def test_p10_books_taken_back_to_the_basket_wait_48_hours_only() -> None:
    order = make_ordered(state=State.AWAITING_PAYMENT)
    child = child_of(order)
    assert child.abandoned_at is None
    with time_machine.travel(timezone.now(), tick=False):
        checkout.take_back(order, basket_key="b" * 43)
        child.refresh_from_db()
        assert child.abandoned_at == timezone.now() + timedelta(hours=48)
        assert BasketLine.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(hours=49), tick=False):
        retention.purge()
    child.refresh_from_db()
    assert child.end_reason == Child.End.ABANDONED


# --- nobody approves --------------------------------------------------------------------------------------------------


def test_p21_parents_are_reminded_on_days_3_6_and_9_and_get_the_money_back_in_the_end(
    payment_sandbox: SandboxAtWork, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    began = timezone.now()
    order = paid_order(payment_sandbox)
    OutgoingMail.objects.all().delete()
    expected: list[str] = []
    by = review.approve_by(Edition.objects.get())
    with time_machine.travel(began, tick=False) as clock, django_capture_on_commit_callbacks(execute=True):
        for day in range(1, 13):
            clock.move_to(began + timedelta(days=day, minutes=5))
            for _ in range(2):
                tasks.sweep_unapproved()
            expected += ["approval_reminder"] * (day in forgetting.REMINDER_DAYS)
            assert mails() == expected
        clock.move_to(by - timedelta(seconds=1))
        tasks.sweep_unapproved()
        order.refresh_from_db()
        assert order.state == State.IN_REVIEW
        clock.move_to(by)
        for _ in range(2):
            tasks.sweep_unapproved()
    order.refresh_from_db()
    assert (order.state, mails()) == (State.CANCELLED, [*expected, "order_cancelled"])
    assert Case.objects.get().kind == Case.Kind.UNAPPROVED
    assert went_back(payment_sandbox) == 3480


def test_one_order_that_fails_does_not_keep_the_others_from_being_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = make_ordered(state=State.IN_REVIEW), make_ordered(state=State.IN_REVIEW)
    looked: list[str] = []

    def look(order: Order) -> None:
        looked.append(order.number)
        if order == first:
            raise RuntimeError(CANARY)

    monkeypatch.setattr(forgetting, "remind_or_cancel", look)
    tasks.sweep_unapproved()
    assert looked == [first.number, second.number]


def test_p35_cases_and_refunds_hold_nothing_of_the_child() -> None:
    order = make_ordered(state=State.IN_REVIEW)
    cancelling.cancel_and_refund(order, actor="customer")
    for model in (Case, Refund, Order, PrintJob, OutgoingMail):
        for row in model._default_manager.values():
            assert CANARY not in repr(row)
