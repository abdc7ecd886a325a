"""Credit notes: what of an invoice was taken back."""

from django.db import models

from orders.models import Invoice, Refund
from orders.models.invoice import Issued


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
