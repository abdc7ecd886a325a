"""The way of a book through the print partner, and what stops it."""

import smtplib
from datetime import timedelta

import pytest
import time_machine
from django.core import mail as outbox
from django.utils import timezone

from accounts.models import OutgoingMail, User
from books import print_files
from books.preflight import Problem
from books.story import Story
from orders import print_mail, print_tasks, printing, states
from orders.models import Order, PrintJob
from privacy import children
from privacy.models import Child
from tests.orders.factories import CANARY, make_line, make_ordered
from tests.orders.jobs import approve, in_review, job_at_the_printer, queued

pytestmark = pytest.mark.django_db
State = PrintJob.State


def events(job: PrintJob) -> list[str]:
    return [event.kind for event in job.events.order_by("pk")]


def mails() -> list[str]:
    return list(OutgoingMail.objects.order_by("pk").values_list("template", flat=True))


def refuse(*_: object) -> None:
    raise smtplib.SMTPServerDisconnected("no")


# --- queued and sent --------------------------------------------------------------------------------------------------


def test_p21_an_unapproved_book_never_reaches_the_printer(small_story: Story) -> None:
    order = in_review(small_story)
    with pytest.raises(ValueError, match="a book that nobody approved is never printed"):
        printing.queue_jobs(order)
    # A row that somebody made by hand is not sent either: not for an order in review, not for another revision.
    job = PrintJob.objects.create(number="J-X", line=order.lines.get(), revision=1, profile="house")
    assert not printing.make_and_send(job.pk)
    print_tasks.sweep_print_jobs()
    job.refresh_from_db()
    assert (job.state, outbox.outbox) == (State.QUEUED, [])
    Order.objects.filter(pk=order.pk).update(state=Order.State.APPROVED)
    assert not printing.make_and_send(job.pk)
    job.refresh_from_db()
    assert (job.state, outbox.outbox) == (State.BLOCKED, [])
    assert "another version of the book was approved" in job.events.get().detail


def test_p21_an_approved_book_is_made_and_mailed_once(small_story: Story) -> None:
    job = queued(small_story)
    assert (job.state, job.revision) == (State.QUEUED, 1)
    assert printing.make_and_send(job.pk)
    assert not printing.make_and_send(job.pk)
    print_tasks.sweep_print_jobs()
    job.refresh_from_db()
    assert len(outbox.outbox) == 1
    assert (job.state, job.page_count, job.line.order.state) == (State.SENT, 24, Order.State.IN_PRINT)
    assert len({job.interior_sha256, job.cover_sha256}) == 2
    assert all(len(digest) == 64 for digest in (job.interior_sha256, job.cover_sha256))
    assert events(job) == ["queued", "sent"]


def test_approving_twice_queues_each_book_once(small_story: Story) -> None:
    jobs = approve(in_review(small_story, books=2))
    order = jobs[0].line.order
    printing.queue_jobs(order)
    assert PrintJob.objects.count() == 2
    stem = order.number.removeprefix("LD-")
    assert [job.number for job in jobs] == [f"J-{stem}-1", f"J-{stem}-2"]


def test_a_dead_workers_job_is_taken_over_when_its_lease_is_over(small_story: Story) -> None:
    job = queued(small_story)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        held = printing._claim(job.pk)
        assert held is not None
        clock.shift(printing.LEASE - timedelta(seconds=1))
        assert not printing.make_and_send(job.pk)
        clock.shift(timedelta(seconds=2))
        assert printing._claim(job.pk) is not None
        # The first one wakes up: it has lost the job and must not send it.
        assert not printing._still_mine(held)
        clock.shift(printing.LEASE + timedelta(seconds=1))
        assert printing.make_and_send(job.pk)
    assert len(outbox.outbox) == 1
    job.refresh_from_db()
    assert job.tries == 3


def test_a_mail_server_that_refuses_is_tried_again_and_staff_hear_of_it(
    small_story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = queued(small_story)
    OutgoingMail.objects.all().delete()
    with time_machine.travel(timezone.now(), tick=False) as clock, monkeypatch.context() as broken:
        broken.setattr(print_mail, "send", refuse)
        for turn in range(1, 13):
            assert not printing.make_and_send(job.pk)
            assert not printing.make_and_send(job.pk)  # not at once
            assert mails() == (["staff_task"] if turn >= printing.MAX_TRIES else [])
            clock.shift(printing.LONGEST_PAUSE + timedelta(seconds=1))
        assert list(printing.needing_staff()) == [job]
        broken.undo()
        assert printing.make_and_send(job.pk)
    assert len(outbox.outbox) == 1
    assert not printing.needing_staff().exists()


def test_f22_an_error_of_ours_stops_the_job_after_ten_tries_and_names_nobody(
    small_story: Story, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(f"cannot draw {CANARY}")

    job = queued(small_story)
    monkeypatch.setattr(print_files, "print_files", fail)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(printing.MAX_TRIES):
            assert not printing.make_and_send(job.pk)
            clock.shift(timedelta(hours=2))
    job.refresh_from_db()
    assert (job.state, job.tries) == (State.BLOCKED, 10)
    assert job.events.last().detail == "RuntimeError while the files were made"  # type: ignore[union-attr]
    assert CANARY not in caplog.text
    assert all(CANARY not in mail.text + mail.subject for mail in OutgoingMail.objects.all())


def test_files_that_would_not_print_well_wait_for_staff_and_the_parent_is_left_in_peace(
    small_story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise print_files.PreflightFailed([Problem(3, "an image has 100 dpi")])

    job = queued(small_story)
    OutgoingMail.objects.all().delete()
    monkeypatch.setattr(print_files, "print_files", fail)
    assert not printing.make_and_send(job.pk)
    job.refresh_from_db()
    assert (job.state, mails()) == (State.BLOCKED, ["staff_task"])
    assert job.events.last().detail == "page 3: an image has 100 dpi"  # type: ignore[union-attr]
    assert list(printing.needing_staff()) == [job]
    assert printing.unprintable(job.line.order) == []


# --- cancelled --------------------------------------------------------------------------------------------------------


def test_p23_a_cancelled_orders_job_is_never_made(small_story: Story) -> None:
    job = queued(small_story)
    order = job.line.order
    assert printing.cancel(order, actor="staff:1")
    assert states.move(order, Order.State.CANCELLED, actor="staff:1")
    assert not printing.make_and_send(job.pk)
    PrintJob.objects.update(state=State.QUEUED)  # as if cancelling had been interrupted
    assert not printing.make_and_send(job.pk)
    assert not printing.waiting().exists()
    assert outbox.outbox == []


@pytest.mark.parametrize("state", [State.SENDING, State.SENT, State.RECEIVED, State.SHIPPED])
def test_what_has_left_the_house_cannot_be_stopped(state: str) -> None:
    order = make_ordered(state=Order.State.IN_PRINT, books=2)
    first = job_at_the_printer(order, state=state)
    second = PrintJob.objects.create(number="J-2", line=order.lines.order_by("-pk")[0], revision=1, profile="house")
    assert not printing.cancel(order, actor="staff:1")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (state, State.QUEUED)


# --- what the printer says --------------------------------------------------------------------------------------------


def test_received_and_shipped_tell_the_parent_once_and_move_the_order() -> None:
    order = make_ordered(state=Order.State.IN_PRINT)
    job = job_at_the_printer(order)
    for _ in range(2):
        printing.received(job)
    for _ in range(2):
        printing.shipped(job, carrier="PostNord", tracking="https://carrier.example/1")
    order.refresh_from_db()
    assert (order.state, mails()) == (Order.State.SHIPPED, ["in_print", "shipped"])
    assert events(job) == ["received", "shipped"]
    with pytest.raises(printing.TooLate):
        printing.rejected(job, reason="too late")
    with pytest.raises(printing.TooLate):
        printing.received(job)


def test_an_order_is_on_its_way_when_all_its_books_are() -> None:
    order = make_ordered(state=Order.State.IN_PRINT, books=2)
    first = job_at_the_printer(order)
    second = PrintJob.objects.create(
        number="J-2", line=order.lines.order_by("-pk")[0], revision=1, profile="house", state=State.SENT
    )
    printing.shipped(first, carrier="GLS", tracking="1")
    order.refresh_from_db()
    assert order.state == Order.State.IN_PRINT
    printing.shipped(second, carrier="GLS", tracking="2")
    order.refresh_from_db()
    assert (order.state, mails()) == (Order.State.SHIPPED, ["shipped", "shipped"])


def test_a_rejected_job_is_queued_again_under_its_own_number(small_story: Story) -> None:
    job = queued(small_story)
    assert printing.make_and_send(job.pk)
    job.refresh_from_db()
    printing.rejected(job, reason="the spine is too narrow")
    assert list(printing.needing_staff()) == [job]
    user = User.objects.create_user("s@example.com", "a-long-password")
    second = printing.again(job, actor=f"staff:{user.pk}")
    assert second.number == f"{job.number}r2"
    with pytest.raises(printing.TooLate, match="queued again before"):
        printing.again(job, actor="staff:1")
    assert not printing.needing_staff().exists()
    assert printing.make_and_send(second.pk)
    second.refresh_from_db()
    printing.rejected(second, reason="still")
    assert printing.again(second, actor="staff:1").number == f"{job.number}r3"
    assert len(outbox.outbox) == 2


def test_only_stopped_jobs_of_living_orders_are_queued_again() -> None:
    order = make_ordered(state=Order.State.IN_PRINT)
    job = job_at_the_printer(order)
    with pytest.raises(printing.TooLate, match="neither rejected nor stopped"):
        printing.again(job, actor="staff:1")
    PrintJob.objects.update(state=State.BLOCKED)
    Order.objects.update(state=Order.State.CANCELLED)
    with pytest.raises(printing.TooLate):
        printing.again(job, actor="staff:1")
    assert PrintJob.objects.count() == 1


# --- the child is forgotten -------------------------------------------------------------------------------------------


def test_p5_a_wish_to_forget_stops_an_unprinted_book_and_its_order(small_story: Story) -> None:
    job = queued(small_story)
    OutgoingMail.objects.all().delete()
    assert job.line.edition is not None
    children.forget(job.line.edition.child, reason=Child.End.WITHDRAWN)
    job.refresh_from_db()
    job.line.order.refresh_from_db()
    assert (job.state, job.line.order.state) == (State.CANCELLED, Order.State.CANCELLED)
    assert (mails(), outbox.outbox) == (["data_deleted", "order_cancelled"], [])
    assert not printing.make_and_send(job.pk)


def test_f23_forgetting_on_time_stops_an_unprinted_book_and_offers_the_money(small_story: Story) -> None:
    job = queued(small_story)
    OutgoingMail.objects.all().delete()
    assert job.line.edition is not None
    children.forget(job.line.edition.child, reason=Child.End.EXPIRED)
    job.refresh_from_db()
    assert (job.state, mails(), outbox.outbox) == (State.BLOCKED, ["staff_task", "not_printed"], [])
    assert "We keep that promise even when it stops a book" in OutgoingMail.objects.get(template="not_printed").text
    assert printing.unprintable(job.line.order) == [job.line]
    with pytest.raises(printing.TooLate, match="Cancel and refund the order"):
        printing.again(job, actor="staff:1")


def test_p5_of_two_approved_books_the_one_that_is_wished_away_is_stopped_and_everybody_told(small_story: Story) -> None:
    first, second = approve(in_review(small_story, books=2))
    OutgoingMail.objects.all().delete()
    assert first.line.edition is not None
    children.forget(first.line.edition.child, reason=Child.End.DELETED)
    for job in (first, second):
        job.refresh_from_db()
    assert (first.state, second.state) == (State.CANCELLED, State.QUEUED)
    assert mails() == ["data_deleted", "staff_task"]


def test_p35_the_printers_words_go_with_the_child() -> None:
    order = make_ordered(state=Order.State.IN_PRINT)
    job = job_at_the_printer(order)
    printing.rejected(job, reason=f"the name {CANARY} is cut off")
    edition = job.line.edition
    assert edition is not None
    OutgoingMail.objects.all().delete()
    children.forget(edition.child, reason=Child.End.EXPIRED)
    job.refresh_from_db()
    assert job.rejection == "(forgotten)"
    assert CANARY not in " ".join(job.events.values_list("detail", flat=True))
    assert mails() == ["not_printed"]


def test_forgetting_on_time_says_nothing_about_a_book_that_was_printed() -> None:
    order = make_ordered(state=Order.State.SHIPPED)
    job = job_at_the_printer(order, state=State.SHIPPED)
    edition = job.line.edition
    assert edition is not None
    children.forget(edition.child, reason=Child.End.EXPIRED)
    job.refresh_from_db()
    assert (job.state, mails()) == (State.SHIPPED, [])


def test_a_book_without_an_edition_is_stopped() -> None:
    order = make_ordered(state=Order.State.APPROVED, books=0)
    make_line(order, approved_revision=1)
    (job,) = [job_at_the_printer(order, state=State.QUEUED)]
    assert not printing.make_and_send(job.pk)
    job.refresh_from_db()
    assert job.state == State.BLOCKED
