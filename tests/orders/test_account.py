"""What a signed-in customer sees of their orders (P46)."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from orders.models import Order
from privacy import children
from privacy.models import Child
from tests.orders.factories import CANARY, make_ordered

pytestmark = pytest.mark.django_db
URL = "/account/"


@pytest.fixture
def karen() -> User:
    return User.objects.create_user("karen@example.com", "a-long-password", name="Karen Holm")


def test_the_account_is_for_people_who_signed_in(client: Client) -> None:
    answer = client.get(URL)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("account_login"))


def test_p46_customers_see_their_own_orders_and_nobody_elses(client: Client, karen: User) -> None:
    mine = make_ordered(user=karen, state=Order.State.IN_REVIEW)
    theirs = make_ordered(user=User.objects.create_user("other@example.com", "a-long-password"))
    guest = make_ordered(email=karen.email)
    client.force_login(karen)
    answer = client.get(URL)
    page = answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    assert reverse("orders:order", args=[mine.number]) in page
    assert "Waiting for your approval" in page
    assert theirs.number not in page
    # Anybody can type an address: a guest's order opens by its link only.
    assert guest.number not in page
    assert CANARY not in page


def test_an_account_without_orders_says_so(client: Client, karen: User) -> None:
    client.force_login(karen)
    assert "You have not ordered a book yet" in client.get(URL).text


def test_three_orders_take_as_many_queries_as_one(
    client: Client, karen: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(karen)
    make_ordered(user=karen)
    client.get(URL)
    with django_assert_num_queries(5):  # session, user, orders, lines, points
        client.get(URL)
    make_ordered(user=karen, books=3)
    make_ordered(user=karen, books=2)
    with django_assert_num_queries(5):
        assert client.get(URL).text.count("account-order__number") == 3


def test_p6_the_account_leads_to_the_data_of_every_child_and_of_nobody_elses(client: Client, karen: User) -> None:
    mine = make_ordered(user=karen, books=2)
    theirs = make_ordered(user=User.objects.create_user("other@example.com", "a-long-password"))
    client.force_login(karen)
    page = client.get(URL).text
    for line in mine.lines.all():
        address = reverse("privacy:data", args=[line.edition_id])
        assert address in page
        assert client.get(address).status_code == 200
    (other,) = theirs.lines.all()
    assert str(other.edition_id) not in page
    assert client.get(reverse("privacy:data", args=[other.edition_id])).status_code == 404
    assert "in 13 days 23 hours" in page


def test_p8_a_forgotten_child_is_listed_with_its_receipt(client: Client, karen: User) -> None:
    line = make_ordered(user=karen).lines.get()
    client.force_login(karen)
    assert line.edition is not None
    children.forget(line.edition.child, reason=Child.End.EXPIRED)
    page = client.get(URL).text
    assert "See the receipt" in page
    assert "as promised" in page
    assert "See, download or delete" not in page
    assert "Your receipt" in client.get(reverse("privacy:data", args=[line.edition_id])).text
