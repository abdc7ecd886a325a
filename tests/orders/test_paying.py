"""From the checkout to the payment page and back, with other tabs, the back button and a provider that is down."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import OutgoingMail
from orders import tasks
from orders.models import BasketLine, Order, Payment
from privacy import children
from privacy.models import Child
from tests.orders.factories import CANARY, make_edition, make_ordered
from tests.orders.provider import Provider, provider
from tests.orders.test_checkout import ANSWERS, URL, hidden, ready

__all__ = ["provider"]
pytestmark = pytest.mark.django_db


def pay(client: Client, provider: Provider) -> Order:
    client.post(URL, ready(client))
    order = Order.objects.get()
    provider.pay(order.payments.get().session_id or "")
    return order


def test_the_browser_is_taken_to_the_payment_page_without_a_redirect(client: Client, provider: Provider) -> None:
    client.post(URL, ready(client))
    order = Order.objects.get()
    answer = client.get(reverse("orders:to_payment", args=[order.number]))
    assert answer.status_code == 200
    assert f'href="https://pay.example/{order.number}/1"' in answer.text
    assert f'<noscript><meta http-equiv="refresh" content="0; url=https://pay.example/{order.number}/1">' in answer.text


def test_coming_back_paid_says_thanks_and_starts_everything_once(client: Client, provider: Provider) -> None:
    order = pay(client, provider)
    back = reverse("orders:pay_return", args=[order.number])
    for _ in range(2):
        answer = client.get(back)
        assert answer.status_code == 200
        assert "Thank you. It is paid." in answer.text
    order.refresh_from_db()
    assert order.state == Order.State.PAID
    assert order.paid_at is not None
    assert [event.kind for event in order.events.all()] == ["placed", "paid"]
    mails = OutgoingMail.objects.all()
    assert [(mail.template, mail.recipient) for mail in mails] == [("order_confirmed", "karen@example.com")]
    assert CANARY not in mails[0].subject + mails[0].text + mails[0].html
    edition = order.lines.get().edition
    assert edition is not None
    assert edition.revisions.get().full_wanted
    assert edition.child.consents.get().verified_at is not None


def test_coming_back_unpaid_waits_and_asks_again(client: Client, provider: Provider) -> None:
    client.post(URL, ready(client))
    order = Order.objects.get()
    back = reverse("orders:pay_return", args=[order.number])
    assert "Waiting for your payment to arrive" in client.get(back).text
    provider.pay(order.payments.get().session_id or "")
    assert "Thank you. It is paid." in client.get(back).text


def test_the_back_button_after_paying_shows_the_paid_order(client: Client, provider: Provider) -> None:
    order = pay(client, provider)
    client.get(reverse("orders:pay_return", args=[order.number]))
    page = reverse("orders:order", args=[order.number])
    asked = list(provider.asked)
    for url in (reverse("orders:pay", args=[order.number]), reverse("orders:to_payment", args=[order.number])):
        assert client.get(url, follow=True).redirect_chain[-1][0] == page
    assert client.post(reverse("orders:pay", args=[order.number])).headers["Location"] == page
    assert (Payment.objects.count(), provider.asked) == (1, asked)


def test_f2_paying_in_one_tab_and_ordering_again_in_another_charges_once(client: Client, provider: Provider) -> None:
    posted = ready(client)
    client.post(URL, posted)
    order = Order.objects.get()
    provider.pay(order.payments.get().session_id or "")
    # The shop has not heard of it yet; the second click must find out instead of opening a second page.
    answer = client.post(URL, posted)
    assert answer.headers["Location"] == reverse("orders:pay_return", args=[order.number])
    order.refresh_from_db()
    assert (order.state, len(provider.sessions)) == (Order.State.PAID, 1)


def test_a_payment_provider_that_is_down_loses_nothing(client: Client, provider: Provider) -> None:
    provider.down = True
    answer = client.post(URL, ready(client), follow=True)
    assert answer.status_code == 200
    assert "You have not been charged" in answer.text
    assert "Try again" in answer.text
    order = Order.objects.get()
    again = reverse("orders:pay", args=[order.number])
    assert client.post(again).headers["Location"] == again + "?no-answer"
    provider.down = False
    assert client.post(again).headers["Location"] == reverse("orders:to_payment", args=[order.number])
    assert (Order.objects.count(), Payment.objects.count(), len(provider.sessions)) == (1, 1, 1)


def test_cancelling_on_the_payment_page_offers_to_pay_or_to_change(client: Client, provider: Provider) -> None:
    client.post(URL, ready(client))
    order = Order.objects.get()
    answer = client.get(reverse("orders:order", args=[order.number]), follow=True)
    assert "waits for your payment" in answer.text
    assert "Pay €34.80" in answer.text
    assert "Change the order" in answer.text


def test_changing_takes_the_books_back_and_closes_the_payment_page(client: Client, provider: Provider) -> None:
    edition = make_edition()
    client.post(URL, ready(client, edition, quantity=3))
    order = Order.objects.get()
    answer = client.post(reverse("orders:take_back", args=[order.number]))
    assert answer.headers["Location"] == reverse("orders:basket")
    order.refresh_from_db()
    assert order.state == Order.State.CANCELLED
    assert order.payments.get().state == Payment.State.EXPIRED
    line = BasketLine.objects.get()
    assert (line.edition, line.quantity, line.basket) == (edition, 3, client.session["basket"])
    # And it can be ordered again.
    assert client.post(URL, ANSWERS | hidden(client.get(URL).text)).status_code == 302
    assert Order.objects.filter(state=Order.State.AWAITING_PAYMENT).count() == 1


def test_an_order_paid_a_moment_ago_is_not_taken_back(client: Client, provider: Provider) -> None:
    order = pay(client, provider)
    answer = client.post(reverse("orders:take_back", args=[order.number]))
    assert answer.headers["Location"] == reverse("orders:order", args=[order.number])
    order.refresh_from_db()
    assert order.state == Order.State.PAID
    assert not BasketLine.objects.exists()


def test_p5_a_book_forgotten_before_it_is_paid_is_not_charged(client: Client, provider: Provider) -> None:
    edition = make_edition()
    client.post(URL, ready(client, edition))
    children.forget(edition.child, reason=Child.End.DELETED)
    order = Order.objects.get()
    assert order.state == Order.State.CANCELLED
    asked = list(provider.asked)
    client.post(reverse("orders:pay", args=[order.number]))
    assert provider.asked == asked


def test_f20_the_pages_of_a_payment_are_a_404_for_everybody_else(provider: Provider) -> None:
    order = make_ordered(state=Order.State.AWAITING_PAYMENT)
    stranger = Client()
    for name in ("pay", "to_payment", "pay_return"):
        theirs = stranger.get(reverse(f"orders:{name}", args=[order.number]))
        none = stranger.get(reverse(f"orders:{name}", args=["LD-999999"]))
        assert (theirs.status_code, none.status_code) == (404, 404)
        assert theirs.content == none.content
    assert stranger.post(reverse("orders:take_back", args=[order.number])).status_code == 404
    assert provider.asked == []


# --- giving up -----------------------------------------------------------------------------------------------------


def test_p10_an_order_that_nobody_pays_is_cancelled_and_forgotten() -> None:
    order = make_ordered(state=Order.State.AWAITING_PAYMENT)
    edition = order.lines.get().edition
    assert edition is not None
    with time_machine.travel(order.created_at + timedelta(hours=47, minutes=59), tick=False):
        tasks.sweep_unpaid()
        order.refresh_from_db()
        assert order.state == Order.State.AWAITING_PAYMENT
    with time_machine.travel(order.created_at + timedelta(hours=48, minutes=1), tick=False):
        tasks.sweep_unpaid()
    order.refresh_from_db()
    edition.child.refresh_from_db()
    assert order.state == Order.State.CANCELLED
    assert edition.child.end_reason == Child.End.ABANDONED


def test_an_order_whose_payment_may_still_arrive_is_left_alone() -> None:
    order = make_ordered(state=Order.State.AWAITING_PAYMENT)
    Payment.objects.create(order=order, idempotency_key="k", amount=1, currency="eur", state=Payment.State.OPEN)
    with time_machine.travel(order.created_at + timedelta(days=5), tick=False):
        tasks.sweep_unpaid()
    order.refresh_from_db()
    assert order.state == Order.State.AWAITING_PAYMENT
