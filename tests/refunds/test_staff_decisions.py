"""Staff decide about money: every page says what will happen, with the very mail, before it does (P23, P27, P29)."""

from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import OutgoingMail, User
from orders import money_back, states
from orders.models import Order, OrderEvent, PointsEntry, PrintJob, Refund
from privacy.models import Child
from refunds import cancelling, cases, tasks
from refunds.models import Case
from tests.orders.factories import CANARY
from tests.payment_sandbox import SandboxAtWork
from tests.refunds.paying import paid_order, payment_of, went_back
from tests.refunds.staff import member, signed_in

pytestmark = pytest.mark.django_db
MAY = ("refunds.add_case", "refunds.view_case", "orders.view_order")


@pytest.fixture
def one() -> User:
    return member(*MAY, email="one@example.com")


@pytest.fixture
def two() -> User:
    return member(*MAY, "refunds.approve_case", email="two@example.com")


@pytest.fixture
def low_limit(settings: Settings) -> None:
    settings.SECOND_PERSON_ABOVE = 2000


def letter_on(page: str) -> str:
    """The text of the mail that a page shows."""
    return unescape(page.partition("<pre>")[2].partition("</pre>")[0])


def said_without_links(mail: OutgoingMail) -> str:
    return "\n".join(line for line in mail.text.splitlines() if "http" not in line)


def page_of(name: str, order: Order, *args: object) -> str:
    return reverse(f"refunds:{name}", args=[order.number, *args])


def everything() -> tuple[object, ...]:
    """What a look at a page must not change."""
    return (
        [
            list(model.objects.order_by("pk").values())
            for model in (Order, Case, Refund, PrintJob, OrderEvent, OutgoingMail, PointsEntry)
        ],
        list(Child.objects.values_list("ended_at", flat=True)),
    )


def test_p23_the_page_shows_the_very_mail_and_looking_changes_nothing(
    payment_sandbox: SandboxAtWork, one: User
) -> None:
    order = paid_order(payment_sandbox)
    before, client = everything(), signed_in(one)
    page = client.get(page_of("cancel", order)).text
    assert everything() == before
    assert "€34.80" in page
    assert "everything about the child is forgotten" in page
    assert f"{money_back.promised_from_today('DK'):%Y}" in page
    assert "/orders/open/" not in page  # whoever has the link sees the child (P12)
    assert CANARY not in page
    client.post(page_of("cancel", order), {"sure": "on"})
    sent = OutgoingMail.objects.get(template="order_cancelled")
    shown = "\n".join(line for line in letter_on(page).splitlines() if "(a link)" not in line)
    assert shown.strip() == said_without_links(sent).strip()
    assert sent.subject in page


def test_p23_staff_cancel_one_book_once(payment_sandbox: SandboxAtWork, one: User) -> None:
    order = paid_order(payment_sandbox, books=2)
    line, kept = order.lines.all()
    client, address = signed_in(one), page_of("cancel_book", order, line.pk)
    page = client.get(address).text
    assert "Cancel this book and give back €29.90" in page
    assert "The other books go on." in page
    for _ in range(2):
        assert client.post(address, {"sure": "on", "note": "asked by mail"}).status_code == 302
    case = Case.objects.get()
    assert (case.amount, case.decided_by, case.note) == (2990, one, "asked by mail")
    line.refresh_from_db()
    kept.refresh_from_db()
    assert (line.cancelled_at is None, kept.cancelled_at) == (False, None)
    assert "This book is cancelled already." in client.get(address).text
    assert "last book of the order" in client.get(page_of("cancel_book", order, kept.pk)).text


def test_p27_goodwill_says_what_happens_first_and_a_second_click_is_the_same_case(
    payment_sandbox: SandboxAtWork, one: User
) -> None:
    order = paid_order(payment_sandbox)
    client, address = signed_in(one), page_of("goodwill", order)
    assert "€34.80 can still go back" in client.get(address).text
    for wrong, words in (
        ("", "how much"),
        ("5.001", "whole cents"),
        ("-1", "one cent at least"),
        ("five", "in figures"),
    ):
        answer = client.post(address, {"amount": wrong, "note": "late", "seen": 0})
        assert (answer.status_code, words in answer.text) == (422, True), wrong
    much = client.post(address, {"amount": "34.81", "note": "late", "seen": 0})
    assert (much.status_code, "not so much left" in much.text) == (409, True)
    said = {"amount": "5.00", "note": "The parcel was late", "seen": 0}
    before = everything()
    asked = client.post(address, said)
    assert everything() == before
    assert "Give €5.00 back" in asked.text
    assert "We are sending back €5.00" in letter_on(asked.text)
    for _ in range(2):
        assert client.post(address, {**said, "sure": "on"}).status_code == 302
    assert Case.objects.get().amount == 500
    assert OutgoingMail.objects.filter(template="money_back").count() == 1
    # Somebody who looked before that does not give something else on top without looking again.
    stale = client.post(address, {**said, "amount": "6.00", "sure": "on"})
    assert (stale.status_code, "while you looked" in stale.text, Case.objects.count()) == (409, True, 1)
    tasks.sweep_payouts()
    assert went_back(payment_sandbox) == 500


@pytest.mark.usefixtures("low_limit")
def test_p27_above_the_limit_the_page_says_so_and_a_colleague_agrees(
    payment_sandbox: SandboxAtWork, one: User, two: User
) -> None:
    order = paid_order(payment_sandbox)
    address = page_of("cancel", order)
    page = signed_in(one).get(address).text
    assert "€34.80 is above €20.00: a colleague has to agree." in page
    assert "the order is held" in page
    assert f"Propose to cancel {order.number} and give back €34.80" in page
    assert "Your order" in letter_on(page)  # what the customer will read once a colleague has agreed
    told = signed_in(one).post(address, {"sure": "on", "note": "twice the wrong story"}, follow=True).text
    assert "€34.80 needs a second person" in told
    case = Case.objects.get()
    assert (case.state, OutgoingMail.objects.filter(template="order_cancelled").count()) == (Case.State.PROPOSED, 0)
    assert (
        reverse("refunds:decide", args=[case.pk]) in OutgoingMail.objects.get(key=f"staff:case:{case.pk}:proposed").text
    )
    assert "has proposed to cancel" in signed_in(one).get(address).text
    decide = reverse("refunds:decide", args=[case.pk])
    own = signed_in(one).get(decide).text
    assert "You proposed this yourself" in own
    assert "Agree, and give back" not in own
    assert signed_in(one).post(decide, {"agree": "on"}).status_code == 403
    before = everything()
    theirs = signed_in(two).get(decide).text
    assert everything() == before
    assert "Agree, and give back €34.80" in theirs
    assert "twice the wrong story" in theirs
    for _ in range(2):
        assert signed_in(two).post(decide, {"agree": "on"}).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.proposed_by, case.decided_by) == (Case.State.APPROVED, one, two)
    assert (Refund.objects.get().amount, OutgoingMail.objects.filter(template="order_cancelled").count()) == (3480, 1)
    assert Order.objects.get().state == Order.State.CANCELLED


@pytest.mark.usefixtures("low_limit")
def test_a_proposal_is_declined_with_a_reason_or_taken_back_by_whoever_made_it(
    payment_sandbox: SandboxAtWork, one: User, two: User
) -> None:
    order = paid_order(payment_sandbox)
    for who, other in ((two, None), (one, member(*MAY, email="other@example.com"))):
        case = cancelling.cancel_and_refund(order, actor="staff:1", staff=one)
        address = reverse("refunds:decide", args=[case.pk])
        if other is not None:  # may propose, and neither agree nor decline what others did
            assert signed_in(other).get(address).status_code == 200
            assert signed_in(other).post(address, {"decline": "on", "why": "no"}).status_code == 403
        empty = signed_in(who).post(address, {"decline": "on", "why": ""})
        assert (empty.status_code, "Please say why" in empty.text) == (422, True)
        signed_in(who).post(address, {"decline": "on", "why": "The parent has changed their mind"})
        case.refresh_from_db()
        order.refresh_from_db()
        assert (case.state, order.state, order.held_at) == (Case.State.DECLINED, Order.State.IN_REVIEW, None)
    assert not Refund.objects.exists()


@pytest.mark.usefixtures("low_limit")
def test_a_proposal_that_came_too_late_says_so_and_can_only_be_declined(
    payment_sandbox: SandboxAtWork, one: User, two: User
) -> None:
    order = paid_order(payment_sandbox)
    case = cancelling.cancel_and_refund(order, actor="staff:1", staff=one)
    for state in (Order.State.APPROVED, Order.State.IN_PRINT, Order.State.SHIPPED):
        states.move(order, state, actor="test")
        order.refresh_from_db()
    address = reverse("refunds:decide", args=[case.pk])
    page = signed_in(two).get(address)
    assert "It cannot be carried out any more" in page.text
    assert "Agree, and give back" not in page.text
    late = signed_in(two).post(address, {"agree": "on"})
    assert (late.status_code, Refund.objects.count()) == (409, 0)
    case.refresh_from_db()
    assert case.state == Case.State.PROPOSED


def test_p28_a_failed_refund_is_sent_again_once_to_the_same_card(payment_sandbox: SandboxAtWork, one: User) -> None:
    order = paid_order(payment_sandbox)
    failed = Refund.objects.create(
        payment=payment_of(order),
        idempotency_key="f",
        amount=3480,
        reason="test",
        state="failed",
        failure="expired_card",
    )
    client, address = signed_in(one), reverse("refunds:send_again", args=[failed.pk])
    page = client.get(address).text
    assert "Send €34.80 again" in page
    assert "expired_card" in page
    assert "nowhere else" in page
    assert Refund.objects.count() == 1
    for _ in range(2):
        client.post(address)
    fresh = Refund.objects.exclude(pk=failed.pk).get()
    assert (fresh.payment, fresh.amount) == (failed.payment, 3480)
    assert "it was sent again already" in client.get(address).text


@pytest.mark.parametrize("name", ["cancel", "cancel_book", "goodwill", "decide", "send_again", "queue", "case"])
def test_f19_pages_that_decide_need_a_login_and_their_permission(payment_sandbox: SandboxAtWork, name: str) -> None:
    order = paid_order(payment_sandbox)
    case = cases.give_goodwill(order, amount=100, staff=member(email="x@example.com"), note="late")
    address = {
        "cancel_book": page_of("cancel", order).replace("/cancel/", f"/books/{order.lines.get().pk}/cancel/"),
        "decide": reverse("refunds:decide", args=[case.pk]),
        "send_again": reverse("refunds:send_again", args=[Refund.objects.get().pk]),
        "queue": reverse("refunds:queue"),
        "case": cases.case_page(case),
    }.get(name) or page_of(name, order)
    customer = member(email="customer@example.com")
    customer.is_staff = False
    customer.save()
    nobody = member("refunds.approve_case", email="nobody@example.com")
    for method in ("get", "post"):
        for client in (Client(), signed_in(customer)):
            answer = getattr(client, method)(address, {"sure": "on", "agree": "on"})
            assert (answer.status_code, "/admin/login/" in answer.headers["Location"]) == (302, True)
        expected = (405, 200) if name == "queue" else (403, 405)
        assert getattr(signed_in(nobody), method)(address, {"sure": "on", "agree": "on"}).status_code in expected
    assert Case.objects.count() == 1
    assert Order.objects.get().state == Order.State.IN_REVIEW
