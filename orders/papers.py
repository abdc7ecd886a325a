"""The documents of an order that a customer can download: the invoice, and what other apps add to it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.urls import reverse

from orders.models import Order


@dataclass(frozen=True)
class Paper:
    """A document: what it is called and where it is."""

    label: str
    url: str


_MORE: list[Callable[[Order], Iterable[Paper]]] = []


def register(call: Callable[[Order], Iterable[Paper]]) -> None:
    """Add the documents of another app."""
    if call not in _MORE:
        _MORE.append(call)


def of_order(order: Order) -> list[Paper]:
    """Everything there is for an order, the invoice first. It is made at the latest when it is opened."""
    if order.paid_at is None or order.replaces_id is not None:
        return []
    invoice = Paper("Invoice", reverse("orders:invoice", args=[order.number]))
    return [invoice, *(paper for call in _MORE for paper in call(order))]
