"""The one door through which an order changes its state.

Nobody else writes `Order.state`. A move is a conditional update: of two people who try at once one wins and the other
is told so, and the event row is written in the same transaction as the state.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from orders import coupons, points
from orders.models import Order, OrderEvent

State = Order.State

TRANSITIONS: dict[str, frozenset[str]] = {
    State.AWAITING_PAYMENT: frozenset({State.PAID, State.CANCELLED}),
    State.PAID: frozenset({State.IN_REVIEW, State.CANCELLED}),
    State.IN_REVIEW: frozenset({State.APPROVED, State.CANCELLED}),
    # Approved and then not printable in time, or turned down by the printer for good: the money goes back.
    State.APPROVED: frozenset({State.IN_PRINT, State.CANCELLED}),
    State.IN_PRINT: frozenset({State.SHIPPED, State.CANCELLED}),
    State.SHIPPED: frozenset({State.DELIVERED}),
    State.DELIVERED: frozenset({State.COMPLETED}),
    State.COMPLETED: frozenset(),
    State.CANCELLED: frozenset(),
}

# When a state was reached is also kept beside it, for lists and for the customer's page.
_STAMPS: dict[str, str] = {
    State.PAID: "paid_at",
    State.APPROVED: "approved_at",
    State.SHIPPED: "shipped_at",
    State.DELIVERED: "delivered_at",
    State.COMPLETED: "completed_at",
    State.CANCELLED: "cancelled_at",
}

DETAIL_LENGTH = 200


class IllegalMove(Exception):
    """No order may go from the one state to the other."""

    def __init__(self, number: str, old: str, new: str) -> None:
        super().__init__(f"{number}: no way from {old} to {new}")


def move(order: Order, to: str, *, actor: str, detail: str = "", at: datetime | None = None) -> bool:
    """Move `order` from the state it was loaded with to `to`, and write the event.

    True: this call moved it. False: somebody else was first, or it is there already; nothing is written and
    `order.state` tells what the row says now. Raises `IllegalMove` when the table does not know the way.
    `at` is when it happened, where that is not now. `actor` and `detail` never hold anything about a child.
    """
    old = order.state
    if old == to:
        return False
    if to not in TRANSITIONS[old]:
        raise IllegalMove(order.number, old, to)
    now = timezone.now()
    changes = {"state": to}
    stamps = {_STAMPS[to]: at or now} if to in _STAMPS else {}
    with transaction.atomic():
        won = Order.objects.filter(pk=order.pk, state=old).update(**changes, **stamps) == 1
        if won:
            record(order, to, actor=actor, detail=detail)
            _settle(order, old, to)
    if not won:
        order.refresh_from_db(fields=["state", *_STAMPS.values()])
        return False
    for name, value in {**changes, **stamps}.items():
        setattr(order, name, value)
    return True


def _settle(order: Order, old: str, to: str) -> None:
    """What coupons and points have to do with a move: an order that comes to nothing gives its use of a coupon back,
    and, when nobody paid it, its points. Those of a paid order come back with its refund (P27)."""
    if to == State.CANCELLED:
        coupons.release(order)
        if old == State.AWAITING_PAYMENT:
            points.give_all_back(order)
    elif to == State.DELIVERED:
        points.earn(order)


def record(order: Order, kind: str, *, actor: str, detail: str = "") -> OrderEvent:
    """Write down something that happened to an order without changing its state."""
    return OrderEvent.objects.create(order=order, kind=kind, actor=actor, detail=detail[:DETAIL_LENGTH])
