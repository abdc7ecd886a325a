"""The whole story of a case on one page, for staff."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import OutgoingMail
from orders import invoices
from orders.models import Order
from privacy.models import Child
from refunds import cancelling, cases, changes, credit_notes, tasks
from refunds.models import Case, CreditNote, Return, ReturnLine
from tests.orders.factories import CANARY
from tests.payment_sandbox import SandboxAtWork
from tests.refunds.paying import paid_order
from tests.refunds.staff import member, signed_in

pytestmark = pytest.mark.django_db


def story_of(case: Case) -> str:
    return (
        signed_in(member("refunds.view_case", email=f"{timezone.now().timestamp()}@example.com"))
        .get(cases.case_page(case))
        .text
    )


def test_p29_a_case_tells_its_whole_story_and_nothing_of_the_child(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox, books=2)
    Order.objects.update(contact_by="phone")
    line = order.lines.all()[0]
    invoices.make(order)
    changes.ask(line, f"Could {CANARY} have longer hair?")
    case = cancelling.cancel_book(
        line, actor=f"staff:{member(email='ida@example.com').pk}", note="It was the wrong story"
    )
    tasks.sweep_payouts()
    credit_notes.sweep()
    case.refresh_from_db()
    page = story_of(case)
    for words in (
        order.number,
        "telephone",
        "+4532123456",
        "It was the wrong story",
        "1 of 1",
        "€29.90",
        "money is back",
        "ida@example.com",  # who did it, by name
        "change asked",
        "book cancelled",
        "Your order " + order.number + ": your money is on its way back",
        "We are sending back €29.90",
        CreditNote.objects.get().number,
    ):
        assert words in page, words
    assert "/orders/open/" not in page
    assert CANARY not in page
    assert Child.objects.count() == 2


def test_p27_the_story_of_a_return_shows_the_share_of_the_delivery(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox, books=2)
    now = timezone.now()
    back = Return.objects.create(
        number="R-TEST01",
        order=order,
        reason="print",
        wish="refund",
        state="verified",
        inspected_at=now,
        basis="parcel",
    )
    ReturnLine.objects.create(of=back, line=order.lines.all()[0], copies=1)
    page = story_of(cases.decide_return(back, staff=member(), actor="staff:1"))
    assert "R-TEST01" in page
    assert "Share of the delivery" in page
    assert "€2.45" in page
    assert "€32.35" in page


def test_the_story_asks_as_often_for_long_ones_as_for_short_ones(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox)
    staff = member()
    case = cases.give_goodwill(order, amount=100, staff=staff, note="late")
    client = signed_in(member("refunds.view_case", email="reader@example.com"))
    asked = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(cases.case_page(case)).status_code == 200
        asked.append(len(queries))
        for _ in range(3):
            cases.give_goodwill(order, amount=100, staff=staff, note="late again")
            tasks.sweep_payouts()
    assert asked[0] == asked[1]


def test_a_mail_whose_words_are_forgotten_is_still_named(payment_sandbox: SandboxAtWork) -> None:
    from accounts import mail

    order = paid_order(payment_sandbox)
    case = cases.give_goodwill(order, amount=100, staff=member(), note="late")
    OutgoingMail.objects.update(state="sent", sent_at=timezone.now())
    mail.forget_bodies(now=timezone.now() + timedelta(days=4000))
    assert "(forgotten)" in story_of(case)
