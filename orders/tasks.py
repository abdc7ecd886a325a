"""Background work on orders: finding what waits. The rows are the truth; nothing here depends on a message."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from orders import checkout, delivery, invoices, review
from orders.models import Order, Payment

BATCH = 100


@shared_task(name="orders.sweep_reviews")
def sweep_reviews() -> None:
    """Take paid orders on to the parent: the copies are asked for again, and orders whose copies are ready move on."""
    for order in Order.objects.filter(state=Order.State.PAID).order_by("pk")[:BATCH]:
        review.begin(order)


@shared_task(name="orders.make_invoice")
def make_invoice(order_pk: int) -> None:
    """Make the invoice of one paid order."""
    invoices.make(Order.objects.get(pk=order_pk))


@shared_task(name="orders.sweep_invoices")
def sweep_invoices() -> None:
    """Make invoices whose message was lost or whose worker died."""
    invoices.sweep()


@shared_task(name="orders.sweep_unpaid")
def sweep_unpaid() -> None:
    """Cancel orders that nobody paid, and forget their children: nothing is kept for a book that nobody bought (P10).

    Orders with a payment that may still arrive are left alone; the payments' own sweep settles those first.
    """
    old = timezone.now() - settings.ABANDONED_RETENTION
    unpaid = Order.objects.filter(state=Order.State.AWAITING_PAYMENT, created_at__lt=old).exclude(
        payments__state__in=[Payment.State.CREATED, Payment.State.OPEN, Payment.State.PAID],
    )
    for order in unpaid.order_by("pk")[:BATCH]:
        checkout.give_up(order)


@shared_task(name="orders.sweep_deliveries")
def sweep_deliveries() -> None:
    """Ask about parcels that should be there, and let orders move on as their days pass."""
    delivery.sweep()
