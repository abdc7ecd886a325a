"""Deciding that a customer gets the money back (P23). What follows is carried out by `refunds.payouts`."""

from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from orders import mails, printing, review, states
from orders.models import Order, OrderEvent, OrderLine, Payment
from privacy import children
from privacy.models import Child
from refunds import changes, payouts
from refunds.models import Case, CaseRefund

Kind = Case.Kind
REMINDER_DAYS = (3, 6, 9)
UNAPPROVED = (Order.State.PAID, Order.State.IN_REVIEW)
WISHED = (Child.End.DELETED, Child.End.WITHDRAWN)
_REASONS = {
    Kind.UNAPPROVED: "The digital copy was not approved in time, and we forget the child's data when we said we would.",
    Kind.UNPRINTABLE: "The child's data was forgotten, as promised, before the book could be printed.",
}


class CannotCancel(Exception):
    """The order cannot be cancelled any more; the message says why, for staff."""


def can_cancel(order: Order) -> bool:
    """Whether staff may cancel: before approval always, afterwards while nothing has left for the printer."""
    if order.state == Order.State.AWAITING_PAYMENT or order.state in UNAPPROVED:
        return True
    if order.state not in printing.PRINTABLE:
        return False
    jobs = [job for line in order.lines.all() for job in line.print_jobs.all()]
    return all(job.state in printing.STOPPED_OR_WAITING for job in jobs)


def can_cancel_alone(order: Order) -> bool:
    """Whether the parent may cancel without asking: before approval (P23), or when a book can never be made (F23)."""
    return order.state in UNAPPROVED or (bool(printing.unprintable(order)) and can_cancel(order))


@transaction.atomic
def cancel_alone(order: Order) -> Case:
    """The parent cancels and gets everything back (P23). Raises `CannotCancel`; a second click gets the same case."""
    held = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    if held.state != Order.State.CANCELLED and not can_cancel_alone(held):
        raise CannotCancel("The parent has approved the book.")
    kind = Kind.CANCELLATION if held.state in UNAPPROVED else Kind.UNPRINTABLE
    return cancel_and_refund(held, actor="customer", kind=kind)


@transaction.atomic
def cancel_and_refund(
    order: Order, *, actor: str, staff: User | None = None, note: str = "", kind: str = Kind.CANCELLATION
) -> Case:
    """Cancel an order, give back everything that was paid (P23: 100 %) and forget its children after the commit.

    The printer never gets it after this. Raises `CannotCancel`; a second click gets the first one's case (F13).
    """
    held = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    known = Case.objects.filter(order=held).first()
    if known is not None:
        return known
    if not can_cancel(held) or not printing.cancel(held, actor=actor):
        raise CannotCancel("The book is at the printer or further, or the order was cancelled before.")
    if not states.move(held, Order.State.CANCELLED, actor=actor, detail=Kind(kind).label):
        raise CannotCancel("The order has just changed. Please look at it again.")
    case = Case.objects.create(order=held, kind=kind, note=note[:300], decided_by=staff, state=Case.State.UNPAID)
    refunded = 0
    for payment in held.payments.filter(state=Payment.State.PAID).order_by("pk"):
        try:
            refund = payouts.decide(payment, reason=kind, key=f"case-{case.pk}-payment-{payment.pk}")
        except payouts.NothingLeft:
            continue
        CaseRefund.objects.create(case=case, refund=refund)
        case.state = Case.State.APPROVED
        refunded += refund.amount
    case.amount = refunded
    if not refunded:
        case.closed_at = timezone.now()
    case.save()
    changes.close(held)
    mails.order_cancelled(held, refund=refunded, reason=_REASONS.get(Kind(kind), ""))
    # Destroying a key cannot be rolled back, so it waits for the commit; the sweeper finds what a crash leaves over.
    transaction.on_commit(lambda: forget_children_of(held), robust=True)
    return case


def forget_children_of(order: Order) -> None:
    """The data was given for a book that nobody makes any more (P3)."""
    for line in order.lines.select_related("edition__child"):
        if line.edition is not None and children.is_open(line.edition.child):
            children.forget(line.edition.child, reason=Child.End.DELETED)


def child_forgotten(child: Child) -> None:
    """For `privacy.children.on_forget`: an order whose books can none of them be made any more goes back (P5, P23).

    Unapproved ones always; approved ones that the printer does not have yet when the parent wished it (on time, the
    parent is told by mail and decides: F23). One of which another book is still open stays with the parent, and staff
    are told of it. Whoever wished it gets the receipt by mail, unless the forgetting only followed a cancellation.
    """
    wished = child.end_reason in WISHED
    for line in OrderLine.objects.select_related("order").filter(edition__child=child):
        changes.close_book(line)
        if wished and child.receipt is not None and line.order.state != Order.State.CANCELLED:
            mails.data_deleted(line, child.receipt)
    stoppable = (*UNAPPROVED, *printing.PRINTABLE) if wished else UNAPPROVED
    for order in Order.objects.filter(lines__edition__child=child, state__in=stoppable):
        if wished and order.state in UNAPPROVED and not all_forgotten(order):
            _tell_staff(order, child)
        _stop(order, wished=wished)


def stop_wished() -> None:
    """The sweeper's part: approved orders whose printing was under way when the parent had the child forgotten, and
    which were not printed after all."""
    for order in Order.objects.filter(
        state__in=printing.PRINTABLE, lines__edition__child__end_reason__in=WISHED
    ).distinct():
        _stop(order, wished=True)


def all_forgotten(order: Order, *, but: Child | None = None) -> bool:
    """Whether none of the order's books can be made any more (leaving out the one of `but`)."""
    books = [line.edition.child for line in order.lines.select_related("edition__child") if line.edition]
    return not any(children.is_open(child) for child in books if child != but)


def _tell_staff(order: Order, child: Child) -> None:
    """An order is approved and printed whole: somebody has to talk with a parent who wants only the other book."""
    address = settings.SITE_URL + reverse("admin:orders_order_change", args=[order.pk])
    what = f"one book of {order.number} was deleted by its parent, another is still open"
    mails.staff_task(key=f"order:{order.number}:forgotten:{child.pk}", what=what, link=address)


def _stop(order: Order, *, wished: bool) -> None:
    if not all_forgotten(order) or not can_cancel(order):
        return
    kind = Kind.CANCELLATION if wished else Kind.UNAPPROVED
    with suppress(CannotCancel):  # the files left for the printer at this moment
        cancel_and_refund(order, actor="customer" if wished else "system", kind=kind)


def remind_or_cancel(order: Order) -> None:
    """Remind on day 3, 6 and 9; give the money back when nobody approved while the book could still be made (P10)."""
    now = timezone.now()
    waiting = [line for line in order.lines.select_related("edition__child") if line.approved_revision is None]
    if any(line.edition is None or now >= review.approve_by(line.edition) for line in waiting):
        cancel_and_refund(order, actor="system", kind=Kind.UNAPPROVED)
        return
    shown = OrderEvent.objects.filter(order=order, kind=Order.State.IN_REVIEW).values_list("at", flat=True).first()
    if shown is None:
        return
    due = [day for day in REMINDER_DAYS if now >= shown + timedelta(days=day)]
    if due:
        mails.approval_reminder(order, day=due[-1])
