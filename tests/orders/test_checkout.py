"""From the basket to a placed order, with wrong answers and double clicks."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.signing import TimestampSigner
from django.test import Client
from django.urls import reverse

from accounts.models import OutgoingMail, User
from books.models import Edition
from orders import checkout
from orders.forms import CheckoutForm
from orders.models import BasketLine, Order, OrderLine, Payment
from privacy import children
from privacy.models import Child
from tests.orders.factories import ADDRESS, CANARY, make_edition, make_order
from tests.orders.provider import Provider, provider
from tests.orders.test_basket import fill

__all__ = ["provider"]
pytestmark = pytest.mark.django_db

URL = "/checkout/"
ANSWERS = ADDRESS | {"phone": "32 12 34 56"}


def ready(client: Client, *editions: Edition, **options: Any) -> dict[str, Any]:
    """A filled basket and an opened checkout page; returns what the page's form would post."""
    fill(client, *(editions or (make_edition(),)), **options)
    page = client.get(URL)
    assert page.status_code == 200
    return ANSWERS | hidden(page.text)


def hidden(page: str) -> dict[str, str]:
    """The ticket and the total that a checkout page carries."""
    return {
        name: re.search(rf'name="{name}" value="([^"]*)"', page)[1]  # type: ignore[index]
        for name in ("ticket", "shown_total")
    }


def errors(**changed: str) -> dict[str, list[str]]:
    return {name: [str(error) for error in said] for name, said in CheckoutForm(ANSWERS | changed).errors.items()}


# --- the page ------------------------------------------------------------------------------------------------------


def test_an_empty_basket_has_no_checkout(client: Client) -> None:
    assert client.get(URL).headers["Location"] == reverse("orders:basket")
    assert client.post(URL, ANSWERS).headers["Location"] == reverse("orders:basket")
    assert not Order.objects.exists()


def test_the_page_says_what_is_ordered_what_it_costs_and_that_it_cannot_be_withdrawn_from(client: Client) -> None:
    fill(client, make_edition())
    answer = client.get(URL)
    page = answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    for said in ("The Night Post", "1 × Softcover", "€29.90", "€4.90", "€34.80", "€6.96"):
        assert said in page
    assert "The statutory right of withdrawal does not apply" in page
    assert page.index("right of withdrawal") < page.index("Order and pay €34.80")
    assert 'autocomplete="address-line1"' in page
    assert 'inputmode="tel"' in page
    assert "Sign in" in page
    assert CANARY not in page


def test_the_quote_follows_country_and_delivery(client: Client) -> None:
    fill(client, make_edition())
    page = client.post(reverse("orders:checkout_quote"), {"country": "DE", "shipping_method": "express"}).text
    assert "Delivery to Germany" in page
    assert "Order and pay €44.80" in page
    assert "€2.93" in page  # 7 % in 44.80
    assert 'name="shown_total" value="4480"' in page
    nonsense = client.post(reverse("orders:checkout_quote"), {"country": "XX", "shipping_method": "drone"}).text
    assert "Order and pay €34.80" in nonsense


def test_the_country_is_guessed_from_the_browsers_language(client: Client) -> None:
    fill(client, make_edition())
    assert "Delivery to France" in client.get(URL, headers={"accept-language": "fr-FR,fr;q=0.9"}).text
    assert "Delivery to Denmark" in client.get(URL, headers={"accept-language": "en-US,en;q=0.9"}).text


# --- the form ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("name", "Please enter your name."),
        ("email", "Please enter your e-mail address: your digital copy goes there."),
        ("phone", "Please enter a phone number where the carrier can reach you."),
        ("street", "Please enter street and house number."),
        ("postal_code", "Please enter the postal code."),
        ("city", "Please enter the town or city."),
        ("country", "Please choose the country we deliver to."),
        ("shipping_method", "Please choose how we send your parcel."),
    ],
)
def test_p34_each_missing_field_is_named_and_the_rest_stays(client: Client, field: str, message: str) -> None:
    posted = ready(client) | {field: "" if field in ("country", "shipping_method") else "  "}
    answer = client.post(URL, posted)
    assert answer.status_code == 422
    assert message in answer.text
    assert not Order.objects.exists()
    assert BasketLine.objects.count() == 1
    for name in {"name", "email", "phone", "street", "city"} - {field}:
        assert f'value="{posted[name]}"' in answer.text


def test_p34_the_flat_is_the_only_thing_that_may_stay_empty() -> None:
    assert set(CheckoutForm({}).errors) == set(ADDRESS) - {"street_2"}
    assert errors() == {}


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("DK", "32 12 34 56", "+4532123456"),
        ("DE", "030 123456", "+4930123456"),
        ("DE", "+45 32 12 34 56", "+4532123456"),
        ("FR", "06 12 34 56 78", "+33612345678"),
        ("IT", "0039 06 69812345", "+390669812345"),
    ],
)
def test_phones_are_read_as_the_country_writes_them(country: str, typed: str, kept: str) -> None:
    form = CheckoutForm(ANSWERS | {"country": country, "phone": typed})
    form.is_valid()
    assert form.cleaned_data["phone"] == kept


@pytest.mark.parametrize("typed", ["12", "call me", "+1 555", "0" * 30, "+45 32 12 34 56 78 90"])
def test_phones_that_do_not_exist_are_refused_with_an_example(typed: str) -> None:
    (message,) = errors(phone=typed)["phone"]
    assert message == (
        "Please check the phone number. With the country code in front it should look like +45 34 41 23 45."
    )


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("DK", "2100", "2100"),
        ("DK", "DK-2100", "2100"),
        ("NL", "1012ab", "1012 AB"),
        ("SE", "11120", "111 20"),
        ("PL", "00001", "00-001"),
        ("IE", "d02af30", "D02 AF30"),
        ("LV", "1010", "LV-1010"),
        ("PT", "1000 001", "1000-001"),
        ("MT", "vlt1117", "VLT 1117"),
    ],
)
def test_postal_codes_are_written_as_the_country_writes_them(country: str, typed: str, kept: str) -> None:
    form = CheckoutForm(ANSWERS | {"country": country, "postal_code": typed})
    form.is_valid()
    assert form.cleaned_data["postal_code"] == kept


@pytest.mark.parametrize(
    ("country", "typed", "message"),
    [
        ("DK", "21000", "Please check the postal code. In Denmark it looks like 2100."),
        ("NL", "1012", "Please check the postal code. In Netherlands it looks like 1012 AB."),
        ("DE", "٠١٢٣٤", "Please check the postal code. In Germany it looks like 10115."),
    ],
)
def test_wrong_postal_codes_are_shown_a_right_one(country: str, typed: str, message: str) -> None:
    assert errors(country=country, postal_code=typed)["postal_code"] == [message]


def test_every_countrys_example_passes_its_own_check() -> None:
    for country, _ in CheckoutForm().fields["country"].choices:  # type: ignore[attr-defined]
        example = CheckoutForm(initial={"country": country}).fields["postal_code"].widget.attrs["placeholder"]
        form = CheckoutForm(ANSWERS | {"country": country, "postal_code": example})
        form.is_valid()
        assert form.cleaned_data["postal_code"] == example


def test_we_do_not_pretend_to_deliver_everywhere() -> None:
    assert errors(country="GB")["country"] == ["We do not deliver there yet. Please choose a country from the list."]
    assert errors(shipping_method="drone")["shipping_method"] == [
        "This delivery is not offered there. Please choose another one."
    ]


# --- placing -------------------------------------------------------------------------------------------------------


def test_p34_p48_placing_makes_the_order_and_empties_the_basket(client: Client, provider: Provider) -> None:
    one, two = make_edition(), make_edition()
    posted = ready(client, one, two, format="hardcover", quantity=2) | {"country": "DE", "postal_code": "10115"}
    posted |= {"phone": "+49 30 123456", "shown_total": str(4 * 3990 + 690)}
    answer = client.post(URL, posted)
    order = Order.objects.get()
    assert answer.headers["Location"] == reverse("orders:to_payment", args=[order.number])
    assert re.fullmatch(r"LD-[23456789BCDFGHJKMNPQRTVWXZ]{6}", order.number)
    assert (order.items_total, order.shipping_total, order.total) == (15960, 690, 16650)
    assert (order.vat_rate_bp, order.vat_total, order.currency) == (700, 1089, "eur")
    assert (order.name, order.phone, order.postal_code, order.user) == ("Karen Holm", "+4930123456", "10115", None)
    lines = list(order.lines.values_list("edition", "title", "format", "quantity", "unit_price"))
    assert lines == [(book.pk, "The Night Post", "hardcover", 2, 3990) for book in (one, two)]
    assert not BasketLine.objects.exists()
    assert list(Child.objects.values_list("abandoned_at", flat=True)) == [None, None]
    assert list(order.events.values_list("kind", "actor")) == [("placed", "customer")]
    assert not OutgoingMail.objects.exists()


def test_the_time_when_the_withdrawal_notice_was_shown_is_kept(client: Client, provider: Provider) -> None:
    shown = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    with time_machine.travel(shown, tick=False):
        posted = ready(client)
    with time_machine.travel(shown + timedelta(minutes=7), tick=False):
        client.post(URL, posted)
    assert Order.objects.get().no_withdrawal_shown_at == shown


def test_f2_a_double_click_finds_the_same_order_and_the_same_page(client: Client, provider: Provider) -> None:
    posted = ready(client)
    first, second = client.post(URL, posted), client.post(URL, posted)
    assert first.headers["Location"] == second.headers["Location"]
    assert (Order.objects.count(), Payment.objects.count(), len(provider.sessions)) == (1, 1, 1)


def test_the_second_of_two_clicks_in_the_same_moment_finds_the_firsts_order(client: Client) -> None:
    ready(client)
    ticket = checkout.read_ticket(checkout.new_ticket())
    assert ticket is not None
    delivery = checkout.Delivery(**ADDRESS)
    placing = {"delivery": delivery, "basket_key": client.session["basket"], "ticket": ticket, "user": None}
    placing |= {"savings": checkout.Savings(), "shown_total": 3480}
    order = checkout.place(**placing)
    # As the second transaction sees it once it gets the lock: the lines are gone, the key is taken.
    with pytest.raises(checkout.EmptyBasket):
        checkout._place(**placing)
    assert checkout.place(**placing) == order
    assert OrderLine.objects.count() == 1


def test_the_back_button_after_placing_leads_to_the_waiting_order(client: Client, provider: Provider) -> None:
    posted = ready(client)
    client.post(URL, posted)
    order = Order.objects.get()
    assert client.get(URL).headers["Location"] == reverse("orders:pay", args=[order.number])
    assert f"Order {order.number} is waiting for your payment" in client.get(reverse("orders:basket")).text


def test_a_total_that_was_not_on_the_button_is_not_ordered(client: Client, provider: Provider) -> None:
    posted = ready(client) | {"country": "DE", "postal_code": "10115", "phone": "030 123456"}
    answer = client.post(URL, posted)
    assert answer.status_code == 422
    assert "Please look at the total once more" in answer.text
    assert "Order and pay €36.80" in answer.text
    assert not Order.objects.exists()
    assert client.post(URL, posted | hidden(answer.text)).status_code == 302
    assert Order.objects.get().total == 3680


@pytest.mark.parametrize(
    "ticket",
    ["", "nonsense", "a.b.c", TimestampSigner(salt="x", sep=".").sign("k" * 43)],
    ids=["empty", "nonsense", "three parts", "signed for something else"],
)
def test_a_ticket_that_we_did_not_give_out_orders_nothing(client: Client, ticket: str) -> None:
    posted = ready(client) | {"ticket": ticket}
    assert client.post(URL, posted).status_code == 422
    assert not Order.objects.exists()


def test_p10_a_book_forgotten_during_checkout_is_not_ordered(client: Client, provider: Provider) -> None:
    gone, kept = make_edition(), make_edition()
    posted = ready(client, gone, kept)
    children.forget(gone.child, reason=Child.End.DELETED)
    answer = client.post(URL, posted)
    assert answer.status_code == 422
    assert "A book has been forgotten" in answer.text
    assert not Order.objects.exists()


def test_a_guest_stays_a_guest_and_a_customer_gets_the_order(client: Client, provider: Provider) -> None:
    user = User.objects.create_user("karen@example.com", "a-long-password")
    client.force_login(user)
    client.post(URL, ready(client))
    assert Order.objects.get().user == user


def test_a_customers_checkout_is_filled_in_from_the_last_order(client: Client) -> None:
    user = User.objects.create_user("karen@example.com", "a-long-password", name="Karen")
    make_order(user=user, city="Odense", email="old@example.com")
    make_order(city="Aarhus")
    client.force_login(user)
    fill(client, make_edition())
    page = client.get(URL).text
    assert 'value="Odense"' in page
    assert 'value="karen@example.com"' in page
    assert "Aarhus" not in page
