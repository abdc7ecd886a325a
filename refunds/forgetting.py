"""What becomes of an order when a child is forgotten before its book is made (P5, F23), or nobody approves (P10)."""

from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from orders import mails, printing, review
from orders.models import Order, OrderEvent, OrderLine
from privacy import children
from privacy.models import Child
from refunds import cancelling, changes
from refunds.cancelling import UNAPPROVED, CannotCancel, Kind

REMINDER_DAYS = (3, 6, 9)
WISHED = (Child.End.DELETED, Child.End.WITHDRAWN)


def child_forgotten(child: Child) -> None:
    """For `privacy.children.on_forget`: an order whose books can none of them be made any more goes back (P5, P23).

    Unapproved ones always; approved ones that the printer does not have yet when the parent wished it (on time, the
    parent is told by mail and decides: F23). Of an order with another book that is still open only this book goes back,
    when the parent wished it. Whoever wished it gets the receipt by mail, unless the forgetting only followed a
    cancellation.
    """
    wished = child.end_reason in WISHED
    for line in OrderLine.objects.select_related("order").filter(edition__child=child):
        changes.close_book(line)
        if wished and child.receipt is not None and line.order.state != Order.State.CANCELLED and not line.cancelled_at:
            mails.data_deleted(line, child.receipt)
    stoppable = (*UNAPPROVED, *printing.PRINTABLE) if wished else UNAPPROVED
    for order in Order.objects.filter(lines__edition__child=child, state__in=stoppable):
        _stop(order, child, wished=wished)


def stop_wished() -> None:
    """The sweeper's part: approved orders whose printing was under way when the parent had the child forgotten, and
    which were not printed after all."""
    waiting = OrderLine.objects.filter(
        order__state__in=printing.PRINTABLE, cancelled_at=None, edition__child__end_reason__in=WISHED
    )
    for line in waiting.select_related("order", "edition__child"):
        assert line.edition is not None
        _stop(line.order, line.edition.child, wished=True)


def all_forgotten(order: Order, *, but: Child | None = None) -> bool:
    """Whether none of the order's books can be made any more (leaving out the one of `but`)."""
    lines = order.lines.filter(cancelled_at=None).select_related("edition__child")
    books = [line.edition.child for line in lines if line.edition]
    return not any(children.is_open(child) for child in books if child != but)


def remind_or_cancel(order: Order) -> None:
    """Remind on day 3, 6 and 9; give the money back when nobody approved while the book could still be made (P10)."""
    now = timezone.now()
    lines = order.lines.filter(approved_revision=None, cancelled_at=None).select_related("edition__child")
    if any(line.edition is None or now >= review.approve_by(line.edition) for line in lines):
        cancelling.cancel_and_refund(order, actor="system", kind=Kind.UNAPPROVED)
        return
    shown = OrderEvent.objects.filter(order=order, kind=Order.State.IN_REVIEW).values_list("at", flat=True).first()
    if shown is None:
        return
    due = [day for day in REMINDER_DAYS if now >= shown + timedelta(days=day)]
    if due:
        mails.approval_reminder(order, day=due[-1])


def _stop(order: Order, child: Child, *, wished: bool) -> None:
    """The whole order goes back if none of its books can be made and none is at the printer, else this book alone if
    the parent wished it."""
    if not all_forgotten(order) or not cancelling.can_cancel(order):
        if wished:
            _stop_book(order, child)
        return
    kind = Kind.CANCELLATION if wished else Kind.UNAPPROVED
    with suppress(CannotCancel):  # the files left for the printer at this moment
        cancelling.cancel_and_refund(order, actor="customer" if wished else "system", kind=kind)


def _stop_book(order: Order, child: Child) -> None:
    """The book of one child goes back, and the others of the order go on; staff are told that it became smaller."""
    for line in order.lines.filter(edition__child=child, cancelled_at=None):
        try:
            cancelling.cancel_book(line, actor="customer")
        except CannotCancel:  # at the printer, or on its way there at this moment
            continue
        address = settings.SITE_URL + reverse("admin:orders_order_change", args=[order.pk])
        what = f"one book of {order.number} was deleted by its parent and paid back, the others go on"
        mails.staff_task(key=f"order:{order.number}:forgotten:{child.pk}", what=what, link=address)
