"""The customer says that a parcel has arrived, or that it has not."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders import access, delivery, local_days
from orders.forms_delivery import ArrivedForm, NotArrivedForm
from orders.models import Order, PrintJob


@dataclass(frozen=True)
class Arrival:
    """What an order's page says about its parcels. `form`: somebody waits for one, and may say that it is there."""

    jobs: list[PrintJob]
    form: ArrivedForm | None
    missing: bool
    expected: date | None
    until: date | None
    return_open: bool
    return_days: int = settings.RETURN_WINDOW.days


def arrival(order: Order) -> Arrival | None:
    """What is known about the parcels of an order; None before the first has left."""
    jobs = list(delivery.parcels(order))
    if not jobs:
        return None
    awaited = [job for job in jobs if job.delivered_at is None]
    return Arrival(
        jobs=jobs,
        form=ArrivedForm(order=order, jobs=awaited) if awaited else None,
        missing=delivery.missing().filter(pk=order.pk).exists(),
        expected=delivery.expected_by(order),
        until=delivery.return_until(order),
        return_open=delivery.may_return(order, local_days.today(order.country)),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def arrived(request: HttpRequest, number: str) -> HttpResponse:
    """It has arrived, and when. Opening the page changes nothing, because mail scanners open links."""
    order = access.order_for(request, number)
    jobs = list(delivery.awaited(order))
    if not jobs:
        return redirect("orders:order", order.number)
    form = ArrivedForm(request.POST if request.method == "POST" else None, order=order, jobs=jobs)
    if request.method == "POST" and form.is_valid():
        at = delivery.on_day(form.cleaned_data["on"], order)
        for job in form.chosen():
            delivery.arrived(job, at=at, actor=delivery.CUSTOMER)
        messages.success(request, "Thank you for telling us. We hope there was a big smile.")
        return redirect("orders:order", order.number)
    page = {"order": order, "form": form, "jobs": jobs}
    return render(request, "orders/arrived.html", page, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def not_arrived(request: HttpRequest, number: str) -> HttpResponse:
    """It has not arrived: staff look for it."""
    order = access.order_for(request, number)
    jobs = list(delivery.parcels(order))
    if not jobs or order.state not in (Order.State.IN_PRINT, Order.State.SHIPPED, Order.State.DELIVERED):
        return redirect("orders:order", order.number)
    known = delivery.missing().filter(pk=order.pk).exists()
    form = NotArrivedForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if not known:
            delivery.not_arrived(order, what=form.cleaned_data["what"])
        return redirect("orders:not_arrived", order.number)
    page = {
        "order": order,
        "form": form,
        "jobs": jobs,
        "known": known,
        "expected": delivery.expected_by(order),
    }
    return render(request, "orders/not_arrived.html", page, status=422 if form.errors else 200)
