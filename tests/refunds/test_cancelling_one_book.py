"""A parent gives up one book, or the whole order, and may say why (P23)."""

import pytest
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import OutgoingMail
from orders import mails, review
from orders.models import Order, OrderLine, PrintJob, Refund
from privacy.models import Child
from refunds import cancelling
from refunds.models import Case
from tests.orders.factories import CANARY
from tests.orders.test_review import opened
from tests.payment_sandbox import SandboxAtWork
from tests.refunds.paying import paid_order, went_back
from tests.refunds.staff import member

pytestmark = pytest.mark.django_db
State = Case.State


def page_of(line: OrderLine) -> str:
    return reverse("refunds:cancel_book_mine", args=[line.order.number, line.pk])


def test_p23_a_reason_is_asked_for_and_none_is_required_or_chosen_before(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox)
    client, address = opened(order), reverse("refunds:cancel_mine", args=[order.number])
    page = client.get(address).text
    assert page.count('type="radio"') == 5
    assert "checked" not in page
    assert "<textarea" not in page  # their own words would speak of the child
    assert "write to us" in page
    unknown = client.post(address, {"reason": f"because of {CANARY}"})
    assert (unknown.status_code, Case.objects.count()) == (422, 0)
    assert CANARY not in unknown.text
    assert client.post(address, {"reason": "not liked"}).status_code == 302
    assert Case.objects.get().reason == Case.Reason.NOT_LIKED


def test_p23_one_book_of_two_is_cancelled_and_paid_back_and_the_other_goes_on(
    payment_sandbox: SandboxAtWork, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    order = paid_order(payment_sandbox, books=2)
    given_up, kept = order.lines.all()
    client = opened(order)
    whole = client.get(reverse("refunds:cancel_mine", args=[order.number])).text
    assert "€64.70" in whole
    assert page_of(given_up) in whole
    assert page_of(kept) in whole
    page = client.get(page_of(given_up)).text
    assert "€29.90" in page  # the other one still has to be delivered
    assert not Case.objects.exists()  # looking changes nothing
    assert Order.objects.get().state == Order.State.IN_REVIEW
    OutgoingMail.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            assert client.post(page_of(given_up), {"reason": "mistake"}).status_code == 302
    case = Case.objects.get()
    assert (case.kind, case.reason, case.whole, case.amount) == ("cancellation", "mistake", False, 2990)
    assert went_back(payment_sandbox) == 2990
    (mail,) = OutgoingMail.objects.all()
    assert (mail.template, "€29.90" in mail.text) == ("money_back", True)
    ended = dict(Child.objects.values_list("edition__order_line", "end_reason"))
    assert ended == {given_up.pk: Child.End.DELETED, kept.pk: ""}
    shown = client.get(reverse("orders:order", args=[order.number])).text
    assert "Cancelled on" in shown
    assert "Look at every page" in shown
    review_page = client.get(reverse("orders:review", args=[order.number, given_up.pk]))
    assert (review_page.status_code, "This book is cancelled" in review_page.text) == (410, True)
    approve = client.post(reverse("orders:approve", args=[order.number, given_up.pk]), {"seen": "on", "revision": 1})
    assert approve.status_code == 410
    review.approve(kept, 1, actor="customer")
    assert Order.objects.get().state == Order.State.APPROVED
    assert PrintJob.objects.get().line == kept
    assert OutgoingMail.objects.get(template="book_approved").text.count("The Night Post") == 1
    assert CANARY not in page + shown + mail.text


def test_p23_the_last_book_is_the_whole_order_with_its_delivery(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox, books=2)
    first, last = order.lines.all()
    cancelling.cancel_book_alone(first)
    client, whole = opened(order), reverse("refunds:cancel_mine", args=[order.number])
    assert client.get(page_of(last)).headers["Location"] == whole
    page = client.get(whole).text
    assert "€34.80" in page
    assert "Cancel only this book" not in page
    client.post(page_of(last))
    assert sum(Refund.objects.values_list("amount", flat=True)) == 6470
    assert Order.objects.get().state == Order.State.CANCELLED


def test_p23_after_approval_no_book_is_cancelled_by_its_parent(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox, books=2)
    first, second = order.lines.all()
    client = opened(order)
    for line in (first, second):
        review.approve(line, 1, actor="customer")
    for answer in (client.get(page_of(first)), client.post(page_of(first))):
        assert "This book can no longer be cancelled here" in answer.text
    assert (answer.status_code, Case.objects.count()) == (409, 0)


def test_p23_a_parents_wish_overtakes_what_waits_for_a_second_person(
    payment_sandbox: SandboxAtWork, settings: Settings
) -> None:
    settings.SECOND_PERSON_ABOVE = 2000
    order = paid_order(payment_sandbox, books=2)
    first, _second = order.lines.all()
    whole = cancelling.cancel_and_refund(order, actor="staff:1", staff=member())
    with pytest.raises(cancelling.CannotCancel, match="Decide about that first"):
        cancelling.cancel_book(first, actor="staff:1", staff=member(email="two@example.com"))
    one = cancelling.cancel_book_alone(first)
    whole.refresh_from_db()
    assert (whole.state, one.state, one.amount) == (State.DECLINED, State.APPROVED, 2990)
    assert Order.objects.get().held_at is None
    # The other way round: a proposal about a book, and the parent gives up everything.
    order = paid_order(payment_sandbox, books=2)
    proposed = cancelling.cancel_book(order.lines.all()[0], actor="staff:1", staff=member(email="three@example.com"))
    everything = cancelling.cancel_alone(order)
    proposed.refresh_from_db()
    assert (proposed.state, everything.amount) == (State.DECLINED, 6470)
    assert everything.lines.count() == 2


def test_mails_leave_a_cancelled_book_out(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox, books=2)
    cancelling.cancel_book_alone(order.lines.all()[0])
    assert mails.approval_reminder(order, day=3).text.count("The Night Post") == 1
