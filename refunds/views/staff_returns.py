"""One return on one page, for staff: everything about it, and what can be done next, said before it is done."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from orders.views.staff_frame import framed, member, staff_only
from privacy.vault import AccessRefused, Forgotten, NotInVault
from refunds import staff_return_page as page
from refunds.forms.reason import ReasonForm
from refunds.models import Return
from refunds.returns import Refused


@staff_only("refunds.view_return")
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def staff_return(request: HttpRequest, of_return: str) -> HttpResponse:
    """Look, decide, act. Photos and words open after a typed reason only (P12)."""
    of = get_object_or_404(
        Return.objects.select_related("order", "evidence", "replacement", "case", "inspected_by"), number=of_return
    )
    user = member(request)
    more: dict[str, Any] = {"reason": ReasonForm()}
    status = 200
    button = request.POST.get("do", "")
    if request.method == "POST" and button == "look":
        status, more = _look(request, of)
    elif request.method == "POST":
        action = page.ACTIONS.get(button)
        if action is None:
            raise Http404
        if not user.has_perm(action.permission):
            raise PermissionDenied
        form = action.form(request.POST) if action.form is not None else None
        if form is None or form.is_valid():
            try:
                words = action.act(of, user, form)
            except Refused as error:
                messages.error(request, str(error))
            else:
                messages.success(request, words)
            return redirect("refunds:staff_return", of.number)
        status, more = 422, more | {"bound": {button: form}}
    return render(request, "refunds/staff_return.html", framed(request, page.context(of, user, **more)), status=status)


def _look(request: HttpRequest, of: Return) -> tuple[int, dict[str, Any]]:
    """Photos and words, after saying why; each look is logged and shown to the customer."""
    form = ReasonForm(request.POST)
    found: dict[str, Any] = {"reason": form}
    if not form.is_valid():
        return 422, found
    try:
        return 200, found | {"opened": page.opened(of, member(request), form.cleaned_data["reason"])}
    except AccessRefused as error:
        return 403, found | {"refused": error}
    except (Forgotten, NotInVault):
        return 410, found
