"""Orders that cost nothing: a book that its parent made anew in place of a faulty one (P43).

Such an order goes the whole way, digital copy and approval included, but there is no payment, no invoice, no coupon and
no points, and it goes to the address of the order it replaces.
"""

from datetime import datetime

from django.db import transaction

from books import story
from books.models import Edition
from orders import numbers, review, states
from orders.models import Order, OrderLine
from privacy import children, consent
from privacy.models import Consent

CARRIED = (
    "user", "name", "email", "phone", "street", "street_2", "postal_code", "city", "country", "shipping_method",
    "currency", "vat_rate_bp", "contact_by", "no_withdrawal_shown_at",
)  # fmt: skip


@transaction.atomic
def place(*, of: OrderLine, edition: Edition, copies: int, key: str) -> Order:
    """An order of `copies` of a new book in place of those of a line; the same `key` again is the same order.

    The card payment of the first order still says that an adult has consented: the customer is the same one. Raises
    privacy.vault.Forgotten when the new book's child is forgotten, and ValueError for a book that is ordered already.
    """
    checkout_key = f"replaces-{key}"
    known = Order.objects.filter(checkout_key=checkout_key).first()
    if known is not None:
        return known
    held = Edition.objects.select_for_update(of=("self",)).select_related("child").get(pk=edition.pk)
    if OrderLine.objects.filter(edition=held).exists():
        raise ValueError("the book is part of an order")
    before = of.order
    order = Order.objects.create(
        number=_free_number(),
        checkout_key=checkout_key,
        replaces=before,
        items_total=0,
        shipping_total=0,
        total=0,
        vat_total=0,
        **{name: getattr(before, name) for name in CARRIED},
    )
    OrderLine.objects.create(
        order=order,
        edition=held,
        title=story.load(held.story).short_title,
        format=of.format,
        quantity=copies,
        unit_price=0,
    )
    children.keep_for_order(held.child)
    verified = _verified_at(of)
    if verified is not None:
        consent.verify(held.child, verified)
    if hasattr(held, "basket_line"):
        held.basket_line.delete()
    states.record(order, "placed", actor="customer", detail=f"in place of a faulty book of {before.number}")
    states.move(order, Order.State.PAID, actor="system", detail="costs nothing")
    review.begin(order)
    return order


def _free_number() -> str:
    while True:
        number = numbers.fresh()
        if not Order.objects.filter(number=number).exists():
            return number


def _verified_at(of: OrderLine) -> datetime | None:
    """When a card payment confirmed an adult: for the first book, or else by the payment of its order."""
    if of.edition is not None:
        known = Consent.objects.filter(child=of.edition.child_id).exclude(verified_at=None).first()
        if known is not None:
            return known.verified_at
    return of.order.paid_at
