"""How a page of staff about a child is opened: by a reason that is typed, or by the pass that a reason has brought."""

from dataclasses import dataclass

from django.http import HttpRequest

from orders.views.staff_frame import member
from privacy import passes
from privacy.models import Child
from refunds.forms.reason import ReasonForm

FIELD = "pass"


@dataclass(frozen=True)
class Opening:
    """`reason` is empty as long as there is none; `form` asks for it."""

    reason: str
    form: ReasonForm

    @property
    def status(self) -> int:
        return 422 if self.form.errors else 200


def opening(request: HttpRequest, child: Child) -> Opening:
    """The reason for this request to a page about `child`. It says nothing of whether the person may look: the vault
    checks that (P12, P14)."""
    token = request.POST.get(FIELD) or request.GET.get(FIELD, "")
    if token:
        try:
            return Opening(passes.reason(token, child, user=member(request)), ReasonForm())
        except passes.NoPass:
            return Opening("", ReasonForm())
    form = ReasonForm(request.POST if request.method == "POST" else None)
    return Opening(form.cleaned_data["reason"] if form.is_valid() else "", form)
