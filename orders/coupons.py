"""Coupons: whether one may be used, and the only writer of how often it was (P39).

A coupon takes something off the books, never off the delivery, and never more than the books cost. It counts when the
order is placed, in the same transaction: the last use of a coupon goes to one order, however many try (F15). An order
that comes to nothing gives its use back.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from orders.models import Coupon, CouponUse, Order
from orders.money_words import price

MAX_LENGTH = 24


class Why(Enum):
    """Why a coupon cannot be used."""

    UNKNOWN = "unknown"
    STOPPED = "stopped"
    NOT_YET = "not yet"
    OVER = "over"
    MINIMUM = "minimum"
    USED_UP = "used up"
    HAD_IT = "this customer used it"


# What somebody who tries codes, or other people's addresses, would learn from.
GUESSES = (Why.UNKNOWN, Why.HAD_IT)


class Refused(Exception):
    """The coupon cannot be used for this order; the message tells the customer exactly why."""

    def __init__(self, why: Why, words: str) -> None:
        super().__init__(words)
        self.why = why


@dataclass(frozen=True)
class Discount:
    """A coupon that may be used, and what it takes off the books, in minor units."""

    coupon: Coupon
    amount: int


def tidy(code: str) -> str:
    """A code as it is stored: people may type it in small letters, or with spaces."""
    return "".join(code.split()).upper()


def is_code(code: str) -> bool:
    """Whether a tidied text may be the code of a new coupon."""
    return re.fullmatch(rf"[A-Z0-9-]{{3,{MAX_LENGTH}}}", code) is not None


def off(coupon: Coupon, items: int) -> int:
    """What a coupon takes off books that cost `items`; both in minor units. Half a cent is the customer's."""
    if coupon.kind == Coupon.Kind.AMOUNT:
        return min(coupon.value, items)
    return min((2 * items * coupon.value + 10_000) // 20_000, items)


def quote(code: str, *, items: int, user: User | None, email: str = "") -> Discount:
    """What a code takes off books that cost `items` minor units, now. Raises `Refused`."""
    return _check(_find(code, lock=False), items=items, user=user, email=email)


def hold(code: str, *, items: int, user: User | None, email: str) -> Discount:
    """As `quote`, in a transaction that places an order: nobody else uses the coupon until it is over."""
    return _check(_find(code, lock=True), items=items, user=user, email=email)


@transaction.atomic
def take(discount: Discount, order: Order) -> CouponUse:
    """Count a use of a coupon for an order that is being placed. Raises `Refused` when it is used up or stopped."""
    coupon = Coupon.objects.filter(pk=discount.coupon.pk, stopped_at=None)
    if not coupon.filter(Q(limit=None) | Q(used__lt=F("limit"))).update(used=F("used") + 1):
        raise _used_up(discount.coupon)
    return CouponUse.objects.create(coupon=discount.coupon, order=order, amount=discount.amount)


@transaction.atomic
def release(order: Order) -> bool:
    """Give back the use of an order that comes to nothing: the customer may use the coupon again. Once per order."""
    uses = CouponUse.objects.filter(order=order, released_at=None)
    coupon = uses.values_list("coupon", flat=True).first()
    if coupon is None or not uses.update(released_at=timezone.now()):
        return False
    Coupon.objects.filter(pk=coupon, used__gt=0).update(used=F("used") - 1)
    return True


def stop(coupon: Coupon) -> bool:
    """Nobody can use the coupon from now on; orders that have it keep it. False: it was stopped before."""
    return Coupon.objects.filter(pk=coupon.pk, stopped_at=None).update(stopped_at=timezone.now()) == 1


def code_of(order: Order) -> str:
    """The code that an order was placed with, or an empty text."""
    return CouponUse.objects.filter(order=order).values_list("coupon__code", flat=True).first() or ""


def in_words(coupon: Coupon) -> str:
    """What a coupon does, in one line for staff."""
    parts = [f"{worth(coupon)} off the books"]
    if coupon.minimum:
        parts.append(f"from {price(coupon.minimum, settings.CURRENCY)}")
    parts.append("as often as people like" if coupon.limit is None else f"{_times(coupon.limit)} in all")
    if coupon.per_customer is not None and coupon.limit != 1:
        parts.append(f"{_times(coupon.per_customer)} per customer")
    if coupon.valid_from:
        parts.append(f"from {_from(coupon.valid_from)}")
    if coupon.valid_until:
        parts.append(f"until {_until(coupon.valid_until)}")
    return ", ".join(parts)


def worth(coupon: Coupon) -> str:
    """The value of a coupon: "15 %", or "€5.00"."""
    percent = coupon.kind == Coupon.Kind.PERCENT
    return f"{coupon.value / 100:g} %" if percent else price(coupon.value, settings.CURRENCY)


def _find(code: str, *, lock: bool) -> Coupon:
    known = tidy(code)
    rows = Coupon.objects.select_for_update(no_key=True) if lock else Coupon.objects.all()
    coupon = rows.filter(code=known).first() if re.fullmatch(rf"[A-Z0-9-]{{1,{MAX_LENGTH}}}", known) else None
    if coupon is None:
        raise Refused(Why.UNKNOWN, "We do not know this code. Please check it for typing mistakes.")
    return coupon


def _check(coupon: Coupon, *, items: int, user: User | None, email: str) -> Discount:
    now = timezone.now()
    if coupon.stopped_at is not None:
        raise Refused(Why.STOPPED, "This coupon has been stopped and can no longer be used.")
    if coupon.valid_from is not None and now < coupon.valid_from:
        raise Refused(Why.NOT_YET, f"This coupon can be used from {_from(coupon.valid_from)}.")
    if coupon.valid_until is not None and now >= coupon.valid_until:
        raise Refused(Why.OVER, f"This coupon was valid until {_until(coupon.valid_until)}.")
    if coupon.per_customer is not None:
        used = _uses_of(coupon, user=user, email=email)
        if used >= coupon.per_customer:
            words = "already" if used == 1 else f"{_times(used)} already, which is as often as one customer can"
            raise Refused(Why.HAD_IT, f"You have used this coupon {words}.")
    if coupon.limit is not None and coupon.used >= coupon.limit:
        raise _used_up(coupon)
    if items < coupon.minimum:
        least, missing = (price(amount, settings.CURRENCY) for amount in (coupon.minimum, coupon.minimum - items))
        raise Refused(
            Why.MINIMUM, f"This coupon is for orders with books for {least} or more: {missing} of that is missing."
        )
    return Discount(coupon, off(coupon, items))


def _uses_of(coupon: Coupon, *, user: User | None, email: str) -> int:
    """How often the customer has used it: with this account, or with this address, or that of the account."""
    same = Q(order__user=user) if user is not None else Q()
    for address in {email.strip(), user.email if user is not None else ""} - {""}:
        same |= Q(order__email__iexact=address)
    return coupon.uses.filter(same, released_at=None).count() if same else 0


def _used_up(coupon: Coupon) -> Refused:
    once = coupon.limit == 1
    return Refused(Why.USED_UP, "This code has been used already." if once else "This coupon has been used up.")


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def _from(at: datetime) -> str:
    """The first moment of a coupon in words; a day that begins at midnight goes by its name."""
    local = timezone.localtime(at)
    return f"{local.day} {local:%B %Y}" + ("" if _midnight(local) else f", {local:%H:%M}")


def _until(at: datetime) -> str:
    """The end of a coupon in words; a day that ends at midnight goes by its name."""
    local = timezone.localtime(at)
    if _midnight(local):
        local -= timedelta(hours=12)
        return f"{local.day} {local:%B %Y}"
    return f"{local.day} {local:%B %Y}, {local:%H:%M}"


def _midnight(local: datetime) -> bool:
    return (local.hour, local.minute) == (0, 0)
