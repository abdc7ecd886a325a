"""What a parent decides alone: cancel, and get the money back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders import access, printing
from orders.models import Order, OrderLine
from refunds import cancelling, rehearsal
from refunds.forms.cancel import WhyForm
from refunds.models import Case


@never_cache
@require_http_methods(["GET", "POST"])
def cancel_mine(request: HttpRequest, number: str) -> HttpResponse:
    """Cancel the order and get all the money back, with one click and, if they like, a reason (P23)."""
    order = access.order_for(request, number)
    if order.state == Order.State.AWAITING_PAYMENT:
        return redirect("orders:pay", order.number)
    form = WhyForm(request.POST if request.method == "POST" else None)

    def decide() -> Case:
        return cancelling.cancel_alone(order, reason=_reason(form))

    if request.method == "POST" and form.is_valid():
        if (status := _try(decide)) == 200:
            messages.success(request, "Your order is cancelled. Your money is on its way back.")
            return redirect("orders:order", order.number)
    elif order.state == Order.State.CANCELLED:
        return redirect("orders:order", order.number)
    else:
        status = 422 if form.errors else 200
    order.refresh_from_db()
    possible = status != 409 and cancelling.can_cancel_alone(order)
    page: dict[str, Any] = {
        "order": order,
        "form": form,
        "possible": possible,
        "would": rehearsal.rehearse(decide) if possible else None,
        "unprintable": printing.unprintable(order),
        "books": _books_alone(order),
    }
    return render(request, "refunds/cancel_mine.html", page, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def cancel_book_mine(request: HttpRequest, number: str, line_id: int) -> HttpResponse:
    """Cancel one book of several and get back what was paid for it; the others go on (P23)."""
    order = access.order_for(request, number)
    line = get_object_or_404(order.lines, pk=line_id)
    if order.state == Order.State.AWAITING_PAYMENT:
        return redirect("orders:pay", order.number)
    form = WhyForm(request.POST if request.method == "POST" else None)

    def decide() -> Case:
        return cancelling.cancel_book_alone(line, reason=_reason(form))

    if request.method == "POST" and form.is_valid():
        if (status := _try(decide)) == 200:
            messages.success(request, f"{line.title} is cancelled. Your money for it is on its way back.")
            return redirect("orders:order", order.number)
    elif line.cancelled_at is not None or order.state == Order.State.CANCELLED:
        return redirect("orders:order", order.number)
    elif not order.lines.filter(cancelled_at=None).exclude(pk=line.pk).exists():
        return redirect("refunds:cancel_mine", order.number)  # the last one is the whole order, its delivery included
    else:
        status = 422 if form.errors else 200
    line = order.lines.get(pk=line.pk)
    possible = status != 409 and cancelling.can_cancel_book_alone(line)
    page = {
        "order": order,
        "line": line,
        "form": form,
        "possible": possible,
        "would": rehearsal.rehearse(decide) if possible else None,
        "unprintable": line in printing.unprintable(order),
    }
    return render(request, "refunds/cancel_book_mine.html", page, status=status)


def _reason(form: WhyForm) -> str:
    return str(form.cleaned_data["reason"]) if form.is_valid() else ""


def _try(decide: Callable[[], Case]) -> int:
    try:
        decide()
    except cancelling.CannotCancel:
        return 409
    return 200


def _books_alone(order: Order) -> list[OrderLine]:
    """The books that can be cancelled while others go on."""
    living = [line for line in order.lines.select_related("order") if line.cancelled_at is None]
    return [line for line in living if cancelling.can_cancel_book_alone(line)] if len(living) > 1 else []
