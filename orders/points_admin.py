"""Staff pages about reward points: the ledger to look at, and a page to give or correct some (P40)."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from accounts.models import User
from orders import points
from orders.admin_parts import Rows, frame, order_link
from orders.models import PointsAccount, PointsEntry
from orders.money_words import price
from orders.staff_forms import PointsForm
from privacy.admin import ReadOnlyAdmin


class PointsEntries(Rows):
    model = PointsEntry
    verbose_name_plural = "ledger"
    fields = ("at", "points", "kind", "order", "note", "staff")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[PointsEntry]:
        return super().get_queryset(request).select_related("order", "staff")


@admin.register(PointsAccount)
class PointsAccountAdmin(ReadOnlyAdmin):
    """Who has how many points."""

    change_list_template = "orders/staff_points.html"
    list_display = ("customer", "balance", "worth", "owed")
    list_select_related = ("user",)
    search_fields = ("=user__email",)
    ordering = ("-balance", "pk")
    fields = ("customer", "balance", "worth", "owed")
    inlines = (PointsEntries,)

    @admin.display(description="customer", ordering="user__email")
    def customer(self, account: PointsAccount) -> str:
        return account.user.email

    @admin.display(description="worth")
    def worth(self, account: PointsAccount) -> str:
        return _worth(account.balance)

    def get_urls(self) -> list[URLPattern]:
        give = path("give/", self.admin_site.admin_view(self.give), name="orders_pointsaccount_give")
        return [give, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"may_give": _may_give(request), **(extra_context or {})})

    def give(self, request: HttpRequest) -> HttpResponse:
        """Give or correct points: the first answer shows what will happen, the second does it."""
        if not _may_give(request):
            raise PermissionDenied
        typed = request.POST.copy() if request.method == "POST" else None
        form = PointsForm(typed)
        page: dict[str, Any] = {"title": "Give or correct points", "form": form, "section": "Points"}
        if typed is not None and form.is_valid():
            data, key, user = form.cleaned_data, form.new_key(), form.user
            has = points.balance(user)
            if has + data["points"] < 0:
                form.add_error("points", f"{user.email} has {has:,} points: no more than these can be taken away.")
            elif "sure" in request.POST and self._correct(request, form, key):
                return redirect(reverse("admin:orders_pointsaccount_change", args=[user.points_account.pk]))
            else:
                page |= {"will": _in_words(user, has, data["points"], data["note"]), "do": "Book it"}
                typed["key"] = key
        page |= {"opts": self.opts, "back": reverse("admin:orders_pointsaccount_changelist")}
        context = frame(self.admin_site, request, page)
        return TemplateResponse(request, "orders/staff_step.html", context, status=422 if form.errors else 200)

    def _correct(self, request: HttpRequest, form: PointsForm, key: str) -> bool:
        """Book it. False: the customer has spent the points meanwhile, and the page shows the new numbers."""
        assert isinstance(request.user, User)
        data = form.cleaned_data
        try:
            points.correct(form.user, data["points"], note=data["note"], staff=request.user, key=key)
        except points.NotEnough:
            return False
        has = points.balance(form.user)
        self.message_user(request, f"Booked. {form.user.email} has {has:,} points now.", messages.SUCCESS)
        return True


@admin.register(PointsEntry)
class PointsEntryAdmin(ReadOnlyAdmin):
    """The ledger of all customers."""

    list_display = ("at", "customer", "points", "kind", "order_page", "note", "staff")
    list_filter = ("kind",)
    list_select_related = ("account__user", "order", "staff")
    search_fields = ("=account__user__email", "=order__number")
    date_hierarchy = "at"
    fields = list_display

    @admin.display(description="customer", ordering="account__user__email")
    def customer(self, entry: PointsEntry) -> str:
        return entry.account.user.email

    @admin.display(description="order", ordering="order__number")
    def order_page(self, entry: PointsEntry) -> SafeString | str:
        return order_link(entry.order) if entry.order else "-"


def _may_give(request: HttpRequest) -> bool:
    return request.user.has_perm("orders.add_pointsentry")


def _worth(count: int) -> str:
    return price(count * settings.POINT_VALUE, settings.CURRENCY)


def _in_words(user: User, has: int, change: int, note: str) -> str:
    then = has + change
    return (
        f"{user.email} has {has:,} points now and {then:,} afterwards ({change:+,}), worth {_worth(then)}. "
        f"In their account they read: “{note}”"
    )
