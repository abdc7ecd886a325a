"""What staff decide: cancel and give the money back. Reached from the admin."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from orders.models import Order
from refunds import cancelling, payouts
from refunds.forms.cancel import CancelForm
from refunds.views.staff_frame import framed, member, staff_only


@staff_only("refunds.add_case")
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Cancel an order and give back everything that was paid (P23)."""
    order = get_object_or_404(Order, number=number)
    form = CancelForm(request.POST if request.method == "POST" else None)
    back = reverse("admin:orders_order_change", args=[order.pk])
    if request.method == "POST" and form.is_valid():
        user = member(request)
        try:
            cancelling.cancel_and_refund(order, actor=f"staff:{user.pk}", staff=user, note=form.cleaned_data["note"])
        except cancelling.CannotCancel as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{order.number} is cancelled; the customer has been told, the money goes back.")
        return redirect(back)
    page = {
        "title": f"Cancel {order.number} and refund",
        "order": order,
        "form": form,
        "back": back,
        "possible": cancelling.can_cancel(order),
        "amount": sum(payouts.left_to_refund(payment) for payment in order.payments.all()),
    }
    return render(request, "refunds/staff_cancel.html", framed(request, page), status=422 if form.errors else 200)
