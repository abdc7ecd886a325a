"""Staff pages about coupons: make them, one or thousands, see who used them, and stop them (P39)."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify

from accounts.models import User
from orders import coupon_batches, coupons
from orders.admin_parts import Rows, frame, order_link
from orders.models import Coupon, CouponUse
from orders.money_words import price
from orders.staff_forms import BatchForm, CouponForm, EndForm

STOP = "Stop: nobody can use them any more"


class CouponUses(Rows):
    model = CouponUse
    verbose_name_plural = "orders that used it"
    fields = ("order_page", "took_off", "at", "released_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[CouponUse]:
        return super().get_queryset(request).select_related("order").order_by("-pk")

    @admin.display(description="order")
    def order_page(self, use: CouponUse) -> SafeString:
        return order_link(use.order)

    @admin.display(description="took off")
    def took_off(self, use: CouponUse) -> str:
        return price(use.amount, use.order.currency)


class InForce(admin.SimpleListFilter):
    """Which coupons can be used now."""

    title = "can be used"
    parameter_name = "works"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", "now"), ("stopped", "stopped"), ("over", "over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Coupon]) -> QuerySet[Coupon]:
        now = timezone.now()
        if self.value() == "now":
            return queryset.filter(stopped_at=None).exclude(valid_until__lte=now).exclude(valid_from__gt=now)
        if self.value() == "stopped":
            return queryset.exclude(stopped_at=None)
        if self.value() == "over":
            return queryset.filter(valid_until__lte=now)
        return queryset


@admin.register(Coupon)
class CouponAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Coupons. One that was used stays what it is: only its end can be changed, and it can be stopped."""

    change_list_template = "orders/staff_coupons.html"
    list_display = ("code", "does", "used", "works", "batch_list")
    list_filter = (InForce, "kind")
    search_fields = ("code", "batch", "note")
    actions = ("stop_selected",)
    inlines = (CouponUses,)
    facts = ("code", "does", "used", "works", "batch_list", "note", "made_by", "created_at", "stopping")

    @admin.display(description="what it does")
    def does(self, coupon: Coupon) -> str:
        return coupons.in_words(coupon)

    @admin.display(description="works")
    def works(self, coupon: Coupon) -> str:
        now = timezone.now()
        if coupon.stopped_at:
            return "stopped"
        if coupon.valid_until and now >= coupon.valid_until:
            return "over"
        if coupon.valid_from and now < coupon.valid_from:
            return "not yet"
        return "used up" if coupon.limit is not None and coupon.used >= coupon.limit else "yes"

    @admin.display(description="batch", ordering="batch")
    def batch_list(self, coupon: Coupon) -> SafeString | str:
        if not coupon.batch:
            return "-"
        return format_html('<a href="{}">{}</a>', _list_of(coupon.batch), coupon.batch)

    @admin.display(description="what you can do")
    def stopping(self, coupon: Coupon) -> SafeString | str:
        if coupon.stopped_at:
            return f"Nothing: it was stopped on {timezone.localtime(coupon.stopped_at):%-d %B %Y}."
        return format_html('<a href="{}">Stop it …</a>', reverse("admin:orders_coupon_stop", args=[coupon.pk]))

    # --- the page of one coupon

    def get_inlines(self, request: HttpRequest, obj: Coupon | None) -> Any:
        return self.inlines if obj is not None else ()

    def get_form(self, request: HttpRequest, obj: Coupon | None = None, change: bool = False, **options: Any) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            return super().get_form(request, obj, change, **options)
        return EndForm if _used(obj) else CouponForm

    def get_fields(self, request: HttpRequest, obj: Coupon | None = None) -> Any:
        if obj is None:
            return CouponForm.field_order
        if not self.has_change_permission(request, obj):
            return self.facts
        return (*self.facts, "last_day") if _used(obj) else (*CouponForm.field_order, *self._around(obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Coupon | None = None) -> Any:
        if obj is None:
            return ()
        whole = _used(obj) or not self.has_change_permission(request, obj)
        return self.facts if whole else self._around(obj)

    def _around(self, coupon: Coupon) -> tuple[str, ...]:
        """What stands below the form of a coupon that nobody has used."""
        return tuple(name for name in self.facts if name not in CouponForm.field_order)

    def has_change_permission(self, request: HttpRequest, obj: Coupon | None = None) -> bool:
        """Nobody changes a coupon that was stopped."""
        return (obj is None or obj.stopped_at is None) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Coupon | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Coupon, form: Any, change: bool) -> None:
        """Never writes how often a coupon was used: that is counted by `orders.coupons` alone."""
        if change:
            obj.save(update_fields=["valid_until"] if isinstance(form, EndForm) else [
                "code", "kind", "value", "minimum", "limit", "per_customer", "valid_from", "valid_until", "note"
            ])  # fmt: skip
        else:
            assert isinstance(request.user, User)
            obj.made_by = request.user
            obj.save()
        self.message_user(request, f"{obj.code}: {coupons.in_words(obj)}.", messages.INFO)

    # --- pages of our own

    def get_urls(self) -> list[URLPattern]:
        def page(address: str, view: Any, name: str) -> URLPattern:
            found: URLPattern = path(address, self.admin_site.admin_view(view), name=f"orders_coupon_{name}")
            return found

        return [
            page("batch/", self.batch, "batch"),
            page("codes.csv", self.codes, "codes"),
            page("<int:pk>/stop/", self.stop, "stop"),
            *super().get_urls(),
        ]

    def batch(self, request: HttpRequest) -> HttpResponse:
        """Make many codes: the first answer shows what will happen, the second does it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        typed = request.POST.copy() if request.method == "POST" else None
        form = BatchForm(typed)
        page: dict[str, Any] = {"title": "Make one-time codes", "form": form, "back": _list_of("")}
        if typed is not None and form.is_valid():
            data, label = form.cleaned_data, form.label()
            worth = form.worth()
            if "sure" in request.POST:
                assert isinstance(request.user, User)
                made = coupon_batches.make(
                    batch=label, stem=data["stem"], count=data["count"], note=data["note"], staff=request.user,
                    **worth,
                )  # fmt: skip
                said = f"{made:,} codes made" if made else "These codes were made a moment ago"
                self.message_user(request, f"{said}: {label}.", messages.SUCCESS)
                return redirect(_list_of(label))
            page |= {"will": _batch_in_words(data["count"], Coupon(limit=1, **worth)), "do": _make(data["count"])}
            typed["batch"] = label
        return self._answer(request, "orders/staff_step.html", page, wrong=bool(form.errors))

    def codes(self, request: HttpRequest) -> HttpResponse:
        """The codes of a batch as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        batch = request.GET.get("batch", "")
        if not batch or "\0" in batch or not Coupon.objects.filter(batch=batch).exists():
            raise Http404
        name = f'attachment; filename="{slugify(batch)}.csv"'
        return HttpResponse(
            coupon_batches.as_csv(batch), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": name}
        )

    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop one coupon, after saying what that means."""
        coupon = Coupon.objects.filter(pk=pk)
        if not coupon.exists():
            raise Http404
        return self._stop(request, coupon, back=reverse("admin:orders_coupon_change", args=[pk]), action="")

    @admin.action(description=STOP, permissions=["change"])
    def stop_selected(self, request: HttpRequest, chosen: QuerySet[Coupon]) -> HttpResponse:
        """Stop many coupons, after saying what that means."""
        return self._stop(request, chosen, back=request.get_full_path(), action="stop_selected")

    def _stop(self, request: HttpRequest, chosen: QuerySet[Coupon], *, back: str, action: str) -> HttpResponse:
        if not super().has_change_permission(request):
            raise PermissionDenied
        going = list(chosen.filter(stopped_at=None))
        if request.method == "POST" and "sure" in request.POST:
            stopped = sum(coupons.stop(coupon) for coupon in going)
            self.message_user(request, f"{stopped:,} coupon{'' if stopped == 1 else 's'} stopped.", messages.SUCCESS)
            return redirect(back)
        page = {
            "title": f"Stop {going[0].code}" if len(going) == 1 else f"Stop {len(going):,} coupons",
            "going": going,
            "shown": going[:20],
            "uses": CouponUse.objects.filter(coupon__in=going, released_at=None).count() if len(going) < 500 else None,
            "back": back,
            "action": action,
            "across": request.POST.get("select_across", "0"),
            "selected": request.POST.getlist("_selected_action"),
        }
        return self._answer(request, "orders/staff_stop_coupons.html", page)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        batch = request.GET.get("batch", "").replace("\0", "")
        extra = {"batch": batch, "may_make": self.has_add_permission(request), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def _answer(
        self, request: HttpRequest, template: str, page: dict[str, Any], *, wrong: bool = False
    ) -> HttpResponse:
        page = {"opts": self.opts, "section": "Coupons", **page}
        context = frame(self.admin_site, request, page)
        return TemplateResponse(request, template, context, status=422 if wrong else 200)


def _used(coupon: Coupon | None) -> bool:
    return coupon is not None and coupon.uses.exists()


def _list_of(batch: str) -> str:
    address = reverse("admin:orders_coupon_changelist")
    return f"{address}?{urlencode({'batch': batch})}" if batch else address


def _make(count: int) -> str:
    return f"Make {count:,} code{'' if count == 1 else 's'}"


def _batch_in_words(count: int, coupon: Coupon) -> str:
    whole = ""
    if coupon.kind == Coupon.Kind.AMOUNT:
        whole = f" They can take off {price(count * coupon.value, settings.CURRENCY)} in all."
    return f"This makes {count:,} codes. Each takes {coupons.in_words(coupon)}.{whole}"
