"""F15: fifty orders use the last coupon, or the same points, at the same moment: exactly one succeeds."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from accounts.models import User
from orders import allocation, checkout, coupons, points
from orders.models import BasketLine, Coupon, CouponUse, Order, PointsAccount, PointsEntry
from tests.orders.factories import ADDRESS, give_points, make_coupon, make_edition, make_line, make_order

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
CLICKS = 50
AT_ONCE = 10


def together(work: Sequence[Callable[[], object]]) -> Counter[str]:
    """Call everything, ten at the same moment; what each call said, counted."""
    gate = Barrier(AT_ONCE)

    def run(call: Callable[[], object]) -> str:
        try:
            gate.wait(timeout=20)
            return str(call())
        except coupons.Refused as error:
            return error.why.value
        except points.NotEnough:
            return "not enough"
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(run, work))


def use(order: Order) -> Callable[[], object]:
    """Use the coupon for an order, as placing does: looked at, and then taken, in one transaction."""

    def call() -> object:
        with transaction.atomic():
            offered = coupons.hold("SPRING", items=order.items_total, user=order.user, email=order.email)
            return coupons.take(offered, order).amount

    return call


@pytest.fixture
def karen() -> User:
    return User.objects.create_user("karen@example.com", "a-long-password")


def test_f15_the_last_use_of_a_coupon_goes_to_one_of_fifty() -> None:
    make_coupon(limit=3, used=2)
    said = together([use(make_order(email=f"{turn}@example.com")) for turn in range(CLICKS)])
    assert said == {"500": 1, "used up": CLICKS - 1}
    assert (Coupon.objects.get().used, CouponUse.objects.count()) == (3, 1)


def test_f15_looked_at_before_all_others_it_is_still_taken_once() -> None:
    make_coupon(limit=1)
    orders = [make_order(email=f"{turn}@example.com") for turn in range(CLICKS)]
    offers = [coupons.quote("SPRING", items=2990, user=None, email=order.email) for order in orders]

    def take(offer: coupons.Discount, order: Order) -> Callable[[], object]:
        return lambda: coupons.take(offer, order).amount

    said = together([take(*pair) for pair in zip(offers, orders, strict=True)])
    assert said == {"500": 1, "used up": CLICKS - 1}
    assert (Coupon.objects.get().used, CouponUse.objects.count()) == (1, 1)


def test_f15_one_customer_gets_a_coupon_for_each_customer_once() -> None:
    make_coupon()
    said = together([use(make_order(email="karen@example.com")) for _ in range(CLICKS)])
    assert said == {"500": 1, "this customer used it": CLICKS - 1}
    assert Coupon.objects.get().used == 1


def test_f15_a_use_is_given_back_once() -> None:
    make_coupon(limit=5, used=3)
    order = make_order()
    use(order)()
    assert together([lambda: coupons.release(order)] * CLICKS) == {"True": 1, "False": CLICKS - 1}
    assert Coupon.objects.get().used == 3


def test_f15_points_are_spent_by_one_of_fifty_and_never_negative(karen: User) -> None:
    give_points(karen, 100)
    orders = [make_order(user=karen) for _ in range(CLICKS)]

    def spend(order: Order) -> Callable[[], object]:
        return lambda: points.spend(order, 60)

    assert together([spend(order) for order in orders]) == {"None": 1, "not enough": CLICKS - 1}
    assert adds_up() == (40, 0)
    assert PointsEntry.objects.filter(kind="spent").count() == 1


def test_f15_whatever_is_repeated_is_booked_once(karen: User) -> None:
    give_points(karen, 100)
    order = make_order(user=karen, points_used=100, point_value=5, total=2980)
    make_line(order, points=100)
    points.spend(order, 100)
    copies = allocation.copies_of(order)
    together(
        [lambda: points.earn(order)] * 10
        + [lambda: points.give_back(order, 100, key="case")] * 20
        + [lambda: points.give_back(order, 70, key="another")] * 20
    )
    together([lambda: points.take_back_earned(order, copies, [], key="case")] * CLICKS)
    sums = Counter[str]()
    for kind, amount in PointsEntry.objects.values_list("kind", "points"):
        sums[kind] += amount
    assert sums == {"staff": 100, "spent": -100, "earned": 24, "back": 100, "taken": -24}
    assert adds_up() == (100, 0)


def test_f15_fifty_checkouts_with_the_last_coupon_are_one_order() -> None:
    make_coupon(limit=1)
    baskets = [f"basket-{turn}" for turn in range(CLICKS)]
    for basket in baskets:
        BasketLine.objects.create(basket=basket, edition=make_edition(), format="softcover")
    said = together([place(basket, email=f"{basket}@example.com", code="SPRING") for basket in baskets])
    assert said == {"2980": 1, "used up": CLICKS - 1}
    assert (Coupon.objects.get().used, CouponUse.objects.count(), Order.objects.count()) == (1, 1, 1)
    assert BasketLine.objects.count() == CLICKS - 1


def test_f15_fifty_checkouts_with_the_same_points_are_one_order(karen: User) -> None:
    give_points(karen, 100)
    baskets = [f"basket-{turn}" for turn in range(CLICKS)]
    for basket in baskets:
        BasketLine.objects.create(basket=basket, edition=make_edition(), format="softcover")
    said = together([place(basket, email=karen.email, user=karen, points=60) for basket in baskets])
    assert said == {"3180": 1, "not enough": CLICKS - 1}
    assert (Order.objects.count(), Order.objects.get().points_used) == (1, 60)
    assert adds_up() == (40, 0)


def place(
    basket: str, *, email: str, user: User | None = None, code: str = "", points: int = 0
) -> Callable[[], object]:
    """Place the order of a basket, as a click on "Order and pay" does; says the order's total."""
    ticket = checkout.read_ticket(checkout.new_ticket())
    assert ticket is not None
    delivery = checkout.Delivery(**ADDRESS | {"email": email})
    savings = checkout.Savings(code=code, points=points)
    return lambda: checkout.place(delivery=delivery, basket_key=basket, ticket=ticket, user=user, savings=savings).total


def adds_up() -> tuple[int, int]:
    """The balance and what is owed, after checking that the ledger explains the balance."""
    account = PointsAccount.objects.get()
    assert account.entries.aggregate(sum=Sum("points"))["sum"] == account.balance
    return account.balance, account.owed
