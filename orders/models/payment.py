"""Money in and money back, and what the payment provider told us."""

from django.db import models

from orders.models.order import Order


class Payment(models.Model):
    """One attempt to be paid: one Checkout Session at the provider."""

    class State(models.TextChoices):
        CREATED = "created", "created"
        OPEN = "open", "open"
        PAID = "paid", "paid"
        FAILED = "failed", "failed"
        EXPIRED = "expired", "expired"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    idempotency_key = models.CharField(max_length=64, unique=True, help_text="Stored before the provider is called.")
    amount = models.PositiveIntegerField(help_text="Minor units.")
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CREATED)
    session_id = models.CharField(max_length=120, null=True, unique=True)  # noqa: DJ001 - unique once known
    session_url = models.TextField(blank=True)
    intent_id = models.CharField(max_length=120, null=True, unique=True)  # noqa: DJ001 - unique once known
    created_at = models.DateTimeField(auto_now_add=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True, help_text="When the provider was last asked.")
    failed_at = models.DateTimeField(null=True, blank=True, help_text="When the last attempt to pay failed (P64).")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"payment {self.pk} {self.state}"


class Refund(models.Model):
    """Money on its way back to the card it came from (P28). Decided in refunds/, executed by `refunds.payouts`."""

    class State(models.TextChoices):
        DECIDED = "decided", "decided"
        SUBMITTING = "submitting", "being sent"
        PENDING = "pending", "at the bank"
        SUCCEEDED = "succeeded", "paid back"
        FAILED = "failed", "failed"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    idempotency_key = models.CharField(max_length=64, unique=True)
    amount = models.PositiveIntegerField(help_text="Minor units.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DECIDED)
    reason = models.CharField(max_length=40)
    provider_id = models.CharField(max_length=120, null=True, unique=True)  # noqa: DJ001 - unique once known
    failure = models.CharField(max_length=120, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = (models.CheckConstraint(condition=models.Q(amount__gt=0), name="orders_refund_positive"),)

    def __str__(self) -> str:
        return f"refund {self.pk} {self.state}"


class WebhookEvent(models.Model):
    """A signed message of the payment provider, stored once and worked on once (F11)."""

    event_id = models.CharField(max_length=120, unique=True)
    type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=120)
    received_at = models.DateTimeField(auto_now_add=True)
    processed_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = (models.Index(fields=["processed_at", "lease_until"], name="orders_webhook_waiting"),)

    def __str__(self) -> str:
        return self.type
