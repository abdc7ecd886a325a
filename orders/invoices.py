"""One invoice for each paid order, made once, and never changed afterwards.

The order's payment does not wait for it: the worker makes the invoice a moment later, a sweeper finds what a crash left
over, and a customer who asks first makes it by asking. It names story and format, never the child (P35).
"""

from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.hints import hint
from orders import coupons, document_numbers, prices, shares, shipping, vat
from orders.bookkeeping import books_closed
from orders.models import Invoice, Order, Payment

log = structlog.get_logger("littledreamers.invoices")

BATCH = 100
CARD = "Card"


class NothingToInvoice(Exception):
    """The order was never paid, or its customer has been forgotten before there was an invoice."""


def want(order: Order) -> None:
    """For `orders.payments.on_paid`: have the invoice made as soon as the payment is committed."""
    from orders.tasks import make_invoice

    hint(make_invoice, order.pk)


def due() -> QuerySet[Order]:
    """Paid orders without an invoice. What replaces a faulty book costs nothing (P43) and has none."""
    return Order.objects.filter(invoice=None, replaces=None).exclude(paid_at=None).exclude(name="")


def make(order: Order) -> Invoice:
    """The order's invoice; the first call makes it. Raises `NothingToInvoice`."""
    return Invoice.objects.filter(order=order).first() or _make(order)


@transaction.atomic
def _make(order: Order) -> Invoice:
    # Without the key: whoever writes down what happens to the order meanwhile does not wait for us.
    held = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    known = Invoice.objects.filter(order=held).first()
    if known is not None:
        return known
    if held.paid_at is None or not held.name or held.replaces_id is not None:
        raise NothingToInvoice(held.number)
    snapshot: dict[str, Any] = {
        "order": held,
        "payment": _payment(held),
        "paid_on": timezone.localdate(held.paid_at),
        "payment_method": CARD,
        "seller": {**settings.CONTROLLER, "vat_number": settings.VAT_NUMBER},
        "customer_name": held.name,
        "customer_address": _address(held),
        "country": held.country,
        "currency": held.currency,
        "vat_rate_bp": held.vat_rate_bp,
        "lines": _lines(held),
        "net": held.total - held.vat_total,
        "vat": held.vat_total,
        "gross": held.total,
    }
    taken = document_numbers.take(document_numbers.INVOICE)
    return Invoice.objects.create(number=taken.number, issued_at=taken.at, **snapshot)


def sweep() -> int:
    """Make what is missing, oldest payment first; returns how many."""
    made = 0
    for order in list(due().order_by("paid_at", "pk")[:BATCH]):
        try:
            make(order)
        except Exception as error:  # one that cannot be made must not keep the others from theirs
            log.error("invoice not made", order=order.number, error=type(error).__name__)
        else:
            made += 1
    return made


def forget_customers(*, now: datetime, batch: int) -> int:
    """Take the person out of invoices whose time in the books is over; at most `batch`, returns how many."""
    old = Invoice.objects.filter(issued_at__lt=books_closed(now)).exclude(customer_name="", customer_address="")
    pks = list(old.order_by("pk").values_list("pk", flat=True)[:batch])
    return Invoice.objects.filter(pk__in=pks).update(customer_name="", customer_address="", country="")


def _payment(order: Order) -> Payment | None:
    """The payment that the invoice is about; one that came twice is going back and is not."""
    paid = order.payments.filter(state=Payment.State.PAID)
    twice = paid.filter(refunds__idempotency_key__startswith="paid-after-cancel-")
    return paid.exclude(pk__in=twice.values("pk")).order_by("paid_at", "pk").first()


def _address(order: Order) -> str:
    country = shipping.COUNTRIES.get(order.country, order.country)
    return "\n".join(
        part for part in (order.street, order.street_2, f"{order.postal_code} {order.city}", country) if part
    )


def _lines(order: Order) -> list[dict[str, Any]]:
    """The books, what coupon and points take off them, and the delivery, each with its share of net and VAT.

    A coupon and points reduce the price, and the VAT with it (Directive 2006/112/EC, Article 79): the whole invoice
    bears the VAT of what was paid. Raises ValueError when the lines do not add up.
    """
    lines: list[dict[str, Any]] = [
        {"text": book(line.title, line.format), "quantity": line.quantity, "unit": line.unit_price,
         "gross": line.total}
        for line in order.lines.all()
    ]  # fmt: skip
    if order.shipping_total:
        country = shipping.COUNTRIES.get(order.country, order.country)
        lines.append(
            {"text": f"Delivery to {country}", "quantity": 1, "unit": order.shipping_total,
             "gross": order.shipping_total}
        )  # fmt: skip
    off = _off(order)
    before, taken = sum(line["gross"] for line in lines), sum(amount for _, amount in off)
    if before - taken != order.total:
        raise ValueError(f"the lines of {order.number} do not add up to its total")
    vat_before = vat.contained(gross=before, rate_bp=order.vat_rate_bp) if off else order.vat_total
    for line, share in zip(lines, shares.spread(vat_before, [line["gross"] for line in lines]), strict=True):
        line["vat"], line["net"] = share, line["gross"] - share
    shared = shares.spread(vat_before - order.vat_total, [amount for _, amount in off])
    for (text, amount), share in zip(off, shared, strict=True):
        lines.append(
            {"text": text, "quantity": 1, "unit": -amount, "gross": -amount, "vat": -share, "net": share - amount}
        )
    return lines


def _off(order: Order) -> list[tuple[str, int]]:
    """What is taken off the books, and how much, in minor units."""
    coupon = f"Coupon {coupons.code_of(order)}".strip()
    points = f"{order.points_used:,} reward point{'' if order.points_used == 1 else 's'}"
    return [(text, amount) for text, amount in ((coupon, order.discount_total), (points, order.points_total)) if amount]


def book(title: str, key: str) -> str:
    """A book in a document's words: its story and its format."""
    shape = prices.FORMATS.get(key)
    return f"{title}, {shape.label.lower() if shape else key}"
