"""The shop's own records. They outlive the child's data and hold none of it (P35)."""

from orders.models.basket import BasketLine
from orders.models.invoice import Invoice, NumberSeries
from orders.models.order import Order, OrderEvent, OrderLine
from orders.models.payment import Payment, Refund, WebhookEvent
from orders.models.print_job import PrintJob, PrintJobEvent

__all__ = [
    "BasketLine",
    "Invoice",
    "NumberSeries",
    "Order",
    "OrderEvent",
    "OrderLine",
    "Payment",
    "PrintJob",
    "PrintJobEvent",
    "Refund",
    "WebhookEvent",
]
