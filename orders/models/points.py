"""Reward points: a balance that is never negative, and the ledger that explains it (P40)."""

from django.conf import settings
from django.db import models

from orders.models.order import Order


class PointsAccount(models.Model):
    """A customer's points. Changed by `orders.points` only, together with an entry of the ledger.

    `owed`: points that were earned with a book that went back and had been spent by then. They are settled from what
    is earned next; the balance itself never goes below zero.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="points_account")
    balance = models.IntegerField(default=0)
    owed = models.IntegerField(default=0)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(balance__gte=0), name="orders_points_never_negative"),
            models.CheckConstraint(condition=models.Q(owed__gte=0), name="orders_points_owed_not_negative"),
        )

    def __str__(self) -> str:
        return f"points account {self.pk}"


class PointsEntry(models.Model):
    """One change of a balance. The same `key` is booked once. The sum of an account's entries is its balance."""

    class Kind(models.TextChoices):
        EARNED = "earned", "earned with a delivered order"
        SPENT = "spent", "spent on an order"
        BACK = "back", "given back with an order"
        TAKEN = "taken", "taken back: the book went back"
        SETTLED = "settled", "settled what was owed"
        STAFF = "staff", "given or corrected by us"

    account = models.ForeignKey(PointsAccount, on_delete=models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    points = models.IntegerField(help_text="Above zero: into the account.")
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.PROTECT, related_name="points_entries")
    key = models.CharField(max_length=80, unique=True)
    note = models.CharField(max_length=200, blank=True)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)
        verbose_name_plural = "points entries"
        constraints = (models.CheckConstraint(condition=~models.Q(points=0), name="orders_points_entry_not_empty"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.points}"
