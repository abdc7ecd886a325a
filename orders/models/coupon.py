"""Coupons, and which order used which (P39)."""

from typing import Any

from django.conf import settings
from django.db import models

from orders.models.order import Order


class Coupon(models.Model):
    """A code that takes something off the books of an order. `used` is counted by `orders.coupons` only."""

    class Kind(models.TextChoices):
        PERCENT = "percent", "per cent off the books"
        AMOUNT = "amount", "an amount off the books"

    code = models.CharField(max_length=24, unique=True, help_text="As printed, in capital letters.")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    value = models.PositiveIntegerField(help_text="Basis points (1500 is 15 %), or minor units (500 is €5.00).")
    minimum = models.PositiveIntegerField(default=0, help_text="The books must cost this much. Minor units.")
    limit = models.PositiveIntegerField(null=True, blank=True, help_text="How often in all; empty: no limit.")
    per_customer = models.PositiveIntegerField(
        null=True, blank=True, default=1, help_text="How often for one customer; empty: no limit."
    )
    used = models.PositiveIntegerField(default=0, editable=False)
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True, editable=False)
    batch = models.CharField(max_length=40, blank=True, db_index=True, help_text="Codes made together share this.")
    note = models.CharField(max_length=200, blank=True, help_text="For colleagues: what it is for.")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(limit=None) | models.Q(used__lte=models.F("limit")), name="orders_coupon_in_limit"
            ),
            models.CheckConstraint(
                condition=models.Q(value__gt=0) & (models.Q(kind="amount") | models.Q(value__lte=10_000)),
                name="orders_coupon_value",
            ),
        )

    def __str__(self) -> str:
        return self.code

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.code = self.code.strip().upper()
        super().save(*args, **kwargs)


class CouponUse(models.Model):
    """One order uses a coupon. Released when the order comes to nothing: the customer may use it again."""

    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="uses")
    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="coupon_use")
    amount = models.PositiveIntegerField(help_text="What it took off, in minor units.")
    at = models.DateTimeField(auto_now_add=True)
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"use {self.pk}"
