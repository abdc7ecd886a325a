"""When an order's customer is forgotten: the sums stay, the person goes. Each function does at most `batch` rows and
returns how many; `orders/personal_data.py` names them."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from orders.models import (
    BasketLine,
    Coupon,
    Order,
    OrderEvent,
    Payment,
    PointsEntry,
    PrintJob,
    PrintJobEvent,
    Refund,
    WebhookEvent,
)

_OPEN = (Payment.State.CREATED, Payment.State.OPEN, Payment.State.PAID)


def books_closed(now: datetime) -> datetime:
    """Orders from before this moment are no longer needed for bookkeeping: their year ended `BOOKKEEPING_YEARS` ago."""
    local = timezone.localtime(now)
    year = local.year - settings.BOOKKEEPING_YEARS
    return local.replace(year=year, month=1, day=1, hour=0, minute=0, second=0, microsecond=0)


@transaction.atomic
def forget_customers(*, now: datetime, batch: int) -> int:
    """Take the person out of orders whose time in the books is over, and out of orders that nobody paid."""
    unpaid = Q(state=Order.State.CANCELLED, paid_at=None, cancelled_at__lte=now - settings.UNPAID_RETENTION) & ~Q(
        payments__state__in=_OPEN
    )
    due = Order.objects.filter(Q(created_at__lt=books_closed(now)) | unpaid).exclude(email="", name="")
    orders = list(due.order_by("pk").values_list("pk", flat=True).distinct()[:batch])
    Order.objects.filter(pk__in=orders).update(
        user=None,
        name="",
        email="",
        phone="",
        street="",
        street_2="",
        postal_code="",
        city="",
        country="",
        contact_by=Order.ContactBy.EMAIL,
    )
    OrderEvent.objects.filter(order__in=orders).delete()
    PrintJobEvent.objects.filter(job__line__order__in=orders).delete()
    PrintJob.objects.filter(line__order__in=orders).update(carrier="", tracking="", rejection="")
    Payment.objects.filter(order__in=orders).update(session_id=None, session_url="", intent_id=None)
    Refund.objects.filter(payment__order__in=orders).update(provider_id=None, failure="")
    return len(orders)


def forget_events(*, now: datetime, batch: int) -> int:
    """Drop messages of the payment provider that were worked on long ago; it repeats none for more than 30 days."""
    due = WebhookEvent.objects.filter(processed_at__lte=now - settings.PAYMENT_EVENT_RETENTION)
    pks = list(due.order_by("pk").values_list("pk", flat=True)[:batch])
    return WebhookEvent.objects.filter(pk__in=pks).delete()[0]


def forget_baskets(*, now: datetime, batch: int) -> int:
    """Drop lines of baskets whose book is forgotten: their session is over too, or will find nothing."""
    due = BasketLine.objects.filter(Q(edition__child__expires_at__lte=now) | Q(edition__child__abandoned_at__lte=now))
    pks = list(due.order_by("pk").values_list("pk", flat=True)[:batch])
    return BasketLine.objects.filter(pk__in=pks).delete()[0]


def forget_makers(*, now: datetime, batch: int) -> int:
    """Drop who made a coupon or gave points, once that year has left the books."""
    before = books_closed(now)
    coupons = Coupon.objects.filter(created_at__lt=before, made_by__isnull=False)
    made = list(coupons.order_by("pk").values_list("pk", flat=True)[:batch])
    Coupon.objects.filter(pk__in=made).update(made_by=None)
    entries = PointsEntry.objects.filter(at__lt=before, staff__isnull=False)
    given = list(entries.order_by("pk").values_list("pk", flat=True)[:batch])
    PointsEntry.objects.filter(pk__in=given).update(staff=None)
    return max(len(made), len(given))
