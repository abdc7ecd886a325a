"""What waits for staff, on the admin's first page."""

from datetime import datetime, time, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from books.models import Edition
from orders import business_days
from orders.models import Order, Payment, PrintJob, Refund
from refunds import changes, desk
from tests.orders.factories import CANARY, make_ordered
from tests.orders.jobs import job_at_the_printer
from tests.orders.test_review import in_review

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.com", "a-long-password"))
    return client


def counts() -> dict[str, int]:
    return {item.label: item.count for item in desk.waiting() if item.count}


def failed_refund(order: Order) -> Refund:
    payment = Payment.objects.create(
        order=order, idempotency_key=f"p{order.pk}", amount=3480, currency="eur", state="paid"
    )
    return Refund.objects.create(
        payment=payment, idempotency_key=f"r{order.pk}", amount=3480, reason="test", state="failed"
    )


def test_an_empty_desk_counts_nothing(boss: Client) -> None:
    assert counts() == {}
    assert "What waits for you" in boss.get(reverse("admin:index")).text


def test_p22_p28_p29_everything_that_needs_a_person_is_counted_and_its_link_shows_exactly_that(boss: Client) -> None:
    job_at_the_printer(make_ordered(state=Order.State.IN_PRINT), state=PrintJob.State.BLOCKED)
    job_at_the_printer(make_ordered(state=Order.State.IN_PRINT), number="J-T-2")
    job_at_the_printer(make_ordered(state=Order.State.CANCELLED), number="J-T-3", state=PrintJob.State.REJECTED)
    changes.ask(in_review().lines.get(), f"About {CANARY}")
    failed_refund(make_ordered(state=Order.State.CANCELLED))
    day_10 = business_days.before(timezone.localdate(), 10, "DK")
    for days in (0, 30):
        late = failed_refund(make_ordered(state=Order.State.CANCELLED))
        decided = timezone.make_aware(datetime.combine(day_10 - timedelta(days=days), time.min))
        Refund.objects.filter(pk=late.pk).update(state="pending", decided_at=decided)
    assert counts() == {
        "Refunds due today or overdue": 1,
        "Refunds that failed": 1,
        "Refunds late at the bank": 1,
        "Print jobs that need you": 1,
        "Change requests to answer": 1,
        "Digital copies with parents": 1,
        "Books at the printer": 1,
    }
    page = boss.get(reverse("admin:index")).text
    assert CANARY not in page
    assert page.count('class="desk-overdue"') == 1
    for item in desk.waiting():
        answer = boss.get(item.url)
        assert answer.status_code == 200
        listed = answer.context.get("cl")
        shown = listed.result_count if listed is not None else len(answer.context["waiting"])
        assert shown == item.count, item.label
        assert CANARY not in answer.text


def test_copies_run_out_of_time_three_days_before_the_last_approval() -> None:
    in_review()
    by = Edition.objects.get().child.expires_at - timedelta(hours=12)
    for before, running_out in ((timedelta(days=3, seconds=1), 0), (timedelta(days=3) - timedelta(seconds=1), 1)):
        with time_machine.travel(by - before, tick=False):
            assert counts().get("Digital copies running out of time", 0) == running_out


def test_the_desk_asks_the_database_once_for_each_kind(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(3):
        changes.ask(in_review().lines.get(), "Hello")
    with django_assert_num_queries(len(desk.waiting())):
        desk.waiting()
