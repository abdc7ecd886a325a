"""A credit note for each refund that was paid out: it takes back a part of the invoice, with the VAT in that part.

Numbered without gaps and never changed, as invoices are. What all notes of an invoice take back never exceeds it in
net, VAT or gross, and equals it to the cent once everything has gone back (P27). A refund that the bank sent back to us
later gets a correcting note. Money without an invoice (paid twice, or for an order that was cancelled) has no note.
"""

from collections.abc import Iterable
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone

from orders import document_numbers, invoice_pdf, invoices, shares
from orders.invoice_pdf import Sheet
from orders.models import Invoice, Order, Payment, Refund
from orders.papers import Paper
from refunds.models import Case, CreditNote

log = structlog.get_logger("littledreamers.credit_notes")

BATCH = 100
State = Refund.State
_PARTS = ("unit", "net", "vat", "gross")


def due() -> QuerySet[Refund]:
    """Refunds of invoiced payments whose note, or whose correction, is missing."""
    standing = CreditNote.objects.filter(corrects=None, corrected_by=None)
    missing = Q(state=State.SUCCEEDED) & ~Q(pk__in=CreditNote.objects.values("refund"))
    wrong = Q(state=State.FAILED, pk__in=standing.values("refund"))
    return Refund.objects.filter(missing | wrong, payment__invoice__isnull=False)


@transaction.atomic
def follow(refund: Refund) -> list[CreditNote]:
    """Write what is due about the payment that a refund belongs to, corrections first: they make room."""
    # Whoever holds the payment's row writes alone about it.
    payment = Payment.objects.select_for_update(no_key=True).get(pk=refund.payment_id)
    waiting = sorted(due().filter(payment=payment), key=lambda one: (one.state != State.FAILED, one.settled_at, one.pk))
    return [_correct(one) if one.state == State.FAILED else _issue(one) for one in waiting]


def sweep() -> int:
    """Write what is missing, oldest refund first; returns how many."""
    written = 0
    for refund in list(due().order_by("settled_at", "pk")[:BATCH]):
        try:
            written += len(follow(refund))
        except Exception as error:  # one that cannot be written must not keep the others from theirs
            log.error("credit note not written", refund=refund.pk, error=type(error).__name__)
    return written


def vat_in(amount: int, *, invoice: tuple[int, int], left: tuple[int, int]) -> int:
    """The VAT in a part of an invoice that goes back. `invoice` and `left` are gross and VAT: of the whole, and of
    what has not been taken back yet.

    Counted from the beginning, so that rounding never adds up: what is taken back by now has its due share of VAT.
    Raises ValueError when more goes back than is left.
    """
    gross, vat = invoice
    left_gross, left_vat = left
    if not 0 < amount <= left_gross:
        raise ValueError("more goes back than the invoice has left")
    by_now = gross - left_gross + amount
    due_by_now = (2 * vat * by_now + gross) // (2 * gross)
    # After a correction the share may be a cent off; neither VAT nor net of the rest may fall below zero.
    least, most = max(0, left_vat - (left_gross - amount)), min(amount, left_vat)
    return min(max(due_by_now - (vat - left_vat), least), most)


def of_order(order: Order) -> Iterable[Paper]:
    """For `orders.papers`: the credit notes of an order, oldest first."""
    for note in CreditNote.objects.filter(invoice__order=order).order_by("pk"):
        yield Paper(f"{_title(note)} {note.number}", reverse("refunds:credit_note", args=[order.number, note.number]))


def sheet(note: CreditNote) -> Sheet:
    """What stands on a credit note."""
    invoice, corrected = note.invoice, note.corrects
    about = ("Takes back", f"Credit note {corrected.number} of {_day(corrected)}") if corrected else None
    refers = ("Refers to", f"Invoice {invoice.number} of {_day(invoice)}")
    if corrected:
        notes = [
            "Our bank got this amount back, so the credit note named above no longer holds.",
            "A new one follows when the money has gone out again.",
        ]
    else:
        notes = ["We have sent this amount back to the card you paid with."]
    return Sheet(
        title=_title(note),
        number=note.number,
        facts=[
            ("Date", _day(note)),
            *([about] if about else []),
            refers,
            ("Order", invoice.order.number),
            ("Reason", note.reason),
        ],
        seller=invoice.seller,
        customer_name=invoice.customer_name,
        customer_address=invoice.customer_address,
        lines=note.lines,
        currency=note.currency,
        vat_rate_bp=note.vat_rate_bp,
        net=note.net,
        vat=note.vat,
        gross=note.gross,
        notes=notes,
    )


def _issue(refund: Refund) -> CreditNote:
    invoice = Invoice.objects.get(payment=refund.payment_id)
    back = invoice.credit_notes.aggregate(gross=Sum("gross", default=0), vat=Sum("vat", default=0))
    left = (invoice.gross + back["gross"], invoice.vat + back["vat"])
    vat = vat_in(refund.amount, invoice=(invoice.gross, invoice.vat), left=left)
    if refund.amount == invoice.gross:
        lines = [_negative(line) for line in invoice.lines]
    else:
        rest = "Rest of the invoice, paid back" if refund.amount == left[0] else "Part of the invoice, paid back"
        parts = _returned(refund) or [(rest, 1, refund.amount)]
        spread = shares.spread(vat, [gross for _, _, gross in parts])
        lines = [
            _negative({"text": text, "quantity": count, "unit": gross // count, "gross": gross, "vat": tax,
                       "net": gross - tax})
            for (text, count, gross), tax in zip(parts, spread, strict=True)
        ]  # fmt: skip
    return _write(
        invoice, refund=refund, lines=lines, reason=_reason(refund),
        net=vat - refund.amount, vat=-vat, gross=-refund.amount,
    )  # fmt: skip


def _returned(refund: Refund) -> list[tuple[str, int, int]]:
    """What went back, line by line, as text, number and gross, when that is exactly what the refund pays back."""
    case = Case.objects.filter(refunds__refund=refund).first()
    if case is None:
        return []
    parts = [
        (invoices.book(one.line.title, one.line.format), one.copies, one.amount)
        for one in case.lines.select_related("line")
        if one.amount
    ]
    if case.shipping:
        parts.append(("Delivery", 1, case.shipping))
    return parts if sum(gross for _, _, gross in parts) == refund.amount else []


def _correct(refund: Refund) -> CreditNote:
    note = CreditNote.objects.select_related("invoice").get(refund=refund, corrects=None)
    return _write(
        note.invoice,
        refund=refund,
        corrects=note,
        lines=[_negative(line) for line in note.lines],
        reason="The refund did not arrive",
        net=-note.net,
        vat=-note.vat,
        gross=-note.gross,
    )


def _write(invoice: Invoice, **fields: Any) -> CreditNote:
    taken = document_numbers.take(document_numbers.CREDIT_NOTE)
    return CreditNote.objects.create(
        number=taken.number,
        issued_at=taken.at,
        invoice=invoice,
        currency=invoice.currency,
        vat_rate_bp=invoice.vat_rate_bp,
        **fields,
    )


def _negative(line: dict[str, Any]) -> dict[str, Any]:
    return {**line, **{part: -line[part] for part in _PARTS}}


def _reason(refund: Refund) -> str:
    known = dict(Case.Kind.choices)
    return str(known.get(refund.reason, "Refund")).capitalize()


def _title(note: CreditNote) -> str:
    return "Correction" if note.corrects_id else "Credit note"


def _day(issued: CreditNote | Invoice) -> str:
    return invoice_pdf.day(timezone.localdate(issued.issued_at))
