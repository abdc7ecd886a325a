"""The list of returns; everything about one is on a page of its own (`refunds.views.staff_returns`)."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from orders.admin import order_link
from privacy.admin import ReadOnlyAdmin
from refunds import settling
from refunds.models import Return


class Waits(admin.SimpleListFilter):
    """What staff come here for."""

    title = "what waits"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("staff", "waits for us"), ("customer", "waits for the customer")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Return]) -> QuerySet[Return]:
        if self.value() == "staff":
            return queryset.filter(pk__in=settling.waiting_for_staff().values("pk"))
        if self.value() == "customer":
            return queryset.filter(state__in=[Return.State.MORE_ASKED, Return.State.INSTRUCTED, Return.State.REJECTED])
        return queryset


@admin.register(Return)
class ReturnAdmin(ReadOnlyAdmin):
    """Printed books that customers are not content with."""

    list_display = ("number", "order_page", "state", "reason", "wish", "asked_at", "open_page")
    list_display_links = None
    list_filter = (Waits, "state", "reason", "wish")
    list_select_related = ("order",)
    search_fields = ("number", "order__number")
    ordering = ("-pk",)
    fields = (
        "number", "order_page", "state", "reason", "wish", "basis", "finding", "asked_at", "instructed_at",
        "received_at", "inspected_at", "closed_at", "open_page",
    )  # fmt: skip

    @admin.display(description="order", ordering="order__number")
    def order_page(self, one: Return) -> SafeString:
        return order_link(one.order)

    @admin.display(description="page")
    def open_page(self, one: Return) -> SafeString:
        return format_html('<a href="{}">Look and decide …</a>', reverse("refunds:staff_return", args=[one.number]))
