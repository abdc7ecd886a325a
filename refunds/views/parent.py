"""What a parent decides alone: cancel, and get the money back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders import access, money_back, printing
from orders.models import Order
from refunds import cancelling, payouts


@never_cache
@require_http_methods(["GET", "POST"])
def cancel_mine(request: HttpRequest, number: str) -> HttpResponse:
    """Cancel the order and get all the money back, with one button and no questions (P23)."""
    order = access.order_for(request, number)
    if order.state == Order.State.AWAITING_PAYMENT:
        return redirect("orders:pay", order.number)
    too_late = False
    if request.method == "POST":
        try:
            cancelling.cancel_alone(order)
        except cancelling.CannotCancel:
            too_late = True
        else:
            messages.success(request, "Your order is cancelled. Your money is on its way back.")
            return redirect("orders:order", order.number)
    elif order.state == Order.State.CANCELLED:
        return redirect("orders:order", order.number)
    order.refresh_from_db()
    page = {
        "order": order,
        "possible": not too_late and cancelling.can_cancel_alone(order),
        "unprintable": printing.unprintable(order),
        "amount": sum(payouts.left_to_refund(payment) for payment in order.payments.all()),
        "by": money_back.promised_from_today(order.country),
    }
    return render(request, "refunds/cancel_mine.html", page, status=409 if too_late else 200)
