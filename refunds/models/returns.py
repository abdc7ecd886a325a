"""Printed books that come back because something is wrong with them (P24-P26, P43)."""

from django.conf import settings
from django.db import models

from orders.models import Order, OrderLine, PrintJob
from privacy.models import Child
from refunds.models.case import Case


class Return(models.Model):
    """A customer is not content with printed books. Its state changes through `refunds.returns` only.

    What the customer wrote and photographed may show the child: it lies in the vault, under a key and a 14-day clock of
    its own (`evidence`), and never here (P25).
    """

    class State(models.TextChoices):
        ASKED = "asked", "waiting for us"
        MORE_ASKED = "more_asked", "we asked for more photos"
        INSTRUCTED = "instructed", "to be sent back"
        RECEIVED = "received", "parcel has come back"
        VERIFIED = "verified", "fault verified"
        REJECTED = "rejected", "no fault found"
        APPEALED = "appealed", "a colleague looks again"
        UPHELD = "upheld", "no fault found, twice"
        SETTLED = "settled", "settled"
        WITHDRAWN = "withdrawn", "withdrawn by the customer"
        LAPSED = "lapsed", "never sent back"

    class Reason(models.TextChoices):
        PRINT = "print", "a printing defect"
        BINDING = "binding", "a fault of the binding"
        TRANSPORT = "transport", "damaged on its way"
        WRONG = "wrong", "not the book that was approved"
        OTHER = "other", "something else"

    class Wish(models.TextChoices):
        REFUND = "refund", "the money back"
        REPRINT = "reprint", "a new copy"

    class Basis(models.TextChoices):
        PARCEL = "parcel", "the book itself"
        PHOTOS = "photos", "the photos"

    number = models.CharField(max_length=12, unique=True, help_text="Shown to people, as in R-7K3M9Q.")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="returns")
    state = models.CharField(max_length=12, choices=State.choices, default=State.ASKED, db_index=True)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    wish = models.CharField(max_length=8, choices=Wish.choices)
    evidence = models.OneToOneField(Child, null=True, blank=True, on_delete=models.PROTECT, related_name="evidence_of")
    basis = models.CharField(max_length=8, choices=Basis.choices, blank=True, help_text="What was inspected.")
    finding = models.CharField(max_length=300, blank=True, help_text="What we tell the customer. Not about the child.")
    inspected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    case = models.OneToOneField(Case, null=True, blank=True, on_delete=models.PROTECT, related_name="of_return")
    replacement = models.OneToOneField(
        Order, null=True, blank=True, on_delete=models.PROTECT, related_name="of_return",
        help_text="The order that the parent made anew after the child was forgotten (P43).",
    )  # fmt: skip
    asked_at = models.DateTimeField(auto_now_add=True)
    instructed_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    inspected_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        permissions = (("inspect_return", "Can record what an inspection found"),)
        constraints = (
            # Money or a new copy only after an inspection that found the fault (P26).
            models.CheckConstraint(
                condition=models.Q(case=None, replacement=None) | models.Q(inspected_at__isnull=False),
                name="refunds_return_inspected_first",
            ),
        )

    def __str__(self) -> str:
        return self.number


class ReturnLine(models.Model):
    """Copies of one book that a return is about."""

    of = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="return_lines")
    copies = models.PositiveSmallIntegerField()
    reprint = models.OneToOneField(
        PrintJob, null=True, blank=True, on_delete=models.PROTECT, related_name="of_return_line",
        help_text="The job of the new copies (P43).",
    )  # fmt: skip

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=["of", "line"], name="refunds_returnline_once"),)

    def __str__(self) -> str:
        return f"return line {self.pk}"


class ReturnEvent(models.Model):
    """What happened to a return. Never holds anything about the child."""

    of = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=20)
    actor = models.CharField(max_length=40)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.kind
