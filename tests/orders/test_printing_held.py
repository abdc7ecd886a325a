"""Books that are not sent to the printer although they are approved: held by staff, or cancelled alone."""

import pytest
from django.core import mail as outbox
from django.utils import timezone

from books.story import Story
from orders import print_tasks, printing
from orders.models import Order, OrderLine, PrintJob
from tests.orders.factories import make_line, make_order
from tests.orders.jobs import approve, in_review, job_at_the_printer, queued

pytestmark = pytest.mark.django_db
State = PrintJob.State


def test_p22_nothing_of_an_order_that_staff_decide_about_is_sent(small_story: Story) -> None:
    job = queued(small_story)
    Order.objects.update(held_at=timezone.now())
    assert not printing.waiting().exists()
    assert not printing.make_and_send(job.pk)
    print_tasks.sweep_print_jobs()
    job.refresh_from_db()
    assert (job.state, job.tries, outbox.outbox) == (State.QUEUED, 0, [])
    Order.objects.update(held_at=None)
    print_tasks.sweep_print_jobs()
    job.refresh_from_db()
    assert (job.state, len(outbox.outbox)) == (State.SENT, 1)


def test_p23_a_book_that_was_cancelled_alone_gets_no_job(small_story: Story) -> None:
    order = in_review(small_story, books=2)
    first, second = order.lines.order_by("pk")
    jobs = approve(order)
    assert len(jobs) == 2
    PrintJob.objects.all().delete()
    OrderLine.objects.filter(pk=first.pk).update(cancelled_at=timezone.now(), approved_revision=None)
    printing.queue_jobs(order)
    job = PrintJob.objects.get()
    assert (job.line, job.number) == (second, f"J-{order.number.removeprefix('LD-')}-2")


def test_p23_a_job_of_a_book_that_was_cancelled_meanwhile_is_not_sent(small_story: Story) -> None:
    job = queued(small_story)
    OrderLine.objects.update(cancelled_at=timezone.now())
    assert not printing.waiting().exists()
    assert not printing.make_and_send(job.pk)
    job.refresh_from_db()
    assert (job.state, outbox.outbox) == (State.QUEUED, [])


def test_an_order_is_on_its_way_when_all_books_but_the_cancelled_ones_have_left() -> None:
    order = make_order(state=Order.State.IN_PRINT)
    here, gone = make_line(order), make_line(order)
    job = job_at_the_printer(order)
    printing.shipped(job, carrier="PostNord", tracking="DK1")
    order.refresh_from_db()
    assert (order.state, job.line) == (Order.State.IN_PRINT, here)
    assert not printing.follow(order, actor="staff:1")
    OrderLine.objects.filter(pk=gone.pk).update(cancelled_at=timezone.now())
    assert printing.follow(order, actor="staff:1")
    order.refresh_from_db()
    assert order.state == Order.State.SHIPPED
    assert not printing.follow(order, actor="staff:1")
