"""When a parcel arrived, who may say so, and until when it may go back."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import OutgoingMail
from orders import delivery, local_days, points, tasks
from orders.models import Order, OrderEvent, OrderLine, PrintJob
from tests.orders.parcels import on_its_way

pytestmark = pytest.mark.django_db
State = Order.State
LEFT = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)  # a Monday
CAME = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


@pytest.fixture
def delivered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The orders that points were earned with."""
    called: list[int] = []
    monkeypatch.setattr(points, "earn", lambda order: called.append(order.pk))
    return called


def told(order: Order) -> list[tuple[str, str]]:
    return list(order.events.values_list("kind", "actor"))


def mails() -> list[str]:
    return list(OutgoingMail.objects.order_by("pk").values_list("template", flat=True))


# --- the window (P24) ---


@pytest.mark.parametrize(
    ("came", "days", "may"),
    [
        ("2026-03-12T00:00+01:00", 0, True),
        ("2026-03-12T00:00+01:00", 7, True),
        ("2026-03-12T23:59+01:00", 7, True),
        ("2026-03-12T00:00+01:00", 8, False),
        ("2026-03-12T23:59+01:00", 8, False),
    ],
)
def test_p24_day_seven_is_accepted_and_day_eight_refused(came: str, days: int, may: bool) -> None:
    order, _ = on_its_way(state=State.DELIVERED, delivered_at=datetime.fromisoformat(came))
    assert delivery.return_until(order) == date(2026, 3, 19)
    assert delivery.may_return(order, date(2026, 3, 12) + timedelta(days=days)) is may
    order.state = State.COMPLETED
    assert delivery.may_return(order, date(2026, 3, 12) + timedelta(days=days)) is may


def test_p24_days_are_those_of_the_customer() -> None:
    """A parcel handed over in Lisbon at 23:30 came on that day there, and on the next one here."""
    late = datetime(2026, 3, 12, 23, 30, tzinfo=UTC)
    there, _ = on_its_way(country="PT", state=State.DELIVERED, delivered_at=late)
    here, _ = on_its_way(country="DK", state=State.DELIVERED, delivered_at=late)
    assert (delivery.return_until(there), delivery.return_until(here)) == (date(2026, 3, 19), date(2026, 3, 20))
    with time_machine.travel(datetime(2026, 3, 19, 23, 30, tzinfo=UTC), tick=False):
        assert local_days.today("PT") == date(2026, 3, 19)
        assert local_days.today("DK") == date(2026, 3, 20)
        assert delivery.may_return(there, local_days.today("PT"))


@pytest.mark.parametrize("state", State.values)
def test_p24_before_the_day_is_known_a_return_is_open_once_it_has_left(state: str) -> None:
    order, _ = on_its_way(state=state)
    after = (State.SHIPPED, State.DELIVERED, State.COMPLETED)
    assert delivery.may_return(order, date(2030, 1, 1)) is (state in after)


def test_p24_p43_a_reprint_counts_from_the_day_it_came() -> None:
    order, (job,) = on_its_way(state=State.DELIVERED, delivered_at=CAME)
    PrintJob.objects.filter(pk=job.pk).update(delivered_at=CAME)
    again = PrintJob.objects.create(
        number="J-again", line=job.line, revision=1, profile="house", state="shipped", reprint_of=job,
        shipped_at=CAME + timedelta(days=10),
    )  # fmt: skip
    assert delivery.return_until(order, job.line) is None
    assert delivery.may_return(order, date(2026, 3, 25), job.line)
    with time_machine.travel(CAME + timedelta(days=14), tick=False):
        assert delivery.arrived(again, at=timezone.now(), actor="customer")
    order.refresh_from_db()
    assert (order.state, order.delivered_at) == (State.DELIVERED, CAME)
    assert delivery.return_until(order, job.line) == date(2026, 4, 2)
    assert delivery.return_until(order) == date(2026, 3, 19)


# --- who says so ---


@pytest.mark.parametrize("actor", ["carrier", "printer", "staff:7", "customer"])
def test_p24_each_source_delivers_the_order_once(actor: str, delivered: list[int]) -> None:
    order, (job,) = on_its_way(shipped_at=LEFT)
    assert delivery.arrived(job, at=CAME, actor=actor)
    assert not delivery.arrived(job, at=CAME, actor=actor)
    order.refresh_from_db()
    job.refresh_from_db()
    assert (order.state, order.delivered_at, job.delivered_at) == (State.DELIVERED, CAME, CAME)
    assert told(order) == [("parcel_delivered", actor), ("delivered", actor)]
    assert [(event.kind, event.actor) for event in job.events.all()] == [("delivered", actor)]
    assert delivered == [order.pk]
    assert mails() == ([] if actor == "customer" else ["delivered"])


def test_p24_an_order_is_delivered_with_its_last_parcel_on_the_latest_day(delivered: list[int]) -> None:
    order, (first, second) = on_its_way(parcels=2, shipped_at=LEFT)
    assert delivery.arrived(second, at=CAME + timedelta(days=1), actor="carrier")
    order.refresh_from_db()
    assert (order.state, order.delivered_at, delivered, mails()) == (State.SHIPPED, None, [], [])
    assert delivery.arrived(first, at=CAME, actor="customer")
    order.refresh_from_db()
    assert (order.state, order.delivered_at) == (State.DELIVERED, CAME + timedelta(days=1))
    assert delivered == [order.pk]


def test_a_book_that_was_cancelled_alone_is_not_waited_for(delivered: list[int]) -> None:
    order, (first, second) = on_its_way(parcels=2, shipped_at=LEFT)
    OrderLine.objects.filter(pk=second.line_id).update(cancelled_at=LEFT)
    assert delivery.arrived(first, at=CAME, actor="carrier")
    assert delivered == [order.pk]


@pytest.mark.parametrize(
    ("first", "then", "days", "counts"),
    [
        ("customer", "carrier", -1, False),
        ("customer", "carrier", 1, True),
        ("customer", "printer", -1, False),
        ("carrier", "customer", 1, False),
        ("carrier", "customer", -1, False),
        ("customer", "customer", 1, False),
        ("system:assumed", "carrier", -1, False),
        ("carrier", "staff:7", 1, True),
        ("carrier", "staff:7", -1, True),
    ],
)
def test_p24_a_later_source_never_takes_time_from_the_customer(
    first: str, then: str, days: int, counts: bool, delivered: list[int]
) -> None:
    order, (job,) = on_its_way(shipped_at=LEFT)
    delivery.arrived(job, at=CAME, actor=first)
    assert delivery.arrived(job, at=CAME + timedelta(days=days), actor=then) is counts
    order.refresh_from_db()
    assert order.delivered_at == (CAME + timedelta(days=days) if counts else CAME)
    assert [kind for kind, _ in told(order)] == ["parcel_delivered", "delivered", *(["delivery_corrected"] * counts)]
    if counts:
        event = order.events.get(kind="delivery_corrected")
        assert (event.actor, event.detail) == (then, f"{job.number} on 2026-03-{12 + days}, not on 2026-03-12")
    assert delivered == [order.pk]


def test_a_day_that_cannot_be_becomes_the_nearest_that_can() -> None:
    early, (job,) = on_its_way(shipped_at=LEFT)
    assert delivery.arrived(job, at=LEFT - timedelta(days=3), actor="carrier")
    early.refresh_from_db()
    assert early.delivered_at == LEFT
    late, (job,) = on_its_way(shipped_at=LEFT)
    with time_machine.travel(CAME, tick=False):
        assert delivery.arrived(job, at=CAME + timedelta(days=3), actor="carrier")
    late.refresh_from_db()
    assert late.delivered_at == CAME


def test_a_parcel_that_has_not_left_has_not_arrived() -> None:
    _, (job,) = on_its_way()
    PrintJob.objects.update(state="received", shipped_at=None)
    with pytest.raises(delivery.NotShipped):
        delivery.arrived(job, at=timezone.now(), actor="printer")
    assert not OrderEvent.objects.exists()


# --- as time passes ---


def test_p24_the_days_after_shipping(delivered: list[int]) -> None:
    """Home standard takes three working days at most: expected on Thursday the 12th, asked on the 14th, assumed on the
    30th, completed on the eighth day after that."""
    order, _ = on_its_way(shipped_at=LEFT)
    with time_machine.travel(LEFT, tick=False) as clock:

        def at(day: datetime) -> tuple[str, list[str]]:
            clock.move_to(day)
            for _ in range(2):
                tasks.sweep_deliveries()
            order.refresh_from_db()
            return order.state, mails()

        assert delivery.expected_by(order) == date(2026, 3, 12)
        assert at(datetime(2026, 3, 13, 22, 0, tzinfo=UTC)) == (State.SHIPPED, [])
        assert at(datetime(2026, 3, 14, 0, 0, tzinfo=UTC)) == (State.SHIPPED, ["has_it_arrived"])
        assert at(datetime(2026, 3, 30, 8, 59, tzinfo=UTC)) == (State.SHIPPED, ["has_it_arrived"])
        assert not delivered
        assumed = datetime(2026, 3, 30, 9, 0, tzinfo=UTC)
        assert at(assumed) == (State.DELIVERED, ["has_it_arrived", "delivered"])
        assert order.delivered_at == assumed
        assert order.events.get(kind="delivered").actor == "system:assumed"
        assert "we take it that your parcel has arrived" in OutgoingMail.objects.get(template="delivered").subject
        assert at(datetime(2026, 4, 6, 21, 59, tzinfo=UTC))[0] == State.DELIVERED
        assert at(datetime(2026, 4, 6, 22, 0, tzinfo=UTC))[0] == State.COMPLETED  # midnight in Copenhagen
        assert order.completed_at == timezone.now()
    assert delivered == [order.pk]


def test_p24_whoever_said_that_it_has_not_come_is_neither_asked_nor_taken_to_have_it() -> None:
    order, _ = on_its_way(shipped_at=LEFT)
    delivery.not_arrived(order, what="waiting")
    with time_machine.travel(LEFT + timedelta(days=60), tick=False):
        tasks.sweep_deliveries()
    order.refresh_from_db()
    assert (order.state, mails()) == (State.SHIPPED, ["staff_task"])
    mail = OutgoingMail.objects.get()
    assert f"order {order.number} (PostNord DK" in mail.text


def test_a_missing_parcel_waits_for_staff_until_they_have_answered_or_it_has_come() -> None:
    order, (job,) = on_its_way(shipped_at=LEFT)
    delivery.not_arrived(order, what="says_delivered")
    assert list(delivery.missing()) == [order]
    delivery.missing_answered(order, actor="staff:1")
    delivery.missing_answered(order, actor="staff:1")
    assert not delivery.missing().exists()
    delivery.not_arrived(order, what="returned")
    assert list(delivery.missing()) == [order]
    delivery.arrived(job, at=CAME, actor="customer")
    assert not delivery.missing().exists()
    assert [kind for kind, _ in told(order)] == [
        "not_arrived", "missing_answered", "not_arrived", "parcel_delivered", "delivered",
    ]  # fmt: skip


def test_an_order_whose_missing_book_was_cancelled_is_not_left_behind(delivered: list[int]) -> None:
    order, (first, second) = on_its_way(parcels=2, shipped_at=LEFT)
    delivery.arrived(first, at=CAME, actor="carrier")
    OrderLine.objects.filter(pk=second.line_id).update(cancelled_at=CAME)
    with time_machine.travel(LEFT + timedelta(days=21), tick=False):
        tasks.sweep_deliveries()
    order.refresh_from_db()
    assert (order.state, order.delivered_at, delivered) == (State.COMPLETED, CAME, [order.pk])
    assert "you can send it back until" not in OutgoingMail.objects.get().text  # it is too late for that
