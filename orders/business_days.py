"""Business days between the shop's country and a customer's: Monday to Friday without public holidays.

A promise in business days is kept by two banks, ours and the customer's, and each is closed on the holidays of its own
country. So a day is counted for both, and the later of the two holds: the earlier one would be a date by which only one
of the banks has had its days. What a public holiday is follows the country's law as the `holidays` package knows it
(Regulation (EEC, Euratom) No 1182/71, Article 2, counts in the same way). Holidays of a region are left out: where in
its country a customer lives is not asked for this, and without them the date is the stricter one for us.
"""

from datetime import date, timedelta
from functools import lru_cache

from orders import shipping

_SATURDAY = 5


def after(day: date, count: int, country: str) -> date:
    """The day on which `count` business days after `day` are over, at home and in `country`.

    A country we do not know, or none, is counted as our own.
    """
    return max(_step(day, count, one) for one in _both(country))


def before(day: date, count: int, country: str) -> date:
    """The last day from which `after` comes to `day` or earlier."""
    return min(_back(day, count, one) for one in _both(country))


def between(day: date, until: date, country: str) -> int:
    """How many days after `day`, up to and with `until`, people work in one country."""
    return sum(is_open(day + timedelta(days=number), country) for number in range(1, (until - day).days + 1))


def is_open(day: date, country: str) -> bool:
    """Whether people work on a day in one country."""
    return day.weekday() < _SATURDAY and day not in _holidays(country, day.year)


def _both(country: str) -> tuple[str, ...]:
    return (shipping.HOME,) if country not in shipping.COUNTRIES else (shipping.HOME, country)


def _step(day: date, count: int, country: str) -> date:
    while count:
        day += timedelta(days=1)
        count -= is_open(day, country)
    return day


def _back(day: date, count: int, country: str) -> date:
    while count:
        count -= is_open(day, country)
        day -= timedelta(days=1)
    return day


@lru_cache(maxsize=256)
def _holidays(country: str, year: int) -> frozenset[date]:
    import holidays  # 0.2 s that no page without a date should wait for

    return frozenset(holidays.country_holidays(country, years=year, expand=False))
