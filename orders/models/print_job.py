"""A book on its way through the print partner."""

from django.db import models

from orders.models.order import OrderLine


class PrintJob(models.Model):
    """Copies of one approved book at the printer. Its state changes through `orders.printing` only."""

    class State(models.TextChoices):
        QUEUED = "queued", "waiting to be made"
        SENDING = "sending", "being made and sent"
        SENT = "sent", "mailed to the printer"
        RECEIVED = "received", "received by the printer"
        SHIPPED = "shipped", "shipped"
        REJECTED = "rejected", "rejected by the printer"
        BLOCKED = "blocked", "stopped: staff must look"
        CANCELLED = "cancelled", "cancelled"

    number = models.CharField(max_length=16, unique=True, help_text="Our job number, as in J-7K3M9Q-1.")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="print_jobs")
    revision = models.PositiveIntegerField()
    profile = models.CharField(max_length=20)
    reprint_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reprints",
        help_text="The job whose copies had a fault that was verified (P43).",
    )  # fmt: skip
    copies = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty: all that the line ordered.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    tries = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    interior_sha256 = models.CharField(max_length=64, blank=True)
    cover_sha256 = models.CharField(max_length=64, blank=True)
    page_count = models.PositiveSmallIntegerField(default=0)
    carrier = models.CharField(max_length=60, blank=True)
    tracking = models.CharField(max_length=120, blank=True)
    rejection = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=["state", "lease_until"], name="orders_printjob_waiting"),)
        constraints = (
            models.UniqueConstraint(
                fields=["line"],
                condition=~models.Q(state__in=["rejected", "cancelled"]) & models.Q(reprint_of=None),
                name="orders_printjob_one_alive",
            ),
            models.UniqueConstraint(
                fields=["reprint_of"],
                condition=~models.Q(state__in=["rejected", "cancelled"]),
                name="orders_printjob_one_reprint_alive",
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def quantity(self) -> int:
        """How many copies it is about."""
        return self.line.quantity if self.copies is None else self.copies


class PrintJobEvent(models.Model):
    """What happened to a print job."""

    job = models.ForeignKey(PrintJob, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=20)
    actor = models.CharField(max_length=40)
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.kind
