"""Drawings without any child in them: the parts from which the browser draws one, and the art of a story's cover."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from books import artwork
from books import story as stories

_FOREVER = "public, max-age=31536000, immutable"
_BRIEFLY = "public, max-age=60"


@require_safe
def child_parts(request: HttpRequest, version: str) -> HttpResponse:
    """Everything the browser needs to draw the child, as JSON. The version in the address makes it immutable."""
    return _answer(request, artwork.parts(), version, "application/json")


@require_safe
def cover_art(request: HttpRequest, slug: str, layer: str, version: str) -> HttpResponse:
    """The front cover's background or foreground as SVG."""
    story = next((known for known in stories.published() if known.slug == slug), None)
    if layer not in artwork.LAYERS or story is None:
        raise Http404
    return _answer(request, artwork.cover_layer(story, layer), version, "image/svg+xml")


def _answer(request: HttpRequest, art: artwork.Art, version: str, content_type: str) -> HttpResponse:
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(art.packed if packed else art.plain, content_type=content_type)
    if packed:
        response["Content-Encoding"] = "gzip"
    response["Vary"] = "Accept-Encoding"
    # An address of an older drawing still answers, with today's drawing, but is not kept.
    response["Cache-Control"] = _FOREVER if version == art.version else _BRIEFLY
    return response
