"""Business days with public holidays, and who is told when a refund takes too long (P29)."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import OutgoingMail, User
from orders import business_days, mails, money_back, shipping
from orders.models import Order, Payment, Refund
from refunds import desk, payouts, tasks
from tests.orders.factories import make_order

DAYS = st.dates(min_value=date(2026, 1, 1), max_value=date(2029, 12, 31))
COUNTRIES = st.sampled_from([*sorted(shipping.COUNTRIES), ""])


@pytest.mark.parametrize(
    "decided, country, expected",
    [
        # Christmas and year end: Friday 25 December and 1 January are off, the 26th is a Saturday.
        ("2026-12-10", "DK", "2026-12-31"),
        ("2026-12-18", "DK", "2027-01-11"),
        # Poland is closed on 24 December and on Epiphany as well.
        ("2026-12-18", "PL", "2027-01-13"),
        # Easter: Thursday to Monday in Denmark ...
        ("2026-03-20", "DK", "2026-04-14"),
        # ... which also counts for a customer whose own country works on Maundy Thursday.
        ("2026-03-20", "DE", "2026-04-14"),
        # Greece keeps another Easter, a week later: ours may still be the later of the two, or theirs.
        ("2026-04-01", "DK", "2026-04-24"),
        ("2026-04-01", "GR", "2026-04-24"),
        ("2026-04-09", "GR", "2026-05-04"),
        # May: Ascension in both, Labour Day in Germany only.
        ("2026-04-24", "DK", "2026-05-15"),
        ("2026-04-24", "DE", "2026-05-18"),
        # Great Prayer Day has been abolished in Denmark; a plain month has weekends only.
        ("2026-11-02", "DK", "2026-11-20"),
        # Without a country, or with one we do not send to, our own counts.
        ("2026-12-18", "", "2027-01-11"),
        ("2026-12-18", "US", "2027-01-11"),
    ],
)
def test_p29_fourteen_business_days(decided: str, country: str, expected: str) -> None:
    assert business_days.after(date.fromisoformat(decided), 14, country) == date.fromisoformat(expected)


@given(day=DAYS, count=st.integers(1, 20), country=COUNTRIES)
def test_p29_the_later_of_both_countries_holds_and_nobody_is_asked_to_work_on_it_sooner(
    day: date, count: int, country: str
) -> None:
    end = business_days.after(day, count, country)
    alone = [business_days._step(day, count, one) for one in {country or "DK", "DK"}]
    assert end == max(alone)
    assert any(business_days.is_open(end, one) for one in {country or "DK", "DK"})
    assert end >= shipping.working_days_after(day, count)


@given(today=DAYS, count=st.integers(1, 20), country=COUNTRIES)
def test_p29_counting_back_finds_exactly_the_days_whose_time_is_over(today: date, count: int, country: str) -> None:
    last = business_days.before(today, count, country)
    assert business_days.after(last, count, country) <= today
    assert business_days.after(last + timedelta(days=1), count, country) > today


# --- refunds ----------------------------------------------------------------------------------------------------------


def refund_of(country: str, decided: date, state: str = Refund.State.PENDING) -> Refund:
    order = make_order(state=Order.State.CANCELLED, country=country)
    payment = Payment.objects.create(order=order, idempotency_key=f"p{order.pk}", amount=3480, currency="eur")
    refund = Refund.objects.create(payment=payment, idempotency_key=f"r{order.pk}", amount=3480, state=state)
    noon = datetime(decided.year, decided.month, decided.day, 12, tzinfo=UTC)
    Refund.objects.filter(pk=refund.pk).update(decided_at=noon)
    refund.refresh_from_db()
    return refund


def at(day: str) -> time_machine.travel:
    return time_machine.travel(datetime.fromisoformat(f"{day}T09:00:00+00:00"), tick=False)


@pytest.mark.django_db
def test_p29_the_alarm_rings_on_day_10_and_turns_red_on_the_promised_day_country_by_country() -> None:
    danish, polish, unknown = (refund_of(country, date(2026, 12, 18)) for country in ("DK", "PL", ""))
    refund_of("PL", date(2026, 12, 18), state=Refund.State.SUCCEEDED)
    home = [danish, unknown]
    assert [money_back.promised_by(one).isoformat() for one in (danish, polish, unknown)] == [
        "2027-01-11", "2027-01-13", "2027-01-11",
    ]  # fmt: skip
    for day, late, overdue in (
        ("2027-01-04", [], []),
        ("2027-01-05", home, []),
        ("2027-01-06", home, []),  # Epiphany: closed in Poland
        ("2027-01-07", [*home, polish], []),
        ("2027-01-10", [*home, polish], []),
        ("2027-01-11", [polish], home),
        ("2027-01-12", [polish], home),
        ("2027-01-13", [], [*home, polish]),
    ):
        with at(day):
            assert set(payouts.late()) == set(late), day
            assert set(payouts.overdue()) == set(overdue), day
            shown = {item.label: item for item in desk.look(User(is_superuser=True)).tiles}
            assert shown["Refunds late at the bank"].count == len(late)
            assert shown["Refunds due today or overdue"].count == len(overdue)
            assert shown["Refunds due today or overdue"].overdue


@pytest.mark.django_db
def test_p29_staff_are_mailed_once_on_day_10_and_once_on_day_14() -> None:
    refund = refund_of("DK", date(2026, 12, 18))
    number = refund.payment.order.number
    told = []
    for day in ("2027-01-04", "2027-01-05", "2027-01-06", "2027-01-10", "2027-01-11", "2027-01-12"):
        with at(day):
            tasks.sweep_deadlines()
            tasks.sweep_deadlines()
            told.append(OutgoingMail.objects.count())
    assert told == [0, 1, 1, 1, 2, 2]
    first, second = OutgoingMail.objects.order_by("pk")
    assert f"a refund of {number} is still under way on business day 10" in first.text
    assert f"a refund of {number} has reached business day 14" in second.text
    assert f"/admin/orders/refund/{refund.pk}/" in first.text
    assert refund.payment.order.name not in first.text


@pytest.mark.django_db
def test_p29_a_refund_that_arrived_rings_no_alarm() -> None:
    for state in (Refund.State.SUCCEEDED, Refund.State.FAILED):
        refund_of("DK", date(2026, 12, 18), state=state)
    with at("2027-02-01"):
        tasks.sweep_deadlines()
    assert not OutgoingMail.objects.exists()


@pytest.mark.django_db
def test_p29_the_mails_name_the_day_of_the_customers_country() -> None:
    with at("2026-12-18"):
        polish = mails.order_cancelled(make_order(country="PL"), refund=100)
        danish = mails.order_cancelled(make_order(country="DK"), refund=100)
    assert "10 to 14 business days, at the latest by 13 January 2027" in polish.text
    assert "10 to 14 business days, at the latest by 11 January 2027" in danish.text


@pytest.mark.django_db
def test_p29_the_orders_page_shows_the_same_day_as_staff_see() -> None:
    refund = refund_of("PL", date(2026, 12, 18))
    (shown,) = money_back.of_order(refund.payment.order)
    assert (shown.state, shown.day) == ("under way", money_back.promised_by(refund)) == ("under way", date(2027, 1, 13))
