"""What a credit note says on paper, and who may open it."""

import io

import pikepdf
import pypdfium2
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from orders import invoice_pdf, invoices, mails, papers
from orders.models import Order, Payment
from refunds import credit_notes
from refunds.models import CreditNote
from tests.orders.factories import CANARY, finish_copies, make_order, make_ordered
from tests.orders.test_review import opened
from tests.refunds.test_credit_notes import invoiced, noted, refunded, says

pytestmark = pytest.mark.django_db


def words(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def test_p35_the_pdf_names_its_invoice_its_reason_and_negative_amounts_and_never_the_child() -> None:
    order = make_ordered()
    payment = Payment.objects.create(
        order=order, idempotency_key="p", amount=3480, currency="eur", state=Payment.State.PAID
    )
    invoice = invoices.make(order)
    refund = refunded(payment)
    note = noted(refund)
    once = invoice_pdf.draw(credit_notes.sheet(note))
    page = words(once)
    for said in (
        f"Credit note {note.number}", f"Invoice {invoice.number} of", order.number, "Order cancelled", "Karen Holm",
        "−€27.84", "−€6.96", "−€34.80", "back to the card you paid with", "The Night Post, softcover",
    ):  # fmt: skip
        assert said in page, said
    assert "Please do not pay" not in page
    assert CANARY not in page
    assert invoice_pdf.draw(credit_notes.sheet(note)) == once
    with pikepdf.open(io.BytesIO(once)) as document:
        assert str(document.docinfo["/Title"]) == f"Credit note {note.number}"
    says(refund, "failed")
    correction = words(invoice_pdf.draw(credit_notes.sheet(noted(refund))))
    assert f"Credit note {note.number} of" in correction
    assert "no longer holds" in correction
    assert "−" not in correction
    invoices.forget_customers(now=timezone.now().replace(year=timezone.now().year + 7), batch=10)
    note = CreditNote.objects.get(pk=note.pk)
    assert "Karen" not in words(invoice_pdf.draw(credit_notes.sheet(note)))


def address(note: CreditNote, order: Order) -> str:
    return reverse("refunds:credit_note", args=[order.number, note.number])


def test_the_orders_page_lists_every_document_and_opens_it() -> None:
    order = make_ordered(state=Order.State.CANCELLED)
    payment = Payment.objects.create(
        order=order, idempotency_key="p", amount=3480, currency="eur", state=Payment.State.PAID
    )
    invoices.make(order)
    refund = refunded(payment)
    note = noted(refund)
    says(refund, "failed")
    correction = noted(refund)
    assert [paper.label for paper in papers.of_order(order)] == [
        "Invoice", f"Credit note {note.number}", f"Correction {correction.number}",
    ]  # fmt: skip
    client = opened(order)
    page = client.get(reverse("orders:order", args=[order.number])).text
    assert f'<a href="{address(note, order)}">Credit note {note.number}&nbsp;(PDF)</a>' in page
    answer = client.get(address(note, order))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == f'inline; filename="{note.number}.pdf"'
    assert "no-store" in answer.headers["Cache-Control"]


def test_f20_a_stranger_gets_the_same_404_for_a_note_as_for_none() -> None:
    payment = invoiced()
    note = noted(refunded(payment))
    mine = make_ordered()
    finish_copies(mine)
    client = opened(mine)
    there = client.get(address(note, payment.order))
    # Nor does somebody else's note open under an order of one's own.
    across = client.get(address(note, mine))
    nowhere = client.get(f"/orders/{mine.number}/credit-notes/CN-2026-999999.pdf")
    assert [answer.status_code for answer in (there, across, nowhere)] == [404, 404, 404]
    assert there.content == across.content == nowhere.content


def test_staff_open_notes_from_the_admin_and_only_those_who_may() -> None:
    note = noted(refunded(invoiced()))
    url = reverse("admin:refunds_creditnote_pdf", args=[note.pk])
    boss, clerk = Client(), Client()
    boss.force_login(User.objects.create_superuser("boss@example.com", "a-long-password"))
    user = User.objects.create_user("clerk@example.com", "a-long-password")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    clerk.force_login(User.objects.get(pk=user.pk))
    assert boss.get(url).content == invoice_pdf.draw(credit_notes.sheet(note))
    assert clerk.get(url).status_code == 403
    page = boss.get(reverse("admin:refunds_creditnote_changelist")).text
    assert f'href="{url}"' in page
    assert "−€34.80" in page
    assert "−€6.96 (25 %)" in page
    assert boss.post(reverse("admin:refunds_creditnote_delete", args=[note.pk]), {"post": "yes"}).status_code == 403


def test_p28_the_money_back_mail_says_where_the_note_will_be() -> None:
    payment = invoiced()
    refund = refunded(payment)
    assert "A credit note (PDF)" in mails.money_back(payment.order, refund=refund, reason="We agreed on it.").text
    assert "A credit note (PDF)" in mails.order_cancelled(payment.order, refund=100).html
    assert "credit note" not in mails.order_cancelled(make_order(), refund=0).text
