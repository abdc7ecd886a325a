"""What a parent and staff say to each other about a digital copy."""

from django.conf import settings
from django.db import models

from orders.models import OrderLine


class ChangeRequest(models.Model):
    """A parent asks staff for a change to the digital copy (P22). The words lie in the vault, under `number`."""

    class State(models.TextChoices):
        OPEN = "open", "waiting for us"
        ANSWERED = "answered", "answered"
        CLOSED = "closed", "closed"

    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="change_requests")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)
    waits_since = models.DateTimeField(null=True, blank=True, help_text="When the parent began to wait for an answer.")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"change request {self.pk}"


class ChangeMessage(models.Model):
    """One message in a change request; its text is vault item `message` with this number."""

    request = models.ForeignKey(ChangeRequest, on_delete=models.CASCADE, related_name="messages")
    number = models.PositiveIntegerField()
    page = models.PositiveSmallIntegerField(null=True, blank=True, help_text="The page it is about; empty: the book.")
    version = models.PositiveIntegerField(null=True, blank=True, help_text="The version of the book that it proposes.")
    from_staff = models.BooleanField(default=False)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"message {self.pk}"
