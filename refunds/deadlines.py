"""Telling staff when money that was promised back is late (P29): on business day 10, and again on day 14."""

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from orders import mails
from orders.models import Refund
from refunds import desk, payouts, second_person


def alarm() -> None:
    """Mail staff once about each refund that is late, and once more when its promised day has come."""
    first, last = settings.REFUND_BUSINESS_DAYS
    _mail(payouts.late(), "late", f"is still under way on business day {first}: the customer was promised day {last}")
    remind_of_proposals()
    _mail(payouts.overdue(), "overdue", f"has reached business day {last}, the promised one, and is still under way")


def remind_of_proposals() -> None:
    """Mail staff once more about each proposal that waits for a second person when its working day is over: the order
    is held meanwhile, and the customer knows nothing yet."""
    for case in second_person.waiting().select_related("order"):
        if desk.within(case.created_at, desk.ACT_WITHIN) < timezone.localdate():
            mails.staff_task(
                key=f"case:{case.pk}:waits",
                what=f"a refund for {case.order.number} has waited for a second person for longer than a working day",
                link=settings.SITE_URL + reverse("refunds:decide", args=[case.pk]),
            )


def _mail(refunds: QuerySet[Refund], kind: str, what: str) -> None:
    for refund in refunds.select_related("payment__order"):
        mails.staff_task(
            key=f"refund:{refund.pk}:{kind}",
            what=f"a refund of {refund.payment.order.number} {what}",
            link=settings.SITE_URL + reverse("admin:orders_refund_change", args=[refund.pk]),
        )
