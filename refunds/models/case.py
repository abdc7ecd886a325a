"""Cases: the decision that money goes back, and why."""

from django.conf import settings
from django.db import models

from orders.models import Order, OrderLine, Refund


class Case(models.Model):
    """A decision to give money back: who asked, who decided, and what came of it (P23, P26). Its state changes through
    `refunds.cases` only. What is owed is decided here; `refunds.payouts` carries it out."""

    class Kind(models.TextChoices):
        CANCELLATION = "cancellation", "order cancelled"
        UNAPPROVED = "unapproved", "never approved in time"
        UNPRINTABLE = "unprintable", "could not be printed in time"
        RETURN = "return", "returned with a fault"
        GOODWILL = "goodwill", "goodwill"

    class State(models.TextChoices):
        PROPOSED = "proposed", "a second person must agree"
        DECLINED = "declined", "a second person did not agree"
        APPROVED = "approved", "money on its way back"
        REFUNDED = "refunded", "money is back"
        FAILED = "failed", "refund failed: staff must act"
        UNPAID = "unpaid", "nothing was paid"

    class Reason(models.TextChoices):
        """Why a parent gives up on a digital copy; asked for, never required (P23)."""

        NOT_GIVEN = "", "no reason given"
        NOT_PUT_RIGHT = "not put right", "it could not be put right"
        NOT_LIKED = "not liked", "it is not what they hoped for"
        TOO_LATE = "too late", "it would come too late"
        MISTAKE = "mistake", "ordered by mistake"
        OTHER = "other", "another reason"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="cases")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.APPROVED)
    whole = models.BooleanField(default=True, help_text="About the whole order, and not some of its books.")
    # Minor units. `amount` goes back to the card and contains `shipping`; `points` go back to the account.
    amount = models.PositiveIntegerField(default=0)
    shipping = models.PositiveIntegerField(default=0)
    points = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True, default=Reason.NOT_GIVEN)
    note = models.CharField(max_length=300, blank=True, help_text="For colleagues. Nothing about the child.")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        permissions = (("approve_case", "Can agree to what a colleague proposed above the limit"),)
        constraints = (
            # An order is cancelled once. A proposal that was declined is not in the way of another one.
            models.UniqueConstraint(
                fields=["order"],
                condition=models.Q(whole=True, kind__in=["cancellation", "unapproved", "unprintable"])
                & ~models.Q(state="declined"),
                name="refunds_case_cancelled_once",
            ),
            models.CheckConstraint(condition=models.Q(shipping__lte=models.F("amount")), name="refunds_case_adds_up"),
        )

    def __str__(self) -> str:
        return f"case {self.pk}"


class CaseLine(models.Model):
    """Copies of one book that a case is about, and what goes back for them (minor units, points)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="case_lines")
    copies = models.PositiveSmallIntegerField()
    amount = models.PositiveIntegerField()
    points = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=["case", "line"], name="refunds_caseline_once"),)

    def __str__(self) -> str:
        return f"case line {self.pk}"


class CaseRefund(models.Model):
    """Money that a case sends back. One that failed and was sent again has both rows here."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="refunds")
    refund = models.OneToOneField(Refund, on_delete=models.PROTECT, related_name="of_case")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"case refund {self.pk}"


class CaseEvent(models.Model):
    """What happened to a case. Never holds anything about the child."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=20)
    actor = models.CharField(max_length=40)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.kind
