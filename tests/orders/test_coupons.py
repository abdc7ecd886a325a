"""Coupons: what they take off, who may use them, and that each refusal says exactly why (P39)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from orders import coupons, states
from orders.coupons import Why
from orders.models import Coupon, CouponUse, Order
from tests.orders.factories import make_coupon, make_order

pytestmark = pytest.mark.django_db


def refusal(code: str = "SPRING", **asked: Any) -> tuple[Why, str]:
    with pytest.raises(coupons.Refused) as refused:
        coupons.quote(code, **{"items": 2990, "user": None, "email": "", **asked})
    return refused.value.why, str(refused.value)


def use(coupon: Coupon, order: Order) -> CouponUse:
    return coupons.take(coupons.hold(coupon.code, items=order.items_total, user=order.user, email=order.email), order)


def used(coupon: Coupon) -> int:
    coupon.refresh_from_db()
    return coupon.used


@pytest.mark.parametrize(
    ("kind", "value", "items", "off"),
    [
        ("amount", 500, 2990, 500),
        ("amount", 5000, 2990, 2990),
        ("percent", 1500, 2990, 449),
        ("percent", 1000, 3990, 399),
        ("percent", 10_000, 2990, 2990),
        ("percent", 1, 2990, 0),
    ],
)
def test_p39_a_coupon_takes_off_per_cent_or_an_amount_but_never_more_than_the_books_cost(
    kind: str, value: int, items: int, off: int
) -> None:
    make_coupon(kind=kind, value=value)
    assert coupons.quote(" spr ing", items=items, user=None).amount == off


@pytest.mark.parametrize("code", ["", "SPRINGS", "SPRING'--", "SPRING\0", "S" * 300, "ＳＰＲＩＮＧ"])
def test_p39_an_unknown_code_is_refused(code: str) -> None:
    make_coupon()
    assert refusal(code) == (Why.UNKNOWN, "We do not know this code. Please check it for typing mistakes.")


@time_machine.travel(datetime(2026, 11, 28, 12, tzinfo=UTC), tick=False)
def test_p39_a_coupon_has_a_beginning_an_end_and_can_be_stopped() -> None:
    midnight = timezone.make_aware(datetime(2026, 12, 1))
    coupon = make_coupon(valid_from=midnight)
    assert refusal() == (Why.NOT_YET, "This coupon can be used from 1 December 2026.")
    Coupon.objects.update(valid_from=None, valid_until=midnight)
    assert coupons.quote("SPRING", items=2990, user=None).amount == 500
    with time_machine.travel(midnight, tick=False):
        assert refusal() == (Why.OVER, "This coupon was valid until 30 November 2026.")
    with time_machine.travel(midnight - timedelta(seconds=1), tick=False):
        assert coupons.quote("SPRING", items=2990, user=None).amount == 500
    assert coupons.stop(coupon)
    assert not coupons.stop(coupon)
    assert refusal() == (Why.STOPPED, "This coupon has been stopped and can no longer be used.")


def test_p39_a_minimum_counts_the_books_and_says_what_is_missing() -> None:
    make_coupon(minimum=5000)
    words = "This coupon is for orders with books for €50.00 or more: €20.10 of that is missing."
    assert refusal() == (Why.MINIMUM, words)
    assert coupons.quote("SPRING", items=5000, user=None).amount == 500


def test_p39_a_limit_in_all_is_kept_and_a_single_code_works_once() -> None:
    coupon = make_coupon(limit=1)
    offered = coupons.hold("SPRING", items=2990, user=None, email="two@example.com")
    use(coupon, make_order(email="one@example.com"))
    assert refusal() == (Why.USED_UP, "This code has been used already.")
    with pytest.raises(coupons.Refused):  # what was on offer a moment ago is gone
        coupons.take(offered, make_order(email="two@example.com"))
    assert (used(coupon), CouponUse.objects.count()) == (1, 1)


def test_p39_a_customer_is_known_by_account_or_address_whatever_its_letters() -> None:
    user = User.objects.create_user("karen@example.com", "a-long-password")
    coupon = make_coupon()
    use(coupon, make_order(email="Karen@Example.com"))
    had = (Why.HAD_IT, "You have used this coupon already.")
    assert refusal(email="KAREN@example.com ") == had
    assert refusal(user=user, email="other@example.com") == had
    assert coupons.quote("SPRING", items=2990, user=None, email="other@example.com").amount == 500
    Coupon.objects.update(per_customer=2)
    use(coupon, make_order(user=user, email="third@example.com"))
    words = "You have used this coupon twice already, which is as often as one customer can."
    assert refusal(user=user) == (Why.HAD_IT, words)
    Coupon.objects.update(per_customer=None)
    assert coupons.quote("SPRING", items=2990, user=user, email=user.email).amount == 500


@pytest.mark.parametrize("state", [Order.State.AWAITING_PAYMENT, Order.State.PAID, Order.State.APPROVED])
def test_p39_an_order_that_comes_to_nothing_gives_its_use_back_once(state: str) -> None:
    coupon = make_coupon(limit=1)
    order = make_order(state=state)
    use(coupon, order)
    assert states.move(order, Order.State.CANCELLED, actor="test")
    assert not coupons.release(order)
    assert used(coupon) == 0
    assert CouponUse.objects.get().released_at is not None
    assert coupons.quote("SPRING", items=2990, user=None, email=order.email).amount == 500


def test_p39_a_coupon_that_is_stopped_between_looking_and_taking_is_not_taken() -> None:
    coupon = make_coupon()
    offered = coupons.hold("SPRING", items=2990, user=None, email="")
    coupons.stop(coupon)
    with pytest.raises(coupons.Refused):
        coupons.take(offered, make_order())
    assert used(coupon) == 0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"per_customer": None}, "€5.00 off the books, as often as people like"),
        ({"limit": 1}, "€5.00 off the books, once in all"),
        (
            {"kind": "percent", "value": 1250, "minimum": 3000, "limit": 1000, "per_customer": 2},
            "12.5 % off the books, from €30.00, 1,000 times in all, twice per customer",
        ),
    ],
)
def test_a_coupon_is_said_in_words(fields: dict[str, Any], words: str) -> None:
    assert coupons.in_words(make_coupon(**fields)) == words
