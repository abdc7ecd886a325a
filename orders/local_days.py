"""Which day it is where a parcel goes: a promise in days ends at the customer's midnight, not at ours."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.utils import timezone

_ZONES = {
    "BG": "Europe/Sofia",
    "CY": "Asia/Nicosia",
    "EE": "Europe/Tallinn",
    "FI": "Europe/Helsinki",
    "GR": "Europe/Athens",
    "IE": "Europe/Dublin",
    "LT": "Europe/Vilnius",
    "LV": "Europe/Riga",
    "PT": "Europe/Lisbon",
    "RO": "Europe/Bucharest",
}  # all others keep our own time


def day(moment: datetime, country: str) -> date:
    """The date of a moment in a country we deliver to."""
    return timezone.localtime(moment, _zone(country)).date()


def today(country: str) -> date:
    """Today in a country we deliver to."""
    return day(timezone.now(), country)


def noon(on: date, country: str) -> datetime:
    """Midday of a date in a country: what a date becomes when only the day is known."""
    return datetime.combine(on, time(12), tzinfo=_zone(country))


def aware(moment: datetime, country: str) -> datetime:
    """A clock's time in a country, as somebody there wrote it down."""
    return moment.replace(tzinfo=_zone(country))


def _zone(country: str) -> ZoneInfo:
    return ZoneInfo(_ZONES.get(country, timezone.get_default_timezone_name()))
