"""Taking people out of old cases; `refunds/personal_data.py` names the function."""

from datetime import datetime

from django.db import transaction

from orders.bookkeeping import books_closed
from refunds.models import Case, ChangeMessage


@transaction.atomic
def forget_cases(*, now: datetime, batch: int) -> int:
    """Drop notes and names of staff from cases and conversations whose order has left the books; at most `batch` of
    each. Returns how many."""
    before = books_closed(now)
    old = Case.objects.filter(order__created_at__lt=before)
    cases = list(old.exclude(note="", decided_by=None).order_by("pk").values_list("pk", flat=True)[:batch])
    Case.objects.filter(pk__in=cases).update(note="", decided_by=None)
    said = ChangeMessage.objects.filter(request__line__order__created_at__lt=before, staff__isnull=False)
    messages = list(said.order_by("pk").values_list("pk", flat=True)[:batch])
    ChangeMessage.objects.filter(pk__in=messages).update(staff=None)
    return max(len(cases), len(messages))
