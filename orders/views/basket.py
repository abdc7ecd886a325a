"""The basket: lines, changes, and what is kept how long."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from books import access as book_access
from orders import access, basket, prices, vat
from orders.checkout import waiting_order
from orders.forms import LineForm
from orders.shipping import COUNTRIES, HOME, methods


@never_cache
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The basket page."""
    return _page(request)


@never_cache
@require_POST
def add(request: HttpRequest, edition_id: UUID) -> HttpResponse:
    """Put a book into the basket, from its preview."""
    edition = book_access.edition_for(request, edition_id)
    form = LineForm({"quantity": "1", **request.POST.dict()})
    if not form.is_valid():
        messages.warning(request, _first_error(form))
        return redirect("books:preview", edition_id)
    key = basket.ensure_key(request.session)
    try:
        basket.add(key=key, edition=edition, **form.cleaned_data)
    except basket.AlreadyOrdered as ordered:
        messages.info(request, f"This book is part of your order {ordered.number} already.")
        return redirect("orders:order", ordered.number)
    except basket.BasketFull:
        messages.warning(
            request,
            f"A basket takes {basket.MAX_BOOKS} different books. Please order these first, then the next ones.",
        )
        return redirect("orders:basket")
    return redirect("orders:basket")


@never_cache
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Change a line's options, or take it out (button `remove`)."""
    key = basket.key_of(request.session)
    line_id = _number(request.POST.get("line", ""))
    if "remove" in request.POST:
        if basket.remove(key=key, line_id=line_id):
            messages.success(request, "We took the book out of your basket.")
        return redirect("orders:basket")
    form = LineForm(request.POST, auto_id=f"id_{line_id}_%s")
    if not form.is_valid():
        return _page(request, wrong=(line_id, form))
    if not basket.change(key=key, line_id=line_id, **form.cleaned_data):
        messages.info(request, "This book is not in your basket any more.")
    return redirect("orders:basket")


def _page(request: HttpRequest, wrong: tuple[int, LineForm] | None = None) -> HttpResponse:
    key = basket.key_of(request.session)
    opened = basket.open_basket(key)
    rows = [
        {
            "item": item,
            "form": wrong[1]
            if wrong and wrong[0] == item.line.pk
            else LineForm(
                initial={"format": item.line.format, "quantity": item.line.quantity},
                auto_id=f"id_{item.line.pk}_%s",
            ),
        }
        for item in opened.items
    ]
    home_rate = vat.BOOK_RATES_BP[HOME]
    return render(
        request,
        "orders/basket.html",
        {
            "basket": opened,
            "rows": rows,
            "waiting": waiting_order(request.session.get(access.SESSION_KEY, [])),
            "vat": vat.contained(gross=opened.subtotal, rate_bp=home_rate),
            "vat_rate_bp": home_rate,
            "vat_country": COUNTRIES[HOME],
            "shipping_from": min(method.price for method in methods(HOME).values()),
            "formats": prices.FORMATS.values(),
            "max_quantity": prices.MAX_QUANTITY,
        },
        status=422 if wrong else 200,
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _first_error(form: LineForm) -> str:
    return str(next(iter(form.errors.values()))[0])
