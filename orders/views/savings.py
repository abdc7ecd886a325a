"""Coupon and points on the checkout page: what they take off, and in plain words why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from accounts.models import User
from orders import allocation, coupons, points, prices
from orders.checkout import Savings
from orders.coupons import Discount
from orders.forms import CheckoutForm
from orders.models import BasketLine
from privacy import rate_limits

# Codes that do not work, from one address in an hour. Whoever types their own code wrong needs a few; whoever tries
# them out needs millions.
WRONG_CODES = 20
TOO_MANY = (
    "Too many codes that do not work came from your connection. Please try again in an hour, or order without one."
)


@dataclass(frozen=True)
class Shown:
    """What the page says about coupon and points: what is used, and why the rest is not. `balance` is what the
    customer has."""

    discount: Discount | None
    points: int
    balance: int
    errors: Mapping[str, str]
    open: bool

    @property
    def amount(self) -> int:
        """What the coupon takes off, in minor units."""
        return self.discount.amount if self.discount else 0

    @property
    def left(self) -> int:
        """The points that the customer keeps."""
        return self.balance - self.points

    @property
    def balance_worth(self) -> int:
        """What the customer's points are worth, in minor units."""
        return self.balance * settings.POINT_VALUE

    @property
    def refused(self) -> bool:
        """Whether something that was typed cannot be used."""
        return bool(self.errors)

    @property
    def wished(self) -> Savings:
        """For `checkout.place`."""
        return Savings(code=self.discount.coupon.code if self.discount else "", points=self.points)


def shown(request: HttpRequest, form: CheckoutForm, lines: Sequence[BasketLine]) -> Shown:
    """What the codes and points that stand in the form do for these books now."""
    user = request.user if isinstance(request.user, User) else None
    code, typed = form.said("coupon"), form.said("points")
    discount, coupon_error = _discount(request, code, lines, user, form.said("email")) if code else (None, "")
    amount = discount.amount if discount else 0
    balance = points.balance(user)
    most = allocation.most_points(prices.priced(lines), discount=amount, point_value=settings.POINT_VALUE)
    count, points_error = _points(typed, user, balance, most)
    return Shown(
        discount=discount,
        points=0 if points_error else count,
        balance=balance,
        errors={name: said for name, said in (("coupon", coupon_error), ("points", points_error)) if said},
        open=bool(code or typed),
    )


def _discount(
    request: HttpRequest, code: str, lines: Sequence[BasketLine], user: User | None, email: str
) -> tuple[Discount | None, str]:
    if rate_limits.exhausted(request, action="coupon", limit=WRONG_CODES):
        return None, TOO_MANY
    try:
        return coupons.quote(code, items=prices.items_total(lines), user=user, email=email), ""
    except coupons.Refused as refused:
        if refused.why in coupons.GUESSES:
            rate_limits.allow(request, action="coupon", limit=WRONG_CODES, seconds=3600)
        return None, str(refused)


def _points(typed: str, user: User | None, balance: int, most: int) -> tuple[int, str]:
    if not typed:
        return 0, ""
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
        return 0, "Please give the number of points in figures."
    count = int(typed)
    if count and user is None:
        return 0, "Points belong to an account. Please sign in to use yours."
    if count > balance:
        have = f"You have {balance:,} point{'' if balance == 1 else 's'}." if balance else "You have no points yet."
        return 0, f"{have} Please give a smaller number, or none." if balance else have
    if count > most:
        return 0, f"The books of this order take at most {most:,} points. The delivery is paid by card."
    return count, ""
