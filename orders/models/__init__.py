"""The shop's own records. They outlive the child's data and hold none of it (P35)."""

from orders.models.basket import BasketLine
from orders.models.coupon import Coupon, CouponUse
from orders.models.invoice import Invoice, NumberSeries
from orders.models.order import Order, OrderEvent, OrderLine
from orders.models.payment import Payment, Refund, WebhookEvent
from orders.models.points import PointsAccount, PointsEntry
from orders.models.print_job import PrintJob, PrintJobEvent

__all__ = [
    "BasketLine",
    "Coupon",
    "CouponUse",
    "Invoice",
    "NumberSeries",
    "Order",
    "OrderEvent",
    "OrderLine",
    "Payment",
    "PointsAccount",
    "PointsEntry",
    "PrintJob",
    "PrintJobEvent",
    "Refund",
    "WebhookEvent",
]
