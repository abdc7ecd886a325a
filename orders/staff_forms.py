"""What staff fill in about coupons and points. Money is typed as people write it: 5.00 is five euros."""

import secrets
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from orders import coupons
from orders.models import Coupon

MAX_BATCH = 5000
MAX_STEM = 12
# A person alone gives away no more with points than with a refund.
MOST_POINTS = settings.SECOND_PERSON_ABOVE // settings.POINT_VALUE


class DayInput(forms.DateInput):
    """The browser's own field for a day, which wants it written as 2026-12-31 in every language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _euros(label: str, hint: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=hint, required=False, min_value=Decimal(0), max_digits=8, decimal_places=2
    )


class _Worth(forms.Form):
    """What a coupon takes off: per cent or euros, one of them."""

    percent = forms.DecimalField(
        label="Per cent off",
        required=False,
        min_value=Decimal("0.01"),
        max_value=Decimal(100),
        max_digits=5,
        decimal_places=2,
        help_text="Off the books, never off the delivery: 15 is 15 %.",
    )
    amount = _euros("Or euros off", "Off the books, at most what they cost: 5 is €5.00.")
    minimum = _euros("Books must cost", "In euros; empty: no minimum.")
    last_day = forms.DateField(
        label="Last day",
        required=False,
        widget=DayInput(),
        help_text="It works until this day is over; empty: until it is stopped.",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and bool(data.get("percent")) == bool(data.get("amount")):
            raise ValidationError("Please fill in either per cent or euros.")
        return data

    def worth(self) -> dict[str, Any]:
        """The checked answers as fields of a coupon: basis points or minor units."""
        data = self.cleaned_data
        percent = data["percent"]
        return {
            "kind": Coupon.Kind.PERCENT if percent else Coupon.Kind.AMOUNT,
            "value": int((percent or data["amount"]) * 100),
            "minimum": int((data["minimum"] or 0) * 100),
            "valid_until": day_after(data["last_day"]),
        }


class CouponForm(_Worth, forms.ModelForm):  # type: ignore[type-arg]
    """A coupon that nobody has used yet."""

    first_day = forms.DateField(label="First day", required=False, widget=DayInput(), help_text="Empty: at once.")

    class Meta:
        model = Coupon
        fields = ("code", "limit", "per_customer", "note")

    field_order = ("code", "percent", "amount", "minimum", "limit", "per_customer", "first_day", "last_day", "note")

    def __init__(self, *args: Any, **options: Any) -> None:
        coupon = options.get("instance")
        if coupon is not None and coupon.pk:
            percent = coupon.kind == Coupon.Kind.PERCENT
            options["initial"] = {
                "percent": Decimal(coupon.value) / 100 if percent else None,
                "amount": None if percent else Decimal(coupon.value) / 100,
                "minimum": Decimal(coupon.minimum) / 100 if coupon.minimum else None,
                "first_day": timezone.localdate(coupon.valid_from) if coupon.valid_from else None,
                "last_day": last_day(coupon),
                **options.get("initial", {}),
            }
        super().__init__(*args, **options)

    def clean_code(self) -> str:
        code = coupons.tidy(self.cleaned_data["code"])
        if not coupons.is_code(code):
            raise ValidationError("Please use 3 to 24 letters from A to Z, figures and hyphens.")
        if Coupon.objects.filter(code=code).exclude(pk=self.instance.pk).exists():
            raise ValidationError("There is a coupon with this code already.")
        return code

    def clean_limit(self) -> int | None:
        return _at_least_once(self.cleaned_data["limit"])

    def clean_per_customer(self) -> int | None:
        return _at_least_once(self.cleaned_data["per_customer"])

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        first, last = data.get("first_day"), data.get("last_day")
        if first and last and last < first:
            raise ValidationError("The last day comes before the first.")
        if self.instance.pk:  # held until it is saved, so that nobody uses it meanwhile
            Coupon.objects.select_for_update(no_key=True).get(pk=self.instance.pk)
            if self.instance.uses.exists():
                raise ValidationError("Somebody has used this coupon meanwhile. Now only its end can be changed.")
        return data

    def _post_clean(self) -> None:
        if not self.errors:
            for name, value in self.worth().items():
                setattr(self.instance, name, value)
            first = self.cleaned_data["first_day"]
            self.instance.valid_from = _midnight(first) if first else None
        super()._post_clean()  # type: ignore[misc]


class EndForm(forms.ModelForm):  # type: ignore[type-arg]
    """A coupon that was used: what it is stays, and only its end may be changed."""

    last_day = forms.DateField(
        label="Last day",
        required=False,
        widget=DayInput(),
        help_text="Somebody has used this coupon, so nothing but its end can be changed.",
    )

    class Meta:
        model = Coupon
        fields = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        coupon = options.get("instance")
        if coupon is not None:
            options["initial"] = {"last_day": last_day(coupon), **options.get("initial", {})}
        super().__init__(*args, **options)

    def _post_clean(self) -> None:
        if not self.errors:
            self.instance.valid_until = day_after(self.cleaned_data["last_day"])
        super()._post_clean()  # type: ignore[misc]


class BatchForm(_Worth):
    """Many codes that work once each."""

    stem = forms.CharField(
        label="Codes begin with",
        max_length=MAX_STEM,
        help_text="Letters and figures, as in WINTER: the codes are WINTER-7K3M9QXZ and so on.",
    )
    count = forms.IntegerField(label="How many", min_value=1, max_value=MAX_BATCH)
    note = forms.CharField(label="Note for colleagues", required=False, max_length=200)
    # One for each showing of the page: pressed twice, the codes are made once.
    batch = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)

    field_order = ("stem", "count", "percent", "amount", "minimum", "last_day", "note", "batch")

    def clean_stem(self) -> str:
        stem = coupons.tidy(self.cleaned_data["stem"])
        if not (stem.isascii() and stem.isalnum()):
            raise ValidationError("Please use letters from A to Z and figures only.")
        return stem

    def clean_last_day(self) -> date | None:
        day: date | None = self.cleaned_data["last_day"]
        if day is not None and day < timezone.localdate():
            raise ValidationError("This day is over.")
        return day

    def label(self) -> str:
        """The name of this batch: the one that was shown, or a new one."""
        stem, shown = self.cleaned_data["stem"], self.cleaned_data["batch"]
        if shown.startswith(f"{stem} "):
            return str(shown)
        return f"{stem} {timezone.localtime():%Y-%m-%d %H:%M:%S}"


class PointsForm(forms.Form):
    """Points that staff give to a customer, or take away."""

    email = forms.EmailField(label="Customer", help_text="The e-mail address of their account.")
    points = forms.IntegerField(
        label="Points",
        min_value=-MOST_POINTS,
        max_value=MOST_POINTS,
        help_text="Below zero takes some away.",
        error_messages={
            "min_value": f"One person takes at most {MOST_POINTS:,} points away.",
            "max_value": f"One person gives at most {MOST_POINTS:,} points.",
        },
    )
    note = forms.CharField(
        label="Why",
        max_length=200,
        help_text="The customer reads this in their account. Nothing about the child, please.",
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=43, required=False)

    user: User

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise ValidationError("No customer has an account with this address.")
        self.user = user
        return email

    def clean_points(self) -> int:
        points: int = self.cleaned_data["points"]
        if points == 0:
            raise ValidationError("Please give a number other than 0.")
        return points

    def new_key(self) -> str:
        """The key that was shown, or a new one: pressed twice, the points are booked once."""
        return str(self.cleaned_data["key"] or secrets.token_urlsafe(16))


def day_after(day: date | None) -> datetime | None:
    """The moment in which a last day is over."""
    return _midnight(day + timedelta(days=1)) if day else None


def last_day(coupon: Coupon) -> date | None:
    """The last whole or begun day of a coupon."""
    return timezone.localdate(coupon.valid_until - timedelta(microseconds=1)) if coupon.valid_until else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _at_least_once(number: int | None) -> int | None:
    if number == 0:
        raise ValidationError("Please give a number above zero, or leave it empty for no limit.")
    return number
