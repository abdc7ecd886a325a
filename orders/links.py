"""Signed links in mails: to a customer's order, and for the printer to fetch files and to answer with.

A link says what it opens and when it was made, signed with the shop's secret. Nothing is stored, so a link that was
tampered with cannot be told from one that never was.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from orders.models import Order, PrintJob

ORDER_LINK_VALID = timedelta(days=30)
PRINTER_LINK_VALID = timedelta(days=60)
FILES_LINK_VALID = timedelta(days=7)

# A dot keeps the token in one piece in mail programs that stop a link at a colon.
_order_signer = signing.TimestampSigner(salt="orders.links.order", sep=".")
_printer_signer = signing.TimestampSigner(salt="orders.links.printer", sep=".")
_files_signer = signing.TimestampSigner(salt="orders.links.files", sep=".")


class BadLink(ValueError):
    """Nobody made this link."""


class ExpiredLink(ValueError):
    """The link was ours and its time is over; `subject` is what it opened."""

    def __init__(self, subject: str) -> None:
        super().__init__("expired")
        self.subject = subject


@dataclass(frozen=True)
class PrinterLink:
    """What a printer's link says: which job, and what happened to it."""

    job: str
    action: str


@dataclass(frozen=True)
class FilesLink:
    """What a link to files says: of which job, and when it was made."""

    job: str
    made: datetime


def order_link(order: Order) -> str:
    """The address that opens the order for whoever has the mail, valid for 30 days."""
    return settings.SITE_URL + reverse("orders:order_link", args=[_order_signer.sign(order.number)])


def invoice_link(order: Order) -> str:
    """The address that opens the order's invoice for whoever has the mail, valid for 30 days."""
    return settings.SITE_URL + reverse("orders:invoice_link", args=[_order_signer.sign(order.number)])


def arrival_link(order: Order, *, arrived: bool) -> str:
    """The address at which whoever has the mail says that the parcel has arrived, or has not; valid for 30 days."""
    name = "orders:arrived_link" if arrived else "orders:not_arrived_link"
    return settings.SITE_URL + reverse(name, args=[_order_signer.sign(order.number)])


def pay_link(order: Order) -> str:
    """The address at which whoever has the mail pays the order, valid for 30 days."""
    return settings.SITE_URL + reverse("orders:pay_link", args=[_order_signer.sign(order.number)])


def answer_link(order: Order) -> str:
    """The address that opens the conversation in which we have answered, valid for 30 days."""
    return settings.SITE_URL + reverse("refunds:answer_link", args=[_order_signer.sign(order.number)])


def read_order(token: str) -> str:
    """The order's number. Raises `ExpiredLink` after 30 days, `BadLink` for anything that we did not sign."""
    return _read(_order_signer, token, ORDER_LINK_VALID)


def expired_order(token: str) -> str:
    """The number in a link of ours, however old it is. Raises `BadLink`."""
    try:
        return _order_signer.unsign(token)
    except signing.BadSignature:
        raise BadLink from None


def printer_link(job: PrintJob, action: str) -> str:
    """The address with which the printer says what happened to a job, valid for 60 days."""
    return settings.SITE_URL + reverse("orders:printer", args=[_printer_signer.sign(f"{job.number}~{action}")])


def read_printer(token: str) -> PrinterLink:
    """What a printer's link says. Raises `ExpiredLink` or `BadLink`."""
    job, _, action = _read(_printer_signer, token, PRINTER_LINK_VALID).partition("~")
    return PrinterLink(job=job, action=action)


def files_link(job: PrintJob) -> str:
    """The address from which the printer downloads a job's locked files, valid for 7 days. It opens nothing once the
    child is forgotten, and nothing it leads to opens without the passphrase."""
    return settings.SITE_URL + reverse("orders:printer_files", args=[_files_signer.sign(job.number)])


def read_files(token: str) -> tuple[FilesLink, bool]:
    """What a link to files says, and whether its 7 days are over. Raises `BadLink` for what we did not sign."""
    try:
        job = _read(_files_signer, token, FILES_LINK_VALID)
        expired = False
    except ExpiredLink as error:
        job, expired = error.subject, True
    made = datetime.fromtimestamp(signing.b62_decode(token.rsplit(".", 2)[1]), UTC)
    return FilesLink(job=job, made=made), expired


def _read(signer: signing.TimestampSigner, token: str, valid: timedelta) -> str:
    try:
        return signer.unsign(token, max_age=valid)
    except signing.SignatureExpired:
        raise ExpiredLink(signer.unsign(token)) from None
    except signing.BadSignature:
        raise BadLink from None
