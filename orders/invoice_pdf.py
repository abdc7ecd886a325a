"""Invoices and credit notes as a page of paper (PDF/A-3, tagged): drawn when somebody asks, and not kept.

The same document is the same file, byte for byte: everything on it comes from its row, and nothing from the clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from books import fonts
from orders.models import Invoice

VARIANT = "pdf/a-3a"


@dataclass(frozen=True)
class Sheet:
    """What stands on the page. Amounts are in minor units; a credit note's are negative."""

    title: str
    number: str
    facts: Sequence[tuple[str, str]]
    seller: Mapping[str, str]
    customer_name: str
    customer_address: str
    lines: Sequence[Mapping[str, Any]]
    currency: str
    vat_rate_bp: int
    net: int
    vat: int
    gross: int
    notes: Sequence[str]


def of_invoice(invoice: Invoice) -> Sheet:
    """The page of an invoice."""
    order = invoice.order
    return Sheet(
        title="Invoice",
        number=invoice.number,
        facts=[
            ("Date of invoice", day(timezone.localdate(invoice.issued_at))),
            ("Order", f"{order.number} of {day(timezone.localdate(order.created_at))}"),
            ("Supply", f"Paid in advance on {day(invoice.paid_on)}; sent when you have approved it"),
            ("Payment", f"{invoice.payment_method}, paid in full"),
        ],
        seller=invoice.seller,
        customer_name=invoice.customer_name,
        customer_address=invoice.customer_address,
        lines=invoice.lines,
        currency=invoice.currency,
        vat_rate_bp=invoice.vat_rate_bp,
        net=invoice.net,
        vat=invoice.vat,
        gross=invoice.gross,
        notes=["This invoice is paid. Please do not pay it again.", "VAT is that of the country we deliver to."],
    )


def day(date: Any) -> str:
    """A date as it stands on paper."""
    return f"{date.day} {date:%B %Y}"


def draw(sheet: Sheet) -> bytes:
    """The page as a PDF. Its metadata names the document and nobody."""
    import weasyprint
    from weasyprint.urls import URLFetcher

    faces = list(dict.fromkeys((*fonts.chain(fonts.TEXT, "nunito"), *fonts.chain(fonts.DISPLAY))))
    context = {
        "sheet": sheet,
        "shop_name": settings.SHOP_NAME,
        "faces": [(face.family, fonts.file(face).as_uri()) for face in faces],
        "text_families": ", ".join(face.family for face in fonts.chain(fonts.TEXT, "nunito")),
        "title_families": ", ".join(face.family for face in fonts.chain(fonts.DISPLAY)),
    }
    html = render_to_string("print/invoice.html", context)
    # Fonts come from files; nothing comes from anywhere else.
    nothing_else = URLFetcher(allowed_protocols={"file"})
    document = weasyprint.HTML(string=html, url_fetcher=nothing_else)
    return bytes(document.write_pdf(pdf_variant=VARIANT))


def answer(sheet: Sheet) -> HttpResponse:
    """The page for a browser, named after its number."""
    return HttpResponse(
        draw(sheet),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{sheet.number}.pdf"'},
    )
