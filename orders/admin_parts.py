"""What staff pages of the shop share."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from orders.models import Order


class Rows(admin.TabularInline):  # type: ignore[type-arg]
    """Rows that belong to a page, to look at."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def order_link(order: Order) -> SafeString:
    """The order's staff page."""
    return format_html('<a href="{}">{}</a>', reverse("admin:orders_order_change", args=[order.pk]), order.number)


def frame(admin_site: admin.AdminSite, request: HttpRequest, page: dict[str, Any]) -> dict[str, Any]:
    """What the admin's frame needs around a page of ours."""
    return {**admin_site.each_context(request), **page}
