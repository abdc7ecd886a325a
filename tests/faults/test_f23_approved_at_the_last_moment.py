"""F23: approved at 13 days 23:30. Either it is printed before the child is forgotten, or nobody is left in the dark."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.core import mail as outbox
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import OutgoingMail, User
from books.models import Edition
from books.story import Story
from orders import print_mail, print_tasks, printing
from orders.models import Order, Payment, PrintJob, Refund
from privacy import retention
from privacy.models import Child
from refunds import cancelling, desk
from refunds.models import Case
from tests.orders.factories import CANARY
from tests.orders.jobs import approve, in_review
from tests.orders.test_review import opened

pytestmark = [pytest.mark.fault, pytest.mark.django_db]
State = PrintJob.State


def last_half_hour(order: Order) -> datetime:
    expires: datetime = Edition.objects.get(order_line__order=order).child.expires_at
    return expires - timedelta(minutes=30)


def paid_in_review(story: Story) -> Order:
    order = in_review(story)
    Payment.objects.create(order=order, idempotency_key="p", amount=order.total, currency="eur", state="paid")
    return order


def test_f23_approved_half_an_hour_before_is_printed(small_story: Story) -> None:
    order = paid_in_review(small_story)
    with time_machine.travel(last_half_hour(order), tick=True):
        (job,) = approve(order)
        print_tasks.sweep_print_jobs()
    job.refresh_from_db()
    assert job.state == State.SENT
    with time_machine.travel(last_half_hour(order) + timedelta(hours=2), tick=True):
        retention.purge()
    job.refresh_from_db()
    order.refresh_from_db()
    assert (job.state, order.state, len(outbox.outbox)) == (State.SENT, Order.State.IN_PRINT, 1)
    assert not OutgoingMail.objects.filter(template="not_printed").exists()


@pytest.mark.parametrize("first", ["the worker", "the purge"])
def test_f23_with_all_workers_down_until_after_the_expiry_it_is_stopped_and_everybody_knows(
    small_story: Story, settings: Settings, first: str
) -> None:
    order = paid_in_review(small_story)
    at = last_half_hour(order)
    with time_machine.travel(at, tick=True) as clock:
        (job,) = approve(order)
        OutgoingMail.objects.all().delete()
        clock.move_to(at + timedelta(minutes=31))
        for work in (print_tasks.sweep_print_jobs, retention.purge)[:: 1 if first == "the worker" else -1]:
            work()
        job.refresh_from_db()
        assert (job.state, outbox.outbox) == (State.BLOCKED, [])
        told = {mail.template: mail for mail in OutgoingMail.objects.all()}
        assert sorted(told) == ["not_printed", "staff_task"]
        assert told["not_printed"].recipient == order.email
        assert told["staff_task"].recipient == settings.CONTROLLER["email"]
        assert all(CANARY not in mail.text + mail.html + mail.subject for mail in told.values())
        assert {item.label: item.count for item in desk.look(User(is_superuser=True)).tiles}[
            "Print jobs that need you"
        ] == 1
        _offered(order)


def _offered(order: Order) -> None:
    """Both ways out are on the order's page: all the money, or the book anew."""
    client = opened(order)
    page = client.get(reverse("orders:order", args=[order.number])).text
    cancel = reverse("refunds:cancel_mine", args=[order.number])
    assert cancel in page
    assert reverse("books:personalise", args=["moon-wave"]) in page
    assert client.post(cancel).status_code == 302
    order.refresh_from_db()
    case = Case.objects.get()
    assert (order.state, case.kind) == (Order.State.CANCELLED, Case.Kind.UNPRINTABLE)
    assert Refund.objects.get().amount == order.total
    assert not printing.needing_staff().exists()


def test_f23_a_mail_server_that_refuses_until_the_expiry_stops_the_book(
    small_story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionRefusedError

    order = paid_in_review(small_story)
    at = last_half_hour(order)
    monkeypatch.setattr(print_mail, "send", refuse)
    with time_machine.travel(at, tick=True) as clock:
        (job,) = approve(order)
        print_tasks.sweep_print_jobs()
        job.refresh_from_db()
        assert job.state == State.SENDING
        clock.move_to(at + timedelta(minutes=40))
        print_tasks.sweep_print_jobs()
    job.refresh_from_db()
    assert (job.state, job.tries) == (State.BLOCKED, 2)
    assert OutgoingMail.objects.filter(template="not_printed").count() == 1


def test_f23_staff_cancel_a_blocked_order_and_the_money_goes_back(
    small_story: Story, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    order = paid_in_review(small_story)
    approve(order)
    PrintJob.objects.update(state=State.BLOCKED)
    with django_capture_on_commit_callbacks() as later:
        cancelling.cancel_and_refund(order, actor="staff:1")
    assert Refund.objects.get().amount == order.total
    assert PrintJob.objects.get().state == State.CANCELLED
    assert Child.objects.get().ended_at is None
    for call in later:
        call()
    assert Child.objects.get().ended_at is not None
    assert timezone.now() < Child.objects.get().expires_at
