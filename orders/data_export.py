"""What the orders know in connection with a child, for the parent: the way back to the order, what stays of it (P35),
and its part of the ZIP (P6). None of it is about the child."""

from collections.abc import Iterable
from dataclasses import replace

from django.conf import settings
from django.urls import reverse

from books import data_export as book
from orders import coupons, prices, timeline
from orders.models import Order, OrderLine, PrintJob
from privacy.choices import Place
from privacy.exports import Part
from privacy.holdings import Holding
from privacy.masked import Masked
from privacy.models import Child


def place(child: Child) -> Place | None:
    """For `privacy.choices`: the order of an ordered book."""
    found = book.place(child)
    line = line_of(child)
    if found is None or line is None:
        return None
    order = line.order
    open_to_change = order.state in (Order.State.PAID, Order.State.IN_REVIEW) and line.approved_revision is None
    contact = f"{reverse('privacy:contact')}?topic=order&order_number={order.number}"
    return replace(
        found,
        back=reverse("orders:order", args=[order.number]),
        back_label=f"Order {order.number}",
        ask=reverse("orders:review", args=[order.number, line.pk]) if open_to_change else contact,
        order_number=order.number,
    )


def staying(child: Child) -> Iterable[Holding]:
    """For `privacy.holdings`: the order itself, and what the printer was given."""
    line = line_of(child)
    if line is None:
        return
    yield Holding(
        f"Order {line.order.number}",
        "What you ordered and paid, your name and address, and how far it is. It never names your child.",
        since=line.order.created_at,
        stays=f"{settings.BOOKKEEPING_YEARS} years after the end of its year, as bookkeeping law requires.",
    )
    sent = PrintJob.objects.filter(line=line).exclude(sent_at=None).order_by("sent_at").first()
    if sent is not None:
        yield Holding(
            "The printer’s copy",
            "The printer has the print files of the book you approved, under a contract with us.",
            since=sent.sent_at,
            stays="Until the printer has deleted it; our key does not reach it.",
        )


def part(child: Child) -> Part | None:
    """For `privacy.exports`: the order that the book belongs to."""
    line = line_of(child)
    if line is None:
        return None
    order = line.order
    shape = prices.FORMATS[line.format]
    data = {
        "number": order.number,
        "state": timeline.said(order).label,
        "ordered_at": order.created_at,
        "paid_at": order.paid_at,
        "cancelled_at": order.cancelled_at,
        "book": line.title,
        "format": f"{shape.label}, {shape.size}, {shape.paper}",
        "copies": line.quantity,
        "price_of_this_book": line.total,
        "coupon_took_off_this_book": line.discount,
        "points_used_for_this_book": line.points,
        "coupon": coupons.code_of(order),
        "total": order.total,
        "currency": order.currency,
        "approved_version": line.approved_revision,
        "approved_at": line.approved_at,
        "to": {
            "name": order.name,
            "email": order.email,
            "phone": order.phone,
            "street": order.street,
            "street_2": order.street_2,
            "postal_code": order.postal_code,
            "city": order.city,
            "country": order.country,
        },
        "print_jobs": [
            {"number": job.number, "version": job.revision, "state": job.get_state_display(), "sent_at": job.sent_at}
            for job in line.print_jobs.order_by("pk")
        ],
    }
    return Part(
        "order",
        "the order of this book: its dates, price, address and print jobs. It stays with us for bookkeeping",
        Masked(data),
    )


def line_of(child: Child) -> OrderLine | None:
    """The line of an order that a child's book is on."""
    return OrderLine.objects.select_related("order", "edition").filter(edition__child=child).first()
