"""A parent looks at versions of a book side by side, and takes an earlier one again (P22)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.hints import hint
from books import editions, revisions
from books.tasks import render_revision
from books.views.private import private
from orders.models import Order
from privacy import rate_limits
from privacy.purposes import Actor
from refunds import changes, versions
from refunds.forms.change import CompareForm
from refunds.pairs import pairs_of
from refunds.views.parent_changes import line_for

VERSIONS_PER_HOUR = 60


@never_cache
@require_GET
@private
def compare(request: HttpRequest, number: str, line_id: int) -> HttpResponse:
    """Two versions of a book page by page, those that differ first; the newest against the one before by default."""
    order, line, edition = line_for(request, number, line_id)
    if order.state == Order.State.AWAITING_PAYMENT:
        return redirect("orders:pay", order.number)
    editions.require_open(edition.child)
    asked = CompareForm(request.GET)
    asked.is_valid()
    try:
        found = versions.compare(
            edition, asked.cleaned_data.get("left"), asked.cleaned_data.get("right"), actor=Actor.parent()
        )
    except versions.NoSuchVersion:
        raise Http404 from None
    if found is None:
        return redirect("orders:review", order.number, line.pk)
    page = {
        "order": order,
        "line": line,
        "found": found,
        "pairs": pairs_of(found, edition, address="books:page"),
        "history": list(edition.revisions.order_by("-number")),
        "newest": revisions.latest(edition).number,
        "changeable": changes.changeable(line),
    }
    return render(request, "refunds/compare.html", page)


@never_cache
@require_POST
def take_again(request: HttpRequest, number: str, line_id: int) -> HttpResponse:
    """Go back to an earlier version: a new one that says what that one said."""
    order, line, edition = line_for(request, number, line_id)
    editions.require_open(edition.child)
    wanted = request.POST.get("version", "")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 6):
        raise Http404
    if not rate_limits.allow(request, action="take-version", limit=VERSIONS_PER_HOUR, seconds=3600):
        messages.error(request, "That was a lot of versions in an hour. Please try again later.")
        return redirect("orders:review", order.number, line.pk)
    try:
        made = versions.take_again(line, int(wanted))
    except versions.NoSuchVersion:
        raise Http404 from None
    except (changes.CannotAsk, editions.EditionLocked):
        messages.error(request, "This book has been approved or cancelled, so it can no longer be changed.")
        return redirect("orders:order", order.number)
    hint(render_revision, made.pk)
    if made.again:
        messages.success(
            request,
            f"Version {made.number} is version {made.again} again. We make its digital copy now, and write to you"
            " when you can approve it.",
        )
    return redirect("orders:review", order.number, line.pk)
