"""New copies in place of faulty ones, from the stored book (P43)."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail as outbox

from accounts.models import OutgoingMail
from books.story import Story
from orders import print_tasks, printing, reprints, states
from orders.models import Order, PrintJob
from privacy import children
from privacy.models import Child
from privacy.vault import Forgotten
from tests.orders.jobs import queued

pytestmark = pytest.mark.django_db
State = PrintJob.State
STAFF = "staff:1"
DELIVERED = Order.State.DELIVERED


@pytest.fixture
def job(small_story: Story) -> PrintJob:
    """The job of a book of three copies that has been delivered."""
    job = queued(small_story)
    type(job.line).objects.filter(pk=job.line_id).update(quantity=3)
    assert printing.make_and_send(job.pk)
    printing.received(job)
    printing.shipped(job, carrier="PostNord", tracking="PN1")
    job.refresh_from_db()
    order = job.line.order
    order.refresh_from_db()
    assert states.move(order, DELIVERED, actor="system")
    OutgoingMail.objects.all().delete()
    outbox.outbox.clear()
    return PrintJob.objects.select_related("line__order").get(pk=job.pk)


def mails() -> list[str]:
    return list(OutgoingMail.objects.order_by("pk").values_list("template", flat=True))


def state_of(order: Order) -> str:
    return str(Order.objects.values_list("state", flat=True).get(pk=order.pk))


def test_p43_a_delivered_order_s_book_is_printed_again_and_the_order_stays_where_it_is(job: PrintJob) -> None:
    order = job.line.order
    fresh = reprints.reprint(job.line, copies=2, actor=STAFF)
    assert (fresh.state, fresh.reprint_of, fresh.copies, fresh.revision) == (State.QUEUED, job, 2, job.revision)
    assert fresh.number == f"{job.number}r2"
    print_tasks.sweep_print_jobs()
    fresh.refresh_from_db()
    assert fresh.state == State.SENT
    assert state_of(order) == DELIVERED
    (mail,) = outbox.outbox
    assert "reprint" in str(mail.subject)
    assert "2 × " in str(mail.subject)
    assert f"a reprint in place of faulty copies of job {job.number}" in str(mail.body)
    printing.received(fresh)
    printing.shipped(fresh, carrier="PostNord", tracking="PN2")
    assert mails() == ["reprint_in_print", "reprint_on_its_way"]
    assert state_of(order) == DELIVERED
    assert "2 x The Moon" in OutgoingMail.objects.get(template="reprint_on_its_way").text


def test_p43_new_copies_are_made_once_at_a_time_and_never_more_than_were_ordered(job: PrintJob) -> None:
    for copies in (0, 4):
        with pytest.raises(ValueError, match="copies"):
            reprints.reprint(job.line, copies=copies, actor=STAFF)
    first = reprints.reprint(job.line, copies=1, actor=STAFF)
    with pytest.raises(printing.TooLate, match="being made already"):
        reprints.reprint(job.line, copies=1, actor=STAFF)
    printing.make_and_send(first.pk)
    printing.shipped(first, carrier="PostNord", tracking="PN2")
    second = reprints.reprint(job.line, copies=1, actor=STAFF)  # another copy of the line has a fault too
    assert second.reprint_of == first


def test_p43_nothing_is_printed_again_of_an_order_that_was_not_sent(small_story: Story) -> None:
    job = queued(small_story)
    with pytest.raises(printing.TooLate, match="has not been sent"):
        reprints.reprint(job.line, copies=1, actor=STAFF)
    assert PrintJob.objects.count() == 1


def test_p43_after_day_14_there_is_no_stored_book_to_print_from(job: PrintJob) -> None:
    assert job.line.edition is not None
    with time_machine.travel(job.line.edition.child.expires_at, tick=False), pytest.raises(Forgotten):
        reprints.reprint(job.line, copies=1, actor=STAFF)
    with time_machine.travel(job.line.edition.child.expires_at - timedelta(seconds=1), tick=False):
        assert reprints.reprint(job.line, copies=1, actor=STAFF).state == State.QUEUED


def test_p43_a_child_forgotten_before_the_new_copy_was_made_stops_it_and_whoever_keeps_the_return_hears(
    job: PrintJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str, PrintJob | None]] = []
    monkeypatch.setattr(reprints, "_ON_REPRINT", [lambda one, before: told.append((one.number, one.state, before))])
    fresh = reprints.reprint(job.line, copies=1, actor=STAFF)
    assert job.line.edition is not None
    children.forget(job.line.edition.child, reason=Child.End.DELETED)
    fresh.refresh_from_db()
    assert fresh.state == State.BLOCKED
    assert set(told) == {(fresh.number, State.BLOCKED, None)}
    assert "not_printed" not in mails()  # that mail speaks of an order whose money goes back by a button
    assert state_of(job.line.order) == DELIVERED


def test_p43_a_rejected_new_copy_is_queued_again_as_a_new_copy(job: PrintJob, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = reprints.reprint(job.line, copies=2, actor=STAFF)
    assert printing.make_and_send(fresh.pk)
    printing.rejected(fresh, reason="Stains")
    assert list(printing.needing_staff()) == [fresh]
    told: list[tuple[PrintJob, PrintJob | None]] = []
    monkeypatch.setattr(reprints, "_ON_REPRINT", [lambda one, before: told.append((one, before))])
    again = printing.again(fresh, actor=STAFF)
    assert (again.reprint_of, again.copies, again.state) == (job, 2, State.QUEUED)
    assert told == [(again, fresh)]
    assert list(printing.needing_staff()) == []
