"""Printed books with something wrong: told within 7 days, perhaps sent back, inspected, only then settled (P24-P26).

Nobody else writes `Return.state`. A move is a conditional update, and its event is written in the same transaction: of
two people who try at once one wins and the other is told. What follows a verified fault, money or a new copy, is in
`refunds.settling`.

Whoever changes a return of an order from the customer's side locks the order first, so that copies are never returned
twice.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone

from accounts.models import User
from books.photo import SanitisedPhoto
from orders import delivery, local_days, numbers, states
from orders.models import Order, OrderLine
from privacy import children
from privacy.models import Child
from refunds import evidence, return_mails
from refunds.models import Return, ReturnEvent, ReturnLine

State = Return.State

TRANSITIONS: dict[str, frozenset[str]] = {
    State.ASKED: frozenset({State.MORE_ASKED, State.INSTRUCTED, State.VERIFIED, State.REJECTED, State.WITHDRAWN}),
    State.MORE_ASKED: frozenset(
        {State.ASKED, State.INSTRUCTED, State.VERIFIED, State.REJECTED, State.WITHDRAWN, State.LAPSED}
    ),
    State.INSTRUCTED: frozenset({State.RECEIVED, State.WITHDRAWN, State.LAPSED}),
    # A parcel that came much later than we hoped is looked at all the same.
    State.LAPSED: frozenset({State.RECEIVED}),
    State.RECEIVED: frozenset({State.VERIFIED, State.REJECTED}),
    State.REJECTED: frozenset({State.APPEALED}),
    State.APPEALED: frozenset({State.VERIFIED, State.UPHELD}),
    State.VERIFIED: frozenset({State.SETTLED}),
    State.UPHELD: frozenset(),
    State.SETTLED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
# Nothing more happens here by itself.
CLOSED = (State.SETTLED, State.UPHELD, State.WITHDRAWN, State.LAPSED)
# These no longer take copies of a line.
_GIVEN_UP = (State.WITHDRAWN, State.LAPSED)
ARRIVED = (Order.State.SHIPPED, Order.State.DELIVERED, Order.State.COMPLETED)
CUSTOMER = "customer"
SYSTEM = "system:returns"


class CannotReturn(Exception):
    """Nothing of the order can be returned under our promise; `last_day` was the last one, None: it was never sent."""

    def __init__(self, last_day: date | None) -> None:
        super().__init__("not possible any more" if last_day else "not possible yet")
        self.last_day = last_day


class TooManyCopies(ValueError):
    """More copies than were ordered, or than are left after other returns; `line` says of which book."""

    def __init__(self, line: OrderLine, left: int) -> None:
        super().__init__(f"{left} of {line.quantity} copies left")
        self.line, self.left = line, left


class Refused(Exception):
    """The return is not where somebody takes it to be, or may not go there; the message says why, for staff."""


# --- asking -----------------------------------------------------------------------------------------------------------


def return_until(order: Order) -> date | None:
    """The last day on which a fault of any book can be told under our promise (P24); None while that is not known, as
    before the parcel has arrived."""
    days = [delivery.return_until(order, line) for line in _printed(order)]
    return None if not days or None in days else max(day for day in days if day is not None)


def may_return(order: Order) -> bool:
    """Whether any printed book may be returned today: it has been sent, and day 7 after its delivery is not over."""
    return any(_may_return(line) for line in _printed(order))


def copies_left(line: OrderLine) -> int:
    """How many copies of a line the customer has that are in no return. Copies that were replaced by new ones count
    again: the new ones may have a fault too. Never more than were bought."""
    if line.cancelled_at is not None:
        return 0
    replaced = Q(of__state=State.SETTLED, of__wish=Return.Wish.REPRINT, of__case=None)
    standing = ReturnLine.objects.filter(line=line).exclude(of__state__in=_GIVEN_UP).exclude(replaced)
    return line.quantity - (standing.aggregate(n=Sum("copies"))["n"] or 0)


def returnable(order: Order) -> dict[OrderLine, int]:
    """The books of an order that may be returned today, and how many copies of each."""
    return {line: left for line in _printed(order) if _may_return(line) and (left := copies_left(line)) > 0}


def _printed(order: Order) -> list[OrderLine]:
    return list(order.lines.filter(cancelled_at=None).select_related("order").order_by("pk"))


def _may_return(line: OrderLine) -> bool:
    return delivery.may_return(line.order, local_days.today(line.order.country), line)


@transaction.atomic
def ask(*, order: Order, copies: Mapping[int, int], reason: str, wish: str, draft: Child | None = None) -> Return:
    """A customer tells us that copies (by the key of their line) have a fault. `draft` holds photos and words.

    Raises `CannotReturn`, `TooManyCopies`, ValueError for no copies at all, and privacy.vault.Forgotten for a draft
    whose time is over.
    """
    held = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    if not may_return(held):
        raise CannotReturn(return_until(held))
    wanted = {line: copies[line.pk] for line in _printed(held) if copies.get(line.pk)}
    if not wanted or set(copies) - {line.pk for line in wanted}:
        raise ValueError("which books?")
    left = returnable(held)
    for line, count in wanted.items():
        if not 0 < count <= left.get(line, 0):
            raise TooManyCopies(line, left.get(line, 0))
    if draft is not None:
        children.keep_for_order(draft)
    asked = Return.objects.create(
        number=_free_number(), order=held, reason=reason, wish=wish, evidence=draft, state=State.ASKED
    )
    for line, count in wanted.items():
        ReturnLine.objects.create(of=asked, line=line, copies=count)
    record(asked, State.ASKED, actor=CUSTOMER)
    states.record(held, "return_asked", actor=CUSTOMER, detail=asked.number)
    return_mails.received(asked)
    return asked


@transaction.atomic
def add_photos(of: Return, *, photos: Sequence[SanitisedPhoto], words: str = "", draft: Child | None = None) -> None:
    """The customer sends what we asked for. It joins what is there and dies with it; `draft` is a new subject for a
    return whose first one is forgotten, or never was.

    Raises `Refused`, `refunds.evidence.TooManyPhotos` and privacy.vault.Forgotten.
    """
    held = _held(of)
    _keep(held, draft)
    if (photos or words.strip()) and held.evidence is not None:
        evidence.add(held.evidence, photos=photos, words=words)
    _move(held, State.ASKED, actor=CUSTOMER, detail=f"photos: {len(photos)}" if photos else "words")
    of.refresh_from_db()


@transaction.atomic
def withdraw(of: Return) -> None:
    """The customer does not want to return it after all; photos and words are forgotten. Raises `Refused`."""
    held = _held(of)
    _move(held, State.WITHDRAWN, actor=CUSTOMER)
    of.refresh_from_db()
    transaction.on_commit(lambda: forget_evidence(held), robust=True)


@transaction.atomic
def appeal(of: Return, *, words: str = "", draft: Child | None = None) -> None:
    """The customer does not agree with what was found: a colleague looks again. Raises `Refused`."""
    held = _held(of)
    _keep(held, draft)
    if words.strip() and held.evidence is not None:
        evidence.add(held.evidence, words=words)
    _move(held, State.APPEALED, actor=CUSTOMER)
    of.refresh_from_db()
    return_mails.appeal_for_staff(held)


def forget_evidence(of: Return) -> None:
    """Forget photos and words now; the return goes on without them (P8, P25)."""
    if of.evidence is not None and of.evidence.receipt_id is None:
        children.forget(of.evidence, reason=Child.End.DELETED)


# --- what staff do ----------------------------------------------------------------------------------------------------


@transaction.atomic
def ask_for_more(of: Return, *, staff: User, what: str) -> None:
    """Ask for more photos (P25); `what` is a sentence for the customer, not about the child. Raises `Refused`."""
    if not what.strip():
        raise Refused("Say what the photos should show.")
    _move(of, State.MORE_ASKED, actor=_staff(staff), detail=what.strip())
    return_mails.more_photos(of, what=what.strip())


@transaction.atomic
def instruct(of: Return, *, staff: User) -> None:
    """Send the label and what to do with it (P25). Raises `Refused`."""
    _move(of, State.INSTRUCTED, actor=_staff(staff), instructed_at=timezone.now())
    return_mails.instructions(of)


@transaction.atomic
def receive(of: Return, *, staff: User) -> None:
    """The parcel has come back. Raises `Refused`; for one that came late also if its copies are in another return."""
    held = _held(of)
    if held.state == State.LAPSED:
        for one in held.lines.select_related("line"):
            if one.copies > copies_left(one.line):
                raise Refused(f"{one.line.title} is part of another return by now. Record the parcel there.")
    _move(held, State.RECEIVED, actor=_staff(staff), received_at=timezone.now(), closed_at=None)
    of.refresh_from_db()
    return_mails.parcel_received(held)


@transaction.atomic
def inspect(of: Return, *, staff: User, verified: bool, basis: str, finding: str = "") -> None:
    """Record what was found, on the book itself or on photos that prove it so that nothing need be sent back (P26).

    `finding` is told to the customer and never about the child; without a fault it is needed. Raises `Refused`.
    """
    if not verified and not finding.strip():
        raise Refused("Tell the customer what you found.")
    if basis == Return.Basis.PARCEL and of.state != State.RECEIVED:
        raise Refused("The book has not come back, so it cannot be inspected.")
    if basis == Return.Basis.PHOTOS:
        if of.state == State.RECEIVED:
            raise Refused("The book is here: look at the book.")
        if of.evidence is None or not evidence.is_open(of.evidence) or not evidence.photo_numbers(of.evidence):
            raise Refused("There are no photos to decide on.")
    _move(
        of, State.VERIFIED if verified else State.REJECTED, actor=_staff(staff), detail=Return.Basis(basis).label,
        inspected_by=staff, inspected_at=timezone.now(), basis=basis, finding=finding.strip()[:300],
    )  # fmt: skip
    if verified:
        return_mails.verified(of)
    else:
        return_mails.rejected(of)


@transaction.atomic
def decide_appeal(of: Return, *, staff: User, verified: bool, finding: str) -> None:
    """Another member of staff than the first one decides an appeal. Raises `Refused`."""
    if of.state == State.APPEALED and of.inspected_by_id == staff.pk:
        raise Refused("You decided this the first time. An appeal is decided by a colleague.")
    if not finding.strip():
        raise Refused("Tell the customer what you found.")
    _move(
        of, State.VERIFIED if verified else State.UPHELD, actor=_staff(staff),
        inspected_by=staff, inspected_at=timezone.now(), finding=finding.strip()[:300],
    )  # fmt: skip
    return_mails.appeal_decided(of)


def settle(of: Return, *, actor: str, detail: str = "") -> None:
    """For `refunds.settling`: the money is decided, or the new copy has been sent. Raises `Refused`."""
    _move(of, State.SETTLED, actor=actor, detail=detail)


# --- time -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def lapse(of: Return) -> None:
    """The parcel, or the photos, never came. Raises `Refused`."""
    _move(of, State.LAPSED, actor=SYSTEM)
    return_mails.lapsed(of)


def waits_since(of: Return) -> Any:
    """Since when a return waits for its customer; None if it does not."""
    if of.state == State.INSTRUCTED:
        return of.instructed_at
    if of.state == State.MORE_ASKED:
        return of.events.filter(kind=State.MORE_ASKED).latest("pk").at
    return None


def remind_or_lapse(of: Return) -> None:
    """Remind once when ten days are left, and close it when nothing has come within `RETURN_PARCEL_WITHIN`."""
    since = waits_since(of)
    if since is None:
        return
    end = since + settings.RETURN_PARCEL_WITHIN
    if timezone.now() >= end:
        lapse(of)
    elif timezone.now() >= end - timedelta(days=10):
        return_mails.reminder(of, since=since)


# --- the door ---------------------------------------------------------------------------------------------------------


def record(of: Return, kind: str, *, actor: str, detail: str = "") -> ReturnEvent:
    """Write down something that happened without changing the state."""
    return ReturnEvent.objects.create(of=of, kind=kind, actor=actor, detail=detail[:300])


@transaction.atomic
def _move(of: Return, to: str, *, actor: str, detail: str = "", **changes: Any) -> None:
    """The one door: the table, a conditional update, and the event in the same transaction. Raises `Refused`."""
    old = of.state
    if to not in TRANSITIONS[old]:
        raise Refused(f"{of.number} is “{of.get_state_display()}”, so this cannot be done now.")
    if to in CLOSED:
        changes["closed_at"] = timezone.now()
    if not Return.objects.filter(pk=of.pk, state=old).update(state=to, **changes):
        of.refresh_from_db()
        raise Refused(f"{of.number} has just changed. It is “{of.get_state_display()}” now.")
    of.state = to
    for name, value in changes.items():
        setattr(of, name, value)
    record(of, to, actor=actor, detail=detail)


def _held(of: Return) -> Return:
    """Lock the order of a return and look at it again."""
    Order.objects.select_for_update(no_key=True).get(pk=of.order_id)
    return Return.objects.select_related("order", "evidence").get(pk=of.pk)


def _keep(of: Return, draft: Child | None) -> None:
    """A new subject takes the place of one that is forgotten; one that is open stays."""
    if draft is None or evidence.is_open(of.evidence):
        return
    children.keep_for_order(draft)
    Return.objects.filter(pk=of.pk).update(evidence=draft)
    of.evidence = draft


def _staff(user: User) -> str:
    return f"staff:{user.pk}"


def _free_number() -> str:
    while True:
        number = "R-" + "".join(secrets.choice(numbers.ALPHABET) for _ in range(numbers.LENGTH))
        if not Return.objects.filter(number=number).exists():
            return number
