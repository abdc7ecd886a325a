"""Staff pages about change requests, cases and money on its way back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from accounts.models import User
from orders import money_back
from orders.admin import IssuedAdmin, on_order_page, order_link, price
from orders.invoice_pdf import Sheet
from orders.models import Refund
from orders.views.staff_frame import framed
from privacy.admin import ReadOnlyAdmin
from refunds import admin_returns, answer_deadlines, case_story, credit_notes, orders_page, payouts
from refunds.models import Case, ChangeRequest, CreditNote

on_order_page(to_do=orders_page.to_do, happened=orders_page.happened)

__all__ = ["admin_returns"]  # registers itself


class LongWait(admin.SimpleListFilter):
    """Parents who wait for longer than we said."""

    title = "waits"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("overdue", "longer than a working day")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ChangeRequest]) -> QuerySet[ChangeRequest]:
        if self.value() != "overdue":
            return queryset
        return queryset.filter(pk__in=answer_deadlines.overdue().values("pk"))


@admin.register(ChangeRequest)
class ChangeRequestAdmin(ReadOnlyAdmin):
    """What parents asked for; the words are opened on a page that asks why."""

    list_display = ("order", "book", "state", "waits", "by", "open_page")
    list_filter = (LongWait, "state")
    list_select_related = ("line__order",)
    list_display_links = None
    search_fields = ("line__order__number",)
    ordering = (F("waits_since").asc(nulls_last=True), "-pk")
    fields = ("order", "book", "state", "created_at", "waits", "by", "answered_at", "open_page")

    @admin.display(description="order", ordering="line__order__number")
    def order(self, asked: ChangeRequest) -> SafeString:
        return order_link(asked.line.order)

    @admin.display(description="book")
    def book(self, asked: ChangeRequest) -> str:
        return asked.line.title

    @admin.display(description="waits for", ordering=F("waits_since").asc(nulls_last=True))
    def waits(self, asked: ChangeRequest) -> str:
        return timesince(asked.waits_since, depth=1) if asked.waits_since else "–"

    @admin.display(description="answer by")
    def by(self, asked: ChangeRequest) -> object:
        by = answer_deadlines.answer_by(asked)
        if by is None or by >= timezone.localdate():
            return by
        return format_html("<strong>{}, late</strong>", date_format(by, "j N"))

    @admin.display(description="words")
    def open_page(self, asked: ChangeRequest) -> SafeString:
        return format_html('<a href="{}">Read and answer …</a>', reverse("refunds:change", args=[asked.pk]))


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    """Decisions to give money back."""

    list_display = ("pk", "order_page", "kind", "state", "sum", "decided_by", "created_at")
    list_filter = ("kind", "state")
    list_select_related = ("order", "decided_by")
    search_fields = ("order__number",)
    date_hierarchy = "created_at"
    fields = ("order_page", "kind", "state", "sum", "reason", "note", "decided_by", "created_at", "closed_at")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The whole story on one page instead of a form."""
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        case = self.get_object(request, object_id)
        if case is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if not self.has_view_permission(request, case):
            raise PermissionDenied
        story = case_story.tell(case)
        page = {
            "title": f"{case.get_kind_display().capitalize()}: {case.order.number}",
            "story": story,
            "rest": case.amount - case.shipping - sum(line.back for line in story.lines),
        }
        return render(request, "refunds/case.html", framed(request, page))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        return super().get_queryset(request).select_related("order", "proposed_by", "decided_by")

    @admin.display(description="order", ordering="order__number")
    def order_page(self, case: Case) -> SafeString:
        return order_link(case.order)

    @admin.display(description="amount", ordering="amount")
    def sum(self, case: Case) -> str:
        return price(case.amount, case.order.currency)


@admin.register(CreditNote)
class CreditNoteAdmin(IssuedAdmin):
    """Credit notes and their corrections, numbered without gaps."""

    list_display = ("number", "order_page", "invoice", "sum", "vat_contained", "reason", "issued_at", "document")
    list_select_related = ("invoice__order",)
    search_fields = ("number", "invoice__number", "invoice__order__number")
    date_hierarchy = "issued_at"
    fields = (
        "number", "order_page", "invoice", "refund", "corrects", "reason", "issued_at", "sum", "vat_contained",
        "document",
    )  # fmt: skip

    def sheet(self, issued: Any) -> Sheet:
        return credit_notes.sheet(issued)

    @admin.display(description="order", ordering="invoice__order__number")
    def order_page(self, note: CreditNote) -> SafeString:
        return order_link(note.invoice.order)


class Waits(admin.SimpleListFilter):
    """What staff come here for."""

    title = "what waits"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("failed", "failed: needs you"), ("late", "late at the bank"), ("overdue", "due today or overdue")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Refund]) -> QuerySet[Refund]:
        if self.value() == "failed":
            return queryset.filter(pk__in=money_back.failed().values("pk"))
        if self.value() == "late":
            return queryset.filter(pk__in=payouts.late().values("pk"))
        if self.value() == "overdue":
            return queryset.filter(pk__in=payouts.overdue().values("pk"))
        return queryset


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """Money on its way back, always to the card it came from (P28)."""

    list_display = ("pk", "order", "sum", "state", "failure", "promised")
    list_filter = (Waits, "state")
    list_select_related = ("payment__order",)
    search_fields = ("payment__order__number", "provider_id")
    actions = ("send_again",)
    fields = (
        "order", "sum", "state", "reason", "failure", "provider_id", "tries", "decided_at", "promised", "settled_at",
    )  # fmt: skip

    @admin.display(description="order", ordering="payment__order__number")
    def order(self, refund: Refund) -> SafeString:
        return order_link(refund.payment.order)

    @admin.display(description="amount", ordering="amount")
    def sum(self, refund: Refund) -> str:
        return price(refund.amount, refund.payment.currency)

    @admin.display(description="promised by")
    def promised(self, refund: Refund) -> object:
        return money_back.promised_by(refund)

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("refunds.add_case")

    @admin.action(description="Send again, to the same card (failed refunds)", permissions=["send"])
    def send_again(self, request: HttpRequest, refunds: QuerySet[Refund]) -> None:
        """Decide failed refunds anew: the bank may have taken the card back into use."""
        assert isinstance(request.user, User)
        for refund in refunds.select_related("payment__order"):
            try:
                fresh = payouts.again(refund, actor=f"staff:{request.user.pk}")
            except payouts.NothingLeft:
                words, level = f"Refund {refund.pk} has not failed, or the money has gone back.", messages.WARNING
            else:
                words, level = f"Refund {refund.pk} goes out again as refund {fresh.pk}.", messages.SUCCESS
            self.message_user(request, words, level)
