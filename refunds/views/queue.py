"""Everything that waits for staff, on one page."""

from django.contrib.admin.views.decorators import staff_member_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from orders.views.staff_frame import framed, member
from refunds import desk


@never_cache
@staff_member_required
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """What waits by deadline, most urgent first; `?kind=` shows one kind only. Each member of staff sees what they may
    do something about."""
    user, kind = member(request), request.GET.get("kind", "")
    label = next((source.label for source in desk.sources(user) if source.key == kind), "")
    if kind and not label:
        raise Http404
    page = {"title": label or "What waits", "kind": label, "desk": desk.look(user, kind=kind)}
    return render(request, "refunds/queue.html", framed(request, page))
