"""An order's way in a parent's words: what has happened, where it is, and what comes next."""

from dataclasses import dataclass
from datetime import datetime

from orders.models import Order

State = Order.State


@dataclass(frozen=True)
class Step:
    """One stop on the way. `place` is "done", "now" or "next"; `at` is when it was reached. `day_only`: of a day on
    which a parcel came nobody knows the hour."""

    label: str
    place: str
    at: datetime | None = None
    day_only: bool = False


@dataclass(frozen=True)
class Said:
    """A state in one short label and one sentence about what happens next."""

    label: str
    tone: str
    next: str


_SAID: dict[str, Said] = {
    State.AWAITING_PAYMENT: Said(
        "Waiting for payment", "waiting", "As soon as you have paid, we make your digital copy."
    ),
    State.PAID: Said(
        "Making your digital copy",
        "waiting",
        "We are making your digital copy. It takes a few minutes; we will send you an e-mail.",
    ),
    State.IN_REVIEW: Said(
        "Waiting for your approval",
        "yours",
        "Look at every page of your digital copy. Approve it, or change what you like. Nothing is printed before that.",
    ),
    State.APPROVED: Said(
        "Approved", "good", "Your book is on its way to the printer. We will write when it is being printed."
    ),
    State.IN_PRINT: Said("In print", "good", "The printer is making your book. We will write when it is sent."),
    State.SHIPPED: Said("On its way", "good", "Your parcel is on its way to you."),
    State.DELIVERED: Said("Delivered", "good", "We hope there was a big smile."),
    State.COMPLETED: Said("Completed", "good", "Everything is done. Happy reading."),
    State.CANCELLED: Said("Cancelled", "over", "This order is cancelled. Nothing more happens with it."),
}

# The stops, and from which state on each is behind the order.
_STOPS: tuple[tuple[str, str], ...] = (
    ("Ordered", State.AWAITING_PAYMENT),
    ("Paid", State.PAID),
    ("Digital copy ready", State.IN_REVIEW),
    ("Approved by you", State.APPROVED),
    ("Printing", State.IN_PRINT),
    ("On its way", State.SHIPPED),
    ("Delivered", State.DELIVERED),
)
_RANK = {state: rank for rank, (_, state) in enumerate(_STOPS)} | {State.COMPLETED: len(_STOPS)}


def said(order: Order) -> Said:
    """What we say about the order's state."""
    return _SAID[order.state]


def steps(order: Order) -> list[Step]:
    """The stops of an order, done, present and to come. Reads the order's events once."""
    reached: dict[str, datetime] = {event.kind: event.at for event in order.events.all()}
    reached[State.AWAITING_PAYMENT] = order.created_at
    if order.paid_at is not None:
        reached[State.PAID] = order.paid_at
    if order.delivered_at is not None:
        reached[State.DELIVERED] = order.delivered_at
    if order.state == State.CANCELLED:
        behind = [Step(label, "done", reached[state]) for label, state in _STOPS if state in reached]
        return [*behind, Step("Cancelled", "now", order.cancelled_at)]
    here = _RANK[order.state]
    return [
        Step(
            label,
            "done" if rank < here else "now" if rank == here else "next",
            reached.get(state),
            day_only=state == State.DELIVERED,
        )
        for rank, (label, state) in enumerate(_STOPS)
    ]
