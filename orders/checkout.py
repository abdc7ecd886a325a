"""From a basket to an order, in one transaction.

Placing takes the books out of the basket: a book lies in one place only, so neither a double click, nor a second tab,
nor the back button can order it twice. A customer who wants to change something before paying takes the order back
into the basket (`take_back`).
"""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from books import story
from books.models import Edition
from orders import coupons, mails, numbers, points, prices, states
from orders.models import BasketLine, Order, OrderLine
from privacy import children, vault
from privacy.models import Child

_ticket_signer = signing.TimestampSigner(salt="orders.checkout", sep=".")


class EmptyBasket(Exception):
    """There is nothing to order (any more)."""


class SumChanged(Exception):
    """The order would not cost what the customer saw on the button (Directive 2011/83/EU, Article 8(2))."""


class AlreadyPaid(Exception):
    """The order can no longer be changed: it is paid, or a payment is on its way."""


@dataclass(frozen=True)
class Delivery:
    """Whom the books go to and how (P34). Names are those of the customer."""

    name: str
    email: str
    phone: str
    street: str
    street_2: str
    postal_code: str
    city: str
    country: str
    shipping_method: str
    contact_by: str = Order.ContactBy.EMAIL


@dataclass(frozen=True)
class Ticket:
    """One showing of the checkout page: its random key, and when the notice on withdrawal was shown."""

    key: str
    shown_at: datetime


def new_ticket() -> str:
    """A signed ticket for a checkout page that is being shown now."""
    return _ticket_signer.sign(secrets.token_urlsafe(32))


def read_ticket(signed: str) -> Ticket | None:
    """The ticket of a page that we showed, or None."""
    try:
        key = _ticket_signer.unsign(signed)
        stamp = signed.removeprefix(key + ".").partition(".")[0]
        shown = datetime.fromtimestamp(signing.b62_decode(stamp), tz=timezone.get_default_timezone())
    except signing.BadSignature:
        return None
    return Ticket(key=key, shown_at=shown)


def placed(ticket: Ticket) -> Order | None:
    """The order that was placed from this showing of the checkout page, if there is one."""
    return Order.objects.filter(checkout_key=ticket.key).first()


@dataclass(frozen=True)
class Savings:
    """What the customer wants taken off the books: a coupon's code and a number of points (P39, P40)."""

    code: str = ""
    points: int = 0


def place(
    *,
    delivery: Delivery,
    basket_key: str,
    ticket: Ticket,
    user: User | None,
    savings: Savings | None = None,
    shown_total: int | None = None,
) -> Order:
    """Make the order of everything in the basket and empty the basket.

    Everything is computed anew, and the coupon and the points are used in the same transaction. The same ticket again
    is the same order. Raises `EmptyBasket`, privacy.vault.Forgotten when a child in the basket has been forgotten
    meanwhile, coupons.Refused, points.NotEnough, allocation.TooMuch for points that do not fit the books, and
    `SumChanged` when the total is not `shown_total`: nothing is ordered then, so that nobody gets less or pays more
    than they saw.
    """
    wished = savings or Savings()
    known = placed(ticket)
    if known is not None:
        return known
    try:
        return _place(
            delivery=delivery, basket_key=basket_key, ticket=ticket, user=user, savings=wished, shown_total=shown_total
        )
    except (IntegrityError, EmptyBasket):
        # A second click that arrived at the same moment: the first one has the basket's lines.
        known = placed(ticket)
        if known is None:
            raise
        return known


@transaction.atomic
def _place(
    *,
    delivery: Delivery,
    basket_key: str,
    ticket: Ticket,
    user: User | None,
    savings: Savings,
    shown_total: int | None,
) -> Order:
    lines = list(BasketLine.objects.select_for_update().filter(basket=basket_key).order_by("pk")) if basket_key else []
    if not lines:
        raise EmptyBasket
    books = {
        edition.pk: edition
        for edition in Edition.objects.select_for_update(of=("self",))
        .select_related("child")
        .filter(pk__in=[line.edition_id for line in lines])
        .order_by("pk")
    }
    if not all(children.is_open(edition.child) for edition in books.values()):
        raise vault.Forgotten
    items = prices.items_total(lines)
    coupon = coupons.hold(savings.code, items=items, user=user, email=delivery.email) if savings.code else None
    sums = prices.totals(
        lines,
        delivery.shipping_method,
        delivery.country,
        discount=coupon.amount if coupon else 0,
        points=savings.points,
    )
    if shown_total is not None and sums.total != shown_total:
        raise SumChanged
    order = Order.objects.create(
        number=_free_number(),
        user=user,
        checkout_key=ticket.key,
        **asdict(delivery),
        currency=sums.currency,
        items_total=sums.items,
        shipping_total=sums.shipping,
        discount_total=sums.discount,
        points_used=sums.points,
        point_value=sums.point_value,
        total=sums.total,
        vat_rate_bp=sums.vat_rate_bp,
        vat_total=sums.vat,
        no_withdrawal_shown_at=ticket.shown_at,
    )
    for line, off in zip(lines, sums.off, strict=True):
        edition = books[line.edition_id]
        OrderLine.objects.create(
            order=order,
            edition=edition,
            title=story.load(edition.story).short_title,
            format=line.format,
            quantity=line.quantity,
            unit_price=prices.FORMATS[line.format].unit_price,
            discount=off.discount,
            points=off.points,
        )
        children.keep_for_order(edition.child)
    if coupon is not None:
        coupons.take(coupon, order)
    if sums.points:
        points.spend(order, sums.points)
    BasketLine.objects.filter(pk__in=[line.pk for line in lines]).delete()
    states.record(order, "placed", actor="customer")
    return order


@transaction.atomic
def take_back(order: Order, *, basket_key: str) -> None:
    """Cancel an unpaid order and put its books back into the basket, so that it can be changed.

    Raises `AlreadyPaid` when it is paid. Books whose child has been forgotten stay out.
    """
    moved = order.state == Order.State.AWAITING_PAYMENT and states.move(
        order, Order.State.CANCELLED, actor="customer", detail="taken back to the basket"
    )
    if not moved:
        raise AlreadyPaid
    for line in order.lines.select_for_update(of=("self",)).select_related("edition__child"):
        edition, line.edition = line.edition, None
        line.save(update_fields=["edition"])
        if edition is not None and children.is_open(edition.child):
            children.release(edition.child)
            BasketLine.objects.update_or_create(
                edition=edition,
                defaults={"basket": basket_key, "format": line.format, "quantity": line.quantity},
            )


def give_up(order: Order) -> bool:
    """Cancel an order that nobody paid, say so, and forget the children of its books. False: somebody was faster."""
    with transaction.atomic():
        if not states.move(order, Order.State.CANCELLED, actor="system", detail="not paid in time"):
            return False
        mails.order_not_paid(order)
    for line in order.lines.select_related("edition__child"):
        if line.edition is not None:
            children.forget(line.edition.child, reason=Child.End.ABANDONED)
    return True


def waiting_order(numbers: list[str]) -> Order | None:
    """The newest of these orders that waits to be paid."""
    return Order.objects.filter(number__in=numbers, state=Order.State.AWAITING_PAYMENT).order_by("-pk").first()


def _free_number() -> str:
    while True:
        number = numbers.fresh()
        if not Order.objects.filter(number=number).exists():
            return number
