"""Cases: a customer asks for a change or wants the money back."""

from django.conf import settings
from django.db import models

from orders.models import Invoice, Order, OrderLine, Refund
from orders.models.invoice import Issued


class ChangeRequest(models.Model):
    """A parent asks staff for a change to the digital copy (P22). The words lie in the vault, under `number`."""

    class State(models.TextChoices):
        OPEN = "open", "waiting for us"
        ANSWERED = "answered", "answered"
        CLOSED = "closed", "closed"

    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="change_requests")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"change request {self.pk}"


class ChangeMessage(models.Model):
    """One message in a change request; its text is vault item `message` with this number."""

    request = models.ForeignKey(ChangeRequest, on_delete=models.CASCADE, related_name="messages")
    number = models.PositiveIntegerField()
    from_staff = models.BooleanField(default=False)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"message {self.pk}"


class Case(models.Model):
    """A decision to give money back: who asked, who decided, and what came of it (P23)."""

    class Kind(models.TextChoices):
        CANCELLATION = "cancellation", "order cancelled"
        UNAPPROVED = "unapproved", "never approved in time"
        UNPRINTABLE = "unprintable", "could not be printed in time"

    class State(models.TextChoices):
        APPROVED = "approved", "money on its way back"
        REFUNDED = "refunded", "money is back"
        FAILED = "failed", "refund failed: staff must act"
        UNPAID = "unpaid", "nothing was paid"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="cases")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.APPROVED)
    note = models.CharField(max_length=300, blank=True, help_text="For colleagues. Nothing about the child.")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    refund = models.OneToOneField(Refund, null=True, blank=True, on_delete=models.PROTECT, related_name="case")
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=["order", "kind"], name="refunds_case_once"),)

    def __str__(self) -> str:
        return f"case {self.pk}"


class CreditNote(Issued):
    """What of an invoice was taken back, because its money went back. Amounts are negative, in minor units.

    One that turned out to be wrong, because the bank sent the money back to us, is corrected by another one with
    the same amounts above zero.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_notes")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="credit_notes")
    corrects = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrected_by"
    )
    reason = models.CharField(max_length=60)
    net = models.IntegerField()
    vat = models.IntegerField()
    gross = models.IntegerField()

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["refund"], condition=models.Q(corrects=None), name="refunds_creditnote_once"
            ),
            models.CheckConstraint(
                condition=models.Q(gross=models.F("net") + models.F("vat")), name="refunds_creditnote_adds_up"
            ),
            models.CheckConstraint(
                condition=models.Q(corrects=None, gross__lt=0, net__lte=0, vat__lte=0)
                | models.Q(corrects__isnull=False, gross__gt=0, net__gte=0, vat__gte=0),
                name="refunds_creditnote_sign",
            ),
        )
