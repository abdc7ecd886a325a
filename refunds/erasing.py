"""Taking people out of old cases; `refunds/personal_data.py` names the function."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from orders.bookkeeping import books_closed
from refunds.models import Case, CaseEvent, ChangeMessage, Return, ReturnEvent


@transaction.atomic
def forget_cases(*, now: datetime, batch: int) -> int:
    """Drop notes, findings and staff from cases, returns and conversations whose order has left the books; at most
    `batch` of each. Returns how many."""
    before = books_closed(now)
    cases = _first(
        Case.objects.filter(order__created_at__lt=before).exclude(note="", decided_by=None, proposed_by=None), batch
    )
    CaseEvent.objects.filter(case__in=cases).delete()
    Case.objects.filter(pk__in=cases).update(note="", decided_by=None, proposed_by=None)
    returns = _first(Return.objects.filter(order__created_at__lt=before).exclude(finding="", inspected_by=None), batch)
    ReturnEvent.objects.filter(of__in=returns).delete()
    Return.objects.filter(pk__in=returns).update(finding="", inspected_by=None)
    said = ChangeMessage.objects.filter(request__line__order__created_at__lt=before, staff__isnull=False)
    messages = _first(said, batch)
    ChangeMessage.objects.filter(pk__in=messages).update(staff=None)
    return max(len(cases), len(returns), len(messages))


def _first(rows: QuerySet[Any], batch: int) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True)[:batch])
