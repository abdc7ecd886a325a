"""Reward points: the only writer of balances and of the ledger that explains them (P40).

A balance never goes below zero, and is the sum of its entries. Each entry has a key, so that whatever is repeated is
booked once. Points earned with a book that went back are taken back; those that had been spent by then are owed: a
*settled* entry above zero puts them off, and one below zero pays them from what is earned next, so that the sum of an
account's settled entries is what it owes.

Who changes an account holds its row. Whoever holds an order's row too took that one first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum

from accounts.models import User
from orders import allocation
from orders.allocation import Copy
from orders.models import Order, PointsAccount, PointsEntry

Kind = PointsEntry.Kind
LEDGER_LENGTH = 50  # entries on the account page


@dataclass(frozen=True)
class Ledger:
    """A customer's points as their account page tells of them. `worth` is in minor units."""

    balance: int
    worth: int
    owed: int
    entries: Sequence[tuple[PointsEntry, str]]


class NotEnough(Exception):
    """The balance has fewer points than that."""


def balance(user: User | None) -> int:
    """The points that a customer can spend; 0 for a guest."""
    account = PointsAccount.objects.filter(user=user).first() if user else None
    return account.balance if account else 0


def ledger_of(user: User) -> Ledger:
    """A customer's points and the newest entries, each in plain words."""
    account = PointsAccount.objects.filter(user=user).first() or PointsAccount(user=user)
    entries = account.entries.select_related("order").order_by("-pk")[:LEDGER_LENGTH] if account.pk else []
    return Ledger(
        balance=account.balance,
        worth=account.balance * settings.POINT_VALUE,
        owed=account.owed,
        entries=[(entry, in_words(entry)) for entry in entries],
    )


def in_words(entry: PointsEntry) -> str:
    """Why the balance changed, for the customer."""
    order = entry.order.number if entry.order else ""
    match entry.kind:
        case Kind.EARNED:
            return f"Earned with order {order}"
        case Kind.SPENT:
            return f"Used for order {order}"
        case Kind.BACK:
            return f"Given back: used for order {order}"
        case Kind.TAKEN:
            return f"Taken back: earned with a book of order {order} that went back"
        case Kind.SETTLED if entry.points > 0:
            return "You had used these already, so they come off the next points you earn"
        case Kind.SETTLED:
            return "Settled: points that were still to come off"
        case _:
            return f"From us: {entry.note}" if entry.note else "From us"


def earned_with(order: Order) -> int:
    """The points that an order earns when it is delivered: for its books, as far as they were paid by card."""
    return sum(copy.money for copy in _earning(order)) // settings.POINTS_PER


@transaction.atomic
def spend(order: Order, points: int) -> None:
    """Pay a part of an order with points of its customer. Raises `NotEnough`, also for a guest."""
    if points <= 0:
        raise ValueError("points are spent one at least")
    if order.user is None:
        raise NotEnough
    account = _hold(order.user)
    _book(account, Kind.SPENT, -points, key=f"spent:{order.pk}", order=order)


@transaction.atomic
def earn(order: Order) -> int:
    """Credit what a delivered order earned to its customer, once; returns the points. A guest earns none."""
    if order.user is None:
        return 0
    account, key = _hold(order.user), f"earned:{order.pk}"
    earned = earned_with(order)
    if not earned or _known(key):
        return earned
    _book(account, Kind.EARNED, earned, key=key, order=order)
    settled = min(earned, account.owed)
    if settled:
        PointsAccount.objects.filter(pk=account.pk).update(owed=F("owed") - settled)
        _book(account, Kind.SETTLED, -settled, key=f"settled:{order.pk}", order=order)
    return earned


@transaction.atomic
def give_back(order: Order, points: int, *, key: str) -> int:
    """Give back points that were spent on an order; the same `key` does it once.

    Never more than were spent on it and not given back yet. Returns what this key gave back: 0 for a customer whose
    account is gone.
    """
    if points < 0:
        raise ValueError("points are given back, not taken")
    if order.user is None:
        return 0
    account, key = _hold(order.user), f"back:{key}"
    known = PointsEntry.objects.filter(key=key).first()
    if known is not None:
        return known.points
    of_order = account.entries.filter(order=order, kind__in=[Kind.SPENT, Kind.BACK])
    left = -int(of_order.aggregate(sum=Sum("points"))["sum"] or 0)
    back = min(points, left)
    if back:
        _book(account, Kind.BACK, back, key=key, order=order)
    return back


def give_all_back(order: Order) -> int:
    """Give back everything that was spent on an order that comes to nothing before it was paid."""
    return give_back(order, order.points_used, key=f"nothing:{order.pk}") if order.points_used else 0


@transaction.atomic
def take_back_earned(order: Order, copies: Sequence[Copy], already: Sequence[Copy], *, key: str) -> int:
    """Take back what an order earned with `copies` that went back; `already` went back before. Returns the points.

    Shares are counted from the beginning, so that they add up: when every copy has gone back, everything that was
    earned has been taken. What the customer has spent by then is owed. The same `key` takes once.
    """
    if order.user is None:
        return 0
    account, key = _hold(order.user), f"taken:{key}"
    known = PointsEntry.objects.filter(key=key).first()
    if known is not None:
        return -known.points
    earned = PointsEntry.objects.filter(key=f"earned:{order.pk}").first()
    if earned is None:
        return 0
    earning = _earning(order)
    lines, whole = {copy.line_id for copy in earning}, sum(copy.money for copy in earning)

    def share(back: Iterable[Copy]) -> int:
        return earned.points * sum(copy.money for copy in back if copy.line_id in lines) // whole

    taken = share([*already, *copies]) - share(already)
    if not taken:
        return 0
    owed = max(0, taken - account.balance)
    if owed:
        PointsAccount.objects.filter(pk=account.pk).update(owed=F("owed") + owed)
        _book(account, Kind.SETTLED, owed, key=f"owed:{key}"[:80], order=order)
    _book(account, Kind.TAKEN, -taken, key=key, order=order)
    return taken


@transaction.atomic
def correct(user: User, points: int, *, note: str, staff: User, key: str) -> PointsEntry:
    """Staff give points, or take some away when `points` is below zero; the customer can read the note.

    The same `key` is the same correction. Raises `NotEnough` when the balance would fall below zero.
    """
    account, key = _hold(user), f"staff:{key}"
    known = PointsEntry.objects.filter(key=key).first()
    return known or _book(account, Kind.STAFF, points, key=key, note=note[:200], staff=staff)


def _earning(order: Order) -> list[Copy]:
    """The copies that an order earns points with: a book that was cancelled alone earns none."""
    lines = list(order.lines.order_by("pk"))
    cancelled = {line.pk for line in lines if line.cancelled_at is not None}
    return [copy for copy in allocation.split(order, lines) if copy.line_id not in cancelled]


def _hold(user: User) -> PointsAccount:
    """The customer's account, opened if need be and locked: whoever holds it books alone."""
    PointsAccount.objects.get_or_create(user=user)
    return PointsAccount.objects.select_for_update(no_key=True).get(user=user)


def _known(key: str) -> bool:
    return PointsEntry.objects.filter(key=key).exists()


def _book(account: PointsAccount, kind: str, points: int, *, key: str, **about: Any) -> PointsEntry:
    """The one door: balance and entry together. Raises `NotEnough` rather than let a balance fall below zero."""
    rich = PointsAccount.objects.filter(pk=account.pk, balance__gte=-points)
    if not rich.update(balance=F("balance") + points):
        raise NotEnough
    return PointsEntry.objects.create(account=account, kind=kind, points=points, key=key, **about)
