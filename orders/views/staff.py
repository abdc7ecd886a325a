"""What staff do about parcels and payments. Reached from the admin."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from orders import delivery
from orders.forms_delivery import ArrivedForm, label
from orders.models import Order
from orders.views.staff_frame import framed, member, staff_only


@staff_only("orders.change_printjob")
@require_http_methods(["GET", "POST"])
def delivered(request: HttpRequest, number: str) -> HttpResponse:
    """Say or correct when parcels arrived, or that a missing one has been looked for."""
    order = get_object_or_404(Order, number=number)
    jobs = list(delivery.parcels(order))
    back = reverse("admin:orders_order_change", args=[order.pk])
    actor = f"staff:{member(request).pk}"
    if request.method == "POST" and "answered" in request.POST:
        delivery.missing_answered(order, actor=actor)
        messages.success(request, "Noted: the customer has our answer.")
        return redirect(back)
    form = ArrivedForm(request.POST if request.method == "POST" else None, order=order, jobs=jobs)
    if request.method == "POST" and jobs and form.is_valid():
        at = delivery.on_day(form.cleaned_data["on"], order)
        changed = [job.number for job in form.chosen() if delivery.arrived(job, at=at, actor=actor)]
        messages.success(request, f"Noted for {', '.join(changed)}." if changed else "It was known already.")
        return redirect(back)
    page = {
        "title": f"When was {order.number} delivered?",
        "order": order,
        "parcels": [(label(job), job) for job in jobs],
        "form": form,
        "back": back,
        "return_days": settings.RETURN_WINDOW.days,
        "until": delivery.return_until(order),
        "missing": order.events.filter(kind=delivery.NOT_ARRIVED).last()
        if delivery.missing().filter(pk=order.pk).exists()
        else None,
    }
    return render(request, "orders/staff_delivered.html", framed(request, page), status=422 if form.errors else 200)
