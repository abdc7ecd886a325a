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
def option_picture(request: HttpRequest, table: str, option: str, version: str) -> HttpResponse:
    """One hairstyle or extra on a child of paper, for browsers that run no scripts. `version`: of all the parts."""
    try:
        art = artwork.option_picture(table, option)
    except KeyError:
        raise Http404 from None
    return _answer(request, art, version, "image/svg+xml", current=artwork.parts().version)


@require_safe
def cover_art(request: HttpRequest, slug: str, layer: str, version: str) -> HttpResponse:
    """The front cover's background or foreground as SVG."""
    story = next((known for known in stories.published() if known.slug == slug), None)
    if layer not in artwork.LAYERS or story is None:
        raise Http404
    return _answer(request, artwork.cover_layer(story, layer), version, "image/svg+xml")


def _answer(
    request: HttpRequest, art: artwork.Art, version: str, content_type: str, *, current: str = ""
) -> HttpResponse:
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(art.packed if packed else art.plain, content_type=content_type)
    if packed:
        response["Content-Encoding"] = "gzip"
    response["Vary"] = "Accept-Encoding"
    # An address of an older drawing still answers, with today's drawing, but is not kept.
    response["Cache-Control"] = _FOREVER if version == (current or art.version) else _BRIEFLY
    return response
