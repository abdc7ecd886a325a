"""One invoice for each paid order: numbered without gaps, right to the cent, never changed, without the child."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pikepdf
import pypdfium2
import pytest
import time_machine
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.db.transaction import TransactionManagementError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from orders import document_numbers, invoice_pdf, invoices, links, payments, shares, tasks, vat
from orders.models import Invoice, NumberSeries, Order, Payment, Refund
from orders.models.invoice import Unchangeable
from tests.orders.factories import CANARY, make_line, make_order, make_ordered
from tests.orders.provider import Provider, provider
from tests.orders.test_review import opened

__all__ = ["provider"]
pytestmark = pytest.mark.django_db


def paid(books: int = 1, **fields: object) -> Order:
    """A paid order whose books need no drawing."""
    order = make_order(**{
        "state": Order.State.PAID, "paid_at": timezone.now(), "items_total": 2990 * books,
        "total": 2990 * books + 490, "vat_total": vat.contained(gross=2990 * books + 490, rate_bp=2500), **fields,
    })  # fmt: skip
    for _ in range(books):
        make_line(order)
    return order


def words(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)


# --- numbers ----------------------------------------------------------------------------------------------------------


def numbers() -> list[str]:
    return list(Invoice.objects.order_by("pk").values_list("number", flat=True))


def test_numbers_follow_each_other_and_begin_anew_each_year() -> None:
    made = []
    for moment in ("2026-12-30T12:00", "2026-12-31T22:59", "2026-12-31T23:00", "2027-01-02T12:00"):
        with time_machine.travel(datetime.fromisoformat(moment + "+00:00"), tick=False):
            made.append(invoices.make(paid()).number)  # 23:00 UTC is the new year in Copenhagen
    assert made == ["INV-2026-000001", "INV-2026-000002", "INV-2027-000001", "INV-2027-000002"]


def test_f8_a_clock_that_was_set_back_gives_no_number_twice() -> None:
    with time_machine.travel(datetime(2027, 1, 1, 12, tzinfo=UTC), tick=False):
        invoices.make(paid())
    with time_machine.travel(datetime(2026, 12, 2, 12, tzinfo=UTC), tick=False):
        invoices.make(paid())
    assert numbers() == ["INV-2027-000001", "INV-2027-000002"]


def test_a_rollback_gives_the_number_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first, lost = paid(), paid()
    invoices.make(first)
    with monkeypatch.context() as broken:
        broken.setattr(Invoice.objects, "create", _dies)
        with pytest.raises(MemoryError):
            invoices.make(lost)
    assert NumberSeries.objects.get(name="INV").last == 1
    invoices.make(lost)
    assert numbers() == [f"INV-{timezone.localdate().year}-00000{number}" for number in (1, 2)]


def _dies(**_fields: object) -> None:
    raise MemoryError


@pytest.mark.django_db(transaction=True)
def test_a_number_is_taken_in_the_transaction_that_uses_it() -> None:
    with pytest.raises(TransactionManagementError):
        document_numbers.take("INV")
    assert not NumberSeries.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_f14_payments_at_the_same_moment_share_no_number_and_leave_no_hole() -> None:
    orders = [paid() for _ in range(16)]
    gate = Barrier(8)

    def work(job: int) -> str:
        try:
            gate.wait(timeout=20)
            with transaction.atomic():
                made = invoices.make(orders[job // 3])
                if job % 3 == 0:  # a third of them dies after the number was taken
                    raise MemoryError
            return made.number
        except MemoryError:
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(work, range(48)))
    year = timezone.localdate().year
    assert sorted(numbers()) == [f"INV-{year}-{number:06}" for number in range(1, 17)]
    for order, pair in zip(orders, zip(said[1::3], said[2::3], strict=True), strict=True):
        assert set(pair) == {order.invoice.number}
    in_order = Invoice.objects.order_by("number").values_list("issued_at", flat=True)
    assert list(in_order) == sorted(in_order)


# --- what it says -----------------------------------------------------------------------------------------------------


def test_p35_the_snapshot_holds_what_the_law_asks_for_and_nothing_of_the_child() -> None:
    order = make_ordered(state=Order.State.AWAITING_PAYMENT, books=2, street_2="3. tv.")
    payment = Payment.objects.create(order=order, idempotency_key="p", amount=6470, currency="eur", state="paid")
    with time_machine.travel(datetime(2026, 11, 3, 9, tzinfo=UTC), tick=False):
        Order.objects.filter(pk=order.pk).update(state=Order.State.PAID, paid_at=timezone.now())
        made = invoices.make(order)
    assert (made.order, made.payment, made.paid_on.isoformat()) == (order, payment, "2026-11-03")
    assert (made.net, made.vat, made.gross, made.vat_rate_bp) == (5176, 1294, 6470, 2500)
    assert made.lines == [
        {"text": "The Night Post, softcover", "quantity": 1, "unit": 2990, "gross": 2990, "vat": 598, "net": 2392},
        {"text": "The Night Post, softcover", "quantity": 1, "unit": 2990, "gross": 2990, "vat": 598, "net": 2392},
        {"text": "Delivery to Denmark", "quantity": 1, "unit": 490, "gross": 490, "vat": 98, "net": 392},
    ]
    assert (made.customer_name, made.customer_address) == (
        "Karen Holm", "Strandvejen 1\n3. tv.\n2100 Copenhagen\nDenmark",
    )  # fmt: skip
    assert made.seller["name"] == "LittleDreamers Publishing"
    assert made.seller["vat_number"] == "DK 00 00 00 00"
    page = words(invoice_pdf.draw(invoice_pdf.of_invoice(made)))
    for said in (
        made.number, order.number, "3 November 2026", "Karen Holm", "3. tv.", "LittleDreamers Publishing",
        "VAT no. DK 00 00 00 00", "VAT 25 %", "€51.76", "€12.94", "€64.70", "Card, paid in full",
    ):  # fmt: skip
        assert said in page, said
    for part in (page, str(made.lines), str(made.__dict__)):
        assert CANARY not in part
    for private in (order.email, order.phone):  # an invoice needs neither
        assert private not in page


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    quantities=st.lists(st.integers(1, 20), min_size=1, max_size=6),
    prices=st.lists(st.integers(1, 9999), min_size=6, max_size=6),
    shipping=st.integers(0, 1990),
    rate=st.sampled_from(sorted(set(vat.BOOK_RATES_BP.values()))),
)
def test_p27_lines_add_up_to_the_totals_to_the_cent(
    quantities: list[int], prices: list[int], shipping: int, rate: int
) -> None:
    items = sum(quantity * price for quantity, price in zip(quantities, prices, strict=False))
    total = items + shipping
    order = make_order(
        items_total=items, shipping_total=shipping, total=total, vat_rate_bp=rate,
        vat_total=vat.contained(gross=total, rate_bp=rate), paid_at=timezone.now(), state=Order.State.PAID,
    )  # fmt: skip
    for quantity, price in zip(quantities, prices, strict=False):
        make_line(order, quantity=quantity, unit_price=price)
    made = invoices.make(order)
    for part in ("net", "vat", "gross"):
        assert sum(line[part] for line in made.lines) == getattr(made, part)
    for line in made.lines:
        assert line["net"] + line["vat"] == line["gross"] == line["quantity"] * line["unit"]
        assert 0 <= line["vat"] <= line["gross"]
        # No line is more than a cent away from its own VAT.
        assert abs(line["vat"] - line["gross"] * made.vat / made.gross) < 1


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_p27_shares_add_up_and_none_is_a_unit_away_from_its_due(total: int, weights: list[int]) -> None:
    found = shares.spread(total, weights)
    assert sum(found) == total
    for share, weight in zip(found, weights, strict=True):
        assert abs(share * sum(weights) - total * weight) < sum(weights)


def test_shares_of_nothing_and_impossible_shares() -> None:
    assert shares.spread(0, []) == []
    assert shares.spread(0, [0, 0]) == [0, 0]
    assert shares.spread(5, [1, 1, 1]) == [2, 2, 1]
    for total, weights in ((-1, [1]), (1, [0]), (1, []), (1, [2, -1])):
        with pytest.raises(ValueError):
            shares.spread(total, weights)


def test_an_order_whose_lines_do_not_add_up_is_not_invoiced_and_takes_no_number() -> None:
    order = paid()
    make_line(order)
    with pytest.raises(ValueError):
        invoices.make(order)
    good = paid()
    assert invoices.sweep() == 1
    assert numbers() == [good.invoice.number]
    assert good.invoice.number.endswith("-000001")


def test_an_invoice_is_never_changed_or_deleted(settings: Settings) -> None:
    order = paid()
    made = invoices.make(order)
    made.gross = made.net = 1
    with pytest.raises(Unchangeable):
        made.save()
    with pytest.raises(Unchangeable):
        made.delete()
    with pytest.raises(ProtectedError):
        order.delete()
    # Neither the order nor the shop changes it afterwards.
    Order.objects.filter(pk=order.pk).update(name="Somebody Else", city="Aarhus")
    settings.CONTROLLER = {**settings.CONTROLLER, "name": "Another Shop"}
    page = words(invoice_pdf.draw(invoice_pdf.of_invoice(invoices.make(order))))
    assert "Karen Holm" in page
    assert "Aarhus" not in page
    assert "Another Shop" not in page


def test_the_pdf_is_the_same_each_time_one_tagged_page_without_personal_metadata() -> None:
    sheet = invoice_pdf.of_invoice(invoices.make(paid(books=3)))
    once = invoice_pdf.draw(sheet)
    with time_machine.travel(timezone.now() + timedelta(days=400), tick=False):
        assert invoice_pdf.draw(sheet) == once
    with pikepdf.open(io.BytesIO(once)) as document:
        assert len(document.pages) == 1
        assert set(document.docinfo.keys()) == {"/Title", "/Producer"}
        assert str(document.docinfo["/Title"]) == f"Invoice {sheet.number}"
        assert document.Root.MarkInfo.Marked
        assert document.Root.Lang == "en-GB"
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
            assert "Karen" not in str(metadata)


def test_a_long_order_goes_on_to_a_second_page() -> None:
    pdf = invoice_pdf.draw(invoice_pdf.of_invoice(invoices.make(paid(books=24))))
    with pypdfium2.PdfDocument(pdf) as document:
        assert len(document) == 2
    assert "Page 1 of 2" in words(pdf)
    assert words(pdf).count("VAT no. DK 00 00 00 00") == 3  # beside the address, and at the foot of each page


# --- when it is made --------------------------------------------------------------------------------------------------


def test_p27_a_payment_makes_one_invoice_however_often_it_is_told(
    provider: Provider, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    order = make_order()
    make_line(order)
    payment = payments.start(order)
    assert not invoices.due().exists()
    provider.pay(str(payment.session_id))
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            payments.fulfil(str(payment.session_id))
    tasks.make_invoice(order.pk)
    tasks.sweep_invoices()
    (made,) = Invoice.objects.all()
    assert (made.order, made.payment, made.gross) == (order, payment, 3480)


def test_f1_a_lost_message_is_made_up_for_by_the_sweep(provider: Provider) -> None:
    order = make_ordered(state=Order.State.AWAITING_PAYMENT)
    payment = payments.start(order)
    provider.pay(str(payment.session_id))
    payments.fulfil(str(payment.session_id))  # nothing that follows the commit runs in this test
    assert list(invoices.due()) == [order]
    tasks.sweep_invoices()
    assert Invoice.objects.get().payment == payment
    assert not invoices.due().exists()


def test_an_order_paid_twice_is_invoiced_once_and_not_for_the_payment_that_goes_back() -> None:
    order = paid()
    back, kept = (
        Payment.objects.create(order=order, idempotency_key=key, amount=3480, currency="eur", state="paid")
        for key in ("back", "kept")
    )
    Refund.objects.create(payment=back, idempotency_key=f"paid-after-cancel-{back.pk}", amount=3480, reason="twice")
    assert invoices.make(order).payment == kept


@pytest.mark.parametrize("state", [Order.State.AWAITING_PAYMENT, Order.State.CANCELLED])
def test_what_was_not_paid_is_not_invoiced(state: str) -> None:
    order = make_order(state=state)
    make_line(order)
    with pytest.raises(invoices.NothingToInvoice):
        invoices.make(order)
    assert invoices.sweep() == 0
    assert not NumberSeries.objects.exists()


# --- who sees it ------------------------------------------------------------------------------------------------------


def address(order: Order) -> str:
    return reverse("orders:invoice", args=[order.number])


def test_the_orders_page_links_to_the_invoice_and_opening_it_makes_it_if_need_be() -> None:
    order = make_ordered()
    client = opened(order)
    assert (
        f'<a href="{address(order)}">Invoice&nbsp;(PDF)</a>'
        in client.get(reverse("orders:order", args=[order.number])).text
    )
    assert not Invoice.objects.exists()
    answer = client.get(address(order))
    made = Invoice.objects.get()
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == f'inline; filename="{made.number}.pdf"'
    assert "no-store" in answer.headers["Cache-Control"]
    assert made.number in words(answer.content)
    assert client.get(address(order)).content == answer.content
    assert Invoice.objects.count() == 1
    assert client.post(address(order)).status_code == 405


def test_the_confirmation_mails_link_opens_the_invoice() -> None:
    order = make_ordered()
    client = Client()
    answer = client.get(links.invoice_link(order), follow=True)
    assert answer.redirect_chain == [(address(order), 302)]
    assert answer.headers["Content-Type"] == "application/pdf"
    link = links.invoice_link(order)
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert Client().get(link).status_code == 410
    forged = links.invoice_link(order).replace(order.number, "LD-222222")
    assert Client().get(forged).status_code == 404


def test_f20_a_stranger_gets_the_same_404_for_an_invoice_as_for_none(client: Client) -> None:
    mine, other = make_ordered(), make_ordered()
    invoices.make(other)
    client = opened(mine)
    there, nowhere = client.get(address(other)), client.get("/orders/LD-222222/invoice.pdf")
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert there.content == nowhere.content
    unpaid = make_ordered(state=Order.State.AWAITING_PAYMENT)
    assert opened(unpaid).get(address(unpaid)).status_code == 404


def test_staff_open_it_from_the_admin_and_only_those_who_may() -> None:
    order = paid()
    made = invoices.make(order)
    url = reverse("admin:orders_invoice_pdf", args=[made.pk])
    boss, clerk = Client(), Client()
    boss.force_login(User.objects.create_superuser("boss@example.com", "a-long-password"))
    user = User.objects.create_user("clerk@example.com", "a-long-password")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.refresh_from_db()
    clerk.force_login(user)
    assert boss.get(url).content == invoice_pdf.draw(invoice_pdf.of_invoice(made))
    assert boss.get(reverse("admin:orders_invoice_pdf", args=[made.pk + 1])).status_code == 404
    assert clerk.get(url).status_code == 403
    assert Client().get(url).status_code == 302
    for page in (
        reverse("admin:orders_invoice_changelist"),
        reverse("admin:orders_invoice_change", args=[made.pk]),
        reverse("admin:orders_order_change", args=[order.pk]),
    ):
        assert f'href="{url}"' in boss.get(page).text, page
    assert boss.post(reverse("admin:orders_invoice_delete", args=[made.pk]), {"post": "yes"}).status_code == 403


def test_p35_the_customer_leaves_an_invoice_when_the_books_are_closed() -> None:
    with time_machine.travel(datetime(2026, 12, 31, 12, tzinfo=UTC), tick=False):
        order = paid()
        made = invoices.make(order)
    for when, left in ((datetime(2031, 12, 31, 12, tzinfo=UTC), 0), (datetime(2032, 1, 1, 12, tzinfo=UTC), 1)):
        assert invoices.forget_customers(now=when, batch=10) == left
    made.refresh_from_db()
    assert (made.customer_name, made.customer_address, made.country) == ("", "", "")
    assert (made.number, made.gross) == ("INV-2026-000001", 3480)
    page = words(invoice_pdf.draw(invoice_pdf.of_invoice(made)))
    assert "Karen" not in page
    assert "Strandvejen" not in page
    assert "have been deleted" in page
    assert invoices.forget_customers(now=datetime(2032, 1, 1, 12, tzinfo=UTC), batch=10) == 0
