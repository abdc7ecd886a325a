"""When money that goes back is there at the latest (P29), and what the customer reads about it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time

from django.conf import settings
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from orders import business_days, shipping
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
    return _promised(timezone.localdate(refund.decided_at), refund.payment.order.country)


def promised_from_today(country: str) -> date:
    """The last day on which money may arrive in a country that is decided about today."""
    return _promised(timezone.localdate(), country)


def waited(days: int) -> Q:
    """Refunds decided so long ago that so many business days are over today, counted as they were promised."""
    today = timezone.localdate()
    by_day: dict[date, list[str]] = defaultdict(list)
    for country in shipping.COUNTRIES:
        by_day[business_days.before(today, days, country)].append(country)
    found = ~Q(payment__order__country__in=shipping.COUNTRIES) & _until(business_days.before(today, days, ""))
    for day, countries in by_day.items():
        found |= Q(payment__order__country__in=countries) & _until(day)
    return found


def _promised(decided: date, country: str) -> date:
    return business_days.after(decided, settings.REFUND_BUSINESS_DAYS[1], country)


def _until(day: date) -> Q:
    return Q(decided_at__lte=timezone.make_aware(datetime.combine(day, time.max)))


def failed() -> QuerySet[Refund]:
    """Refunds that the bank sent back and that nobody has decided anew (P28)."""
    key = Concat(Value(AGAIN), Cast(OuterRef("pk"), CharField()))
    return Refund.objects.filter(~Exists(Refund.objects.filter(idempotency_key=key)), state=Refund.State.FAILED)


def of_order(order: Order) -> list[MoneyBack]:
    """What goes back, for the order's page. A refund that failed and was sent again is told once."""
    stuck = set(failed().filter(payment__order=order).values_list("pk", flat=True))
    shown = []
    for refund in Refund.objects.filter(payment__order=order).select_related("payment__order").order_by("pk"):
        if refund.state == Refund.State.SUCCEEDED:
            settled = refund.settled_at or refund.decided_at
            shown.append(MoneyBack(refund.amount, "there", timezone.localdate(settled)))
        elif refund.state != Refund.State.FAILED:
            shown.append(MoneyBack(refund.amount, "under way", promised_by(refund)))
        elif refund.pk in stuck:
            shown.append(MoneyBack(refund.amount, "stuck", promised_by(refund)))
    return shown
