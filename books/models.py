"""One child's book and its revisions. What the book says about the child lies in the vault, never here."""

import uuid

from django.db import models

from privacy.models import Child


class Edition(models.Model):
    """One child's book of one story."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.OneToOneField(Child, on_delete=models.PROTECT, related_name="edition")
    story = models.SlugField(max_length=60)
    story_version = models.CharField(max_length=64, help_text="Which published template the book is made from.")
    created_at = models.DateTimeField(auto_now_add=True)
    locked_at = models.DateTimeField(null=True, blank=True, help_text="Approved for print: no more changes (P7).")

    def __str__(self) -> str:
        return f"edition {str(self.id)[:8]}"


class Revision(models.Model):
    """One state of a book: every change by the parent makes a new one (P22). `number` is its place in the vault."""

    class State(models.TextChoices):
        NEW = "new", "waiting"
        RENDERING = "rendering", "being made"
        READY = "ready", "ready"
        FAILED = "failed", "failed"

    class MadeBy(models.TextChoices):
        PARENT = "parent", "the parent"
        STAFF = "staff", "our staff, for the parent"

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    made_by = models.CharField(max_length=10, choices=MadeBy.choices, default=MadeBy.PARENT)
    again = models.PositiveIntegerField(null=True, blank=True, help_text="The earlier revision that was taken again.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.NEW)
    full_wanted = models.BooleanField(default=False, help_text="Ordered: the full-resolution digital copy is due too.")
    full_ready_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("edition", "number")
        constraints = (models.UniqueConstraint(fields=["edition", "number"], name="books_revision_number"),)
        indexes = (models.Index(fields=["state", "lease_until"], name="books_revision_waiting"),)

    def __str__(self) -> str:
        return f"{self.edition} revision {self.number}"
