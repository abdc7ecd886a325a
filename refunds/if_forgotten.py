"""What deleting a child's data would do to its order, said before the click (P5); `refunds.forgetting` does it."""

from enum import StrEnum

from orders import money_back
from orders.data_export import line_of
from orders.models import Order, OrderLine, PrintJob
from privacy.choices import Consequence
from privacy.models import Child
from refunds import amounts, cancelling, forgetting


class Outcome(StrEnum):
    """What becomes of the order of a child who is forgotten at a parent's wish."""

    UNPAID = "unpaid"  # cancelled, nothing is charged
    STOPPED = "stopped"  # cancelled, everything goes back
    OTHER_BOOKS = "other books"  # this book is cancelled and paid back, the order's others go on
    BEING_SENT = "being sent"  # the worker has the files in its hands at this moment
    AT_THE_PRINTER = "at the printer"
    PRINTED = "printed"
    CANCELLED = "cancelled"


def outcome(order: Order, child: Child) -> Outcome:
    """What would happen to an order if the child were forgotten now."""
    state = Order.State
    if order.state in (state.AWAITING_PAYMENT, state.CANCELLED):
        return Outcome.UNPAID if order.state == state.AWAITING_PAYMENT else Outcome.CANCELLED
    if order.state in (state.SHIPPED, state.DELIVERED, state.COMPLETED):
        return Outcome.PRINTED
    jobs = list(PrintJob.objects.filter(line__order=order, line__edition__child=child))
    if any(job.state in (PrintJob.State.SENT, PrintJob.State.RECEIVED) for job in jobs):
        return Outcome.AT_THE_PRINTER
    if any(job.state == PrintJob.State.SHIPPED for job in jobs):
        return Outcome.PRINTED
    if any(job.state == PrintJob.State.SENDING for job in jobs):
        return Outcome.BEING_SENT
    if not forgetting.all_forgotten(order, but=child) or not cancelling.can_cancel(order):
        return Outcome.OTHER_BOOKS
    return Outcome.STOPPED


def consequence(child: Child) -> Consequence | None:
    """For `privacy.choices`."""
    line = line_of(child)
    if line is None:
        return None
    order = line.order
    what = outcome(order, child)
    return Consequence(
        "refunds/if_forgotten.html",
        {
            "outcome": what,
            "order": order,
            "others": not forgetting.all_forgotten(order, but=child),
            "amount": _for_one(line) if what == Outcome.OTHER_BOOKS else amounts.left_of(order),
            "by": money_back.promised_from_today(order.country),
        },
    )


def _for_one(line: OrderLine) -> int:
    """What goes back for one book alone: the parcel with the others is still sent."""
    left = amounts.copies_left(line.order)[line.pk]
    return amounts.of_copies(line.order, {line.pk: left}, shipping=False).money
