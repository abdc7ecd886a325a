"""What the database knows about a child: that there is one, since when and until when. Everything else is
ciphertext."""

import uuid

from django.conf import settings
from django.db import models


class Child(models.Model):
    """A child whose data is held. After forgetting, this row stays as a tombstone without any personal data
    (P8, P10)."""

    class End(models.TextChoices):
        EXPIRED = "expired"
        ABANDONED = "abandoned"
        DELETED = "deleted"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collected_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True, help_text="Nothing can be read from this second on (P10).")
    abandoned_at = models.DateTimeField(
        null=True,
        help_text="When it is forgotten if nobody has ordered by then; empty once ordered.",
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=10, choices=End.choices, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True, help_text="When the last trace was gone.")
    receipt = models.ForeignKey("Receipt", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    together_with = models.OneToOneField(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="second",
        help_text="The first child of the book in which this one is the second; both are forgotten together.",
    )

    class Meta:
        verbose_name_plural = "children"
        # What a purge asks for, without the tombstones, which only grow.
        indexes = (
            models.Index(fields=["expires_at"], condition=models.Q(purged_at=None), name="privacy_child_expiring"),
            models.Index(fields=["abandoned_at"], condition=models.Q(purged_at=None), name="privacy_child_abandoned"),
            models.Index(
                fields=["ended_at"],
                condition=models.Q(purged_at=None, ended_at__isnull=False),
                name="privacy_child_unfinished",
            ),
        )
        permissions = (("view_child_data", "Can look at a child's data, with a reason that the parent sees"),)

    def __str__(self) -> str:
        return f"child {str(self.id)[:8]}"


class VaultItem(models.Model):
    """One encrypted thing about a child. Small ones live in the row, large ones in a file of chunks."""

    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=24)
    number = models.PositiveIntegerField(help_text="Revision or running number within the kind.")
    ciphertext = models.BinaryField(null=True)
    blob = models.CharField(max_length=80, blank=True, help_text="File below BLOB_DIR; a random name.")
    size = models.PositiveIntegerField(help_text="Bytes of plaintext.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["child", "kind", "number"], name="privacy_vaultitem_place"),)
        indexes = (models.Index(fields=["blob"], name="privacy_vaultitem_blob"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class VaultAccess(models.Model):
    """Who looked at what, when and why; parents see it (P12). One row per actor, purpose, kind and hour."""

    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="accesses")
    kind = models.CharField(max_length=24)
    purpose = models.CharField(max_length=12)
    actor = models.CharField(max_length=40, help_text='"parent", "staff:12" or "system:print"; never a name.')
    reason = models.CharField(max_length=200, blank=True)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name_plural = "vault accesses"
        indexes = (models.Index(fields=["hour"], name="privacy_vaultaccess_hour"),)
        constraints = (
            models.UniqueConstraint(
                fields=["child", "kind", "purpose", "actor", "reason", "hour"],
                name="privacy_vaultaccess_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.actor} {self.purpose}"


class PolicyVersion(models.Model):
    """A policy as it was published: its text never changes afterwards (P31, P32)."""

    slug = models.SlugField(max_length=20)
    version = models.CharField(max_length=12)
    effective_from = models.DateField()
    html = models.TextField()
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField()

    class Meta:
        ordering = ("slug", "-effective_from", "-pk")
        constraints = (models.UniqueConstraint(fields=["slug", "version"], name="privacy_policyversion_once"),)

    def __str__(self) -> str:
        return f"{self.slug} {self.version}"


class Consent(models.Model):
    """Proof that a parent or guardian agreed: to which wording, under which policy, when and how (P2, P4). No
    child data."""

    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="consents")
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    policy_sha256 = models.CharField(max_length=64)
    wording = models.TextField(help_text="The sentences beside the boxes, as shown.")
    method = models.CharField(max_length=20, default="web form")
    given_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True, help_text="When a card payment confirmed an adult.")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"consent under {self.policy}"


class Receipt(models.Model):
    """One purge, in a hash chain: each entry holds the hash of the one before (F24). No personal data."""

    at = models.DateTimeField()
    reason = models.CharField(max_length=10)
    counts = models.JSONField(help_text="How many children, rows, files and keys went.")
    previous = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ("pk",)
        # Two entries on top of the same one would be a fork.
        constraints = (models.UniqueConstraint(fields=["previous"], name="privacy_receipt_no_fork"),)

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class Proof(models.Model):
    """One run of `manage.py prove_forgetting`: what was searched, how long, what was found. Nothing personal."""

    at = models.DateTimeField(db_index=True)
    passed = models.BooleanField()
    summary = models.JSONField(help_text="Files and bytes searched, hits, seconds, database and queue.")

    class Meta:
        ordering = ("-at", "-pk")
        get_latest_by = "at"

    def __str__(self) -> str:
        return f"proof {self.pk}"


class StaffTraining(models.Model):
    """A member of staff has acknowledged the policy on children's data (P14); without it the vault stays
    shut."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="trainings")
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT)
    acknowledged_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"training {self.pk}"


class ContactMessage(models.Model):
    """A message from the contact form (P9). It may speak of a child, so it has its own day of deletion."""

    class Topic(models.TextChoices):
        ORDER = "order", "My order"
        PRIVACY = "privacy", "My child's data: see it, correct it, delete it"
        RETURN = "return", "A fault, a return or a refund"
        COMPLAINT = "complaint", "A complaint"
        CHILD = "child", "A child has used this site alone"
        OTHER = "other", "Something else"

    reference = models.CharField(max_length=12, unique=True, help_text="Shown to people, as in C-7K3M9Q.")
    name = models.CharField(max_length=120)
    email = models.EmailField()
    topic = models.CharField(max_length=10, choices=Topic.choices)
    order_number = models.CharField(max_length=12, blank=True)
    sealed = models.BinaryField(help_text="The words, encrypted under a key of their own in the key store.")
    sent_at = models.DateTimeField()
    answer_by = models.DateTimeField(help_text="The latest day we promised an answer for.")
    answered_at = models.DateTimeField(null=True, blank=True)
    purge_at = models.DateTimeField(db_index=True, help_text="When this row is deleted, whatever its state.")

    class Meta:
        ordering = ("answered_at", "sent_at")

    def __str__(self) -> str:
        return self.reference
