"""What each copy of an order really cost: coupon, points and delivery spread over copies, to the cent (P27).

Everything is spread by largest remainder, first over the lines and then over the copies of a line, so that parts always
add up to the whole: whoever gives back one copy after the other gives back exactly what was paid. All amounts are in
minor units and include VAT.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from orders.models import Order, OrderLine
from orders.shares import spread


class TooMuch(ValueError):
    """More is taken off than the books cost."""


@dataclass(frozen=True)
class Priced:
    """A line before anything is taken off: `quantity` copies at `unit_price`."""

    unit_price: int
    quantity: int


@dataclass(frozen=True)
class Off:
    """What is taken off a line: its share of the coupon (minor units), and of the points (points)."""

    discount: int
    points: int


@dataclass(frozen=True)
class Copy:
    """One copy of a book. `money` is what was paid for it by card, `points` what was paid with points; `shipping` is
    its share of the delivery, and in addition to `money`."""

    line_id: int
    money: int
    points: int
    shipping: int


def take_off(lines: Sequence[Priced], *, discount: int, points: int, point_value: int) -> list[Off]:
    """The shares of a coupon of `discount` and of `points`, each worth `point_value`, for each line.

    Raises TooMuch when the coupon is above the price of the books, or the points above `most_points`.
    """
    prices = [line.unit_price * line.quantity for line in lines]
    if discount > sum(prices):
        raise TooMuch("the coupon is above the price of the books")
    discounts = spread(discount, prices)
    room = [
        sum(_room(line, off, point_value)) if point_value else 0 for line, off in zip(lines, discounts, strict=True)
    ]
    if points > sum(room):
        raise TooMuch("the points are above the price of the books")
    return [Off(*shares) for shares in zip(discounts, spread(points, room), strict=True)]


def most_points(lines: Sequence[Priced], *, discount: int, point_value: int) -> int:
    """How many points can be spent on the lines once the coupon is taken off."""
    discounts = spread(discount, [line.unit_price * line.quantity for line in lines])
    return sum(sum(_room(line, off, point_value)) for line, off in zip(lines, discounts, strict=True))


def copies_of(order: Order) -> list[Copy]:
    """Every copy of an order, line by line. Their money and shipping add up to the order's total, their points to the
    points that were used."""
    return split(order, list(order.lines.order_by("pk")))


def split(order: Order, lines: Sequence[OrderLine]) -> list[Copy]:
    """The copies of all `lines` of an order, as `copies_of`, without asking the database."""
    shipping = iter(spread(order.shipping_total, [1] * sum(line.quantity for line in lines)))
    copies = []
    for line in lines:
        priced = Priced(line.unit_price, line.quantity)
        discounts = _per_copy(priced, line.discount)
        points = spread(line.points, _room(priced, line.discount, order.point_value))
        for off, paid in zip(discounts, points, strict=True):
            money = line.unit_price - off - paid * order.point_value
            copies.append(Copy(line.pk, money, paid, next(shipping)))
    return copies


def _per_copy(line: Priced, discount: int) -> list[int]:
    return spread(discount, [line.unit_price] * line.quantity)


def _room(line: Priced, discount: int, point_value: int) -> list[int]:
    """How many points fit into each copy."""
    if not point_value:
        return [0] * line.quantity
    return [(line.unit_price - off) // point_value for off in _per_copy(line, discount)]
