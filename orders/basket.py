"""What a visitor is about to order. The session holds a random key and nothing else.

A book lies in one place at a time: in a basket, or in an order. Placing the order takes it out of the basket.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import Count

from books import editions, story
from books.models import Edition, Revision
from orders import prices
from orders.models import BasketLine
from privacy import children
from privacy.models import Child

SESSION_KEY = "basket"
MAX_BOOKS = 12


class AlreadyOrdered(Exception):
    """The book is part of an order; `number` says of which."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


class BasketFull(Exception):
    """More different books than a basket takes."""


@dataclass(frozen=True)
class Item:
    """A line of a basket with what its page shows. Holds nothing about the child."""

    line: BasketLine
    title: str
    format: prices.Format
    cover: Revision
    total: int
    kept_until: datetime


@dataclass(frozen=True)
class Basket:
    """An opened basket. `dropped` are the titles of books that had been forgotten and were taken out just now."""

    key: str
    items: Sequence[Item]
    dropped: Sequence[str]

    @property
    def lines(self) -> list[BasketLine]:
        return [item.line for item in self.items]

    @property
    def subtotal(self) -> int:
        return sum(item.total for item in self.items)

    @property
    def copies(self) -> int:
        return sum(item.line.quantity for item in self.items)


def key_of(session: SessionBase) -> str:
    """The basket's key in this session, or an empty text."""
    return str(session.get(SESSION_KEY, ""))


def ensure_key(session: SessionBase) -> str:
    """The basket's key in this session, made if there is none."""
    if not key_of(session):
        session[SESSION_KEY] = secrets.token_urlsafe(32)
    return key_of(session)


def kept_until(child: Child) -> datetime:
    """When the child will be forgotten if nothing is ordered."""
    return min(child.abandoned_at, child.expires_at) if child.abandoned_at else child.expires_at


def open_basket(key: str) -> Basket:
    """The basket as it is now. Books whose child has been forgotten are taken out and named in `dropped` (P10)."""
    items: list[Item] = []
    dropped: list[str] = []
    for line in _lines(key):
        title = story.load(line.edition.story).short_title
        if not children.is_open(line.edition.child):
            line.delete()
            dropped.append(title)
            continue
        items.append(
            Item(
                line=line,
                title=title,
                format=prices.FORMATS[line.format],
                cover=editions.latest(line.edition),
                total=prices.line_total(line),
                kept_until=kept_until(line.edition.child),
            )
        )
    return Basket(key=key, items=items, dropped=dropped)


def copies_in(key: str) -> int:
    """How many books lie in the basket; for the page's head, without opening it."""
    return BasketLine.objects.filter(basket=key).aggregate(books=Count("pk"))["books"] if key else 0


@transaction.atomic
def add(*, key: str, edition: Edition, format: str, quantity: int) -> BasketLine:
    """Put a book into the basket; a book that is in one already moves here with the new options.

    Raises `AlreadyOrdered`, `BasketFull`, and privacy.vault.Forgotten for a forgotten child.
    """
    # The edition's row is the one thing that two tabs share: whoever holds it decides where the book lies.
    held = Edition.objects.select_for_update().select_related("child").get(pk=edition.pk)
    editions.require_open(held.child)
    ordered = getattr(held, "order_line", None)
    if ordered is not None:
        raise AlreadyOrdered(ordered.order.number)
    if BasketLine.objects.filter(basket=key).exclude(edition=held).count() >= MAX_BOOKS:
        raise BasketFull
    line, _ = BasketLine.objects.update_or_create(
        edition=held, defaults={"basket": key, "format": format, "quantity": quantity}
    )
    return line


def change(*, key: str, line_id: int, format: str, quantity: int) -> bool:
    """Change a line's options; False when it is no longer in this basket."""
    lines = BasketLine.objects.filter(pk=line_id, basket=key)
    return lines.update(format=format, quantity=quantity) == 1


def remove(*, key: str, line_id: int) -> bool:
    """Take a line out; False when it is no longer in this basket. The book itself stays until it is forgotten."""
    return BasketLine.objects.filter(pk=line_id, basket=key).delete()[0] == 1


def _lines(key: str) -> list[BasketLine]:
    if not key:
        return []
    return list(BasketLine.objects.filter(basket=key).select_related("edition__child"))
