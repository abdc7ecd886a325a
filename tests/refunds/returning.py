"""Delivered orders and their returns, for tests."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from books.photo import SanitisedPhoto
from orders.models import Order, Payment, PrintJob
from privacy.consent import ConsentGiven
from privacy.masked import Masked
from privacy.models import Child
from refunds import evidence, returns
from refunds.models import Return
from tests.books.small_story import portrait
from tests.orders.factories import make_ordered

Reason, Wish = Return.Reason, Return.Wish
CANARY = "Wilhelmina-Canary is torn on page five"


def delivered(*, days_ago: int = 1, books: int = 1, quantity: int = 1, **fields: Any) -> Order:
    """An order that was printed, paid by card and delivered so many days ago; its child is still known."""
    order = make_ordered(
        state=Order.State.DELIVERED, books=books, delivered_at=timezone.now() - timedelta(days=days_ago), **fields
    )
    if quantity != 1:
        order.lines.update(quantity=quantity)
        order.items_total = 2990 * books * quantity
        order.total = order.items_total + order.shipping_total
        order.save()
    order.lines.update(approved_revision=1, approved_at=timezone.now())
    Payment.objects.create(
        order=order, idempotency_key=f"paid-{order.pk}", amount=order.total, currency="eur", state="paid",
        intent_id=f"pi_{order.pk}", paid_at=timezone.now(),
    )  # fmt: skip
    for number, line in enumerate(order.lines.order_by("pk"), 1):
        PrintJob.objects.create(
            number=f"J-{order.pk}-{number}", line=line, revision=1, profile="house", state="shipped", page_count=24,
            sent_at=timezone.now(), shipped_at=order.delivered_at, delivered_at=order.delivered_at,
        )  # fmt: skip
    return order


def photos(count: int = 1) -> list[SanitisedPhoto]:
    """Photos as they come out of the sanitiser."""
    return [SanitisedPhoto(Masked(portrait(400)), 400, 400) for _ in range(count)]


def draft(*, pictures: int = 1, words: str = CANARY) -> Child:
    """Photos and words in the vault, not sent yet."""
    with transaction.atomic():
        child = evidence.begin(consent=ConsentGiven.for_evidence())
        evidence.add(child, photos=photos(pictures), words=words)
    return child


def ask(order: Order, *, wish: str = Wish.REFUND, evidence: bool = True, copies: int = 1) -> Return:
    """A return of so many copies of the order's first book."""
    line = order.lines.order_by("pk")[0]
    return returns.ask(
        order=order, copies={line.pk: copies}, reason=Reason.PRINT, wish=wish, draft=draft() if evidence else None
    )


__all__ = ["CANARY", "ask", "delivered", "draft", "photos"]
