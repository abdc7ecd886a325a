"""Parents have an answer within a working day, or staff are told (P22)."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from accounts.models import OutgoingMail
from books.models import Edition
from privacy.models import Child
from refunds import answer_deadlines, changes
from refunds.models import ChangeRequest
from refunds.tasks import sweep_deadlines
from tests.orders.test_review import in_review
from tests.refunds.staff import member

pytestmark = pytest.mark.django_db


def asked_at(when: datetime) -> ChangeRequest:
    with time_machine.travel(when, tick=False):
        request = changes.ask(in_review().lines.get(), "Longer hair, please")
    request.refresh_from_db()
    return request


def overdue(day: int, hour: int = 12) -> bool:
    with time_machine.travel(datetime(2026, 11, day, hour, tzinfo=UTC), tick=False):
        return answer_deadlines.overdue().exists()


@pytest.mark.parametrize(
    ("asked", "by"),
    [
        (datetime(2026, 11, 10, 9, tzinfo=UTC), date(2026, 11, 11)),  # Tuesday
        (datetime(2026, 11, 13, 22, tzinfo=UTC), date(2026, 11, 16)),  # Friday night
        (datetime(2026, 11, 14, 9, tzinfo=UTC), date(2026, 11, 16)),  # Saturday
        (datetime(2026, 12, 23, 9, tzinfo=UTC), date(2026, 12, 24)),  # the day before Christmas Eve
        (datetime(2026, 12, 24, 9, tzinfo=UTC), date(2026, 12, 28)),  # two public holidays and a weekend
    ],
)
def test_p22_an_answer_is_due_on_the_next_working_day(asked: datetime, by: date) -> None:
    assert answer_deadlines.answer_by(asked_at(asked)) == by


def test_p22_a_wait_is_overdue_when_its_day_is_over() -> None:
    asked_at(datetime(2026, 11, 13, 9, tzinfo=UTC))  # a Friday
    assert [overdue(day) for day in (13, 14, 15, 16, 17)] == [False, False, False, False, True]
    assert not overdue(16, hour=22)


def test_p22_staff_are_told_once_of_each_long_wait_and_not_of_answered_ones() -> None:
    request = asked_at(datetime(2026, 11, 10, 9, tzinfo=UTC))
    answered = asked_at(datetime(2026, 11, 10, 9, tzinfo=UTC))
    staff = member()
    with time_machine.travel(datetime(2026, 11, 10, 12, tzinfo=UTC), tick=False):
        changes.answer(answered, staff=staff, text="Of course")
    answered.refresh_from_db()
    assert (answered.waits_since, answer_deadlines.answer_by(answered)) == (None, None)
    OutgoingMail.objects.all().delete()
    for hour in (0, 11, 12, 13):
        with time_machine.travel(datetime(2026, 11, 12, hour, tzinfo=UTC), tick=False):
            sweep_deadlines()
    (mail,) = OutgoingMail.objects.all()
    assert mail.template == "staff_task"
    assert request.line.order.number in mail.text
    assert f"/staff/changes/{request.pk}/" in mail.text


def test_p22_a_new_question_begins_a_new_wait_and_more_words_do_not() -> None:
    request = asked_at(datetime(2026, 11, 10, 9, tzinfo=UTC))
    since = request.waits_since
    with time_machine.travel(datetime(2026, 11, 11, 9, tzinfo=UTC), tick=False):
        changes.ask(request.line, "And shorter sleeves")
    request.refresh_from_db()
    assert request.waits_since == since
    with time_machine.travel(datetime(2026, 11, 11, 10, tzinfo=UTC), tick=False):
        changes.answer(request, staff=member(), text="Of course")
    with time_machine.travel(datetime(2026, 11, 12, 9, tzinfo=UTC), tick=False):
        changes.ask(request.line, "Longer, please")
    request.refresh_from_db()
    assert request.waits_since == datetime(2026, 11, 12, 9, tzinfo=UTC)


def test_p22_the_longest_wait_comes_first() -> None:
    later = asked_at(datetime(2026, 11, 11, 9, tzinfo=UTC))
    earlier = asked_at(datetime(2026, 11, 10, 9, tzinfo=UTC))
    assert list(answer_deadlines.waiting()) == [earlier, later]


def test_p10_nobody_waits_about_a_forgotten_child() -> None:
    from privacy import children

    request = asked_at(datetime(2026, 11, 10, 9, tzinfo=UTC))
    child = Edition.objects.select_related("child").get(order_line=request.line).child
    with time_machine.travel(datetime(2026, 11, 10, 10, tzinfo=UTC), tick=False):
        children.forget(child, reason=Child.End.DELETED)
    assert not answer_deadlines.waiting().exists()
    assert not overdue(30)
