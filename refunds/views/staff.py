"""What staff decide: cancel, give money back, send it again. Each page says what will happen before it does (point by
point, and with the very mail), and a second click is the first one's case. Reached from the admin."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from orders.models import Order, Payment
from orders.money_words import price
from orders.views.staff_frame import framed, member, staff_only
from refunds import amounts, cancelling, cases, rehearsal, second_person
from refunds.forms.cancel import CancelForm
from refunds.forms.goodwill import GoodwillForm
from refunds.models import Case
from refunds.rehearsal import Rehearsal

_REFUSED = (cancelling.CannotCancel, cases.CannotDecide)


@staff_only("refunds.add_case")
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Cancel an order and give back everything that was paid (P23)."""
    order = get_object_or_404(Order, number=number)
    return _cancel(
        request,
        order,
        lambda note: cancelling.cancel_and_refund(order, actor=_actor(request), staff=member(request), note=note),
        done=f"{order.number} is cancelled",
        title=f"Cancel {order.number} and refund",
    )


@staff_only("refunds.add_case")
@require_http_methods(["GET", "POST"])
def cancel_book(request: HttpRequest, number: str, line_id: int) -> HttpResponse:
    """Cancel one book of an order and give back what was paid for it; the others go on (P23)."""
    order = get_object_or_404(Order, number=number)
    line = get_object_or_404(order.lines, pk=line_id)
    return _cancel(
        request,
        order,
        lambda note: cancelling.cancel_book(line, actor=_actor(request), staff=member(request), note=note),
        done=f"{line.title} of {order.number} is cancelled",
        title=f"Cancel one book of {order.number}",
        line=line,
        last=not order.lines.filter(cancelled_at=None).exclude(pk=line.pk).exists(),
    )


@staff_only("refunds.add_case")
@require_http_methods(["GET", "POST"])
def goodwill(request: HttpRequest, number: str) -> HttpResponse:
    """Give back a part of what was paid: how much and why first, then what will happen, then it happens."""
    order = get_object_or_404(Order, number=number)
    newest = Case.objects.filter(order=order).aggregate(newest=Max("pk", default=0))["newest"]
    form = GoodwillForm(request.POST if request.method == "POST" else None, initial={"seen": newest})
    left, would, status = amounts.left_of(order), None, 200
    if form.is_valid():

        def decide() -> Case:
            said = form.cleaned_data
            return cases.give_goodwill(
                order, amount=form.cents, staff=member(request), note=said["note"], seen=said["seen"]
            )

        try:
            if "sure" in request.POST:
                return _done(request, decide(), f"{price(form.cents, order.currency)} goes back")
            would = rehearsal.rehearse(decide)
        except cases.CannotDecide as error:
            form.add_error(None, str(error))
            status = 409
    elif form.is_bound:
        status = 422
    page = {"title": f"Give money back for {order.number}", "form": form, "left": left, **_about(order, would)}
    return render(request, "refunds/staff_goodwill.html", framed(request, page), status=status)


def _cancel(
    request: HttpRequest, order: Order, decide: Callable[[str], Case], *, done: str, title: str, **more: Any
) -> HttpResponse:
    form = CancelForm(request.POST if request.method == "POST" else None)
    refused, would = "", None
    proposed = second_person.waiting().filter(order=order, kind__in=cancelling.CANCELLING).first()
    if form.is_valid():
        try:
            return _done(request, decide(form.cleaned_data["note"]), done)
        except _REFUSED as error:
            refused = str(error)
    elif proposed is None and not _cancelled(order, more.get("line")):
        try:
            would = rehearsal.rehearse(lambda: decide(""))
        except _REFUSED as error:
            refused = str(error)
    page = {"title": title, "form": form, "refused": refused, "proposed": proposed, **_about(order, would), **more}
    status = 409 if form.is_valid() else 422 if form.errors else 200
    return render(request, "refunds/staff_cancel.html", framed(request, page), status=status)


def _cancelled(order: Order, line: Any) -> bool:
    """Whether there is nothing left to cancel."""
    return order.state == Order.State.CANCELLED or (line is not None and line.cancelled_at is not None)


def _done(request: HttpRequest, case: Case, done: str) -> HttpResponse:
    if case.state == Case.State.PROPOSED:
        words = f"Proposed: {price(case.amount, case.order.currency)} needs a second person. A colleague has been told."
        messages.warning(request, words)
    else:
        messages.success(request, f"{done}; the customer has been told, the money goes back.")
    return redirect("admin:orders_order_change", case.order_id)


def _about(order: Order, would: Rehearsal | None) -> dict[str, Any]:
    """What every page that decides shows beside its form."""
    return {
        "order": order,
        "would": would,
        "payments": order.payments.filter(state=Payment.State.PAID).order_by("pk"),
        "second_person_above": settings.SECOND_PERSON_ABOVE,
        "back": reverse("admin:orders_order_change", args=[order.pk]),
    }


def _actor(request: HttpRequest) -> str:
    return f"staff:{member(request).pk}"
