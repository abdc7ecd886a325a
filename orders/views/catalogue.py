"""The shop window: the home page, a story's page and the sample pictures.

A visitor who carries no cookie sees what every such visitor sees, so that page is rendered once and kept in the
process until something in the window changes.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from books import publishing
from books import story as stories
from orders import catalogue, prices, shipping

_KEPT: dict[tuple[Any, ...], bytes] = {}
_KEPT_AT_MOST = 64


def _window(request: HttpRequest, template: str, context: dict[str, Any], *key: Any) -> HttpResponse:
    """Render a page of the shop window, or answer with the kept one when the visitor carries no cookie."""
    if request.COOKIES:
        return render(request, template, context)
    kept = _KEPT.get((template, *key))
    if kept is None:
        response = render(request, template, context)
        if len(_KEPT) >= _KEPT_AT_MOST:
            _KEPT.clear()
        # A page that asked for a form token or a nonce belongs to one visitor alone.
        if not response.cookies and not request.META.get("CSRF_COOKIE_NEEDS_UPDATE"):
            _KEPT[(template, *key)] = response.content
        return response
    response = HttpResponse(kept)
    patch_vary_headers(response, ["Cookie"])
    return response


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The home page."""
    books = catalogue.shelf()
    changed = catalogue.changed_policies(timezone.localdate())
    context = {
        "books": books,
        "lead": next((book for book in books if book.ready), None),
        "price_from": catalogue.price_from(),
        "children": [(key, _child_version(key)) for key in catalogue.EXAMPLE_CHILDREN],
        "choices": catalogue.choices(),
        "changed_policies": changed,
        "refund_days": settings.REFUND_BUSINESS_DAYS,
        "return_days": settings.RETURN_WINDOW.days,
        "moons": range(settings.CHILD_RETENTION.days + 1),
    }
    return _window(request, "orders/home.html", context, books, changed)


@require_safe
def story(request: HttpRequest, slug: str) -> HttpResponse:
    """A story: cover, prices, pages to leaf through, and what personalising means."""
    try:
        book = catalogue.book(slug)
    except LookupError:
        raise Http404("There is no such book.") from None
    context = {
        "book": book,
        "formats": list(prices.FORMATS.values()),
        "price_from": catalogue.price_from(),
        "printing_days": shipping.PRINTING_DAYS,
        "delivery": shipping.methods(shipping.HOME),
        "country": shipping.COUNTRIES[shipping.HOME],
        "countries": len(shipping.COUNTRIES),
        "abandoned_hours": int(settings.ABANDONED_RETENTION.total_seconds() // 3600),
        "return_days": settings.RETURN_WINDOW.days,
        "refund_days": settings.REFUND_BUSINESS_DAYS,
    }
    return _window(request, "orders/story.html", context, book)


def _unchanging(request: HttpRequest, etag: str, answer: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The address names the content, so a browser may keep it for a year, and is not sent what it has."""
    # Compression on the way makes the tag a weak one.
    known = request.headers.get("If-None-Match", "").removeprefix("W/") == etag
    response = HttpResponseNotModified() if known else answer()
    response["ETag"] = etag
    patch_cache_control(response, public=True, max_age=31536000, immutable=True)
    return response


@require_safe
def sample(request: HttpRequest, slug: str, version: str, page: int, *, pair: bool = False) -> HttpResponseBase:
    """A picture of the example child's book, or of two children's, of any version that still lies in the printing room.

    A page that was opened before the book was published anew keeps its pictures.
    """
    try:
        path = publishing.sample(replace(stories.load(slug), version=version), page, pair=pair)
    except (stories.UnknownStory, FileNotFoundError):
        raise Http404 from None
    etag = f'"{version}-{"pair-" if pair else ""}{page}"'
    return _unchanging(request, etag, lambda: FileResponse(path.open("rb"), content_type="image/jpeg"))


@lru_cache(maxsize=len(catalogue.EXAMPLE_CHILDREN))
def _child(key: str) -> bytes:
    return catalogue.example_child(key).encode()


@lru_cache(maxsize=len(catalogue.EXAMPLE_CHILDREN))
def _child_version(key: str) -> str:
    return hashlib.sha256(_child(key)).hexdigest()[:12]


@require_safe
@gzip_page
def example_child(request: HttpRequest, key: str, version: str) -> HttpResponseBase:
    """An invented child, drawn. The version only makes the address change with the drawing."""
    if key not in catalogue.EXAMPLE_CHILDREN or version != _child_version(key):
        raise Http404
    return _unchanging(request, f'"{version}"', lambda: HttpResponse(_child(key), content_type="image/svg+xml"))
