"""What a parent does about a digital copy that is not right: ask us."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from orders import access
from privacy import rate_limits
from refunds import changes
from refunds.forms.change import AskForm

MESSAGES_PER_HOUR = 20


@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def ask_change(request: HttpRequest, number: str, line_id: int) -> HttpResponse:
    """Send a message to staff about one book of an order (P22); wrong input keeps what was typed."""
    order = access.order_for(request, number)
    line = get_object_or_404(order.lines, pk=line_id)
    form = AskForm(request.POST if request.method == "POST" else None)
    status, too_late = 200, False
    if request.method == "POST" and not form.is_valid():
        status = 422
    elif request.method == "POST" and not rate_limits.allow(
        request, action="ask", limit=MESSAGES_PER_HOUR, seconds=3600
    ):
        form.add_error(None, "That was a lot of messages in an hour. Please try again later.")
        status = 429
    elif request.method == "POST":
        try:
            changes.ask(line, form.cleaned_data["text"])
        except changes.CannotAsk:
            status, too_late = 409, True
        else:
            messages.success(request, "Thank you. We answer within a working day and tell you by e-mail.")
            return redirect(reverse("orders:review", args=[order.number, line.pk]) + f"#messages-{line.pk}")
    page = {"order": order, "form": form, "too_late": too_late}
    return render(request, "refunds/ask_again.html", page, status=status)
