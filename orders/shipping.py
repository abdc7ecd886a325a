"""Where books are sent, how, for how much and how long it takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

COUNTRIES: dict[str, str] = {
    "AT": "Austria",
    "BE": "Belgium",
    "BG": "Bulgaria",
    "HR": "Croatia",
    "CY": "Cyprus",
    "CZ": "Czechia",
    "DK": "Denmark",
    "EE": "Estonia",
    "FI": "Finland",
    "FR": "France",
    "DE": "Germany",
    "GR": "Greece",
    "HU": "Hungary",
    "IE": "Ireland",
    "IT": "Italy",
    "LV": "Latvia",
    "LT": "Lithuania",
    "LU": "Luxembourg",
    "MT": "Malta",
    "NL": "Netherlands",
    "PL": "Poland",
    "PT": "Portugal",
    "RO": "Romania",
    "SK": "Slovakia",
    "SI": "Slovenia",
    "ES": "Spain",
    "SE": "Sweden",
}
HOME = "DK"

# Working days the printer needs for an approved book, from the fastest to the slowest.
PRINTING_DAYS = (3, 5)


@dataclass(frozen=True)
class Method:
    """A way to send a parcel: price in minor units with VAT, working days on the road from fastest to slowest."""

    key: str
    label: str
    price: int
    days: tuple[int, int]


_HOME = (Method("standard", "Standard", 490, (1, 3)), Method("express", "Express", 990, (1, 1)))
_NEAR = (Method("standard", "Standard", 690, (2, 4)), Method("express", "Express", 1490, (1, 2)))
_FAR = (Method("standard", "Standard", 890, (4, 7)), Method("express", "Express", 1990, (2, 3)))
_NEAR_COUNTRIES = frozenset({"AT", "BE", "CZ", "DE", "EE", "FI", "FR", "LT", "LU", "LV", "NL", "PL", "SE"})


class CannotDeliver(ValueError):
    """We do not send there, or not that way."""


def methods(country: str) -> Mapping[str, Method]:
    """The ways to send a parcel to `country`, cheapest first. Raises `CannotDeliver`."""
    if country not in COUNTRIES:
        raise CannotDeliver(country)
    offered = _HOME if country == HOME else _NEAR if country in _NEAR_COUNTRIES else _FAR
    return {method.key: method for method in offered}


def method(key: str, country: str) -> Method:
    """One way to send a parcel to `country`. Raises `CannotDeliver`."""
    try:
        return methods(country)[key]
    except KeyError:
        raise CannotDeliver(f"{key} to {country}") from None


def arrival(*, by: Method, approved_on: date) -> tuple[date, date]:
    """The first and the last day on which a book approved on a day is expected; nobody works on weekends."""
    return (
        working_days_after(approved_on, PRINTING_DAYS[0] + by.days[0]),
        working_days_after(approved_on, PRINTING_DAYS[1] + by.days[1]),
    )


def working_days_after(day: date, count: int) -> date:
    """The day that is `count` working days (Monday to Friday) after `day`."""
    while count:
        day += timedelta(days=1)
        if day.weekday() < 5:
            count -= 1
    return day
