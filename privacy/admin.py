"""Staff pages about privacy: to look at, except messages, which are answered here."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from privacy import access, contact
from privacy.models import (
    Child,
    Consent,
    ContactMessage,
    PolicyVersion,
    Proof,
    Receipt,
    StaffTraining,
    VaultAccess,
)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that nobody changes by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Child)
class ChildAdmin(ReadOnlyAdmin):
    """When a child's data came and goes; never what it is."""

    list_display = ("__str__", "collected_at", "expires_at", "abandoned_at", "ended_at", "end_reason", "purged_at")
    list_filter = ("end_reason",)
    date_hierarchy = "collected_at"
    fields = ("id", "collected_at", "expires_at", "abandoned_at", "ended_at", "end_reason", "purged_at", "receipt")


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ("child", "policy", "method", "given_at", "verified_at", "withdrawn_at")
    list_select_related = ("child", "policy")


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    list_display = ("slug", "version", "effective_from", "published_at", "sha256")
    list_filter = ("slug",)


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    list_display = ("pk", "at", "reason", "counts", "sha256")
    list_filter = ("reason",)


@admin.register(VaultAccess)
class VaultAccessAdmin(ReadOnlyAdmin):
    """Who looked at what, when and why."""

    list_display = ("hour", "child", "actor", "purpose", "kind", "reason", "count")
    list_filter = ("purpose", "kind")
    list_select_related = ("child",)
    search_fields = ("=actor",)


@admin.register(ContactMessage)
class ContactMessageAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Messages to be answered; the oldest that waits comes first."""

    list_display = ("reference", "topic", "order_number", "sent_at", "answer_by", "answered_at", "purge_at")
    list_filter = ("topic", ("answered_at", admin.EmptyFieldListFilter))
    search_fields = ("=reference", "=order_number", "=email")
    fields = (
        "reference",
        "name",
        "email",
        "topic",
        "order_number",
        "words",
        "sent_at",
        "answer_by",
        "purge_at",
        "answered_at",
    )

    def get_fields(self, request: HttpRequest, obj: ContactMessage | None = None) -> Any:
        shown = "words" if self._may_read(request) else "why_shut"
        return [shown if field == "words" else field for field in self.fields]

    def get_readonly_fields(self, request: HttpRequest, obj: ContactMessage | None = None) -> Any:
        return [field for field in self.get_fields(request, obj) if field != "answered_at"]

    def _may_read(self, request: HttpRequest) -> bool:
        """What was written may speak of a child: only those read it who may look at children's data (P12, P14)."""
        try:
            access.check_staff(request.user if isinstance(request.user, User) else None)
        except access.AccessRefused:
            return False
        return True

    @admin.display(description="message")
    def words(self, message: ContactMessage) -> str:
        return contact.words(message) or "The words are gone."

    @admin.display(description="message")
    def why_shut(self, _message: ContactMessage) -> SafeString:
        return format_html(
            'You may not read this: it may speak of a child. <a href="{}">See what is missing</a>',
            reverse("privacy:training"),
        )

    def delete_model(self, request: HttpRequest, obj: ContactMessage) -> None:
        contact.forget([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ContactMessage]) -> None:
        contact.forget(list(queryset))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Proof)
class ProofAdmin(ReadOnlyAdmin):
    """What the proofs of forgetting searched and found."""

    list_display = ("at", "passed", "summary")
    list_filter = ("passed",)


@admin.register(StaffTraining)
class StaffTrainingAdmin(ReadOnlyAdmin):
    """Who has acknowledged which version of the privacy policy (P14): for themselves, on the page for it."""

    list_display = ("user", "policy", "acknowledged_at")
    list_select_related = ("user", "policy")
