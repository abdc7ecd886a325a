"""Staff pages about privacy: to look at, except messages to be answered and trainings to be recorded."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from privacy import contact
from privacy.models import (
    Child,
    Consent,
    ContactMessage,
    PolicyVersion,
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
    readonly_fields = (
        "reference",
        "name",
        "email",
        "topic",
        "order_number",
        "words",
        "sent_at",
        "answer_by",
        "purge_at",
    )
    fields = (*readonly_fields, "answered_at")

    @admin.display(description="message")
    def words(self, message: ContactMessage) -> str:
        return contact.words(message) or "The words are gone."

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(StaffTraining)
class StaffTrainingAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who has acknowledged which version of the privacy policy (P14)."""

    list_display = ("user", "policy", "acknowledged_at")
    list_select_related = ("user", "policy")
    autocomplete_fields = ("user",)
    fields = ("user", "policy", "acknowledged_at")
