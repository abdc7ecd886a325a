"""What things cost. All amounts are integers in minor units and include VAT."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings

from orders import allocation, shipping, vat
from orders.allocation import Off, Priced

MAX_QUANTITY = 20
PAGES = 32


@dataclass(frozen=True)
class Format:
    """A way the book is made (P48): what is written on the order line and what the printer is told."""

    key: str
    label: str
    binding: str
    unit_price: int
    size: str
    paper: str
    summary: str


FORMATS: dict[str, Format] = {
    "softcover": Format(
        key="softcover",
        label="Softcover",
        binding="softcover",
        unit_price=2990,
        size="21 × 21 cm",
        paper="170 g/m² silk paper",
        summary="Light, bends without breaking, fits every bag.",
    ),
    "hardcover": Format(
        key="hardcover",
        label="Hardcover",
        binding="hardcover",
        unit_price=3990,
        size="21 × 21 cm",
        paper="170 g/m² silk paper",
        summary="Sturdy boards, made for being read a hundred times.",
    ),
}
DEFAULT_FORMAT = "hardcover"


class Copies(Protocol):
    """What a price is asked for: a line of a basket or of an order."""

    format: str
    quantity: int


@dataclass(frozen=True)
class Totals:
    """The sums of an order. `total`, paid by card, is `items` + `shipping` less the coupon's `discount` and the
    `points`, each worth `point_value`; `vat` is contained in `total`. `off` is what is taken off each line."""

    items: int
    shipping: int
    discount: int
    points: int
    point_value: int
    off: Sequence[Off]
    total: int
    vat_rate_bp: int
    vat: int
    currency: str

    @property
    def net(self) -> int:
        return self.total - self.vat

    @property
    def points_total(self) -> int:
        """What the points pay."""
        return self.points * self.point_value


def line_total(line: Copies) -> int:
    """The price of a line. Raises KeyError for a format that is not sold, ValueError for a quantity out of 1-20."""
    if not 1 <= line.quantity <= MAX_QUANTITY:
        raise ValueError(f"{line.quantity} copies")
    return FORMATS[line.format].unit_price * line.quantity


def items_total(lines: Iterable[Copies]) -> int:
    """The price of the books. Raises as `line_total` does."""
    return sum(line_total(line) for line in lines)


def priced(lines: Iterable[Copies]) -> list[Priced]:
    """The lines as `orders.allocation` wants them."""
    return [Priced(FORMATS[line.format].unit_price, line.quantity) for line in lines]


def totals(
    lines: Sequence[Copies], shipping_method: str, country: str, *, discount: int = 0, points: int = 0
) -> Totals:
    """The sums for these lines, sent that way, less a coupon of `discount` (minor units) and `points` (P39, P40).

    Raises `shipping.CannotDeliver`, `allocation.TooMuch`, or as `line_total` does.
    """
    items, value = items_total(lines), settings.POINT_VALUE if points else 0
    off = allocation.take_off(priced(lines), discount=discount, points=points, point_value=value)
    postage = shipping.method(shipping_method, country).price
    rate = vat.BOOK_RATES_BP[country]
    total = items + postage - discount - points * value
    return Totals(
        items=items,
        shipping=postage,
        discount=discount,
        points=points,
        point_value=value,
        off=off,
        total=total,
        vat_rate_bp=rate,
        vat=vat.contained(gross=total, rate_bp=rate),
        currency=settings.CURRENCY,
    )
