"""Staff pages about people and mail."""

from typing import Any

import allauth.account.admin
import allauth.mfa.admin
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts import erasing, mail
from accounts.models import OutgoingMail, User

# A verified address added to a customer's account, or the secret of a second factor, would be a way into it: nobody
# needs these tables to help anybody. Imported first, so that they are there to be taken out.
for _model in (allauth.account.admin.EmailAddress, allauth.mfa.admin.Authenticator):
    admin.site.unregister(_model)


@admin.register(User)
class UserAdmin(BaseUserAdmin):  # type: ignore[type-arg]
    """Customers and staff by e-mail address."""

    ordering = ("email",)
    list_display = ("email", "name", "is_staff", "is_active", "last_login")
    search_fields = ("email", "name")
    fieldsets = (
        (None, {"fields": ("email", "password", "name")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("When", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "name", "password1", "password2", "is_staff")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Nobody becomes a customer by changing where their mails go, and no customer becomes staff (P12)."""
        fixed = {"last_login", "date_joined"}
        if obj is not None and not obj.is_staff:
            fixed |= {"email", "is_staff", "is_superuser"}
        if not request.user.is_superuser:
            fixed |= {"is_superuser", "groups", "user_permissions"}
        return tuple(sorted(fixed))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only superusers change superusers."""
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not above and super().has_change_permission(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Customers ask for a new password by mail; staff do not set it for them."""
        user = self.get_object(request, id)
        if user is not None and not user.is_staff:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        erasing.account(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            erasing.account(user)


@admin.register(OutgoingMail)
class OutgoingMailAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What was mailed to whom, to look at only."""

    list_display = ("created_at", "template", "recipient", "state", "tries", "sent_at")
    list_filter = ("state", "template")
    search_fields = ("recipient", "key")
    fields = ("key", "template", "recipient", "subject", "words", "state", "tries", "created_at", "sent_at")

    @admin.display(description="text")
    def words(self, row: OutgoingMail) -> str:
        return mail.shown(row)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: OutgoingMail | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: OutgoingMail | None = None) -> bool:
        return False
