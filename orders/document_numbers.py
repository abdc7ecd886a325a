"""Numbers of invoices and credit notes, without gaps: INV-2026-000001, INV-2026-000002, ...

The counter's row stays locked until the transaction of the document ends. So two documents never share a number, the
next one waits for the one before, and a document that was not written gives its number back with the same rollback.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from orders.models import NumberSeries

INVOICE = "INV"
CREDIT_NOTE = "CN"


@dataclass(frozen=True)
class Taken:
    """A number, and the moment at which it was taken."""

    number: str
    at: datetime


def take(series: str) -> Taken:
    """The next number of a series. Call it last before writing the document: others wait meanwhile.

    Each year begins with 1. A clock that was set back over a new year goes on in the later one, so no number comes
    twice. Raises TransactionManagementError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("a number is taken in the transaction that uses it")
    year = timezone.localdate().year
    counter, _ = NumberSeries.objects.select_for_update().get_or_create(name=series, defaults={"year": year})
    now = timezone.now()  # after waiting for the row: numbers and times rise together
    year = timezone.localdate(now).year
    if year > counter.year:
        counter.year, counter.last = year, 0
    counter.last += 1
    counter.save(update_fields=["year", "last"])
    return Taken(f"{series}-{counter.year}-{counter.last:06}", now)
