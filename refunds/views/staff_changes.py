"""Staff read what a parent asked for, after saying why, and answer. Reached from the admin."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from privacy.purposes import Actor
from privacy.vault import AccessRefused, Forgotten, NotInVault
from refunds import changes
from refunds.forms.change import AnswerForm
from refunds.forms.reason import ReasonForm
from refunds.models import ChangeRequest
from refunds.views.staff_frame import framed, member, staff_only


@staff_only("refunds.change_changerequest")
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def change(request: HttpRequest, request_id: int) -> HttpResponse:
    """Read what a parent asked for, after saying why, and answer. What was typed stays when it is refused."""
    asked = get_object_or_404(
        ChangeRequest.objects.select_related("line__order", "line__edition__child"), pk=request_id
    )
    user = member(request)
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
    return render(request, "refunds/staff_change.html", framed(request, page), status=status)
