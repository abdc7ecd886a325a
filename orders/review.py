"""The parent looks at the digital copy and approves it (P21). Nothing is printed that was not approved here.

An approval names the revision that the parent saw: one that was overtaken in another tab is refused. The order is
approved when every book of it is; whoever prints has registered with `on_approved`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from books import editions
from books.models import Edition, Revision
from orders import mails, states
from orders.models import Order, OrderLine
from privacy import children
from privacy.models import Child

# The printer's files are made from the child's data, so an approval needs some hours before that is forgotten.
APPROVAL_MARGIN = timedelta(hours=12)
RUNNING_OUT = timedelta(days=3)
_ON_APPROVED: list[Callable[[Order], None]] = []
_ON_BOOK_APPROVED: list[Callable[[OrderLine], None]] = []
_ON_NEW_COPY: list[Callable[[OrderLine, Revision], bool]] = []


class NotPaid(Exception):
    """An order that is not paid, or is cancelled, cannot be approved."""


class NotReady(Exception):
    """The digital copy of this revision is still being made."""


class Outdated(Exception):
    """The book was changed after the page was shown; `latest` is the revision to look at."""

    def __init__(self, latest: int) -> None:
        super().__init__(f"revision {latest} is newer")
        self.latest = latest


def on_approved(call: Callable[[Order], None]) -> None:
    """Register what happens, in the same transaction, when the last book of an order is approved."""
    if call not in _ON_APPROVED:
        _ON_APPROVED.append(call)


def on_book_approved(call: Callable[[OrderLine], None]) -> None:
    """Register what happens, in the same transaction, when one book is approved, be it the last or not."""
    if call not in _ON_BOOK_APPROVED:
        _ON_BOOK_APPROVED.append(call)


def on_new_copy(call: Callable[[OrderLine, Revision], bool]) -> None:
    """Register who may announce a changed book's new copy in words of its own. True: the parent has been told."""
    if call not in _ON_NEW_COPY:
        _ON_NEW_COPY.append(call)


def approve_by(edition: Edition) -> datetime:
    """Until when a parent should have approved, so that the book can still be made."""
    return edition.child.expires_at - APPROVAL_MARGIN


def running_out() -> QuerySet[Order]:
    """Orders with a book that nobody approved and that can be approved for three more days at most: worth a call."""
    soon = timezone.now() + APPROVAL_MARGIN + RUNNING_OUT
    return Order.objects.filter(
        pk__in=OrderLine.objects.filter(
            order__state__in=[Order.State.PAID, Order.State.IN_REVIEW],
            approved_revision=None,
            cancelled_at=None,
            edition__child__expires_at__lt=soon,
        ).values("order")
    )


def begin(order: Order) -> None:
    """The order has just been paid: confirm it and have the digital copies made. One that costs nothing because it
    replaces a faulty book (P43) has been announced by whoever made it.

    Safe to call again; the sweeper does.
    """
    if order.replaces_id is None:
        mails.order_confirmed(order)
    for line in _lines(order):
        if line.edition is not None and children.is_open(line.edition.child):
            editions.want_full(editions.latest(line.edition))
    advance(order)


def full_ready(revision: Revision) -> None:
    """For `books.editions.on_full_ready`: a digital copy has been made."""
    line = OrderLine.objects.select_related("order", "edition").filter(edition_id=revision.edition_id).first()
    if line is None:
        return
    order = line.order
    if order.state == Order.State.PAID:
        advance(order)
    elif line.cancelled_at is not None:
        return
    elif order.state == Order.State.IN_REVIEW and line.approved_revision is None and revision.number > 1:
        if editions.latest(revision.edition).number != revision.number:
            return  # overtaken: the newer copy will be announced
        states.record(order, "new_copy", actor="system", detail=f"{line.title}, revision {revision.number}")
        if not any(call(line, revision) for call in _ON_NEW_COPY):
            mails.new_copy_ready(order, line=line, revision=revision)


def advance(order: Order) -> bool:
    """Put a paid order before the parent as soon as every digital copy is ready."""
    if order.state != Order.State.PAID:
        return False
    for line in _lines(order):
        if line.edition is None or editions.latest(line.edition).full_ready_at is None:
            return False
    with transaction.atomic():
        if not states.move(order, Order.State.IN_REVIEW, actor="system"):
            return False
        mails.digital_copy_ready(order)
    return True


@transaction.atomic
def approve(line: OrderLine, revision_number: int, *, actor: str) -> bool:
    """Approve one book of an order exactly as revision `revision_number` shows it, and lock it.

    True: approved by this call. False: it was approved before; nothing changes. Raises `NotPaid`, `NotReady`,
    `Outdated`, and privacy.vault.Forgotten once the child is forgotten.
    """
    # Order, then line, then edition: everybody locks in this order.
    order = Order.objects.select_for_update(no_key=True).get(pk=line.order_id)
    held = OrderLine.objects.select_for_update().get(pk=line.pk)
    if held.approved_revision is not None:
        return False
    payable = order.state in (Order.State.PAID, Order.State.IN_REVIEW) and held.cancelled_at is None
    if not payable or held.edition_id is None:
        raise NotPaid
    edition = Edition.objects.select_for_update(of=("self",)).select_related("child").get(pk=held.edition_id)
    editions.require_open(edition.child)
    latest = editions.latest(edition)
    if latest.number != revision_number:
        raise Outdated(latest.number)
    if order.state == Order.State.PAID or latest.full_ready_at is None:
        raise NotReady
    editions.lock(edition)
    OrderLine.objects.filter(pk=held.pk).update(approved_revision=revision_number, approved_at=timezone.now())
    states.record(order, "book_approved", actor=actor, detail=f"{held.title}, revision {revision_number}")
    for close in _ON_BOOK_APPROVED:
        close(held)
    _approve_order(order, actor=actor)
    return True


def after_cancelled_book(order: Order, *, actor: str) -> None:
    """One book of an order was cancelled: the others wait for it no longer. The caller holds the order's row."""
    if order.state == Order.State.PAID:
        advance(order)
    elif order.state == Order.State.IN_REVIEW:
        _approve_order(order, actor=actor)


def child_forgotten(child: Child) -> None:
    """For `privacy.children.on_forget`: an order that nobody has paid yet cannot be paid any more (P5)."""
    waiting = Order.objects.filter(lines__edition__child=child, state=Order.State.AWAITING_PAYMENT)
    for order in waiting:
        states.move(order, Order.State.CANCELLED, actor="system", detail="a book was forgotten before it was paid")


def _approve_order(order: Order, *, actor: str) -> None:
    """The order goes to print once every book of it that was not cancelled is approved."""
    waiting = order.lines.filter(approved_revision=None, cancelled_at=None)
    if not waiting.exists() and states.move(order, Order.State.APPROVED, actor=actor):
        for call in _ON_APPROVED:
            call(order)
        mails.book_approved(order)


def _lines(order: Order) -> list[OrderLine]:
    return list(order.lines.filter(cancelled_at=None).select_related("edition__child"))
