"""Staff look at the ledger of points, and give or correct some after seeing what will happen (P40)."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from orders import points
from orders.models import PointsAccount, PointsEntry
from orders.staff_forms import MOST_POINTS
from tests.orders.factories import give_points, make_order
from tests.refunds.staff import member, signed_in

pytestmark = pytest.mark.django_db
GIVE = "/admin/orders/pointsaccount/give/"
LATE = {"email": "Karen@example.com", "points": "40", "note": "For the late parcel"}


@pytest.fixture
def karen() -> User:
    user = User.objects.create_user("karen@example.com", "a-long-password")
    give_points(user, 30)
    return user


@pytest.fixture
def giver() -> Client:
    may = ("orders.add_pointsentry", "orders.view_pointsentry", "orders.view_pointsaccount")
    return signed_in(member(*may, email="sten@example.com"))


def key_in(page: str) -> str:
    return page.split('name="key" value="')[1].split('"')[0]


def test_p40_points_are_given_with_a_note_after_saying_what_will_happen(giver: Client, karen: User) -> None:
    page = giver.post(GIVE, LATE).text
    assert "karen@example.com has 30 points now and 70 afterwards (+40), worth €3.50." in page
    assert "In their account they read: “For the late parcel”" in page
    assert points.balance(karen) == 30
    sure = LATE | {"key": key_in(page), "sure": "1"}
    assert "Booked. karen@example.com has 70 points now." in giver.post(GIVE, sure, follow=True).text
    giver.post(GIVE, sure)  # a second click
    assert points.balance(karen) == 70
    entry = PointsEntry.objects.get(note="For the late parcel")
    assert entry.staff is not None
    assert (entry.kind, entry.points, entry.staff.email) == ("staff", 40, "sten@example.com")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"points": "-31"}, "karen@example.com has 30 points: no more than these can be taken away."),
        ({"points": "0"}, "Please give a number other than 0."),
        ({"points": str(MOST_POINTS + 1)}, "One person gives at most 2,000 points."),
        ({"email": "nobody@example.com"}, "No customer has an account with this address."),
        ({"note": " "}, "This field is required."),
    ],
)
def test_p40_points_that_make_no_sense_are_not_booked(
    giver: Client, karen: User, typed: dict[str, str], said: str
) -> None:
    answer = giver.post(GIVE, LATE | typed | {"sure": "1"})
    assert (answer.status_code, said in answer.text) == (422, True)
    assert points.balance(karen) == 30


def test_f19_points_need_their_permissions_and_cannot_be_changed_by_hand(giver: Client, karen: User) -> None:
    points.give_back(make_order(user=karen), 5, key="nothing")
    account, entry = PointsAccount.objects.get(), PointsEntry.objects.get()
    other = signed_in(member("orders.view_order", email="other@example.com"))
    pages = (
        reverse("admin:orders_pointsaccount_changelist"),
        reverse("admin:orders_pointsaccount_change", args=[account.pk]),
        reverse("admin:orders_pointsentry_changelist"),
        reverse("admin:orders_pointsentry_change", args=[entry.pk]),
    )
    for page in pages:
        assert "karen@example.com" in giver.get(page).text
        giver.post(page, {"balance": "500", "points": "500"})
        assert other.get(page).status_code == 403
    looking = signed_in(member("orders.view_pointsaccount", email="third@example.com"))
    assert looking.get(pages[0]).status_code == 200
    assert "Give or correct points" not in looking.get(pages[0]).text
    assert looking.get(GIVE).status_code == 403
    assert looking.post(GIVE, LATE | {"sure": "1"}).status_code == 403
    assert Client().get(GIVE).status_code == 302
    account.refresh_from_db()
    assert account.balance == 30
