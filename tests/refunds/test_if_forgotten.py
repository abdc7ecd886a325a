"""What deleting a child's data does to its order is said before the click, and is what happens (P5, P8)."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import OutgoingMail
from books.models import Edition
from books.story import Story
from orders import printing
from orders.models import Order, PrintJob
from privacy import children, vault
from privacy.models import Child
from privacy.purposes import Actor, Kind, Purpose
from refunds import cancelling, if_forgotten, tasks
from refunds.if_forgotten import Outcome
from refunds.models import Case
from tests.orders.factories import CANARY, make_ordered
from tests.orders.jobs import approve, in_review, job_at_the_printer, queued
from tests.orders.test_review import opened
from tests.payment_sandbox import SandboxAtWork
from tests.refunds.paying import paid_order, went_back

pytestmark = pytest.mark.django_db
State = Order.State
Job = PrintJob.State


def edition_of(order: Order) -> Edition:
    return Edition.objects.select_related("child").filter(order_line__order=order).order_by("order_line__pk")[0]


def said(order: Order) -> Outcome:
    return if_forgotten.outcome(Order.objects.get(pk=order.pk), edition_of(order).child)


def page(client: Client, order: Order, what: str = "forget") -> str:
    answer = client.get(reverse(f"privacy:{what}", args=[edition_of(order).pk]))
    assert answer.status_code == 200
    return re.sub(r"<[^>]+>", "", answer.text)


def press(client: Client, order: Order, what: str = "forget") -> None:
    assert client.post(reverse(f"privacy:{what}", args=[edition_of(order).pk])).status_code == 302
    order.refresh_from_db()


def mails() -> list[str]:
    return list(OutgoingMail.objects.order_by("pk").values_list("template", flat=True))


def gone(order: Order) -> bool:
    """The vault does not open any more, in this very moment, and the child is finished with."""
    child = edition_of(order).child
    with pytest.raises(vault.Forgotten):
        vault.read(child, Kind.PERSONALISATION, 1, purpose=Purpose.PREVIEW, actor=Actor.parent())
    return child.purged_at is not None and child.receipt is not None


@pytest.mark.parametrize(("what", "reason"), [("forget", Child.End.DELETED), ("withdraw", Child.End.WITHDRAWN)])
@pytest.mark.parametrize("ready", [True, False])
def test_p5_an_unapproved_order_is_stopped_and_the_sum_that_was_said_goes_back(
    payment_sandbox: SandboxAtWork,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    what: str,
    reason: Child.End,
    ready: bool,
) -> None:
    order = paid_order(payment_sandbox, ready=ready)
    client = opened(order)
    words = page(client, order, what)
    assert "€34.80, all you paid, back to your card" in words
    assert "nothing is printed" in words
    assert went_back(payment_sandbox) == 0
    OutgoingMail.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        press(client, order, what)
        press(client, order, what)  # a second click
    assert (order.state, went_back(payment_sandbox)) == (State.CANCELLED, 3480)
    assert mails() == ["data_deleted", "order_cancelled"]
    assert gone(order)
    assert edition_of(order).child.end_reason == reason
    assert Case.objects.get().state == Case.State.REFUNDED


def test_p5_an_approved_order_that_the_printer_does_not_have_yet_is_stopped_too(small_story: Story) -> None:
    job = queued(small_story)
    order = job.line.order
    assert said(order) == Outcome.STOPPED
    press(opened(order), order)
    job.refresh_from_db()
    assert (order.state, job.state) == (State.CANCELLED, Job.CANCELLED)
    assert gone(order)
    assert not printing.make_and_send(job.pk)


@pytest.mark.parametrize("state", [Job.BLOCKED, Job.REJECTED])
def test_p5_a_book_that_the_printer_did_not_print_is_stopped_too(state: str) -> None:
    order = make_ordered(state=State.IN_PRINT)
    job_at_the_printer(order, state=state)
    assert said(order) == Outcome.STOPPED
    press(opened(order), order)
    assert order.state == State.CANCELLED
    assert gone(order)


@pytest.mark.parametrize(
    ("order_state", "job_state", "outcome", "words"),
    [
        (State.IN_PRINT, Job.SENT, Outcome.AT_THE_PRINTER, "The printer has the book already"),
        (State.IN_PRINT, Job.RECEIVED, Outcome.AT_THE_PRINTER, "no money goes back"),
        (State.SHIPPED, Job.SHIPPED, Outcome.PRINTED, "so nothing changes"),
        (State.DELIVERED, Job.SHIPPED, Outcome.PRINTED, "so nothing changes"),
        (State.COMPLETED, Job.SHIPPED, Outcome.PRINTED, "so nothing changes"),
    ],
)
def test_p5_what_is_printed_stays_and_nothing_breaks(
    order_state: str, job_state: str, outcome: Outcome, words: str
) -> None:
    order = make_ordered(state=order_state)
    job = job_at_the_printer(order, state=job_state)
    client = opened(order)
    assert said(order) == outcome
    assert words in page(client, order)
    press(client, order)
    job.refresh_from_db()
    assert (order.state, job.state) == (order_state, job_state)
    assert gone(order)
    assert mails() == ["data_deleted"]
    assert not Case.objects.exists()
    tasks.sweep_unapproved()
    order.refresh_from_db()
    assert order.state == order_state
    assert client.get(reverse("orders:order", args=[order.number])).status_code == 200


def test_p5_an_unpaid_order_is_cancelled_and_nothing_is_charged() -> None:
    order = make_ordered(state=State.AWAITING_PAYMENT)
    client = opened(order)
    assert said(order) == Outcome.UNPAID
    assert "nothing is charged" in page(client, order)
    press(client, order)
    assert order.state == State.CANCELLED
    assert mails() == ["data_deleted"]


def test_p5_other_books_of_an_unpaid_order_are_named_before_the_click() -> None:
    order = make_ordered(state=State.AWAITING_PAYMENT, books=2)
    assert "Its other books are forgotten with it" in page(opened(order), order)


@pytest.mark.parametrize("approved", [False, True])
def test_p5_of_two_books_the_one_that_is_wished_away_goes_back_and_the_other_goes_on(
    small_story: Story, approved: bool
) -> None:
    order = in_review(small_story, books=2)
    if approved:
        approve(order)
    client = opened(order)
    assert said(order) == Outcome.OTHER_BOOKS
    words = page(client, order)
    assert "This book is not printed. The other books of the order are made and sent as ordered." in words
    OutgoingMail.objects.all().delete()
    press(client, order)
    assert sorted(mails()) == ["data_deleted", "staff_task"]
    assert order.state == (State.APPROVED if approved else State.IN_REVIEW)
    assert gone(order)
    case = Case.objects.get()
    assert (case.kind, case.whole, case.state) == (Case.Kind.CANCELLATION, False, Case.State.UNPAID)
    first, second = order.lines.all()
    assert (first.cancelled_at is None, second.cancelled_at) == (False, None)
    assert not cancelling.can_cancel_book(first)


def test_p5_a_book_that_was_just_being_sent_is_stopped_by_the_sweeper_if_it_did_not_go(small_story: Story) -> None:
    job = queued(small_story)
    order = job.line.order
    PrintJob.objects.update(state=Job.SENDING)
    assert said(order) == Outcome.BEING_SENT
    assert "at this moment" in page(opened(order), order)
    press(opened(order), order)
    assert order.state == State.APPROVED  # nobody can tell yet
    PrintJob.objects.update(state=Job.BLOCKED)  # what the worker does when the vault refuses
    tasks.sweep_unapproved()
    order.refresh_from_db()
    assert (order.state, Case.objects.get().kind) == (State.CANCELLED, Case.Kind.CANCELLATION)


def test_p10_on_time_an_approved_book_is_not_cancelled_by_itself(small_story: Story) -> None:
    order = queued(small_story).line.order
    children.forget(edition_of(order).child, reason=Child.End.EXPIRED)
    tasks.sweep_unapproved()
    order.refresh_from_db()
    assert order.state == State.APPROVED
    assert not OutgoingMail.objects.filter(template="data_deleted").exists()


def test_p8_the_mail_holds_the_receipt_and_nothing_about_the_child() -> None:
    order = make_ordered(state=State.SHIPPED)
    press(opened(order), order, "withdraw")
    receipt = edition_of(order).child.receipt
    mail = OutgoingMail.objects.get(template="data_deleted")
    assert receipt is not None
    assert mail.recipient == order.email
    for part in (mail.text, mail.html):
        assert f"/receipts/{receipt.sha256}/" in part
        assert "You withdrew your consent" in part
        assert order.number in part
    assert CANARY not in f"{mail.subject}{mail.text}{mail.html}"


def test_p8_a_cancellation_that_forgets_the_child_sends_no_second_mail(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    order = make_ordered(state=State.IN_REVIEW)
    with django_capture_on_commit_callbacks(execute=True):
        cancelling.cancel_and_refund(order, actor="customer")
    assert gone(order)
    assert mails() == ["order_cancelled"]


def test_p8_afterwards_every_page_of_the_book_is_a_410_and_the_receipt_is_on_the_order() -> None:
    order = make_ordered(state=State.SHIPPED)
    client, edition = opened(order), edition_of(order)
    press(client, order)
    for name, arguments in {
        "books:preview": [],
        "books:edit": [],
        "books:page": [1, 0],
        "books:digital_copy": [1],
        "books:photo": [1],
    }.items():
        assert client.get(reverse(name, args=[edition.pk, *arguments])).status_code == 410, name
    address = reverse("privacy:data", args=[edition.pk])
    shown = client.get(reverse("orders:order", args=[order.number])).text
    assert f'<a href="{address}">See the receipt</a>' in shown
    receipt = client.get(address)
    assert receipt.status_code == 200
    assert "Your receipt" in receipt.text
    assert reverse("orders:order", args=[order.number]) in receipt.text
    assert client.get(reverse("privacy:download", args=[edition.pk])).status_code == 405
    assert client.post(reverse("privacy:download", args=[edition.pk])).status_code == 410
