"""When money that goes back is there at the latest (P29), and what the customer reads about it."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.conf import settings
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from orders import shipping
from orders.models import Order, Refund

# The key of a refund that was decided anew after refund number so-and-so had failed.
AGAIN = "again-"


@dataclass(frozen=True)
class MoneyBack:
    """One sum on its way to the customer, in minor units. `state` is "under way", "there" or "stuck"; `day` is when
    it arrived or arrives at the latest."""

    amount: int
    state: str
    day: date


def promised_by(refund: Refund) -> date:
    """The last day on which the money may arrive: 14 business days after the decision."""
    return shipping.working_days_after(timezone.localdate(refund.decided_at), settings.REFUND_BUSINESS_DAYS[1])


def promised_from_today() -> date:
    """The last day on which money may arrive that is decided about today."""
    return shipping.working_days_after(timezone.localdate(), settings.REFUND_BUSINESS_DAYS[1])


def alarm_before() -> datetime:
    """Refunds decided before this moment are on business day 10 or later: staff must look if they still wait."""
    day = shipping.working_days_before(timezone.localdate(), settings.REFUND_BUSINESS_DAYS[0])
    return timezone.make_aware(datetime.combine(day, time.max))


def failed() -> QuerySet[Refund]:
    """Refunds that the bank sent back and that nobody has decided anew (P28)."""
    key = Concat(Value(AGAIN), Cast(OuterRef("pk"), CharField()))
    return Refund.objects.filter(~Exists(Refund.objects.filter(idempotency_key=key)), state=Refund.State.FAILED)


def of_order(order: Order) -> list[MoneyBack]:
    """What goes back, for the order's page. A refund that failed and was sent again is told once."""
    stuck = set(failed().filter(payment__order=order).values_list("pk", flat=True))
    shown = []
    for refund in Refund.objects.filter(payment__order=order).order_by("pk"):
        if refund.state == Refund.State.SUCCEEDED:
            settled = refund.settled_at or refund.decided_at
            shown.append(MoneyBack(refund.amount, "there", timezone.localdate(settled)))
        elif refund.state != Refund.State.FAILED:
            shown.append(MoneyBack(refund.amount, "under way", promised_by(refund)))
        elif refund.pk in stuck:
            shown.append(MoneyBack(refund.amount, "stuck", promised_by(refund)))
    return shown
