"""What is owed when copies of an order go back: what was paid for exactly these, to the cent (P26, P27).

What has gone back of a line is counted from the beginning, so that rounding never adds up: two returns of one copy each
owe together what one return of both would. Of the delivery each copy has its share.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet, Sum

from orders import allocation
from orders.allocation import Copy
from orders.models import Order
from refunds import payouts
from refunds.models import Case, CaseLine


class TooManyCopies(ValueError):
    """More copies of a book would go back than were bought and have not gone back yet."""


@dataclass(frozen=True)
class OwedLine:
    """Copies of one book, and what goes back for them: minor units, points."""

    line_id: int
    copies: int
    money: int
    points: int


@dataclass(frozen=True)
class Owed:
    """What goes back. `money` (minor units, to the card) contains `shipping`. `copies` are those that go back now,
    `before` those that had gone back by then."""

    lines: tuple[OwedLine, ...]
    money: int
    shipping: int
    points: int
    copies: tuple[Copy, ...]
    before: tuple[Copy, ...]


def of_copies(order: Order, wanted: Mapping[int, int], *, shipping: bool) -> Owed:
    """What is owed for so many copies of each line (by primary key), with their share of the delivery or without.

    Never more than is left of what was paid. Raises TooManyCopies.
    """
    now, before = _take(order, wanted)
    lines = _lines(order, now, before)
    postage = sum(copy.shipping for copy in now) if shipping else 0
    money = min(sum(line.money for line in lines) + postage, left_of(order))
    return _owed(lines, now, before, money=money, shipping=min(postage, money))


def of_rest(order: Order) -> Owed:
    """What is owed when everything that has not gone back goes back: all that is left, the delivery included."""
    gone = _gone(order)
    now, before = _take(order, {line.pk: line.quantity - gone[line.pk] for line in order.lines.all()})
    money = left_of(order)
    paid_back = _standing(order).aggregate(sum=Sum("shipping", default=0))["sum"]
    shipping = min(order.shipping_total - int(paid_back), money)
    return _owed(_lines(order, now, before), now, before, money=money, shipping=shipping)


def left_of(order: Order) -> int:
    """What of everything that was paid for an order can still go back, in minor units."""
    return sum(payouts.left_to_refund(payment) for payment in order.payments.all())


def copies_left(order: Order) -> dict[int, int]:
    """How many copies of each line (by primary key) have not gone back."""
    gone = _gone(order)
    return {line.pk: line.quantity - gone[line.pk] for line in order.lines.all()}


def _standing(order: Order) -> QuerySet[Case]:
    return Case.objects.filter(order=order).exclude(state=Case.State.DECLINED)


def _gone(order: Order) -> Counter[int]:
    """How many copies of each line stand in a case."""
    counted: Counter[int] = Counter()
    for line, copies in CaseLine.objects.filter(case__in=_standing(order)).values_list("line", "copies"):
        counted[line] += copies
    return counted


def of_case(case: Case) -> tuple[list[Copy], list[Copy]]:
    """The copies that a case is about, and those that had gone back before it."""
    before = Counter[int]()
    earlier = CaseLine.objects.filter(case__in=_standing(case.order), case__pk__lt=case.pk)
    for line, copies in earlier.values_list("line", "copies"):
        before[line] += copies
    return _split(case.order, before, dict(case.lines.values_list("line", "copies")))


def _take(order: Order, wanted: Mapping[int, int]) -> tuple[list[Copy], list[Copy]]:
    gone = _gone(order)
    now, before = _split(order, gone, wanted)
    if any(count < 0 for count in wanted.values()) or len(now) != sum(wanted.values()):
        raise TooManyCopies(f"{order.number} has not so many copies left")
    return now, before


def _split(order: Order, gone: Mapping[int, int], wanted: Mapping[int, int]) -> tuple[list[Copy], list[Copy]]:
    """Of each line the first `gone` copies, and the `wanted` ones after them; returned the other way round."""
    now: list[Copy] = []
    before: list[Copy] = []
    seen: Counter[int] = Counter()
    for copy in allocation.copies_of(order):
        at = seen[copy.line_id]
        seen[copy.line_id] += 1
        if at < gone.get(copy.line_id, 0):
            before.append(copy)
        elif at < gone.get(copy.line_id, 0) + wanted.get(copy.line_id, 0):
            now.append(copy)
    return now, before


def _lines(order: Order, now: Sequence[Copy], before: Sequence[Copy]) -> tuple[OwedLine, ...]:
    """What is owed for each line: what all its copies that are back by now cost, less what is owed for them already."""
    standing = CaseLine.objects.filter(case__in=_standing(order)).values("line")
    owed = {row["line"]: row for row in standing.annotate(money=Sum("amount"), spent=Sum("points"))}
    lines = []
    for line, copies in Counter(copy.line_id for copy in now).items():
        by_now = [copy for copy in (*before, *now) if copy.line_id == line]
        known = owed.get(line, {"money": 0, "spent": 0})
        money = sum(copy.money for copy in by_now) - known["money"]
        points = sum(copy.points for copy in by_now) - known["spent"]
        lines.append(OwedLine(line, copies, max(money, 0), max(points, 0)))
    return tuple(lines)


def _owed(lines: tuple[OwedLine, ...], now: list[Copy], before: list[Copy], *, money: int, shipping: int) -> Owed:
    points = sum(line.points for line in lines)
    return Owed(lines, money, shipping, points, copies=tuple(now), before=tuple(before))
