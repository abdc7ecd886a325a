"""What waits for staff, on the admin's first page."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import OutgoingMail, User
from books.models import Edition
from orders import business_days, delivery
from orders.models import Order, Payment, PrintJob, Refund
from privacy import contact
from privacy.models import ContactMessage
from refunds import cases, changes, desk, tasks
from refunds.amounts import Owed
from refunds.models import Case, Return
from tests.orders.factories import CANARY, make_ordered
from tests.orders.jobs import job_at_the_printer
from tests.orders.test_review import in_review
from tests.refunds.staff import member, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.com", "a-long-password"))
    return client


def counts(user: User | None = None) -> dict[str, int]:
    user = user or User.objects.filter(is_superuser=True).first()
    assert user is not None
    return {item.label: item.count for item in desk.look(user).tiles if item.count}


def failed_refund(order: Order) -> Refund:
    payment = Payment.objects.create(
        order=order, idempotency_key=f"p{order.pk}", amount=3480, currency="eur", state="paid"
    )
    return Refund.objects.create(
        payment=payment, idempotency_key=f"r{order.pk}", amount=3480, reason="test", state="failed"
    )


def test_an_empty_desk_counts_nothing(boss: Client) -> None:
    assert counts() == {}
    assert "Nothing waits here" in boss.get(reverse("refunds:queue")).text
    assert "What waits for you" in boss.get(reverse("admin:index")).text


def test_p22_p28_p29_everything_that_needs_a_person_is_counted_and_its_link_shows_exactly_that(boss: Client) -> None:
    job_at_the_printer(make_ordered(state=Order.State.IN_PRINT), state=PrintJob.State.BLOCKED)
    job_at_the_printer(make_ordered(state=Order.State.IN_PRINT), number="J-T-2")
    job_at_the_printer(make_ordered(state=Order.State.CANCELLED), number="J-T-3", state=PrintJob.State.REJECTED)
    changes.ask(in_review().lines.get(), f"About {CANARY}")
    failed_refund(make_ordered(state=Order.State.CANCELLED))
    day_10 = business_days.before(timezone.localdate(), 10, "DK")
    for days in (0, 30):  # late, and overdue
        late = failed_refund(make_ordered(state=Order.State.CANCELLED))
        decided = timezone.make_aware(datetime.combine(day_10 - timedelta(days=days), time.min))
        Refund.objects.filter(pk=late.pk).update(state="pending", decided_at=decided)
    assert counts() == {
        "Refunds due today or overdue": 1,
        "Refunds that failed": 1,
        "Refunds late at the bank": 1,
        "Print jobs that need you": 1,
        "Change requests to answer": 1,
    }
    page = boss.get(reverse("admin:index")).text
    assert CANARY not in page
    assert page.count('class="desk-overdue"') == 1
    user = User.objects.get(is_superuser=True)
    for item in desk.look(user).tiles:
        answer = boss.get(item.url)
        assert (answer.status_code, len(answer.context["desk"].rows)) == (200, item.count), item.label
        assert CANARY not in answer.text
        for row in answer.context["desk"].rows:
            assert boss.get(row.url).status_code == 200, row
    for source in desk.sources(user):  # the list of all of them holds exactly those
        if source.elsewhere is not None:
            answer = boss.get(source.elsewhere())
            listed = answer.context.get("cl")
            shown = listed.result_count if listed is not None else len(answer.context["waiting"])
            assert shown == source.count(), source.label
    for item in desk.elsewhere():
        assert (item.count, boss.get(item.url).context["cl"].result_count) == (1, 1), item.label


def test_p29_the_queue_shows_the_most_urgent_first_with_its_deadline_as_a_day_and_in_words(boss: Client) -> None:
    with time_machine.travel(datetime(2026, 11, 6, 9, tzinfo=UTC), tick=False):  # a Friday
        paid_back = failed_refund(make_ordered(state=Order.State.CANCELLED, country="DK"))
        Refund.objects.filter(pk=paid_back.pk).update(state="pending")
        changes.ask(in_review().lines.get(), "Hello")
    with time_machine.travel(datetime(2026, 11, 9, 9, tzinfo=UTC), tick=False):
        stuck = failed_refund(make_ordered(state=Order.State.CANCELLED))
        Refund.objects.filter(pk=stuck.pk).update(settled_at=timezone.now())
        assert [(row.when, row.due, row.overdue) for row in rows(boss)] == [
            ("due today", date(2026, 11, 9), False),  # the answer: within a working day
            ("1 business day left", date(2026, 11, 10), False),  # the failed refund
        ]
    with time_machine.travel(datetime(2026, 11, 20, 9, tzinfo=UTC), tick=False):  # business day 10 of the first refund
        late = rows(boss)[-1]
        assert ("still under way" in late.what, late.when, late.overdue) == (True, "4 business days left", False)
        assert [row.when for row in rows(boss)[:2]] == [
            "overdue since Monday 9 November",
            "overdue since Tuesday 10 November",
        ]
    with time_machine.travel(datetime(2026, 11, 26, 9, tzinfo=UTC), tick=False):  # day 14
        red = next(row for row in rows(boss) if "promised until then" in row.what)
        assert (red.when, red.overdue) == ("due today", True)
        page = boss.get(reverse("refunds:queue")).text
        assert page.count('class="queue-overdue"') == 4  # and the copy that nobody approved
        assert "26 November 2026" in page


def rows(client: Client) -> list[desk.Row]:
    return list(client.get(reverse("refunds:queue")).context["desk"].rows)


def test_the_queue_shows_staff_what_they_may_do_and_nobody_else_anything(client: Client) -> None:
    changes.ask(in_review().lines.get(), "Hello")
    failed_refund(make_ordered(state=Order.State.CANCELLED))
    address = reverse("refunds:queue")
    assert client.get(address).status_code == 302
    reader = signed_in(member("refunds.change_changerequest"))
    assert [row.act for row in rows(reader)] == ["Read and answer …"]
    assert reader.get(address + "?kind=refunds-failed").status_code == 404
    assert reader.get(address + "?kind=nothing").status_code == 404
    assert "Nothing waits here" in signed_in(member(email="new@example.com")).get(address).text


def test_a_message_a_return_a_parcel_and_a_proposal_wait_with_what_was_promised(boss: Client) -> None:
    with time_machine.travel(datetime(2026, 11, 2, 9, tzinfo=UTC), tick=False):  # a Monday
        contact.receive({"name": "A", "email": "a@example.test", "topic": "other", "order_number": "", "message": "x"})
        order = make_ordered(state=Order.State.SHIPPED)
        delivery.not_arrived(order, what="waiting")
        Return.objects.create(number="R-TEST01", order=order, reason="print", wish="refund")
        payment = Payment.objects.create(order=order, idempotency_key="p", amount=3480, currency="eur", state="paid")
        with override_settings(SECOND_PERSON_ABOVE=1000):
            cases.give_goodwill(payment.order, amount=2000, staff=member(), note="late")
        found = {row.what.partition(":")[0]: row for row in rows(boss)}
    due = {what: row.due for what, row in found.items()}
    reference = ContactMessage.objects.get().reference
    assert due == {
        "The parcel has not come, the customer says": date(2026, 11, 3),
        "€20.00 proposed by staff@example.com (goodwill)": date(2026, 11, 3),
        "Return R-TEST01": date(2026, 11, 4),
        f"Message {reference}": timezone.localdate(ContactMessage.objects.get().answer_by),
    }
    assert found[f"Message {reference}"].number == reference


def test_p29_staff_are_reminded_of_a_proposal_that_waits_for_longer_than_a_day() -> None:
    with time_machine.travel(datetime(2026, 11, 6, 9, tzinfo=UTC), tick=False):  # a Friday
        order = make_ordered(state=Order.State.SHIPPED)
        Payment.objects.create(order=order, idempotency_key="p", amount=3480, currency="eur", state="paid")
        with override_settings(SECOND_PERSON_ABOVE=1000):
            case = cases.give_goodwill(order, amount=2000, staff=member(), note="late")
    for day, reminded in ((9, 0), (10, 1), (11, 1)):
        with time_machine.travel(datetime(2026, 11, day, 9, tzinfo=UTC), tick=False):
            tasks.sweep_deadlines()
            assert OutgoingMail.objects.filter(key=f"staff:case:{case.pk}:waits").count() == reminded


@pytest.mark.usefixtures("boss")
def test_copies_run_out_of_time_three_days_before_the_last_approval() -> None:
    in_review()
    by = Edition.objects.get().child.expires_at - timedelta(hours=12)
    for before, running_out in ((timedelta(days=3, seconds=1), 0), (timedelta(days=3) - timedelta(seconds=1), 1)):
        with time_machine.travel(by - before, tick=False):
            assert counts().get("Digital copies running out of time", 0) == running_out


def test_the_desk_asks_the_database_once_for_each_kind_however_much_waits(boss: Client) -> None:
    asked = []
    for wanted in (1, 4):
        while PrintJob.objects.count() < wanted:
            changes.ask(in_review().lines.get(), "Hello")
            failed_refund(make_ordered(state=Order.State.CANCELLED))
            late = failed_refund(make_ordered(state=Order.State.CANCELLED))
            Refund.objects.filter(pk=late.pk).update(state="pending", decided_at=timezone.now() - timedelta(days=60))
            order = make_ordered(state=Order.State.IN_PRINT)
            job_at_the_printer(order, number=f"J-{order.pk}", state=PrintJob.State.BLOCKED)
            Return.objects.create(number=f"R-{order.pk}", order=order, reason="print", wish="refund")
            cases.open_case(
                order,
                Owed((), 100, 0, 0, (), ()),
                kind="goodwill",
                actor="staff:1",
                staff=member(email=f"{order.pk}@example.com"),
            )
            Case.objects.update(state="proposed", proposed_by=User.objects.latest("pk"))
        with CaptureQueriesContext(connection) as queries:
            assert boss.get(reverse("refunds:queue")).status_code == 200
        asked.append(len(queries))
        assert len(rows(boss)) == 6 * wanted
    assert asked[0] == asked[1]
    user = User.objects.get(is_superuser=True)
    with CaptureQueriesContext(connection) as queries:
        desk.look(user)
    assert len(queries) == len(desk.sources(user))
