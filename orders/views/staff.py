"""What staff do about parcels and payments. Reached from the admin."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from orders import delivery, payment_trouble
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


@staff_only("orders.change_payment")
@require_http_methods(["GET", "POST"])
def calls(request: HttpRequest) -> HttpResponse:
    """Customers who wish to be called about a payment that did not work, longest waiting first (P64)."""
    if request.method == "POST":
        order = get_object_or_404(Order, number=request.POST.get("order", ""))
        send_link = "link" in request.POST
        reached = send_link or "reached" in request.POST
        actor = f"staff:{member(request).pk}"
        if not payment_trouble.called(order, actor=actor, reached=reached, send_link=send_link):
            messages.info(request, f"{order.number} needed no call any more.")
        elif send_link:
            messages.success(request, f"Noted, and a link to pay {order.number} is on its way to {order.email}.")
        elif reached:
            messages.success(request, f"Noted: you have spoken to the customer of {order.number}.")
        else:
            messages.success(request, f"Noted. {order.number} stays on the list.")
        return redirect("orders:staff_calls")
    waiting = [
        {
            "order": order,
            "happened": payment_trouble.what_happened(order),
            "since": order.events.filter(kind=payment_trouble.TOLD).order_by("pk").last(),
            "tried": order.events.filter(kind=payment_trouble.NO_ANSWER).order_by("pk").last(),
            "kept_until": payment_trouble.kept_until(order),
        }
        for order in payment_trouble.to_call()[:100]
    ]
    page = {"title": "Customers to call about a payment", "waiting": waiting}
    return render(request, "orders/staff_calls.html", framed(request, page))
