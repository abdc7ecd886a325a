"""The pages behind the links in the printer's mail.

Opening a link changes nothing, because mail scanners open links; a button does.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders import delivery, links, prices, print_mail, printing
from orders.forms_printer import form_for
from orders.models import PrintJob

_DONE = {
    PrintJob.State.RECEIVED: "received",
    PrintJob.State.SHIPPED: "shipped",
    PrintJob.State.REJECTED: "rejected",
}

_WORDS = {
    "received": "the files have arrived",
    "shipped": "the parcel has left",
    "delivered": "the parcel has arrived",
    "rejected": "it cannot be printed",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def printer(request: HttpRequest, token: str) -> HttpResponse:
    """What the printer says about a job: received, shipped with tracking, delivered, or rejected with a reason."""
    try:
        said = links.read_printer(token)
    except links.ExpiredLink:
        return render(request, "orders/printer_expired.html", status=410)
    except links.BadLink:
        raise Http404 from None
    job = PrintJob.objects.select_related("line__order").filter(number=said.job).first()
    if job is None or said.action not in print_mail.ACTIONS:
        raise Http404
    form = form_for(said.action, job, request.POST if request.method == "POST" else None)
    status, too_late = 200, not _possible(job, said.action)
    if request.method == "POST" and form.is_valid():
        try:
            _tell(job, said.action, form.cleaned_data)
        except (printing.TooLate, delivery.NotShipped):
            status, too_late = 409, True
        else:
            return redirect("orders:printer", token)  # so that a reload asks for nothing again
    elif request.method == "POST":
        status = 422
    page = {
        "job": job,
        "format": prices.FORMATS[job.line.format],
        "action": said.action,
        "form": form,
        "done": _done(job, said.action),
        "too_late": too_late,
        "others": _others(job, said.action),
    }
    return render(request, "orders/printer.html", page, status=status)


def _done(job: PrintJob, action: str) -> bool:
    if action == "delivered":
        return job.delivered_at is not None
    return _DONE.get(PrintJob.State(job.state)) == action


def _tell(job: PrintJob, action: str, data: dict[str, Any]) -> None:
    if action == "received":
        printing.received(job)
    elif action == "shipped":
        printing.shipped(job, carrier=data["carrier"], tracking=data["tracking"])
    elif action == "delivered":
        delivery.arrived(job, at=delivery.on_day(data["on"], job.line.order), actor=delivery.PRINTER)
    else:
        printing.rejected(job, reason=data["reason"])


def _others(job: PrintJob, action: str) -> list[tuple[str, str]]:
    """What else may be said about the job: words and address."""
    possible = [other for other in _WORDS if other != action and _possible(job, other)]
    return [(_WORDS[other], links.printer_link(job, other)) for other in possible]


def _possible(job: PrintJob, action: str) -> bool:
    """Whether this may still be said about the job."""
    if action == "received":
        return job.state == PrintJob.State.SENT
    if action == "delivered":
        return job.state == PrintJob.State.SHIPPED and job.delivered_at is None
    return job.state in (PrintJob.State.SENT, PrintJob.State.RECEIVED)
