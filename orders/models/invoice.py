"""Invoices, and the counters from which they and credit notes get their numbers."""

from typing import Any

from django.db import models

from orders.models.order import Order
from orders.models.payment import Payment


class Unchangeable(Exception):
    """A document that was issued is corrected by another one, never changed or deleted."""


class Issued(models.Model):
    """A document with a number, as it was on the day it was issued: written once."""

    number = models.CharField(max_length=20, unique=True)
    issued_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    vat_rate_bp = models.PositiveIntegerField(help_text="VAT rate in basis points: 2500 is 25 %.")
    lines = models.JSONField(help_text="What is charged: text, quantity, unit, net, vat, gross; minor units.")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises `Unchangeable` for a row that is stored already."""
        if not self._state.adding:
            raise Unchangeable(self.number)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raises `Unchangeable`: a missing number has to be explained to the tax office."""
        raise Unchangeable(self.number)


class NumberSeries(models.Model):
    """The last number that a kind of document got in a year. Changed by `orders.document_numbers` only."""

    name = models.CharField(max_length=20, unique=True)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "number series"

    def __str__(self) -> str:
        return f"{self.name} {self.year}"


class Invoice(Issued):
    """What an order cost and who bought it, as it was when it was paid. Holds nothing about the child (P35)."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="invoice")
    payment = models.OneToOneField(Payment, null=True, on_delete=models.PROTECT, related_name="invoice")
    paid_on = models.DateField()
    payment_method = models.CharField(max_length=20)
    seller = models.JSONField()
    customer_name = models.CharField(max_length=120)
    customer_address = models.TextField(help_text="As on an envelope, line by line.")
    country = models.CharField(max_length=2)
    # Minor units (cents).
    net = models.PositiveIntegerField()
    vat = models.PositiveIntegerField()
    gross = models.PositiveIntegerField()

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(gross=models.F("net") + models.F("vat")), name="orders_invoice_adds_up"
            ),
        )
