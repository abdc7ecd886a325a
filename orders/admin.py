"""Staff pages about orders, money and print jobs. Nothing here shows anything about a child."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from orders import coupon_admin as coupon_admin  # registers coupons
from orders import coupons, delivery, invoice_pdf, print_downloads, printing, review
from orders import points_admin as points_admin  # registers points
from orders.admin_parts import Rows
from orders.admin_parts import order_link as order_link
from orders.models import Invoice, Order, OrderEvent, OrderLine, Payment, PrintJob, PrintJobEvent, WebhookEvent
from orders.models.invoice import Issued
from orders.money_words import price as price
from privacy.admin import ReadOnlyAdmin


class OrderLines(Rows):
    model = OrderLine
    verbose_name_plural = "books"
    fields = (
        "title",
        "format",
        "quantity",
        "each",
        "coupon",
        "points",
        "approved_revision",
        "approved_at",
        "cancelled_at",
    )
    readonly_fields = fields

    @admin.display(description="each")
    def each(self, line: OrderLine) -> str:
        return price(line.unit_price, line.order.currency)

    @admin.display(description="coupon")
    def coupon(self, line: OrderLine) -> str:
        return price(-line.discount, line.order.currency) if line.discount else "-"


class OrderEvents(Rows):
    model = OrderEvent
    verbose_name_plural = "what happened"
    fields = ("at", "kind", "actor", "detail")
    readonly_fields = fields


class Payments(Rows):
    model = Payment
    fields = ("sum", "state", "created_at", "paid_at", "intent_id")
    readonly_fields = fields

    @admin.display(description="amount")
    def sum(self, payment: Payment) -> str:
        return price(payment.amount, payment.currency)


class PrintJobEvents(Rows):
    model = PrintJobEvent
    verbose_name_plural = "what happened"
    fields = ("at", "kind", "actor", "detail")
    readonly_fields = fields


class Link(NamedTuple):
    """A line of an order's page: where it leads ("": nowhere) and what it says."""

    url: str
    words: str


_TO_DO: list[Callable[[Order], list[Link]]] = []
_HAPPENED: list[Callable[[Order], list[Link]]] = []


def on_order_page(*, to_do: Callable[[Order], list[Link]], happened: Callable[[Order], list[Link]]) -> None:
    """Register what an app above this one can do about an order, and what it has decided."""
    _TO_DO.append(to_do)
    _HAPPENED.append(happened)


def _list(links: list[Link]) -> SafeString | str:
    """Link by link, one on each line."""
    linked = [format_html('<a href="{}">{}</a>', *link) if link.url else link.words for link in links]
    return format_html_join("", '<div class="order-link">{}</div>', [(one,) for one in linked])


def pdf_link(issued: Issued, label: str = "") -> SafeString:
    """A document's own page of paper, under its number."""
    name = f"admin:{issued._meta.app_label}_{issued._meta.model_name}_pdf"
    return format_html('<a href="{}">{}</a>', reverse(name, args=[issued.pk]), label or f"{issued.number} (PDF)")


class IssuedAdmin(ReadOnlyAdmin):
    """Documents that were issued: to look at, and to open as the customer sees them."""

    def sheet(self, issued: Any) -> invoice_pdf.Sheet:
        """What stands on the page."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_pdf"
        return [path("<int:pk>/pdf/", self.admin_site.admin_view(self.pdf), name=name), *super().get_urls()]

    def pdf(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The document as a PDF, for staff who may see it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return invoice_pdf.answer(self.sheet(get_object_or_404(self.model, pk=pk)))

    @admin.display(description="document", ordering="pk")
    def document(self, issued: Issued) -> SafeString:
        return pdf_link(issued, "PDF")

    @admin.display(description="total", ordering="gross")
    def sum(self, issued: Any) -> str:
        return price(issued.gross, issued.currency)

    @admin.display(description="VAT contained")
    def vat_contained(self, issued: Any) -> str:
        return f"{price(issued.vat, issued.currency)} ({issued.vat_rate_bp / 100:g} %)"


class OrderWaits(admin.SimpleListFilter):
    """Orders that want a look before it is too late."""

    title = "what waits"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("running_out", "running out of time"), ("missing", "parcel has not arrived")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if self.value() == "running_out":
            return queryset.filter(pk__in=review.running_out().values("pk"))
        if self.value() == "missing":
            return queryset.filter(pk__in=delivery.missing().values("pk"))
        return queryset


class JobWaits(admin.SimpleListFilter):
    """Jobs that somebody has to do something about."""

    title = "what waits"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("staff", "needs you"), ("printer", "at the printer")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PrintJob]) -> QuerySet[PrintJob]:
        if self.value() == "staff":
            return queryset.filter(pk__in=printing.needing_staff().values("pk"))
        if self.value() == "printer":
            return queryset.filter(state__in=[PrintJob.State.SENT, PrintJob.State.RECEIVED])
        return queryset


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Orders and what may be done about them."""

    list_display = ("number", "state", "name", "sum", "created_at", "paid_at")
    list_filter = (OrderWaits, "state", "shipping_method", "country")
    search_fields = ("number", "email", "name")
    date_hierarchy = "created_at"
    inlines = (OrderLines, Payments, OrderEvents)
    fieldsets = (
        (None, {"fields": ("number", "state", "print_jobs", "cases_and_returns", "what_to_do")}),
        ("Customer", {"fields": ("name", "contact_by", "email", "phone", "address", "shipping_method")}),
        ("Money", {"fields": ("books", "coupon", "points", "delivery", "sum", "vat", "invoice_pdf")}),
        ("When", {"fields": ("created_at", "paid_at", "approved_at", "shipped_at", "delivered_at", "completed_at",
                             "cancelled_at")}),
    )  # fmt: skip

    @admin.display(description="print jobs")
    def print_jobs(self, order: Order) -> SafeString | str:
        jobs = PrintJob.objects.filter(line__order=order).order_by("pk")
        links = [(reverse("admin:orders_printjob_change", args=[job.pk]), job, job.get_state_display()) for job in jobs]
        return format_html_join(", ", '<a href="{}">{}</a> ({})', links) or "none yet"

    @admin.display(description="books")
    def books(self, order: Order) -> str:
        return price(order.items_total, order.currency)

    @admin.display(description="coupon")
    def coupon(self, order: Order) -> str:
        if not order.discount_total:
            return "none"
        return f"{price(-order.discount_total, order.currency)} ({coupons.code_of(order)})"

    @admin.display(description="points")
    def points(self, order: Order) -> str:
        if not order.points_used:
            return "none"
        return f"{price(-order.points_total, order.currency)} ({order.points_used:,} points)"

    @admin.display(description="delivery")
    def delivery(self, order: Order) -> str:
        return price(order.shipping_total, order.currency)

    @admin.display(description="total", ordering="total")
    def sum(self, order: Order) -> str:
        return price(order.total, order.currency)

    @admin.display(description="VAT contained")
    def vat(self, order: Order) -> str:
        return f"{price(order.vat_total, order.currency)} ({order.vat_rate_bp / 100:g} %)"

    @admin.display(description="invoice")
    def invoice_pdf(self, order: Order) -> SafeString | str:
        invoice = Invoice.objects.filter(order=order).first()
        return pdf_link(invoice) if invoice else "none yet"

    @admin.display(description="address")
    def address(self, order: Order) -> str:
        parts = (order.street, order.street_2, f"{order.postal_code} {order.city}", order.country)
        return ", ".join(part for part in parts if part)

    @admin.display(description="what you can do")
    def what_to_do(self, order: Order) -> SafeString | str:
        """Links to the pages that act; each asks before it does anything."""
        links = [link for say in _TO_DO for link in say(order)]
        if delivery.parcels(order).exists():
            words = "Correct when it was delivered …" if order.delivered_at else "Say when it was delivered …"
            links.insert(0, Link(reverse("orders:staff_delivered", args=[order.number]), words))
        return _list(links) or "Nothing: the order is done."

    @admin.display(description="refunds and returns")
    def cases_and_returns(self, order: Order) -> SafeString | str:
        return _list([link for say in _HAPPENED for link in say(order)]) or "none"


@admin.register(PrintJob)
class PrintJobAdmin(ReadOnlyAdmin):
    """Books at the printer."""

    list_display = ("number", "state", "order", "product", "page_count", "tries", "created_at", "sent_at", "tracking")
    list_filter = (JobWaits, "state", "profile")
    list_select_related = ("line__order",)
    search_fields = ("number", "line__order__number", "tracking")
    actions = ("queue_again", "send_link")
    inlines = (PrintJobEvents,)
    fieldsets = (
        (None, {"fields": ("number", "state", "order", "product", "revision", "profile", "page_count", "tries")}),
        ("On its way", {"fields": ("carrier", "tracking", "rejection")}),
        ("When", {"fields": ("created_at", "sent_at", "received_at", "shipped_at", "delivered_at")}),
        ("Files", {"fields": ("interior_sha256", "cover_sha256")}),
    )

    @admin.display(description="order", ordering="line__order__number")
    def order(self, job: PrintJob) -> SafeString:
        return order_link(job.line.order)

    @admin.display(description="product")
    def product(self, job: PrintJob) -> str:
        return f"{job.quantity} × {job.line.format}{' (reprint)' if job.reprint_of_id else ''}"

    def has_queue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.change_printjob")

    @admin.action(description="Queue again (rejected or stopped jobs)", permissions=["queue"])
    def queue_again(self, request: HttpRequest, jobs: QuerySet[PrintJob]) -> None:
        """Make and send the files of rejected or blocked jobs anew, under a new number."""
        assert isinstance(request.user, User)
        for job in jobs.select_related("line__order"):
            try:
                fresh = printing.again(job, actor=f"staff:{request.user.pk}")
            except printing.TooLate as error:
                self.message_user(request, str(error), messages.WARNING)
            else:
                self.message_user(request, f"{job.number} is queued again as {fresh.number}.", messages.SUCCESS)

    @admin.action(description="Mail the printer a new link to the files", permissions=["queue"])
    def send_link(self, request: HttpRequest, jobs: QuerySet[PrintJob]) -> None:
        """For a printer who has lost the mail, or came too late for the link in it."""
        assert isinstance(request.user, User)
        for job in jobs.select_related("line__order", "line__edition__child"):
            try:
                print_downloads.send_link(job, actor=f"staff:{request.user.pk}")
            except printing.TooLate as error:
                self.message_user(request, str(error), messages.WARNING)
            else:
                self.message_user(request, f"A new link to {job.number} is on its way.", messages.SUCCESS)


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Money in."""

    list_display = ("__str__", "order_page", "sum", "state", "created_at", "paid_at")
    list_filter = ("state",)
    list_select_related = ("order",)
    search_fields = ("order__number", "intent_id", "session_id")
    fields = ("order_page", "sum", "state", "session_id", "intent_id", "created_at", "paid_at", "checked_at")

    @admin.display(description="order", ordering="order__number")
    def order_page(self, payment: Payment) -> SafeString:
        return order_link(payment.order)

    @admin.display(description="amount", ordering="amount")
    def sum(self, payment: Payment) -> str:
        return price(payment.amount, payment.currency)


@admin.register(Invoice)
class InvoiceAdmin(IssuedAdmin):
    """Invoices, numbered without gaps."""

    list_display = ("number", "order_page", "sum", "vat_contained", "country", "issued_at", "document")
    list_filter = ("country",)
    list_select_related = ("order",)
    search_fields = ("number", "order__number")
    date_hierarchy = "issued_at"
    fields = (
        "number", "order_page", "issued_at", "paid_on", "customer_name", "customer_address", "country", "sum",
        "vat_contained", "payment_method", "document",
    )  # fmt: skip

    def sheet(self, issued: Any) -> invoice_pdf.Sheet:
        return invoice_pdf.of_invoice(issued)

    @admin.display(description="order", ordering="order__number")
    def order_page(self, invoice: Invoice) -> SafeString:
        return order_link(invoice.order)


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """What the payment provider told us."""

    list_display = ("event_id", "type", "received_at", "processed_at", "tries")
    list_filter = ("type",)
