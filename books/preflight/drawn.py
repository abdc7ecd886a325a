"""Pages as they come out: does colour reach the edge, is a page empty, do words keep away from knife and binding?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pypdfium2

from books import preview
from books.geometry import MM
from books.preflight.problems import Problem
from books.print_profiles import PrintProfile

PIXELS = 432
ROOM = 0.25  # mm by which a letter may be nearer: boxes of letters are a little larger than their ink


@dataclass(frozen=True)
class _Letter:
    """Where a letter stands, in mm from the page's bottom left corner."""

    left: float
    bottom: float
    right: float
    top: float


def interior(data: bytes, count: int, profile: PrintProfile, *, printed: int) -> Iterator[Problem]:
    """The pages inside. Those after `printed` are the printer's own and stay blank."""
    try:
        for number, (white, black) in enumerate(_on_both_papers(data), 1):
            bare = bool((white[:, :, :3] == 255).all() and (black[:, :, :3] == 0).all())
            if number > printed:
                if not bare:
                    yield Problem(number, "this page is the printer’s and must stay blank")
            elif bare:
                yield Problem(number, "the page is empty")
            elif _rim_shows_paper(white, black):
                yield Problem(number, "colour does not reach the edge of the bleed")
        yield from _inside_safety(data, count, profile)
    except Exception as problem:  # pdfium raises its own errors, whatever is wrong with the file
        yield Problem(0, f"the file cannot be drawn ({type(problem).__name__})")


def cover(data: bytes, profile: PrintProfile, pages: int, binding: str) -> Iterator[Problem]:
    """The wrap: its rim, the place of the printer's label, and the words on front and back."""
    try:
        for white, black in _on_both_papers(data):
            if _rim_shows_paper(white, black):
                yield Problem(1, "colour does not reach the edge of the bleed")
            yield from _label(white, profile, pages, binding)
            break
        yield from _cover_safety(data, profile, pages, binding)
    except Exception as problem:
        yield Problem(0, f"the file cannot be drawn ({type(problem).__name__})")


Pixels = npt.NDArray[np.uint8]


def _on_both_papers(data: bytes) -> Iterator[tuple[Pixels, Pixels]]:
    return zip(preview.rasterise(data, PIXELS, paper=255), preview.rasterise(data, PIXELS, paper=0), strict=True)


def _rim_shows_paper(white: Pixels, black: Pixels) -> bool:
    """Drawn on white and on black, a rim that is covered looks the same."""
    rims = (np.s_[0, :, :3], np.s_[-1, :, :3], np.s_[:, 0, :3], np.s_[:, -1, :3])
    return any(bool((np.abs(white[rim].astype(int) - black[rim]) > 3).any()) for rim in rims)


def _label(white: Pixels, profile: PrintProfile, pages: int, binding: str) -> Iterator[Problem]:
    place = profile.barcode_on_wrap(binding)
    if place is None:
        return
    width, height = profile.wrap(pages, binding)
    left, bottom, right, top = place
    columns = slice(int(left / width * PIXELS) + 2, int(right / width * PIXELS) - 2)
    rows = slice(int((1 - top / height) * PIXELS) + 2, int((1 - bottom / height) * PIXELS) - 2)
    if white[rows, columns, :3].min() < 250:
        yield Problem(1, "the place for the printer’s barcode is not white")


def _letters(data: bytes) -> Iterator[list[_Letter]]:
    """The letters of every page, from the file's own text."""
    with preview.opened(data) as document:
        for index in range(len(document)):
            yield _on_page(document, index)


def _on_page(document: pypdfium2.PdfDocument, index: int) -> list[_Letter]:
    with preview.drawing():
        page = document[index]
        words = page.get_textpage()
        try:
            boxes = [words.get_charbox(at) for at in range(words.count_chars()) if words.get_text_range(at, 1).strip()]
        finally:
            words.close()
            page.close()
    return [_Letter(*(side / MM for side in box)) for box in boxes]


def _inside_safety(data: bytes, count: int, profile: PrintProfile) -> Iterator[Problem]:
    near, far = profile.bleed, profile.bleed + profile.trim
    for number, letters in enumerate(_letters(data), 1):
        if number > count or not letters:
            continue
        right_hand = number % 2 == 1
        left = min(letter.left for letter in letters) - near
        right = far - max(letter.right for letter in letters)
        ends = min(min(one.bottom for one in letters) - near, far - max(one.top for one in letters))
        outer, inner = (right, left) if right_hand else (left, right)
        if min(outer, ends) < profile.safety - ROOM:
            yield Problem(
                number, f"words come within {min(outer, ends):.1f} mm of the edge; {profile.safety:g} mm are kept free"
            )
        if inner < profile.gutter - ROOM:
            yield Problem(
                number, f"words come within {inner:.1f} mm of the binding; {profile.gutter:g} mm are swallowed by it"
            )


def _cover_safety(data: bytes, profile: PrintProfile, pages: int, binding: str) -> Iterator[Problem]:
    margin, spine = profile.margin(binding), profile.spine(pages, binding)
    panels = ((margin, "back"), (margin + profile.trim + spine, "front"))
    label = profile.barcode_on_wrap(binding)
    for letters in _letters(data):
        for start, panel in panels:
            end = start + profile.trim
            own = [one for one in letters if start - spine / 2 < (one.left + one.right) / 2 < end + spine / 2]
            # What stands between the panels is the spine's.
            own = [one for one in own if one.right > start and one.left < end]
            if not own:
                continue
            edges = (
                min(one.left for one in own) - start,
                end - max(one.right for one in own),
                min(one.bottom for one in own) - margin,
                margin + profile.trim - max(one.top for one in own),
            )
            if min(edges) < profile.cover_safety - ROOM:
                yield Problem(
                    1,
                    f"words on the {panel} come within {min(edges):.1f} mm of its edge; "
                    f"{profile.cover_safety:.3g} mm are kept free",
                )
        if label and any(
            one.left < label[2] and one.right > label[0] and one.bottom < label[3] and one.top > label[1]
            for one in letters
        ):
            yield Problem(1, "words lie under the printer’s barcode")
