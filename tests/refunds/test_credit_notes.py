"""A credit note for each refund that was paid out: right to the cent, numbered without gaps, corrected by another."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoCaptureOnCommitCallbacks

from orders import invoices, mails, payments, vat
from orders.models import Invoice, Order, Payment, Refund
from orders.models.invoice import Unchangeable
from orders.stripe_gateway import ProviderRefund
from refunds import cancelling, credit_notes, payouts, tasks
from refunds.models import CreditNote
from tests.orders.factories import make_line, make_order
from tests.payment_sandbox import SandboxAtWork
from tests.refunds.paying import FAILS_LATER, paid_order

pytestmark = pytest.mark.django_db
State = Refund.State


def invoiced(gross: int = 3480, *, rate: int = 2500) -> Payment:
    """A paid order of one line, without delivery, and its invoice."""
    order = make_order(
        state=Order.State.PAID, paid_at=timezone.now(), items_total=gross, shipping_total=0, total=gross,
        vat_rate_bp=rate, vat_total=vat.contained(gross=gross, rate_bp=rate),
    )  # fmt: skip
    make_line(order, unit_price=gross)
    payment = Payment.objects.create(
        order=order, idempotency_key=f"p{order.pk}", amount=gross, currency="eur", state=Payment.State.PAID
    )
    invoices.make(order)
    return payment


def refunded(payment: Payment, amount: int | None = None) -> Refund:
    """Decided and paid out by the bank; the note is not written yet."""
    key = f"r{payment.pk}-{payment.refunds.count()}"
    refund = payouts.decide(payment, reason="cancellation", key=key, amount=amount)
    return says(refund, "succeeded")


def says(refund: Refund, status: str) -> Refund:
    """The provider's answer about a refund."""
    payouts.settle(refund, ProviderRefund(f"re_{refund.pk}", status, refund.amount, "eur", "pi", ""))
    refund.refresh_from_db()
    return refund


def noted(refund: Refund) -> CreditNote:
    (note,) = credit_notes.follow(refund)
    return note


def amounts(note: CreditNote) -> tuple[int, int, int]:
    return note.net, note.vat, note.gross


# --- to the cent ------------------------------------------------------------------------------------------------------


def test_p27_a_full_refund_takes_back_the_invoice_line_by_line() -> None:
    payment = invoiced()
    note = noted(refunded(payment))
    assert amounts(note) == (-2784, -696, -3480)
    assert note.lines == [
        {"text": "The Night Post, softcover", "quantity": 1, "unit": -3480, "net": -2784, "vat": -696, "gross": -3480}
    ]
    assert (note.invoice, note.reason, note.number) == (
        payment.invoice, "Order cancelled", f"CN-{timezone.localdate().year}-000001",
    )  # fmt: skip


def test_p27_parts_add_up_to_the_invoice() -> None:
    payment = invoiced(100, rate=2500)  # 20 cents VAT
    notes = [noted(refunded(payment, amount)) for amount in (33, 33, 33, 1)]
    assert [amounts(note) for note in notes] == [(-26, -7, -33), (-27, -6, -33), (-26, -7, -33), (-1, 0, -1)]
    assert [note.lines[0]["text"] for note in notes][2:] == [
        "Part of the invoice, paid back", "Rest of the invoice, paid back",
    ]  # fmt: skip
    with pytest.raises(payouts.NothingLeft):
        refunded(payment, 1)


@settings(max_examples=500, deadline=None)
@given(
    gross=st.integers(1, 50_000),
    rate=st.sampled_from(sorted(set(vat.BOOK_RATES_BP.values()))),
    steps=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 20)), min_size=1, max_size=14),
)
def test_p27_no_sequence_of_parts_and_corrections_takes_back_more_than_there_was(
    gross: int, rate: int, steps: list[tuple[int, int]]
) -> None:
    """Parts of any size, some of them corrected later, and then the rest: net, VAT and gross are back exactly."""
    tax = vat.contained(gross=gross, rate_bp=rate)
    left_gross, left_vat = gross, tax
    standing: list[tuple[int, int]] = []
    for size, which in (*steps, (10**6, 20)):
        if which < len(standing) and which % 2:
            amount, share = standing.pop(which)
            left_gross, left_vat = left_gross + amount, left_vat + share
            continue
        if not left_gross:
            continue
        amount = max(1, left_gross * size // 10**6)
        share = credit_notes.vat_in(amount, invoice=(gross, tax), left=(left_gross, left_vat))
        assert 0 <= share <= amount
        standing.append((amount, share))
        left_gross, left_vat = left_gross - amount, left_vat - share
        assert 0 <= left_vat <= left_gross
        if all(which % 2 == 0 or which > 14 for _, which in steps):  # never corrected: always the due share
            assert abs((tax - left_vat) - tax * (gross - left_gross) / gross) <= 0.5
    assert (left_gross, left_vat) == (0, 0)


STEPS = st.one_of(
    st.tuples(st.just("part"), st.integers(1, 3480)),
    st.tuples(st.sampled_from(["fails", "again", "sweep"]), st.integers(0, 9)),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rate=st.sampled_from([0, 550, 1350, 2500]), steps=st.lists(STEPS, max_size=10))
def test_p27_the_notes_in_the_books_follow_the_money(rate: int, steps: list[tuple[str, int]]) -> None:
    payment = invoiced(rate=rate)
    invoice = payment.invoice
    for what, number in (*steps, ("rest", 0)):
        rows = list(payment.refunds.order_by("pk"))
        if what in ("part", "rest"):
            amount = payouts.left_to_refund(payment) if what == "rest" else number
            if 0 < amount <= payouts.left_to_refund(payment):
                refunded(payment, amount)
        elif what == "fails" and rows:
            says(rows[number % len(rows)], "failed")
        elif what == "again" and rows and rows[number % len(rows)].state == State.FAILED:
            try:
                says(payouts.again(rows[number % len(rows)], actor="staff:1"), "succeeded")
            except payouts.NothingLeft:
                continue
        elif what == "sweep":
            credit_notes.sweep()
        for part in ("net", "vat", "gross"):
            back = -sum(getattr(note, part) for note in invoice.credit_notes.all())
            assert 0 <= back <= getattr(invoice, part)
    credit_notes.sweep()
    for part in ("net", "vat", "gross"):
        assert -sum(getattr(note, part) for note in invoice.credit_notes.all()) == getattr(invoice, part)
    for note in invoice.credit_notes.all():
        assert sum(line["gross"] for line in note.lines) == note.gross
        assert sum(line["vat"] for line in note.lines) == note.vat
    assert not credit_notes.due().exists()


# --- when it is written -----------------------------------------------------------------------------------------------


def test_p27_a_cancelled_order_gets_its_credit_note_from_the_real_flow(
    payment_sandbox: SandboxAtWork, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    order = make_order()
    make_line(order)
    payment = payments.start(order)
    payment_sandbox.pay(payment.session_url)
    with django_capture_on_commit_callbacks(execute=True):
        payments.fulfil(str(payment.session_id))
    cancelling.cancel_and_refund(order, actor="staff:1")
    assert not CreditNote.objects.exists()  # decided, and not yet paid out
    refund = Refund.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        assert payouts.execute(refund.pk)
    (note,) = CreditNote.objects.all()
    assert (note.refund, note.invoice.order, note.gross) == (refund, order, -3480)
    for _ in range(2):
        tasks.write_credit_note(refund.pk)
        tasks.sweep_credit_notes()
    assert CreditNote.objects.count() == 1


def test_p28_a_refund_that_fails_after_it_succeeded_is_corrected_and_not_deleted(
    payment_sandbox: SandboxAtWork,
) -> None:
    order = paid_order(payment_sandbox, card=FAILS_LATER)
    invoice = invoices.make(order)
    cancelling.cancel_and_refund(order, actor="staff:1")
    refund = Refund.objects.get()
    payouts.execute(refund.pk)
    refund.refresh_from_db()
    assert refund.state == State.SUCCEEDED
    first = noted(refund)
    says(refund, "failed")
    correction = noted(refund)
    assert (correction.corrects, amounts(correction)) == (first, (2784, 696, 3480))
    assert correction.number.endswith("-000002")
    assert not credit_notes.due().exists()
    fresh = payouts.again(refund, actor="staff:1")
    second = noted(says(fresh, "succeeded"))
    assert amounts(second) == amounts(first)
    assert sum(note.gross for note in invoice.credit_notes.all()) == -invoice.gross


def test_f1_notes_that_were_lost_are_written_in_the_right_order() -> None:
    payment = invoiced()
    first = refunded(payment)
    assert credit_notes.sweep() == 1
    says(first, "failed")
    second = says(payouts.again(first, actor="staff:1"), "succeeded")
    written = credit_notes.follow(second)  # the correction makes room for the new note
    assert [note.gross for note in written] == [3480, -3480]
    assert written[0].corrects is not None
    assert credit_notes.sweep() == 0


def test_a_refund_that_failed_before_it_was_ever_paid_out_has_no_note() -> None:
    refund = payouts.decide(invoiced(), reason="cancellation", key="r")
    assert credit_notes.follow(refund) == []
    says(refund, "pending")
    assert credit_notes.follow(refund) == []
    says(refund, "failed")
    assert credit_notes.follow(refund) == []
    assert credit_notes.sweep() == 0


def test_p27_money_that_was_never_invoiced_has_no_note() -> None:
    payment = invoiced()
    twice = Payment.objects.create(
        order=payment.order, idempotency_key="twice", amount=3480, currency="eur", state=Payment.State.PAID
    )
    assert credit_notes.follow(refunded(twice)) == []
    assert credit_notes.sweep() == 0
    assert "credit note" not in mails.money_back(payment.order, refund=twice.refunds.get(), reason="y").text


def test_an_order_without_an_invoice_yet_gets_its_note_as_soon_as_it_has_one() -> None:
    payment = invoiced()
    order = payment.order
    Invoice.objects.filter(order=order).delete()
    assert credit_notes.follow(refunded(payment)) == []
    tasks.sweep_credit_notes()
    assert not CreditNote.objects.exists()
    invoices.sweep()
    tasks.sweep_credit_notes()
    assert CreditNote.objects.get().gross == -3480


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_notes_have_a_series_of_their_own_and_are_never_changed() -> None:
    with time_machine.travel(datetime(2026, 12, 31, 12, tzinfo=UTC), tick=False):
        first = noted(refunded(invoiced()))
    with time_machine.travel(datetime(2027, 1, 1, 12, tzinfo=UTC), tick=False):
        second = noted(refunded(invoiced()))
    assert (first.number, second.number) == ("CN-2026-000001", "CN-2027-000001")
    assert list(Invoice.objects.order_by("pk").values_list("number", flat=True)) == [
        "INV-2026-000001", "INV-2027-000001",
    ]  # fmt: skip
    for forbidden in (first.save, first.delete):
        with pytest.raises(Unchangeable):
            forbidden()


@pytest.mark.django_db(transaction=True)
def test_f13_f14_fifty_workers_at_once_write_each_note_once_and_leave_no_hole() -> None:
    payment = invoiced()
    rows = [
        Refund.objects.create(
            payment=paid, idempotency_key=f"r{number}", amount=amount, reason="cancellation", state=State.SUCCEEDED,
            settled_at=timezone.now(),
        )
        for number, (paid, amount) in enumerate([*((invoiced(), 3480) for _ in range(6)), *[(payment, 348)] * 10])
    ]  # fmt: skip
    gate = Barrier(8)

    def work(job: int) -> None:
        try:
            gate.wait(timeout=20)
            with transaction.atomic():
                credit_notes.follow(rows[job % len(rows)])
                if job % 5 == 0:  # some die after the number was taken
                    raise MemoryError
        except MemoryError:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(48)))
    credit_notes.sweep()
    year = timezone.localdate().year
    found = sorted(CreditNote.objects.values_list("number", flat=True))
    assert found == [f"CN-{year}-{number:06}" for number in range(1, 17)]
    notes = payment.invoice.credit_notes.all()
    assert len(notes) == 10
    assert [sum(getattr(note, part) for note in notes) for part in ("net", "vat", "gross")] == [-2784, -696, -3480]
