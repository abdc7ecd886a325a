"""The chain of receipts in public: anybody can compute it again. It holds nothing about anybody."""

import json
from collections.abc import Iterator

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from privacy import receipts
from privacy.models import Receipt

PER_PAGE = 50


@require_safe
def chain(request: HttpRequest) -> HttpResponse:
    """Every receipt, the newest first."""
    page = Paginator(Receipt.objects.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "privacy/receipts.html", {"page": page, "start": receipts.START})


@require_safe
@cache_control(public=True, max_age=60)
def chain_as_json(_request: HttpRequest) -> StreamingHttpResponse:
    """The whole chain, the oldest first, one entry a line inside one JSON list."""
    return StreamingHttpResponse(_lines(), content_type="application/json")


def _lines() -> Iterator[str]:
    yield "["
    between = "\n"
    for receipt in Receipt.objects.order_by("pk").iterator(chunk_size=500):
        entry = {**json.loads(receipts.line(receipt)), "sha256": receipt.sha256}
        yield between + json.dumps(entry, sort_keys=True)
        between = ",\n"
    yield "\n]\n"
