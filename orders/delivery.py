"""When a parcel arrived, who says so, and until when it may be sent back (P24).

The only writer of `delivered_at`, of print jobs and of orders. Four sources know: the carrier's tracking, the print
partner, staff and the customer; where all are silent, three weeks after shipping it is taken as delivered. The order is
delivered when all its parcels are, on the day of the latest. What another source says later counts where it gives the
customer more time; to take time away is for staff alone, and leaves an event.
"""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from orders import local_days, mails, shipping, states
from orders.models import Order, OrderEvent, OrderLine, PrintJob, PrintJobEvent

TRACKING = "carrier"
PRINTER = "printer"
CUSTOMER = "customer"
ASSUMED = "system:assumed"
SYSTEM = "system:delivery"

# Days after the latest expected arrival on which we ask, and after shipping on which silence means that all is well.
ASK_AFTER = timedelta(days=2)
ASSUME_AFTER = timedelta(days=21)

# Events of an order.
PARCEL = "parcel_delivered"
CORRECTED = "delivery_corrected"
ASKED = "asked_if_arrived"
NOT_ARRIVED = "not_arrived"
ANSWERED = "missing_answered"

# What a customer may say is wrong with a parcel that has not come; kept as an event and shown to staff.
MISSING = {
    "waiting": "Nothing has come yet",
    "says_delivered": "The carrier says it was delivered, but I do not have it",
    "returned": "It went back, or waits where I cannot fetch it",
}

_AFTER_SHIPPING = (Order.State.SHIPPED, Order.State.DELIVERED, Order.State.COMPLETED)
_MAY_ADD_TIME = (TRACKING, PRINTER)


class NotShipped(Exception):
    """A parcel that has not left cannot have arrived."""


# --- until when it may go back ---


def return_until(order: Order, line: OrderLine | None = None) -> date | None:
    """The last day on which a return may be asked for, in the customer's own days; None: nobody knows yet (P24).

    For a book that was reprinted (P43), `line` counts from the day the new copies arrived.
    """
    if order.delivered_at is None:
        return None
    days = [local_days.day(order.delivered_at, order.country)]
    for job in line.print_jobs.filter(state=PrintJob.State.SHIPPED) if line is not None else ():
        if job.delivered_at is None:
            return None
        days.append(local_days.day(job.delivered_at, order.country))
    return max(days) + settings.RETURN_WINDOW


def may_return(order: Order, today: date, line: OrderLine | None = None) -> bool:
    """Whether a return may be asked for on a day (`local_days.today(order.country)`): once it has left, and for seven
    days after it arrived; day 7 counts, day 8 is too late (P24)."""
    left = order.state in _AFTER_SHIPPING
    if line is not None and order.state == Order.State.IN_PRINT:
        left = line.print_jobs.filter(state=PrintJob.State.SHIPPED).exists()
    until = return_until(order, line)
    return left and (until is None or today <= until)


# --- it has arrived ---


def parcels(order: Order) -> QuerySet[PrintJob]:
    """What has left for the customer, reprints too, oldest first."""
    shipped = PrintJob.objects.filter(line__order=order, line__cancelled_at=None, state=PrintJob.State.SHIPPED)
    return shipped.select_related("line__order").order_by("pk")


def awaited(order: Order) -> QuerySet[PrintJob]:
    """Parcels that nobody has said to have arrived."""
    return parcels(order).filter(delivered_at=None)


def on_day(day: date, order: Order) -> datetime:
    """The moment that stands for a day somebody named: midday there, or now if that is still to come."""
    return min(local_days.noon(day, order.country), timezone.now())


@transaction.atomic
def arrived(job: PrintJob, *, at: datetime, actor: str) -> bool:
    """Write down that a parcel arrived at `at`, and let the order follow when it was the last one.

    A time before the parcel left or in the future becomes the nearest possible one. False: it was known before, and
    this does not give the customer more time (or is what we knew). Only staff (`staff:…`) may say an earlier day.
    Raises `NotShipped`.
    """
    order = _hold(job)
    if job.state != PrintJob.State.SHIPPED or job.shipped_at is None:
        raise NotShipped(f"{job.number} is {job.get_state_display()}.")
    known, at = job.delivered_at, min(max(at, job.shipped_at), timezone.now())
    day = local_days.day(at, order.country)
    if known is not None:
        before = local_days.day(known, order.country)
        if day == before or not (actor.startswith("staff:") or (actor in _MAY_ADD_TIME and day > before)):
            return False
    PrintJob.objects.filter(pk=job.pk).update(delivered_at=at)
    job.delivered_at = at
    words = f"on {day}" if known is None else f"on {day}, not on {before}"
    PrintJobEvent.objects.create(job=job, kind="delivered", actor=actor, detail=words)
    states.record(order, PARCEL if known is None else CORRECTED, actor=actor, detail=f"{job.number} {words}")
    _follow(order, actor=actor)
    return True


def _follow(order: Order, *, actor: str) -> None:
    """The order is delivered when every book of it is, on the latest day; reprints come after that and change nothing.

    The caller holds the order's row.
    """
    first = parcels(order).filter(reprint_of=None)
    here = first.exclude(delivered_at=None)
    missing = order.lines.filter(cancelled_at=None).exclude(pk__in=here.values("line"))
    latest = max((job.delivered_at for job in here if job.delivered_at), default=None)
    if latest is None or missing.exists():
        return
    if order.state == Order.State.SHIPPED:
        if states.move(order, Order.State.DELIVERED, actor=actor, at=latest) and actor != CUSTOMER:
            until = return_until(order) if may_return(order, local_days.today(order.country)) else None
            mails.delivered(order, until=until, assumed=actor == ASSUMED)
    elif order.delivered_at is not None and order.delivered_at != latest:
        Order.objects.filter(pk=order.pk).update(delivered_at=latest)
        order.delivered_at = latest


# --- it has not ---


@transaction.atomic
def not_arrived(order: Order, *, what: str) -> None:
    """The customer says that a parcel has not come: staff look for it, and nothing is assumed any more.

    `what` is a key of `MISSING`.
    """
    held = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    states.record(held, NOT_ARRIVED, actor=CUSTOMER, detail=MISSING[what])
    tracked = ", ".join(filter(None, (f"{job.carrier} {job.tracking}".strip() for job in parcels(held))))
    mails.staff_task(
        key=f"missing:{held.number}:{timezone.localdate()}",
        what=f"a customer has not received order {held.number} ({tracked or 'without tracking'})",
        link=settings.SITE_URL + reverse("orders:staff_delivered", args=[held.number]),
    )


@transaction.atomic
def missing_answered(order: Order, *, actor: str) -> None:
    """Staff have looked for a missing parcel and written to the customer: it no longer waits for them."""
    held = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    if missing().filter(pk=held.pk).exists():
        states.record(held, ANSWERED, actor=actor)


def missing() -> QuerySet[Order]:
    """Orders whose customer waits for our word about a parcel that has not come."""
    closing = Q(kind__in=(ANSWERED, CORRECTED, Order.State.DELIVERED))
    later = OrderEvent.objects.filter(closing, order=OuterRef("order"), pk__gt=OuterRef("pk"))
    open_ = OrderEvent.objects.filter(~Exists(later), kind=NOT_ARRIVED)
    return Order.objects.filter(state__in=_AFTER_SHIPPING, pk__in=open_.values("order"))


# --- as time passes ---


def expected_by(order: Order) -> date | None:
    """The last day on which the parcel is expected, from the day it left; None while it has not."""
    if order.shipped_at is None:
        return None
    slowest = shipping.method(order.shipping_method, order.country).days[1]
    return shipping.working_days_after(local_days.day(order.shipped_at, order.country), slowest)


def sweep(*, limit: int = 100) -> None:
    """Ask about parcels that should be there, take as delivered what nobody has said anything about, and complete
    orders whose time for a return is over. Safe to call at any time, any number of times."""
    now = timezone.now()
    on_the_way = Order.objects.filter(state=Order.State.SHIPPED)
    assumable = on_the_way.filter(shipped_at__lte=now - ASSUME_AFTER).exclude(events__kind=NOT_ARRIVED)
    for order in assumable.order_by("shipped_at")[:limit]:
        _assume(order)
    unasked = on_the_way.filter(shipped_at__lte=now - ASK_AFTER).exclude(events__kind__in=(ASKED, NOT_ARRIVED))
    for order in unasked.order_by("shipped_at")[:limit]:
        expected = expected_by(order)
        if expected is not None and local_days.today(order.country) >= expected + ASK_AFTER:
            _ask(order)
    over = now - settings.RETURN_WINDOW  # a day is more than its moment: the dates decide
    for order in Order.objects.filter(state=Order.State.DELIVERED, delivered_at__lte=over).order_by("pk")[:limit]:
        until = return_until(order)
        if until is not None and local_days.today(order.country) > until:
            states.move(order, Order.State.COMPLETED, actor=SYSTEM)


@transaction.atomic
def _ask(order: Order) -> None:
    held = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    if held.state == Order.State.SHIPPED and not held.events.filter(kind__in=(ASKED, NOT_ARRIVED)).exists():
        states.record(held, ASKED, actor=SYSTEM)
        mails.has_it_arrived(held)


@transaction.atomic
def _assume(order: Order) -> None:
    """Every parcel that nobody spoke of counts as delivered now, so that the customer has the whole window left."""
    held = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    if held.state != Order.State.SHIPPED or held.events.filter(kind=NOT_ARRIVED).exists():
        return
    for job in awaited(held):
        arrived(job, at=timezone.now(), actor=ASSUMED)
    held.refresh_from_db()
    _follow(held, actor=ASSUMED)  # all were known already, and the last book that was missing has been cancelled


def _hold(job: PrintJob) -> Order:
    """Lock the order of a job, and look again at what the job's row says."""
    order = Order.objects.select_for_update(no_key=True).get(pk=job.line.order_id)
    job.refresh_from_db(fields=["state", "shipped_at", "delivered_at"])
    return order
