"""Editions and their revisions in the admin: dates and states to look at, and nothing about the child."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from books.models import Edition, Revision


class _LookOnly:
    """Books are made, changed and forgotten by their own rules only."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class _Revisions(_LookOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Revision
    fields = ("number", "state", "tries", "full_wanted", "full_ready_at", "created_at")
    readonly_fields = fields
    extra = 0


@admin.register(Edition)
class EditionAdmin(_LookOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """One child's book: which story, since when, until when. The child has no name here."""

    list_display = ("short_id", "story", "created_at", "forgotten_at", "locked_at", "newest")
    list_filter = ("story", "locked_at")
    search_fields = ("id",)
    fields = ("id", "story", "story_version", "created_at", "forgotten_at", "locked_at")
    readonly_fields = fields
    inlines = (_Revisions,)
    list_select_related = ("child",)

    @admin.display(description="edition", ordering="pk")
    def short_id(self, edition: Edition) -> str:
        return str(edition.pk)[:8]

    @admin.display(description="forgotten", ordering="child__expires_at")
    def forgotten_at(self, edition: Edition) -> object:
        """When the child's data went, or will."""
        child = edition.child
        return child.ended_at or child.abandoned_at or child.expires_at

    @admin.display(description="revision")
    def newest(self, edition: Edition) -> str:
        revision = edition.revisions.order_by("-number").first()
        return f"{revision.number}, {revision.get_state_display()}" if revision else "-"


@admin.register(Revision)
class RevisionAdmin(_LookOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """What the worker has made and what it is stuck on."""

    list_display = ("edition", "number", "state", "tries", "full_wanted", "full_ready_at", "created_at")
    list_filter = ("state", "full_wanted")
    date_hierarchy = "created_at"
