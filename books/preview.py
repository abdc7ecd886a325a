"""Images of a book's pages, fast enough to wait for.

The backgrounds are pixels already. pdfium draws only what stands before them (child, foreground, words) onto a copy.
pdfium is not thread-safe: one lock in a process.
"""

import ctypes
import io
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from books.geometry import MM
from books.stamping import Content, Stamp, settings_of
from books.story import TRIM, Story
from books.templates_store import PIXELS, Template, place_of, template_for

QUALITY = 85
Pixels = npt.NDArray[np.uint8]
_lock = threading.Lock()
_stencils: dict[tuple[Path, int], "Stencil"] = {}


def render(
    story: Story, content: Content, pages: Sequence[int], *, width: int = PIXELS, watermark: bool = True
) -> Iterator[tuple[int, bytes]]:
    """JPEGs (sRGB, `width` pixels square, trimmed) of `pages` in their order, each as soon as it is drawn.

    Page 0 is the front cover, 1 to page_count the pages, page_count + 1 the back cover. Raises
    templates_store.NotPublished, and KeyError for a page that the book does not have. Safe in threads.
    """
    yield from render_with(template_for(story), content, pages, width=width, watermark=watermark)


def render_with(
    template: Template, content: Content, pages: Sequence[int], *, width: int = PIXELS, watermark: bool = True
) -> Iterator[tuple[int, bytes]]:
    """As `render`, from a template that need not be published yet."""
    places = [place_of(page, template.story.page_count) for page in pages]
    if not places:
        return
    fast, count = template.draws_at(width), len(content.children)
    data = _document(template, content, places, overlay=fast)
    stencil = _stencil(template, content, width) if watermark else None
    with _lock:
        document = pypdfium2.PdfDocument(data)
    try:
        # A page is encoded while the next one is drawn: both leave Python's lock to others.
        with ThreadPoolExecutor(1) as encoder:
            waiting: tuple[int, Future[bytes]] | None = None
            for index, (page, place) in enumerate(zip(pages, places, strict=True)):
                pixels = template.paper(place, width, count) if fast else np.full((width, width, 4), 255, np.uint8)
                with _lock:
                    _draw(document, index, pixels, width)
                if waiting:
                    yield waiting[0], waiting[1].result()
                waiting = (page, encoder.submit(_jpeg, pixels, width, stencil))
            if waiting:
                yield waiting[0], waiting[1].result()
    finally:
        with _lock:
            document.close()


def reduced(jpeg: bytes, width: int) -> bytes:
    """One of our own pages, `width` pixels square, from a larger one."""
    image = Image.open(io.BytesIO(jpeg))
    image.draft("RGB", (width, width))
    out = io.BytesIO()
    image.resize((width, width), Image.Resampling.BICUBIC).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def without_words(template: Template, content: Content, places: Sequence[int | str]) -> Iterator[Pixels]:
    """The pictures of `places` (BGRX), trimmed."""
    data = _document(template, content, places, overlay=True, words=False)
    yield from _over_backgrounds(template, data, places, len(content.children))


def without_marks(template: Template, content: Content, pages: Sequence[int]) -> Iterator[Pixels]:
    """Pages as `render` numbers them (BGRX), with words and without a watermark. For publishing only."""
    places = [place_of(page, template.story.page_count) for page in pages]
    data = _document(template, content, places, overlay=True)
    yield from _over_backgrounds(template, data, places, len(content.children))


def _over_backgrounds(template: Template, data: bytes, places: Sequence[int | str], count: int) -> Iterator[Pixels]:
    with opened(data) as document:
        for index, place in enumerate(places):
            pixels = template.background(place, count).copy()
            with _lock:
                _draw(document, index, pixels, PIXELS)
            yield pixels


def _document(
    template: Template, content: Content, places: Sequence[int | str], *, overlay: bool, words: bool = True
) -> bytes:
    stamp = Stamp(template, content, overlay=overlay)
    if words:
        stamp.set_words(dict(zip(places, settings_of(template.story, content, places), strict=True)))
    for place in places:
        drawn, objects = stamp.picture(place)
        margin = template.art[place].margin * MM
        stamp.add_page(drawn, objects, {"MediaBox": (margin, margin, margin + TRIM * MM, margin + TRIM * MM)})
    return _bytes(stamp)


def _bytes(stamp: Stamp) -> bytes:
    out = io.BytesIO()
    # It is drawn at once and thrown away: compressing it would take longer than drawing.
    stamp.pdf.save(out, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


def _draw(document: pypdfium2.PdfDocument, index: int, pixels: Pixels, width: int) -> None:
    """Draw a page over `pixels` (BGRX), in place."""
    page = document[index]
    bitmap = pdfium.FPDFBitmap_CreateEx(
        width, width, pdfium.FPDFBitmap_BGRx, pixels.ctypes.data_as(ctypes.c_void_p), width * 4
    )
    try:
        pdfium.FPDF_RenderPageBitmap(bitmap, page.raw, 0, 0, width, width, 0, 0)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
        page.close()


@dataclass(frozen=True)
class Stencil:
    """A translucent drawing, taken apart once so that it can be laid over many pages: pdfium needs 3 ms for each."""

    places: npt.NDArray[np.intp]
    kept: npt.NDArray[np.uint16]
    added: npt.NDArray[np.uint16]

    @classmethod
    def of(cls, on_white: Pixels, on_black: Pixels) -> "Stencil":
        """From the drawing on white and on black paper, which tell how much of the paper shows through."""
        white, black = (pixels.reshape(-1, 4)[:, :3].astype(np.uint16) for pixels in (on_white, on_black))
        places = np.flatnonzero((white != 255).any(axis=1) | (black != 0).any(axis=1))
        return cls(places, white[places] - black[places], black[places])

    def lay_over(self, pixels: Pixels) -> None:
        """Draw over `pixels` (BGRX) in place."""
        flat = pixels.reshape(-1, 4)
        flat[self.places, :3] = (flat[self.places, :3] * self.kept + 127) // 255 + self.added


def _stencil(template: Template, content: Content, width: int) -> Stencil:
    """The watermark. A stamp needs a content to be made; nothing of it is drawn or kept."""
    key = (template.folder, width)
    if key not in _stencils:
        stamp = Stamp(template, content, overlay=True)
        side = TRIM * MM
        stamp.add_page(["/W Do"], {"W": stamp.mark("preview")}, {"MediaBox": (0, 0, side, side)})
        data = _bytes(stamp)
        papers = [next(rasterise(data, width, paper=paper)) for paper in (255, 0)]
        while len(_stencils) >= 8:
            _stencils.pop(next(iter(_stencils)), None)
        _stencils[key] = Stencil.of(*papers)
    return _stencils[key]


def _jpeg(pixels: Pixels, width: int, stencil: Stencil | None) -> bytes:
    if stencil:
        stencil.lay_over(pixels)
    image = Image.frombuffer("RGB", (width, width), pixels, "raw", "BGRX", 0, 1)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def drawing() -> threading.Lock:
    """The lock for whoever asks pdfium something by itself."""
    return _lock


@contextmanager
def opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """A document for `drawn_at`."""
    with _lock:
        document = pypdfium2.PdfDocument(data)
    try:
        yield document
    finally:
        with _lock:
            document.close()


def drawn_at(document: pypdfium2.PdfDocument, index: int, resolution: int) -> Pixels:
    """One page on white paper as BGRX pixels, `resolution` to the inch."""
    with _lock:
        page = document[index]
        width, height = (round(side / 72 * resolution) for side in page.get_size())
        pixels = np.full((height, width, 4), 255, np.uint8)
        bitmap = pdfium.FPDFBitmap_CreateEx(
            width, height, pdfium.FPDFBitmap_BGRx, pixels.ctypes.data_as(ctypes.c_void_p), width * 4
        )
        try:
            pdfium.FPDF_RenderPageBitmap(bitmap, page.raw, 0, 0, width, height, 0, 0)
        finally:
            pdfium.FPDFBitmap_Destroy(bitmap)
            page.close()
    return pixels


def rasterise(data: bytes, width: int, *, paper: int = 255) -> Iterator[Pixels]:
    """All pages of a document as square BGRX pixels on paper of that grey. For publishing and for checks."""
    with _lock:
        document = pypdfium2.PdfDocument(data)
        count = len(document)
    try:
        for index in range(count):
            pixels = np.full((width, width, 4), paper, np.uint8)
            with _lock:
                _draw(document, index, pixels, width)
            yield pixels
    finally:
        with _lock:
            document.close()
