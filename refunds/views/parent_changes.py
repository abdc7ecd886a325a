"""What a parent does about a digital copy that is not right: ask us, and read what we answer."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from books import editions, revisions
from books.models import Edition
from orders import access
from orders.models import Order, OrderLine
from privacy import rate_limits
from refunds import changes
from refunds.forms.change import MOST_WISHES, AskForm, all_valid, empty_wish, wishes_in
from refunds.models import ChangeMessage

MESSAGES_PER_HOUR = 20


def line_for(request: HttpRequest, number: str, line_id: int) -> tuple[Order, OrderLine, Edition]:
    """A book of an order that this visitor may open; otherwise the same Http404 as for one that does not exist."""
    order = access.order_for(request, number)
    line = order.lines.select_related("edition__child").filter(pk=line_id).first()
    if line is None or line.edition is None:
        raise Http404
    line.order = order
    return order, line, line.edition


def talk_of(line: OrderLine) -> str:
    """The address at which the conversation about a book is read."""
    return reverse("orders:review", args=[line.order.number, line.pk]) + f"#messages-{line.pk}"


@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def ask_change(request: HttpRequest, number: str, line_id: int) -> HttpResponse:
    """Send one or several wishes about a book to staff (P22); wrong input keeps what was typed. Without scripts the
    button `more` brings room for another one."""
    _, line, edition = line_for(request, number, line_id)
    story = revisions.story_of(edition)
    if request.method != "POST":
        wishes = [empty_wish(story, page=request.GET.get("page"))]
        return _page(request, line, wishes, too_late=not changes.changeable(line))
    wishes = wishes_in(request.POST, story)
    valid = all_valid(wishes)
    if "more" in request.POST:
        another = [empty_wish(story, auto_id=f"ask-{len(wishes)}-%s")] if valid else []
        return _page(request, line, wishes + another)
    if not valid:
        return _page(request, line, wishes, status=422)
    if not rate_limits.allow(request, action="ask", limit=MESSAGES_PER_HOUR, seconds=3600):
        wishes[0].add_error(None, "That was a lot of messages in an hour. Please try again later.")
        return _page(request, line, wishes, status=429)
    try:
        changes.ask(line, *(form.wish for form in wishes))
    except changes.CannotAsk:
        return _page(request, line, wishes, too_late=True, status=409)
    messages.success(request, "Thank you. We answer within a working day and tell you by e-mail.")
    return redirect(talk_of(line))


@never_cache
@require_GET
def answer(request: HttpRequest, number: str) -> HttpResponse:
    """Where the mail about an answer leads: to the conversation in which we have written last."""
    order = access.order_for(request, number)
    newest = ChangeMessage.objects.filter(request__line__order=order, from_staff=True).order_by("-pk").first()
    if newest is None:
        return redirect("orders:order", order.number)
    line = newest.request.line
    if not changes.changeable(line):
        return redirect("orders:order", order.number)
    return redirect(talk_of(line))


def _page(
    request: HttpRequest, line: OrderLine, wishes: list[AskForm], *, too_late: bool = False, status: int = 200
) -> HttpResponse:
    assert line.edition is not None
    if not too_late:
        editions.require_open(line.edition.child)  # 410 once it is forgotten (P10)
    page = {
        "order": line.order,
        "line": line,
        "wishes": wishes,
        "too_late": too_late,
        "more": len(wishes) < MOST_WISHES,
    }
    return render(request, "refunds/ask_again.html", page, status=status)
