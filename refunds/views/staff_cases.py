"""What happens to a case after somebody opened it: a colleague agrees or does not, and failed money is sent again."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from orders import money_back
from orders.models import Payment, Refund
from orders.money_words import price
from orders.views.staff_frame import framed, member, staff_only
from refunds import cancelling, cases, payouts, rehearsal, second_person
from refunds.forms.decide import DeclineForm
from refunds.models import Case


@staff_only("refunds.view_case")
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, case_id: int) -> HttpResponse:
    """Agree to what a colleague proposed, or decline it. Whoever proposed it can only take it back."""
    case = get_object_or_404(Case.objects.select_related("order", "proposed_by"), pk=case_id)
    user = member(request)
    own = case.proposed_by_id == user.pk
    may_agree = user.has_perm("refunds.approve_case") and not own and case.proposed_by_id is not None
    may_decline = own or user.has_perm("refunds.approve_case")
    declining = request.method == "POST" and "decline" in request.POST
    form = DeclineForm(request.POST if declining else None)
    if request.method == "POST" and not (may_decline if declining else may_agree):
        raise PermissionDenied
    refused, would = "", None
    try:
        if declining and form.is_valid():
            second_person.decline(case, staff=user, why=form.cleaned_data["why"])
            messages.success(request, f"Declined. {case.order.number} goes on as it was.")
            return redirect(cases.case_page(case))
        if request.method == "POST" and not declining:
            second_person.agree(case, staff=user)
            sum_ = price(case.amount, case.order.currency)
            messages.success(request, f"You agreed. {sum_} goes back; the customer has been told.")
            return redirect(cases.case_page(case))
        if case.state == Case.State.PROPOSED:
            would = rehearsal.rehearse(lambda: Case.objects.select_related("order").get(pk=case.pk))
    except second_person.NotProposed:
        messages.warning(request, "Somebody has decided meanwhile.")
    except cancelling.CannotCancel as error:
        refused = str(error)
    if case.state != Case.State.PROPOSED or (would is None and not refused):
        return redirect(cases.case_page(case))
    page: dict[str, Any] = {
        "title": f"{price(case.amount, case.order.currency)} for {case.order.number}: agree?",
        "case": case,
        "order": case.order,
        "payments": case.order.payments.filter(state=Payment.State.PAID).order_by("pk"),
        "would": would,
        "refused": refused,
        "form": form,
        "own": own,
        "may_agree": may_agree,
        "may_decline": may_decline,
        "limit": settings.SECOND_PERSON_ABOVE,
        "back": cases.case_page(case),
    }
    status = 422 if form.errors else 409 if request.method == "POST" else 200
    return render(request, "refunds/staff_decide.html", framed(request, page), status=status)


@staff_only("refunds.add_case")
@require_http_methods(["GET", "POST"])
def send_again(request: HttpRequest, refund_id: int) -> HttpResponse:
    """Send a refund that failed again, to the same card: the bank may have taken it back into use (P28)."""
    refund = get_object_or_404(Refund.objects.select_related("payment__order"), pk=refund_id)
    order = refund.payment.order
    waits = money_back.failed().filter(pk=refund.pk).exists()
    if request.method == "POST":
        try:
            fresh = payouts.again(refund, actor=f"staff:{member(request).pk}")
        except payouts.NothingLeft:
            messages.warning(request, f"Refund {refund.pk} has not failed, or the money has gone back.")
        else:
            messages.success(request, f"Refund {refund.pk} goes out again as refund {fresh.pk}.")
        return redirect("admin:orders_order_change", order.pk)
    page = {
        "title": f"Send {price(refund.amount, order.currency)} again",
        "refund": refund,
        "order": order,
        "waits": waits,
        "by": money_back.promised_from_today(order.country),
        "first": money_back.promised_by(refund),
    }
    return render(request, "refunds/staff_send_again.html", framed(request, page))
