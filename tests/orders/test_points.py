"""Reward points: a ledger that adds up, and a balance that is never negative (P40)."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.test import Client

from accounts.models import User
from orders import allocation, points, states
from orders.models import Order, PointsAccount, PointsEntry
from tests.orders.factories import give_points, make_line, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def karen() -> User:
    return User.objects.create_user("karen@example.com", "a-long-password")


def ordered(user: User | None, *, copies: int = 1, used: int = 0, **fields: object) -> Order:
    """An order of softcovers of which `used` points pay a part."""
    items = 2990 * copies
    total = items + 490 - used * 5
    worth = {"points_used": used, "point_value": 5} if used else {}
    order = make_order(user=user, items_total=items, total=total, vat_total=0, **worth, **fields)
    make_line(order, quantity=copies, points=used)
    return order


def ledger(user: User) -> list[tuple[str, int]]:
    return list(PointsEntry.objects.filter(account__user=user).order_by("pk").values_list("kind", "points"))


def adds_up(user: User) -> tuple[int, int]:
    """Balance and owed points, after checking that the ledger explains both."""
    account = PointsAccount.objects.get(user=user)
    assert (account.entries.aggregate(sum=Sum("points"))["sum"] or 0) == account.balance >= 0
    settled = account.entries.filter(kind="settled").aggregate(sum=Sum("points"))["sum"] or 0
    assert settled == account.owed >= 0
    return account.balance, account.owed


def test_p40_a_delivered_order_earns_a_point_for_each_euro_of_books_paid_by_card(karen: User) -> None:
    give_points(karen, 100)
    order = ordered(karen, copies=2, used=100, state=Order.State.SHIPPED)
    points.spend(order, 100)
    assert states.move(order, Order.State.DELIVERED, actor="test")
    assert points.earn(order) == 54  # 59.80 of books, less 5.00 of points; the delivery earns nothing
    assert ledger(karen) == [("staff", 100), ("spent", -100), ("earned", 54)]
    assert adds_up(karen) == (54, 0)


def test_p40_a_guest_earns_nothing_and_a_cancelled_book_earns_nothing(karen: User) -> None:
    assert points.earn(ordered(None)) == 0
    order = ordered(karen)
    order.lines.update(cancelled_at=order.created_at)
    assert points.earn(order) == 0
    assert not PointsEntry.objects.exists()


def test_p40_points_are_spent_only_as_far_as_there_are_any(karen: User) -> None:
    give_points(karen, 30)
    with pytest.raises(points.NotEnough):
        points.spend(ordered(karen, used=31), 31)
    with pytest.raises(points.NotEnough):
        points.spend(ordered(None, used=1), 1)
    points.spend(ordered(karen, used=30), 30)
    assert adds_up(karen) == (0, 0)
    with pytest.raises(IntegrityError), transaction.atomic():
        PointsAccount.objects.update(balance=-1)


def test_p40_an_order_that_nobody_pays_gives_its_points_back_and_a_paid_one_waits_for_the_refund(karen: User) -> None:
    give_points(karen, 30)
    for state, left in ((Order.State.AWAITING_PAYMENT, 30), (Order.State.PAID, 0)):
        order = ordered(karen, used=30, state=state)
        points.spend(order, 30)
        assert states.move(order, Order.State.CANCELLED, actor="test")
        assert adds_up(karen) == (left, 0)


def test_p27_points_come_back_once_per_key_and_never_more_than_were_spent(karen: User) -> None:
    give_points(karen, 30)
    order = ordered(karen, used=30)
    points.spend(order, 30)
    assert points.give_back(order, 20, key="a") == 20
    assert points.give_back(order, 20, key="a") == 20
    assert points.give_back(order, 20, key="b") == 10
    assert points.give_back(order, 20, key="c") == 0
    assert adds_up(karen) == (30, 0)
    order.user = None
    assert points.give_back(order, 20, key="d") == 0


def test_p27_what_a_returned_copy_earned_is_taken_back_in_parts_that_add_up(karen: User) -> None:
    order = ordered(karen, copies=3)
    assert points.earn(order) == 89
    copies = allocation.copies_of(order)
    taken = [
        points.take_back_earned(order, [copy], copies[:turn], key=f"case-{turn}") for turn, copy in enumerate(copies)
    ]
    assert taken == [29, 30, 30]
    assert points.take_back_earned(order, copies[2:], copies[:2], key="case-2") == 30
    assert adds_up(karen) == (0, 0)


def test_p40_what_was_spent_by_then_is_owed_and_settled_from_the_next_points(karen: User) -> None:
    first = ordered(karen, copies=2)
    points.earn(first)
    points.spend(ordered(karen, used=50), 50)
    assert points.take_back_earned(first, allocation.copies_of(first), [], key="case") == 59
    assert points.take_back_earned(first, allocation.copies_of(first), [], key="case") == 59
    assert ledger(karen) == [("earned", 59), ("spent", -50), ("settled", 50), ("taken", -59)]
    assert adds_up(karen) == (0, 50)
    points.earn(ordered(karen))
    assert adds_up(karen) == (0, 21)
    points.earn(ordered(karen))
    assert adds_up(karen) == (8, 0)
    assert ledger(karen)[4:] == [("earned", 29), ("settled", -29), ("earned", 29), ("settled", -21)]


def test_p40_what_was_never_earned_is_not_taken_back(karen: User) -> None:
    order = ordered(karen)
    assert points.take_back_earned(order, allocation.copies_of(order), [], key="case") == 0
    assert points.take_back_earned(ordered(None), [], [], key="case") == 0
    assert not PointsEntry.objects.exists()


def test_p40_the_account_page_says_in_plain_words_where_points_came_from_and_went(client: Client, karen: User) -> None:
    client.force_login(karen)
    assert "You have no points yet." in client.get("/account/").text
    first = ordered(karen, copies=2, number="LD-FRSTXX")
    points.earn(first)
    second = ordered(karen, used=50, number="LD-SCNDXX")
    points.spend(second, 50)
    page = client.get("/account/").text
    for said in (
        "9 points</strong>, worth €0.45",
        "+59",
        "Earned with order LD-FRSTXX",
        "−50",
        "Used for order LD-SCND",
    ):
        assert said in page
    points.take_back_earned(first, allocation.copies_of(first), [], key="case")
    page = client.get("/account/").text
    for said in ("You have no points.", "50 points that you had used were earned with a book that went back."):
        assert said in page
    assert "Taken back: earned with a book of order LD-FRSTXX that went back" in page
    give_points(karen, 3)
    points.earn(ordered(karen))
    page = client.get("/account/").text
    assert "Settled: points that were still to come off" in page
    assert "From us: For a test" in page
    client.force_login(User.objects.create_user("other@example.com", "a-long-password"))
    assert "LD-FRSTXX" not in client.get("/account/").text


def test_p40_staff_give_and_correct_with_a_note_but_never_below_zero(karen: User) -> None:
    staff = User.objects.create_user("sten@example.com", "a-long-password", is_staff=True)
    first = points.correct(karen, 40, note="A late parcel", staff=staff, key="one")
    assert points.correct(karen, 40, note="A late parcel", staff=staff, key="one") == first
    with pytest.raises(points.NotEnough):
        points.correct(karen, -41, note="Too much", staff=staff, key="two")
    entry = points.correct(karen, -10, note="Given twice", staff=staff, key="three")
    assert (entry.kind, entry.points, entry.note, entry.staff) == ("staff", -10, "Given twice", staff)
    assert adds_up(karen) == (30, 0)
    assert points.balance(karen) == 30
    assert points.balance(None) == 0
