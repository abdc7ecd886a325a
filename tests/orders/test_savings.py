"""Coupon and points in the checkout: live sums, a button without scripts, and the sum on the button is what is paid."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from orders import checkout, coupons, invoices, links, mails, payments, points, prices
from orders.models import Coupon, CouponUse, Order, PointsAccount
from orders.views import savings
from tests.orders.factories import ADDRESS, give_points, make_coupon, make_edition, make_line, make_order
from tests.orders.provider import Provider, provider
from tests.orders.test_basket import fill
from tests.orders.test_checkout import ANSWERS, URL, hidden, ready

__all__ = ["provider"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def karen(client: Client) -> User:
    """A signed-in customer with 200 points."""
    user = User.objects.create_user("karen@example.com", "a-long-password")
    give_points(user, 200)
    client.force_login(user)
    return user


def applied(client: Client, posted: dict[str, Any], **typed: str) -> tuple[str, dict[str, Any]]:
    """Press "Apply": the page, and what its form would post then."""
    answer = client.post(URL, posted | typed | {"apply": "1"})
    assert answer.status_code == 200
    return answer.text, posted | typed | hidden(answer.text)


def quote(client: Client, **typed: str) -> str:
    asked = {"country": "DK", "shipping_method": "standard", **typed}
    return client.post(reverse("orders:checkout_quote"), asked).text


# --- what the page says --------------------------------------------------------------------------------------------


def test_p39_the_apply_button_works_without_scripts_and_keeps_everything_typed(client: Client) -> None:
    make_coupon(kind="percent", value=1000)
    posted = ready(client) | {"name": "Karen Holm", "phone": "not yet"}
    page, _ = applied(client, posted, coupon="spring")
    for said in ("Coupon SPRING", "−€2.99", "SPRING takes €2.99 off the books.", "Order and pay €31.81", "€6.36"):
        assert said in page
    for typed in ('value="Karen Holm"', 'value="not yet"', 'value="spring"', 'value="2100"'):
        assert typed in page
    assert "please look at the marked answers" not in page
    assert not Order.objects.exists()


def test_p39_the_quote_says_what_a_coupon_does_or_exactly_why_not(client: Client) -> None:
    make_coupon(minimum=5000)
    fill(client, make_edition())
    page = quote(client, coupon="SPRING")
    assert "€20.10 of that is missing." in page
    assert 'name="shown_total" value="3480"' in page
    Coupon.objects.update(minimum=0)
    page = quote(client, coupon="SPRING")
    assert "SPRING takes €5.00 off the books." in page
    assert 'name="shown_total" value="2980"' in page
    use = CouponUse.objects.create(coupon=Coupon.objects.get(), order=make_order(), amount=500)
    assert "You have used this coupon already." in quote(client, coupon="SPRING", email="KAREN@example.com")
    use.delete()
    assert client.get(reverse("orders:checkout_quote"), {"coupon": "SPRING"}).status_code == 405


def test_p40_points_are_offered_to_those_who_have_some(client: Client, karen: User) -> None:
    fill(client, make_edition())
    page = client.get(URL).text
    assert "You have 200, worth €10.00." in page
    page = quote(client, points="120")
    assert "120 points take €6.00 off the books. You keep 80." in page
    assert 'name="shown_total" value="2880"' in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("201", "You have 200 points. Please give a smaller number, or none."),
        ("-5", "Please give the number of points in figures."),
        ("all", "Please give the number of points in figures."),
        ("²", "Please give the number of points in figures."),
    ],
)
def test_p40_points_that_cannot_be_used_are_refused_with_a_reason(
    client: Client, karen: User, typed: str, said: str
) -> None:
    posted = ready(client)
    page, _ = applied(client, posted, points=typed)
    assert said in page
    assert "Order and pay €34.80" in page
    answer = client.post(URL, posted | {"points": typed})
    assert (answer.status_code, said in answer.text) == (422, True)
    assert not Order.objects.exists()


def test_p40_points_never_pay_the_delivery(client: Client, karen: User) -> None:
    give_points(karen, 1000)
    make_coupon(value=2000)
    fill(client, make_edition())
    said = "The books of this order take at most 198 points. The delivery is paid by card."
    assert said in quote(client, points="199", coupon="SPRING")
    assert 'name="shown_total" value="490"' in quote(client, points="198", coupon="SPRING")


def test_p40_a_guest_is_told_kindly_and_cannot_use_points(client: Client) -> None:
    fill(client, make_edition())
    assert "With an account, books you buy earn points for the next ones." in client.get(URL).text
    assert "Points belong to an account. Please sign in to use yours." in quote(client, points="5")
    user = User.objects.create_user("new@example.com", "a-long-password")
    client.force_login(user)
    fill(client, make_edition())
    page = client.get(URL).text
    assert "Points to use" not in page
    assert "With an account" not in page


def test_p39_codes_cannot_be_guessed_without_end(client: Client) -> None:
    make_coupon()
    fill(client, make_edition())
    for turn in range(savings.WRONG_CODES):
        assert "SPRING takes €5.00" in quote(client, coupon="SPRING")  # right ones are not counted
        assert "We do not know this code." in quote(client, coupon=f"GUESS{turn}")
    for code in ("GUESS", "SPRING"):
        assert "Too many codes that do not work came from your connection." in quote(client, coupon=code)
    assert "Order and pay €34.80" in quote(client)


# --- placing -------------------------------------------------------------------------------------------------------


def test_p39_p40_an_order_with_coupon_and_points_adds_up_everywhere(
    client: Client, karen: User, provider: Provider
) -> None:
    coupon = make_coupon(value=1001, limit=10)
    posted = ready(client, make_edition(), make_edition(), format="hardcover", quantity=2)
    page, posted = applied(client, posted, coupon="spring", points="101")
    assert "Order and pay €149.44" in page
    answer = client.post(URL, posted)
    order = Order.objects.get()
    assert answer.headers["Location"] == reverse("orders:to_payment", args=[order.number])
    assert (order.items_total, order.discount_total, order.points_used, order.point_value) == (15960, 1001, 101, 5)
    assert (order.shipping_total, order.total, order.vat_total) == (490, 14944, 2989)
    assert list(order.lines.values_list("discount", "points")) == [(501, 50), (500, 51)]
    coupon.refresh_from_db()
    assert (coupon.used, CouponUse.objects.get().amount) == (1, 1001)
    assert points.balance(karen) == 99
    # The provider's page: each copy at what it costs.
    items = payments._line_items(order)
    assert sum(item.quantity * item.unit_amount for item in items) == 14944
    costs = [(item.quantity, item.unit_amount) for item in items]
    assert costs == [(1, 3614), (1, 3615), (1, 3610), (1, 3615), (1, 490)]
    assert provider.sessions[next(iter(provider.sessions))].amount == 14944
    # What the customer reads.
    page = client.get(reverse("orders:pay", args=[order.number])).text
    for said in ("Coupon SPRING", "−€10.01", "101 points", "−€5.05", "€149.44"):
        assert said in page
    Order.objects.update(paid_at=order.created_at)
    order.refresh_from_db()
    confirmed = mails.order_confirmed(order)
    for said in ("Coupon SPRING: −€10.01", "101 points: −€5.05", "Total paid: €149.44"):
        assert said in confirmed.text
    invoice = invoices.make(order)
    assert [(line["text"], line["gross"]) for line in invoice.lines][2:] == [
        ("Delivery to Denmark", 490),
        ("Coupon SPRING", -1001),
        ("101 reward points", -505),
    ]
    assert (invoice.gross, invoice.vat, invoice.net) == (14944, 2989, 11955)
    for part in ("gross", "vat", "net"):
        assert sum(line[part] for line in invoice.lines) == getattr(invoice, part)
    assert all(line["net"] + line["vat"] == line["gross"] for line in invoice.lines)


def test_p39_books_that_a_coupon_pays_whole_leave_the_delivery_to_the_card(client: Client, provider: Provider) -> None:
    make_coupon(kind="percent", value=10_000)
    page, posted = applied(client, ready(client), coupon="SPRING")
    assert "Order and pay €4.90" in page
    client.post(URL, posted)
    order = Order.objects.get()
    assert (order.total, order.discount_total, order.vat_total) == (490, 2990, 98)
    assert [(item.quantity, item.unit_amount) for item in payments._line_items(order)] == [(1, 0), (1, 490)]


def test_p39_a_coupon_used_up_meanwhile_brings_the_page_back_with_the_new_sum(
    client: Client, provider: Provider
) -> None:
    make_coupon(limit=1)
    _, posted = applied(client, ready(client), coupon="SPRING")
    Coupon.objects.update(used=1)
    answer = client.post(URL, posted)
    assert answer.status_code == 422
    assert "This code has been used already." in answer.text
    assert "Order and pay €34.80" in answer.text
    assert not Order.objects.exists()
    again = client.post(URL, posted | {"coupon": ""} | hidden(answer.text))
    assert again.status_code == 302
    assert (Order.objects.get().total, CouponUse.objects.count()) == (3480, 0)


def test_p39_a_coupon_used_up_in_the_last_moment_orders_nothing(
    client: Client, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_coupon(limit=1)
    _, posted = applied(client, ready(client), coupon="SPRING")
    place = checkout.place

    def late(**options: Any) -> Order:
        Coupon.objects.update(used=1)
        return place(**options)

    monkeypatch.setattr(checkout, "place", late)
    answer = client.post(URL, posted)
    assert (answer.status_code, "This code has been used already." in answer.text) == (422, True)
    assert not Order.objects.exists()


def test_p40_points_spent_meanwhile_order_nothing(
    client: Client, karen: User, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, posted = applied(client, ready(client), points="150")
    place = checkout.place

    def late(**options: Any) -> Order:
        PointsAccount.objects.update(balance=149)
        return place(**options)

    monkeypatch.setattr(checkout, "place", late)
    answer = client.post(URL, posted)
    assert (answer.status_code, "You have 149 points." in answer.text) == (422, True)
    assert (Order.objects.count(), PointsAccount.objects.get().balance) == (0, 149)


def test_p39_a_coupon_that_was_typed_but_not_applied_is_shown_before_anybody_pays(
    client: Client, provider: Provider
) -> None:
    make_coupon()
    posted = ready(client) | {"coupon": "SPRING"}
    answer = client.post(URL, posted)
    assert answer.status_code == 422
    assert "Please look at the total once more" in answer.text
    assert "Order and pay €29.80" in answer.text
    client.post(URL, posted | hidden(answer.text))
    assert Order.objects.get().total == 2980


def test_the_sum_that_is_charged_is_the_one_on_the_button_also_under_the_lock(client: Client) -> None:
    ready(client)
    ticket = checkout.read_ticket(checkout.new_ticket())
    assert ticket is not None
    with pytest.raises(checkout.SumChanged):
        checkout.place(
            delivery=checkout.Delivery(**ADDRESS), basket_key=client.session["basket"], ticket=ticket, user=None,
            shown_total=3479,
        )  # fmt: skip
    assert not Order.objects.exists()


def test_p39_p40_taken_back_to_the_basket_coupon_and_points_come_back(
    client: Client, karen: User, provider: Provider
) -> None:
    make_coupon(limit=1)
    _, posted = applied(client, ready(client), coupon="SPRING", points="100")
    client.post(URL, posted)
    assert (Coupon.objects.get().used, points.balance(karen)) == (1, 100)
    client.post(reverse("orders:take_back", args=[Order.objects.get().number]))
    assert (Coupon.objects.get().used, points.balance(karen)) == (0, 200)
    _, posted = applied(client, ANSWERS | hidden(client.get(URL).text), coupon="SPRING", points="200")
    client.post(URL, posted)
    assert (Coupon.objects.get().used, points.balance(karen)) == (1, 0)
    checkout.give_up(Order.objects.get(state="awaiting_payment"))
    assert (Coupon.objects.get().used, points.balance(karen)) == (0, 200)


def test_prices_take_no_more_off_than_the_books_cost() -> None:
    order = make_order()
    line = make_line(order)
    with pytest.raises(ValueError, match="above the price"):
        prices.totals([line], "standard", "DK", discount=2991)
    sums = prices.totals([line], "standard", "DK", discount=2990)
    assert (sums.total, sums.vat, sums.net) == (490, 98, 392)


def test_a_link_to_the_order_shows_what_was_taken_off(client: Client) -> None:
    order = make_order(discount_total=500, total=2980, vat_total=596, state=Order.State.PAID)
    make_line(order, discount=500)
    coupons.take(coupons.Discount(make_coupon(), 500), order)
    page = client.get(links.order_link(order), follow=True).text
    assert "Coupon SPRING" in page
    assert "−€5.00" in page
