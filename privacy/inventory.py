"""Every field of every table, and what it is about (P36): put together from the `personal_data.py` of each app.

`unclaimed` and `unknown` say where the claims and the tables differ; a test holds them against each other.
"""

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string, module_has_submodule

from accounts.claims import CONSENT, CONTRACT, INTEREST, LAW, About, Claim, Record
from accounts.erasing import ADDRESS_CHECK_RETENTION
from privacy import register

_ORDER = (About.CHILD, About.CUSTOMER, About.NOBODY, About.STAFF)
_GROUNDS = (CONSENT, CONTRACT, LAW, INTEREST, None)


@cache
def claims() -> tuple[Claim, ...]:
    """What every app claims, in the order in which the apps are installed."""
    return tuple(claim for module in _modules() for claim in module.CLAIMS)


@cache
def records() -> tuple[Record, ...]:
    """Every record once: about children first, then customers, nobody, staff; within these by their ground."""
    found = [record for claim in claims() for _, record in claim.names()]
    found += [record for module in _modules() for record in getattr(module, "ELSEWHERE", ())]
    order = sorted(dict.fromkeys(found), key=lambda one: (_ORDER.index(one.about), _GROUNDS.index(one.ground)))
    return tuple(order)


def how_long(record: Record) -> str:
    """For how long a record is kept, in words with today's numbers."""
    return record.kept.format_map(numbers())


def eraser(record: Record) -> Callable[..., Any]:
    """The function that erases a record. Raises ImportError if there is none of this name."""
    function: Callable[..., Any] = import_string(record.erased_by)
    return function


def fields() -> Iterator[tuple[str, str]]:
    """Every column of the database, as table and field."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_fields:
            yield model._meta.label, field.name


def tables_of(record: Record) -> dict[str, list[str]]:
    """The fields that belong to a record, by table."""
    found: dict[str, list[str]] = {}
    for claim in claims():
        for name, of in claim.names():
            if of == record:
                found.setdefault(claim.model, []).append(name)
    return found


def unclaimed() -> list[str]:
    """Fields that nobody claims, as "books.Edition.story"."""
    return sorted(f"{model}.{name}" for model, name in set(fields()) - _claimed())


def unknown() -> list[str]:
    """Claims for fields that do not exist."""
    return sorted(f"{model}.{name}" for model, name in _claimed() - set(fields()))


def numbers() -> dict[str, int]:
    """Every number that a record may name, from the constants that the erasing functions use."""
    return {
        "child_days": settings.CHILD_RETENTION.days,
        "abandoned_hours": _hours(settings.ABANDONED_RETENTION),
        "access_days": register.ACCESS_LOG_RETENTION.days,
        "message_days": register.MESSAGE_RETENTION.days,
        "consent_years": register.CONSENT_RETENTION.days // 365,
        "bookkeeping_years": settings.BOOKKEEPING_YEARS,
        "unpaid_days": settings.UNPAID_RETENTION.days,
        "payment_event_days": settings.PAYMENT_EVENT_RETENTION.days,
        "mail_days": settings.MAIL_BODY_RETENTION.days,
        "mail_mark_days": settings.MAIL_MARK_RETENTION.days,
        "session_days": settings.SESSION_COOKIE_AGE // 86400,
        "login_attempt_hours": _hours(settings.LOGIN_ATTEMPT_RETENTION),
        "address_check_days": ADDRESS_CHECK_RETENTION.days,
        "staff_log_days": settings.STAFF_LOG_RETENTION.days,
    }


def _hours(time: Any) -> int:
    return int(time.total_seconds() // 3600)


def _claimed() -> set[tuple[str, str]]:
    return {(claim.model, name) for claim in claims() for name, _ in claim.names()}


def _modules() -> Iterator[Any]:
    """The `personal_data` module of every app that has one, as the admin finds `admin` modules."""
    for config in apps.get_app_configs():
        if config.module is not None and module_has_submodule(config.module, "personal_data"):
            yield import_module(f"{config.name}.personal_data")
