"""Every mail about an order: one function each.

A mail names the order and the story, never the child. Each has a key, so that it is sent once however often it is
asked for.
"""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts import mail
from accounts.models import OutgoingMail
from books.models import Revision
from orders import links, shipping
from orders.models import Invoice, Order, OrderLine, Payment, PrintJob, Refund
from orders.money_back import promised_from_today
from privacy.models import Child, Receipt


def order_confirmed(order: Order) -> OutgoingMail:
    """The order is paid: what was ordered, what it cost, what happens next."""
    return _send(
        order,
        "order_confirmed",
        lines=list(order.lines.all()),
        delivery_country=_country(order),
        invoice_link=links.invoice_link(order),
    )


def payment_failed(order: Order, *, payment: Payment, declined: bool, kept_until: datetime) -> OutgoingMail:
    """A payment did not work, or its page has closed: nothing was charged, and how to pay again (P64)."""
    return _send(
        order,
        "payment_failed",
        str(payment.pk),
        lines=list(order.lines.all()),
        declined=declined,
        kept_until=kept_until,
        pay_link=links.pay_link(order),
    )


def payment_reminder(order: Order, *, kept_until: datetime) -> OutgoingMail:
    """The order still waits to be paid; said once (P64)."""
    return _send(
        order,
        "payment_reminder",
        lines=list(order.lines.all()),
        kept_until=kept_until,
        pay_link=links.pay_link(order),
    )


def order_not_paid(order: Order) -> OutgoingMail:
    """The order was not paid in time: it is cancelled, nothing was charged, and the child is forgotten (P10, P64)."""
    return _send(order, "order_not_paid")


def digital_copy_ready(order: Order) -> OutgoingMail:
    """The first digital copies are ready to be looked at (P21)."""
    return _send(order, "digital_copy_ready", lines=_books(order))


def new_copy_ready(order: Order, *, line: OrderLine, revision: Revision) -> OutgoingMail:
    """A changed book's new digital copy is ready (P22)."""
    return _send(order, "new_copy_ready", f"{line.pk}.{revision.number}", line=line, revision=revision.number)


def book_approved(order: Order) -> OutgoingMail:
    """Every book of the order is approved and goes to the printer."""
    return _send(order, "book_approved", lines=_books(order), delivery_country=_country(order))


def in_print(order: Order) -> OutgoingMail:
    """The printer has begun."""
    return _send(order, "in_print", lines=_books(order))


def shipped(order: Order, *, carrier: str = "", tracking: str = "") -> OutgoingMail:
    """The parcel is on its way. `tracking` is the carrier's address for it, or its number."""
    return _send(
        order,
        "shipped",
        tracking,
        carrier=carrier,
        tracking=tracking,
        tracking_is_link=tracking.startswith("https://"),
        delivery_country=_country(order),
    )


def reprint_in_print(order: Order, *, job: PrintJob) -> OutgoingMail:
    """The printer has begun with new copies in place of faulty ones (P43)."""
    return _send(order, "reprint_in_print", job.number, line=job.line, copies=job.quantity)


def reprint_on_its_way(order: Order, *, job: PrintJob) -> OutgoingMail:
    """New copies in place of faulty ones are on their way (P43)."""
    return _send(
        order,
        "reprint_on_its_way",
        job.number,
        line=job.line,
        copies=job.quantity,
        carrier=job.carrier,
        tracking=job.tracking,
        tracking_is_link=job.tracking.startswith("https://"),
        delivery_country=_country(order),
    )


def has_it_arrived(order: Order) -> OutgoingMail:
    """The parcel should be there: has it arrived?"""
    return _send(
        order,
        "has_it_arrived",
        delivery_country=_country(order),
        yes_link=links.arrival_link(order, arrived=True),
        no_link=links.arrival_link(order, arrived=False),
    )


def delivered(order: Order, *, until: date | None, assumed: bool = False) -> OutgoingMail:
    """The last parcel has arrived, and until when a book may be sent back (P24). `assumed`: nobody told us, and the
    customer may say that it is not so."""
    return _send(
        order,
        "delivered",
        until=until,
        assumed=assumed,
        no_link=links.arrival_link(order, arrived=False),
    )


def order_cancelled(order: Order, *, refund: int = 0, points: int = 0, reason: str = "") -> OutgoingMail:
    """The order is cancelled. `refund` is what goes back to the card, in minor units, `points` to the account; `reason`
    one kind sentence."""
    by = promised_from_today(order.country)
    return _send(order, "order_cancelled", refund=refund, points=points, reason=reason, by=by)


def approval_reminder(order: Order, *, day: int) -> OutgoingMail:
    """The digital copy still waits to be approved; `day` (3, 6, 9) makes each reminder one mail."""
    return _send(order, "approval_reminder", str(day), lines=_books(order))


def change_answered(
    order: Order, *, message: int, line: OrderLine | None = None, version: int | None = None
) -> OutgoingMail:
    """Staff answered a question about a digital copy, or made a new `version` of the book of `line` (P22). The words
    stay in the vault; the mail says where to read."""
    return _send(order, "change_answered", str(message), line=line, version=version, link=links.answer_link(order))


def not_printed(order: Order, *, line: OrderLine) -> OutgoingMail:
    """A book was approved and could not be printed before the child was forgotten: money back, or anew (F23)."""
    wished = line.edition is not None and line.edition.child.end_reason in (Child.End.DELETED, Child.End.WITHDRAWN)
    return _send(order, "not_printed", str(line.pk), line=line, wished=wished)


def data_deleted(line: OrderLine, receipt: Receipt) -> OutgoingMail:
    """The receipt of a deletion that a parent asked for (P5, P8)."""
    return _send(
        line.order,
        "data_deleted",
        receipt.sha256[:16],
        line=line,
        receipt=receipt,
        receipt_link=settings.SITE_URL + reverse("privacy:receipt", args=[receipt.sha256]),
        withdrawn=receipt.reason == Child.End.WITHDRAWN,
    )


def money_back(order: Order, *, refund: Refund, reason: str, points: int = 0) -> OutgoingMail:
    """Money goes back for another cause than a cancellation of the whole order, as when it was paid twice. `reason` is
    one sentence; `points` come back too."""
    by = promised_from_today(order.country)
    note = Invoice.objects.filter(payment=refund.payment_id).exists()
    return _send(
        order, "money_back", str(refund.pk), refund=refund, reason=reason, points=points, by=by, credit_note=note
    )


def job_needs_staff(job: PrintJob) -> OutgoingMail:
    """For us: a print job will not go on by itself. Why, is on its page; no mail says anything about a book."""
    address = settings.SITE_URL + reverse("admin:orders_printjob_change", args=[job.pk])
    what = f"print job {job.number} needs you"
    return staff_task(key=f"job:{job.number}:{job.state}", what=what, link=address)


def book_needs_staff(revision: Revision, why: str) -> None:
    """For us: a book could not be made and is tried no more. `why`: the kind of error, no word of the book."""
    address = settings.SITE_URL + reverse("admin:books_revision_change", args=[revision.pk])
    staff_task(key=f"revision:{revision.pk}:{revision.tries}", what=f"a book could not be made ({why})", link=address)


def staff_task(*, key: str, what: str, link: str) -> OutgoingMail:
    """Something waits for a person of the shop; `what` completes the sentence "Please look: ..."."""
    return mail.queue(
        key=f"staff:{key}",
        template="staff_task",
        to=settings.CONTROLLER["email"],
        context={"what": what, "link": link},
    )


def fresh_link(order: Order) -> OutgoingMail:
    """A new link to the order, to the order's own address: at most one an hour."""
    hour = timezone.now().strftime("%Y%m%d%H")
    return _send(order, "fresh_link", hour)


def _books(order: Order) -> list[OrderLine]:
    """The books that go on: those that were cancelled alone are not spoken of again (P23)."""
    return list(order.lines.filter(cancelled_at=None))


def _country(order: Order) -> str:
    return shipping.COUNTRIES.get(order.country, order.country)


def _send(order: Order, template: str, about: str = "", **context: Any) -> OutgoingMail:
    key = ":".join(part for part in ("order", order.number, template, about[:80]) if part)
    return mail.queue(
        key=key,
        template=template,
        to=order.email,
        context={
            "order": order,
            "link": links.order_link(order),
            "link_days": links.ORDER_LINK_VALID.days,
            "return_days": settings.RETURN_WINDOW.days,
            "refund_days": settings.REFUND_BUSINESS_DAYS,
            **context,
        },
    )
