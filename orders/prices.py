"""What things cost. All amounts are integers in minor units and include VAT."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings

from orders import shipping, vat

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
    """The sums of an order. `total` is `items` + `shipping`; `vat` is contained in `total`."""

    items: int
    shipping: int
    total: int
    vat_rate_bp: int
    vat: int
    currency: str

    @property
    def net(self) -> int:
        return self.total - self.vat


def line_total(line: Copies) -> int:
    """The price of a line. Raises KeyError for a format that is not sold, ValueError for a quantity out of 1-20."""
    if not 1 <= line.quantity <= MAX_QUANTITY:
        raise ValueError(f"{line.quantity} copies")
    return FORMATS[line.format].unit_price * line.quantity


def totals(lines: Iterable[Copies], shipping_method: str, country: str) -> Totals:
    """The sums for these lines, sent that way. Raises `shipping.CannotDeliver`, or as `line_total` does."""
    items = sum(line_total(line) for line in lines)
    postage = shipping.method(shipping_method, country).price
    rate = vat.BOOK_RATES_BP[country]
    return Totals(
        items=items,
        shipping=postage,
        total=items + postage,
        vat_rate_bp=rate,
        vat=vat.contained(gross=items + postage, rate_bp=rate),
        currency=settings.CURRENCY,
    )
