"""Mails name the order, never the child, and each is sent once."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.conf import settings

from accounts.models import OutgoingMail
from books.models import Revision
from orders import links, mails
from orders.models import Order, Payment, PrintJob, Refund
from tests.orders.factories import CANARY, make_ordered

pytestmark = pytest.mark.django_db
Send = Callable[[Order], OutgoingMail]
KEPT = datetime(2026, 3, 19, 12, 0, tzinfo=UTC)


def new_copy(order: Order) -> OutgoingMail:
    line = order.lines.all()[0]
    return mails.new_copy_ready(order, line=line, revision=Revision.objects.get(edition=line.edition))


ALL: dict[str, tuple[Send, str, list[str]]] = {
    "order_confirmed": (
        mails.order_confirmed,
        "Your order {} is confirmed",
        ["€64.70", "VAT contained: €12.94", "2100 Copenhagen", "right of withdrawal does not apply"],
    ),
    "digital_copy_ready": (
        mails.digital_copy_ready,
        "Your order {}: please look at your digital copy",
        ["1 x The Night Post, softcover", "Nothing is printed before you approve"],
    ),
    "new_copy_ready": (
        new_copy,
        "Your order {}: the changed digital copy is ready",
        ["Version 1 of The Night Post"],
    ),
    "approval_reminder": (
        lambda order: mails.approval_reminder(order, day=3),
        "Your order {}: your digital copy waits for you",
        ["You have not approved it yet"],
    ),
    "book_approved": (
        mails.book_approved,
        "Your order {} is approved for print",
        ["exactly as you saw it", "Strandvejen 1"],
    ),
    "in_print": (mails.in_print, "Your order {} is being printed", ["The Night Post"]),
    "shipped": (
        lambda order: mails.shipped(order, carrier="PostNord", tracking="https://carrier.example/t/1"),
        "Your order {} is on its way",
        ["PostNord", "https://carrier.example/t/1", "within 7 days"],
    ),
    "payment_failed": (
        lambda order: mails.payment_failed(order, payment=Payment(pk=1), declined=True, kept_until=KEPT),
        "Your order {}: the payment did not work",
        ["nothing was charged", "1 x The Night Post, softcover", "until Thursday 19 March, 13:00", "/pay/"],
    ),
    "payment_reminder": (
        lambda order: mails.payment_reminder(order, kept_until=KEPT),
        "Your order {} waits to be paid",
        ["Nothing was charged so far", "until Thursday 19 March, 13:00", "This is the only reminder", "/pay/"],
    ),
    "order_not_paid": (
        mails.order_not_paid,
        "Your order {} was not paid and is cancelled",
        ["Nothing was charged", "has been forgotten", "make it anew"],
    ),
    "has_it_arrived": (
        mails.has_it_arrived,
        "Your order {}: has your parcel arrived?",
        ["should be with you in Denmark", "/arrived/", "/missing/"],
    ),
    "delivered": (
        lambda order: mails.delivered(order, until=date(2026, 3, 19)),
        "Your order {} has arrived",
        ["you can send it back until Thursday 19 March 2026", "statutory rights", "/missing/"],
    ),
    "order_cancelled": (
        lambda order: mails.order_cancelled(order, refund=6470, reason="You asked for it."),
        "Your order {} is cancelled",
        ["You asked for it.", "€64.70", "10 to 14 business days, at the latest by", "A credit note (PDF)"],
    ),
    "not_printed": (
        lambda order: mails.not_printed(order, line=order.lines.all()[0]),
        "Your order {}: a book was not printed in time",
        ["You approved The Night Post", "You get all your money back", "make it anew"],
    ),
    "money_back": (
        lambda order: mails.money_back(order, refund=Refund(pk=1, amount=6470), reason="This order was paid twice."),
        "Your order {}: your money is on its way back",
        ["This order was paid twice.", "€64.70", "10 to 14 business days, at the latest by"],
    ),
    "change_answered": (
        lambda order: mails.change_answered(order, message=1),
        "An answer about your order {}",
        ["waiting on the page of your order"],
    ),
    "fresh_link": (mails.fresh_link, "A new link to your order {}", ["If it was not you, do nothing"]),
}


@pytest.mark.parametrize("template", sorted(ALL))
def test_each_mail_says_its_thing_once_in_text_and_html_and_never_names_the_child(template: str) -> None:
    send, subject, said = ALL[template]
    order = make_ordered(books=2)
    mail = send(order)
    assert send(order) == mail
    assert OutgoingMail.objects.count() == 1
    assert mail.template == template
    assert mail.recipient == "karen@example.com"
    assert mail.subject == subject.format(order.number)
    for words in said:
        assert words in mail.text
    link = links.order_link(order).rpartition(".")[0].rpartition(".")[0]  # without stamp and signature
    assert link in mail.text
    assert link in mail.html
    for part in (mail.subject, mail.text, mail.html):
        assert CANARY not in part
        assert "&#x27;" not in mail.text
        assert str(order.lines.all()[0].edition_id) not in part


def test_a_mail_is_one_per_thing_it_is_about() -> None:
    order = make_ordered()
    for day in (3, 6, 9, 3):
        mails.approval_reminder(order, day=day)
    assert OutgoingMail.objects.count() == 3


def test_a_cancelled_order_that_was_never_paid_says_that_nothing_was_charged() -> None:
    text = mails.order_cancelled(make_ordered()).text
    assert "Nothing was charged." in text
    assert "sending back" not in text


def test_a_name_with_an_apostrophe_reaches_the_text_as_it_is() -> None:
    order = make_ordered(name="Aoife O'Neill & Co")
    mail = mails.book_approved(order)
    assert "Aoife O'Neill & Co" in mail.text
    assert "Aoife O&#x27;Neill &amp; Co" in mail.html


def test_the_link_in_a_mail_is_on_our_own_site() -> None:
    assert mails.book_approved(make_ordered()).text.count(settings.SITE_URL + "/orders/open/") == 1
    confirmed = mails.order_confirmed(make_ordered())
    for part in (confirmed.text, confirmed.html):  # the order, then its invoice
        assert part.count(settings.SITE_URL + "/orders/open/") == 2
        assert re.search(r"/orders/open/[^/\s]+/invoice/", part)


def test_staff_get_one_mail_for_each_thing_that_waits_and_a_link_to_it() -> None:
    order = make_ordered(state=Order.State.IN_PRINT)
    job = PrintJob.objects.create(number="J-1", line=order.lines.get(), revision=1, profile="house", state="blocked")
    mail = mails.job_needs_staff(job)
    assert mails.job_needs_staff(job) == mail
    assert (mail.recipient, mail.subject) == (settings.CONTROLLER["email"], "For staff: print job J-1 needs you")
    assert f"{settings.SITE_URL}/admin/orders/printjob/{job.pk}/change/" in mail.text
    assert CANARY not in mail.text + mail.html


def test_p27_points_that_come_back_are_said_with_the_money() -> None:
    order = make_ordered()
    for points, words in (
        (0, None),
        (1, "1 reward point that you spent is in"),
        (120, "120 reward points that you spent are in"),
    ):
        OutgoingMail.objects.all().delete()
        for mail in (
            mails.order_cancelled(order, refund=6470, points=points),
            mails.money_back(order, refund=Refund(pk=1, amount=6470), reason="It was cancelled.", points=points),
        ):
            assert (words is None and "reward point" not in mail.text) or (words is not None and words in mail.text)
            assert (words or "€64.70") in mail.html
