"""Where a browser finds a page's picture, and which of its sizes to choose from."""

from django.urls import reverse

from books import page_images
from books.models import Revision


def sources(revision: Revision, page: int, *, full: bool) -> dict[str, str]:
    """A page's addresses for `components/flipbook.html`: `src`, and `srcset` with every width to choose from."""
    name, usual = ("full_page", page_images.FULL_WIDTH) if full else ("page", page_images.PREVIEW_WIDTH)
    place = [revision.edition_id, revision.number, page]
    src = reverse(f"books:{name}", args=place)
    every = [
        (src if width == usual else reverse(f"books:{name}_at", args=[*place, width]), width)
        for width in page_images.WIDTHS
    ]
    return {"src": src, "srcset": ", ".join(f"{address} {width}w" for address, width in every)}
