"""What waits for staff: the first thing the admin shows."""

from dataclasses import dataclass

from django.urls import reverse

from orders import delivery, money_back, payment_trouble, printing, review
from orders.models import Order, PrintJob
from privacy.models import ContactMessage
from refunds import payouts
from refunds.models import ChangeRequest


@dataclass(frozen=True)
class Waiting:
    """One kind of work: how much of it there is, and where. `overdue`: a promise is being broken."""

    label: str
    count: int
    url: str
    urgent: bool = False
    overdue: bool = False


def waiting() -> list[Waiting]:
    """Everything that waits for a person, most urgent first."""
    orders, jobs = reverse("admin:orders_order_changelist"), reverse("admin:orders_printjob_changelist")
    refunds = reverse("admin:orders_refund_changelist")
    changes = reverse("admin:refunds_changerequest_changelist")
    messages = reverse("admin:privacy_contactmessage_changelist")
    at_the_printer = PrintJob.objects.filter(state__in=[PrintJob.State.SENT, PrintJob.State.RECEIVED])
    return [
        Waiting("Refunds due today or overdue", payouts.overdue().count(), refunds + "?waits=overdue", overdue=True),
        Waiting("Refunds that failed", money_back.failed().count(), refunds + "?waits=failed", urgent=True),
        Waiting("Refunds late at the bank", payouts.late().count(), refunds + "?waits=late", urgent=True),
        Waiting("Print jobs that need you", printing.needing_staff().count(), jobs + "?waits=staff", urgent=True),
        Waiting("Change requests to answer", ChangeRequest.objects.filter(state=ChangeRequest.State.OPEN).count(),
                changes + "?state__exact=open", urgent=True),
        Waiting("Digital copies running out of time", review.running_out().count(),
                orders + "?waits=running_out", urgent=True),
        Waiting("Customers to call about a payment", payment_trouble.to_call().count(),
                reverse("orders:staff_calls"), urgent=True),
        Waiting("Parcels that have not arrived", delivery.missing().count(), orders + "?waits=missing", urgent=True),
        Waiting("Messages from the contact form", ContactMessage.objects.filter(answered_at=None).count(),
                messages + "?answered_at__isempty=1"),
        Waiting("Digital copies with parents", Order.objects.filter(state=Order.State.IN_REVIEW).count(),
                orders + "?state__exact=in_review"),
        Waiting("Books at the printer", at_the_printer.count(), jobs + "?waits=printer"),
    ]  # fmt: skip
