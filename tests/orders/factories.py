"""Makes orders for tests."""

import itertools
from typing import Any

from django.utils import timezone

from accounts.models import User
from books import digital_copies, editions, looks
from books import story as stories
from books.models import Edition, Revision
from books.personalisation import Personalisation
from orders import points as give
from orders import prices, vat
from orders.models import Coupon, Order, OrderLine
from privacy import children
from privacy.consent import ConsentGiven

_count = itertools.count(1)

ADDRESS = {
    "name": "Karen Holm",
    "email": "karen@example.com",
    "phone": "+4532123456",
    "street": "Strandvejen 1",
    "street_2": "",
    "postal_code": "2100",
    "city": "Copenhagen",
    "country": "DK",
    "shipping_method": "standard",
}


def make_order(**fields: Any) -> Order:
    """An order without lines; its sums are those of one softcover sent within Denmark."""
    number = next(_count)
    return Order.objects.create(
        **{
            "number": f"LD-T{number:05d}",
            "checkout_key": f"test-{number}",
            "currency": "eur",
            "items_total": 2990,
            "shipping_total": 490,
            "total": 3480,
            "vat_rate_bp": 2500,
            "vat_total": 696,
            "no_withdrawal_shown_at": timezone.now(),
            **ADDRESS,
            **fields,
        }
    )


def make_line(order: Order, **fields: Any) -> OrderLine:
    """One softcover of an order, without a book unless `edition` is given."""
    return OrderLine.objects.create(
        **{
            "order": order,
            "title": "The Night Post",
            "format": "softcover",
            "quantity": 1,
            "unit_price": prices.FORMATS["softcover"].unit_price,
            **fields,
        }
    )


CANARY = "Wilhelmina-Canary"


def make_edition(*, name: str = CANARY) -> Edition:
    """A real book of a real child in the vault; nothing of it is drawn."""
    return editions.start(
        story=stories.load("night-post"),
        personalisation=Personalisation(name=name, age=5, looks=looks.DEFAULT, dedication=f"For {name}"),
        photo=None,
        consent=ConsentGiven.now(),
    )


def make_ordered(*, state: str = Order.State.PAID, books: int = 1, **fields: Any) -> Order:
    """An order of real books, as checkout makes it, and then put into a state."""
    order = make_order(
        state=state,
        paid_at=None if state == Order.State.AWAITING_PAYMENT else timezone.now(),
        items_total=2990 * books,
        total=2990 * books + 490,
        vat_total=vat.contained(gross=2990 * books + 490, rate_bp=2500),
        **fields,
    )
    for _ in range(books):
        edition = make_edition()
        children.keep_for_order(edition.child)
        make_line(order, edition=edition)
    return order


def finish_copies(order: Order) -> None:
    """The worker has made the digital copies of the order's newest revisions (without drawing anything)."""
    for line in order.lines.select_related("edition__child"):
        assert line.edition is not None
        revision = editions.latest(line.edition)
        Revision.objects.filter(pk=revision.pk).update(full_wanted=True)
        digital_copies.announce(revision)


def make_coupon(code: str = "SPRING", **fields: Any) -> Coupon:
    """A coupon for €5.00 off, without a limit in all, once for each customer."""
    return Coupon.objects.create(**{"code": code, "kind": Coupon.Kind.AMOUNT, "value": 500, **fields})


def give_points(user: User, points: int) -> None:
    """Points out of nothing."""
    staff = User.objects.filter(is_staff=True).first() or User.objects.create_user("giver@example.com", is_staff=True)
    give.correct(user, points, note="For a test", staff=staff, key=f"test-{next(_count)}")
