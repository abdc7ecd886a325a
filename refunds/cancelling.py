"""Cancelling an order or one of its books, and giving the money back: 100 % of what was paid for it (P23).

What is cancelled is never printed, and its child is forgotten after the commit.
"""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from orders import job_states, mails, printing, review, states
from orders.models import Order, OrderLine
from privacy import children
from privacy.models import Child
from refunds import amounts, case_states, cases, changes
from refunds.models import Case

Kind = Case.Kind
State = Case.State
CANCELLING = (Kind.CANCELLATION, Kind.UNAPPROVED, Kind.UNPRINTABLE)
UNAPPROVED = (Order.State.PAID, Order.State.IN_REVIEW)
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
    return all(job.state in job_states.STOPPED_OR_WAITING for job in jobs)


def can_cancel_alone(order: Order) -> bool:
    """Whether the parent may cancel without asking: before approval (P23), or when a book can never be made (F23)."""
    return order.state in UNAPPROVED or (bool(printing.unprintable(order)) and can_cancel(order))


def can_cancel_book(line: OrderLine) -> bool:
    """Whether one book may be cancelled and the others of its order go on: it is paid and nothing of it has left for
    the printer."""
    if line.cancelled_at is not None or line.order.state not in (*UNAPPROVED, *printing.PRINTABLE):
        return False
    return all(job.state in job_states.STOPPED_OR_WAITING for job in line.print_jobs.all())


def can_cancel_book_alone(line: OrderLine) -> bool:
    """Whether the parent may cancel one book without asking, as `can_cancel_alone` for the whole order."""
    mine = line.order.state in UNAPPROVED or line in printing.unprintable(line.order)
    return mine and can_cancel_book(line)


@transaction.atomic
def cancel_alone(order: Order, *, reason: str = "") -> Case:
    """The parent cancels and gets everything back (P23). Raises `CannotCancel`; a second click gets the same case."""
    held = cases.hold(order)
    if held.state != Order.State.CANCELLED and not can_cancel_alone(held):
        raise CannotCancel("The parent has approved the book.")
    kind = Kind.CANCELLATION if held.state in UNAPPROVED else Kind.UNPRINTABLE
    return cancel_and_refund(held, actor="customer", kind=kind, reason=reason)


@transaction.atomic
def cancel_and_refund(
    order: Order,
    *,
    actor: str,
    staff: User | None = None,
    note: str = "",
    kind: str = Kind.CANCELLATION,
    reason: str = "",
) -> Case:
    """Cancel an order, give back everything that was paid (P23: 100 %) and forget its children after the commit.

    The printer never gets it after this. What staff want to cancel above the limit is only proposed, and held until a
    colleague agrees. Raises `CannotCancel`; a second click gets the first one's case (F13).
    """
    held = cases.hold(order)
    known = standing(held)
    if known is not None and (staff is not None or known.state != State.PROPOSED):
        return known
    if not can_cancel(held):
        raise CannotCancel("The book is at the printer or further, or the order was cancelled before.")
    # What a colleague has proposed need not wait when the customer or the calendar decides the same.
    case = known
    if case is None:
        _overtake(_proposals(held).filter(whole=False), actor=actor, by="the whole order is cancelled")
        case = cases.open_case(
            held, amounts.of_rest(held), kind=kind, whole=True, actor=actor, staff=staff, note=note, reason=reason
        )
    if case.state == State.PROPOSED and staff is not None:
        Order.objects.filter(pk=held.pk).update(held_at=timezone.now())
        return case
    finish(case, actor=actor)
    return case


def standing(order: Order) -> Case | None:
    """The case with which the whole order was cancelled, or is to be."""
    return Case.objects.filter(order=order, whole=True, kind__in=CANCELLING).exclude(state=State.DECLINED).first()


def finish(case: Case, *, actor: str) -> None:
    """Cancel the order of a decided case; the caller holds its row. Raises `CannotCancel` when it has gone too far."""
    order = case.order
    if not can_cancel(order) or not printing.cancel(order, actor=actor):
        raise CannotCancel("The book is at the printer or further, or the order was cancelled before.")
    if not states.move(order, Order.State.CANCELLED, actor=actor, detail=Kind(case.kind).label):
        raise CannotCancel("The order has just changed. Please look at it again.")
    if case.state == State.PROPOSED:
        case_states.move(case, State.APPROVED, actor=actor, decided_at=timezone.now())
    cases.carry_out(case, actor=actor)
    changes.close(order)
    points = cases.points_back(case)
    mails.order_cancelled(order, refund=case.amount, points=points, reason=_REASONS.get(Kind(case.kind), ""))
    # Destroying a key cannot be rolled back, so it waits for the commit; the sweeper finds what a crash leaves over.
    transaction.on_commit(lambda: forget_children_of(order), robust=True)


@transaction.atomic
def cancel_book_alone(line: OrderLine, *, reason: str = "") -> Case:
    """The parent cancels one book and gets back what was paid for it (P23). Raises `CannotCancel`; a second click gets
    the same case."""
    order = cases.hold(line.order)
    held = order.lines.get(pk=line.pk)
    known = held.cancelled_at is not None or order.state == Order.State.CANCELLED
    if not known and not can_cancel_book_alone(held):
        raise CannotCancel("The parent has approved the book.")
    kind = Kind.CANCELLATION if order.state in UNAPPROVED else Kind.UNPRINTABLE
    return cancel_book(held, actor="customer", kind=kind, reason=reason)


@transaction.atomic
def cancel_book(
    line: OrderLine,
    *,
    actor: str,
    staff: User | None = None,
    note: str = "",
    kind: str = Kind.CANCELLATION,
    reason: str = "",
) -> Case:
    """Cancel one book of an order and give back what was paid for it; the others go on. The last one takes the whole
    order with it, the delivery included.

    Raises `CannotCancel`; a second click gets the same case. Above the limit it is only proposed, and the order held.
    """
    order = cases.hold(line.order)
    held = OrderLine.objects.get(pk=line.pk)
    known = Case.objects.filter(order=order, whole=False, kind__in=CANCELLING, lines__line=held)
    case = known.exclude(state=State.DECLINED).first()
    if case is not None and (staff is not None or case.state != State.PROPOSED):
        return case
    if not order.lines.filter(cancelled_at=None).exclude(pk=held.pk).exists():
        return cancel_and_refund(order, actor=actor, staff=staff, note=note, kind=kind, reason=reason)
    if not can_cancel_book(held):
        raise CannotCancel("This book is at the printer or further, or was cancelled before.")
    if case is None:
        whole = _proposals(order).filter(whole=True)
        if staff is not None and whole.exists():
            raise CannotCancel("A colleague has proposed to cancel the whole order. Decide about that first.")
        _overtake(whole, actor=actor, by="the customer cancelled one book alone")
        left = amounts.copies_left(order)[held.pk]
        if not left:
            raise CannotCancel("The money for this book has gone back before.")
        owed = amounts.of_copies(order, {held.pk: left}, shipping=False)
        case = cases.open_case(order, owed, kind=kind, actor=actor, staff=staff, note=note, reason=reason)
    if case.state == State.PROPOSED and staff is not None:
        Order.objects.filter(pk=order.pk).update(held_at=timezone.now())
        return case
    finish_book(case, actor=actor)
    return case


def finish_book(case: Case, *, actor: str) -> None:
    """Cancel the one book of a decided case; the caller holds the order's row. Raises `CannotCancel`."""
    line = OrderLine.objects.select_related("order", "edition__child").get(case_lines__case=case)
    if not can_cancel_book(line) or not printing.cancel_book(line, actor=actor):
        raise CannotCancel("This book is at the printer or further, or was cancelled before.")
    OrderLine.objects.filter(pk=line.pk, cancelled_at=None).update(cancelled_at=timezone.now())
    states.record(line.order, "book_cancelled", actor=actor, detail=line.title)
    if case.state == State.PROPOSED:
        case_states.move(case, State.APPROVED, actor=actor, decided_at=timezone.now())
    changes.close_book(line)
    cases.tell(case, cases.carry_out(case, actor=actor))
    review.after_cancelled_book(line.order, actor=actor)
    printing.follow(line.order, actor=actor)
    if line.edition is not None:
        child = line.edition.child
        transaction.on_commit(lambda: _forget(child), robust=True)


def _proposals(order: Order) -> QuerySet[Case]:
    """What waits for a second person about cancelling this order or books of it."""
    return Case.objects.filter(order=order, state=State.PROPOSED, kind__in=CANCELLING)


def _overtake(proposals: QuerySet[Case], *, actor: str, by: str) -> None:
    """Something wider or nearer to the customer's wish was decided: what waited for a colleague waits no longer. The
    caller holds the order's row."""
    for case in proposals:
        case_states.move(case, State.DECLINED, actor=actor, detail=f"overtaken: {by}", decided_at=timezone.now())
        states.record(case.order, "refund_declined", actor=actor)
        if not _proposals(case.order).exists():
            Order.objects.filter(pk=case.order_id).update(held_at=None)


def forget_children_of(order: Order) -> None:
    """The data was given for a book that nobody makes any more (P3)."""
    for line in order.lines.select_related("edition__child"):
        if line.edition is not None:
            _forget(line.edition.child)


def forget_left_over(*, limit: int) -> None:
    """The sweeper's part: children of cancelled orders and books, where a crash came between."""
    open_children = Child.objects.filter(ended_at=None, expires_at__gt=timezone.now())
    cancelled = OrderLine.objects.filter(edition__child__in=open_children)
    cancelled = cancelled.filter(order__state=Order.State.CANCELLED) | cancelled.exclude(cancelled_at=None)
    for line in cancelled.select_related("edition__child")[:limit]:
        if line.edition is not None:
            _forget(line.edition.child)


def _forget(child: Child) -> None:
    if children.is_open(child):
        children.forget(child, reason=Child.End.DELETED)
