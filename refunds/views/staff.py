"""What staff decide: cancel and give the money back, and answer parents. Reached from the admin."""

from functools import wraps
from typing import Any, Protocol

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.models import User
from orders.models import Order
from privacy.purposes import Actor
from privacy.vault import AccessRefused, Forgotten, NotInVault
from refunds import cases, changes, payouts
from refunds.forms import AnswerForm, CancelForm, ReasonForm
from refunds.models import ChangeRequest


class _View(Protocol):
    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...


def _staff(permission: str) -> Any:
    """Staff with a permission; everybody else is sent to the login or gets 403."""

    def decorate(view: _View) -> _View:
        guarded = staff_member_required(permission_required(permission, raise_exception=True)(view))
        return never_cache(wraps(view)(guarded))

    return decorate


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@_staff("refunds.add_case")
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Cancel an order and give back everything that was paid (P23)."""
    order = get_object_or_404(Order, number=number)
    form = CancelForm(request.POST if request.method == "POST" else None)
    back = reverse("admin:orders_order_change", args=[order.pk])
    if request.method == "POST" and form.is_valid():
        user = _user(request)
        try:
            cases.cancel_and_refund(order, actor=f"staff:{user.pk}", staff=user, note=form.cleaned_data["note"])
        except cases.CannotCancel as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{order.number} is cancelled; the customer has been told, the money goes back.")
        return redirect(back)
    page = {
        "title": f"Cancel {order.number} and refund",
        "order": order,
        "form": form,
        "back": back,
        "possible": cases.can_cancel(order),
        "amount": sum(payouts.left_to_refund(payment) for payment in order.payments.all()),
    }
    return render(request, "refunds/staff_cancel.html", _admin(request, page), status=422 if form.errors else 200)


@_staff("refunds.change_changerequest")
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def change(request: HttpRequest, request_id: int) -> HttpResponse:
    """Read what a parent asked for, after saying why, and answer. What was typed stays when it is refused."""
    asked = get_object_or_404(
        ChangeRequest.objects.select_related("line__order", "line__edition__child"), pk=request_id
    )
    user = _user(request)
    reason = ReasonForm(request.POST if request.method == "POST" else None)
    answer = AnswerForm(request.POST if "text" in request.POST else None)
    page: dict[str, Any] = {"title": f"Change request for {asked.line.order.number}", "asked": asked, "reason": reason}
    status = 422 if reason.errors or answer.errors else 200
    if request.method == "POST" and reason.is_valid():
        try:
            said = changes.conversation(asked.line, actor=Actor.staff(user), reason=reason.cleaned_data["reason"])
            page |= {"said": said, "answer": answer}
            if answer.is_bound and answer.is_valid():
                changes.answer(asked, staff=user, text=answer.cleaned_data["text"])
                messages.success(request, "Sent. The parent has been told by mail.")
                return redirect("admin:refunds_changerequest_changelist")
        except AccessRefused as error:
            page["refused"], status = error, 403
        except (Forgotten, NotInVault):
            page["forgotten"], status = True, 410
    return render(request, "refunds/staff_change.html", _admin(request, page), status=status)


def _admin(request: HttpRequest, page: dict[str, Any]) -> dict[str, Any]:
    """What the admin's frame needs."""
    from django.contrib import admin

    return {**admin.site.each_context(request), **page}
