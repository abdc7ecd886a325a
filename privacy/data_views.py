"""The parent's page "What we hold about your child": look, download, correct, withdraw, delete, and the receipt after
it (P5, P6, P7, P8, P12). Whoever may not decide about the child gets the 404 of what does not exist (F20)."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from privacy import access_log, children, choices, clock, exports, holdings, rate_limits, receipts, together
from privacy.forgetting import Forgotten
from privacy.models import Child, Receipt
from privacy.vault import end_reason

DOWNLOADS_PER_HOUR = 10


@require_GET
@never_cache
def data(request: HttpRequest, edition: UUID) -> HttpResponse:
    """What is held, until when, who looked, and what the parent can do; the receipt once it is forgotten."""
    child = _child(request, edition)
    if child.receipt is not None:
        context = _about(child, edition) | _proof(child.receipt) | {"looks": access_log.of(child)}
        return render(request, "privacy/data_forgotten.html", context)
    _require_open(child)
    return _data_page(request, child, edition)


@require_POST
@never_cache
def download(request: HttpRequest, edition: UUID) -> HttpResponse:
    """Everything as a ZIP (P6), made in memory for this one answer."""
    child = _child(request, edition)
    _require_open(child)
    if not rate_limits.allow(request, action="childs-data", limit=DOWNLOADS_PER_HOUR, seconds=3600):
        return _data_page(request, child, edition, too_many=True, status=429)
    archive = exports.make(child)
    answer = HttpResponse(archive.reveal(), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{exports.NAME}"'
    return answer


@require_http_methods(["GET", "POST"])
@never_cache
def forget(request: HttpRequest, edition: UUID, *, reason: Child.End = Child.End.DELETED) -> HttpResponse:
    """Says what will happen and asks once; after the click the key is destroyed (P5, P8). A second click finds the
    first one's receipt."""
    child = _child(request, edition)
    if child.receipt is None and request.method == "POST":
        children.forget(child, reason=reason)
    if child.receipt is not None:
        return redirect("privacy:data", edition)
    _require_open(child)
    context = _about(child, edition) | {
        "withdraw": reason == Child.End.WITHDRAWN,
        "consequence": choices.consequence(child),
    }
    return render(request, "privacy/forget.html", context)


def withdraw(request: HttpRequest, edition: UUID) -> HttpResponse:
    """The same in the words of consent (P5): without it nothing may be kept."""
    return forget(request, edition, reason=Child.End.WITHDRAWN)


@require_GET
def receipt(request: HttpRequest, sha256: str) -> HttpResponse:
    """The receipt of a forgetting. It holds nothing about anybody, so whoever has the address may see it."""
    return render(request, "privacy/receipt.html", _proof(get_object_or_404(Receipt, sha256=sha256)))


def _child(request: HttpRequest, edition: UUID) -> Child:
    child = children.find(request, edition)
    if child is None:
        raise Http404
    return child


def _require_open(child: Child) -> None:
    if not children.is_open(child):
        raise Forgotten(end_reason(child))


def _proof(receipt: Receipt) -> dict[str, Any]:
    return {"receipt": receipt, "line": receipts.line(receipt)}


def _about(child: Child, edition: UUID) -> dict[str, Any]:
    return {
        "child": child,
        "edition": edition,
        "place": choices.place(child),
        "staying": holdings.staying(child),
        "two": together.second(child) is not None,
    }


def _data_page(
    request: HttpRequest, child: Child, edition: UUID, *, too_many: bool = False, status: int = 200
) -> HttpResponse:
    now, until = clock.latest(), holdings.until(child)
    context = _about(child, edition) | {
        "now": now,
        "until": until,
        "left": holdings.left(until, now),
        "held": holdings.forgotten_with(child),
        "looks": access_log.of(child),
        "abandoned_hours": int(settings.ABANDONED_RETENTION.total_seconds() // 3600),
        "too_many": too_many,
    }
    return render(request, "privacy/data.html", context, status=status)
