"""Looks into a file before it goes to a printer, and says everything that would print wrong.

Nothing is taken from what `composing` meant to do: boxes, fonts, colours, images, words and the drawn edge are read
from the file itself. `document` reads what is written in it, `contents` what is drawn with, `drawn` looks at the pages.
"""

from collections.abc import Iterator

from pikepdf import Pdf

from books.preflight import contents, document, drawn
from books.preflight.problems import Problem, opened
from books.print_profiles import PrintProfile
from books.story import Story

__all__ = ["Problem", "check_cover", "check_interior"]


def check_interior(pdf: bytes, profile: PrintProfile, story: Story, *, binding: str = "hardcover") -> list[Problem]:
    """What keeps an interior from being printed by `profile` in `binding`. Empty: it is fine."""
    side = profile.trim + 2 * profile.bleed
    with opened(pdf) as file:
        if isinstance(file, Problem):
            return [file]
        return [
            *document.whole(file, profile),
            *document.pages(file, profile, story, binding),
            *document.boxes(file, (side, side), profile.bleed),
            *contents.problems(file, profile),
            *drawn.interior(pdf, len(file.pages), profile, printed=story.page_count),
        ]


def check_cover(pdf: bytes, profile: PrintProfile, story: Story, *, binding: str) -> list[Problem]:
    """What keeps a cover wrap from being printed by `profile` in `binding`. Empty: it is fine."""
    with opened(pdf) as file:
        if isinstance(file, Problem):
            return [file]
        return [*_cover(file, profile, story, binding), *drawn.cover(pdf, profile, story.page_count, binding)]


def _cover(file: Pdf, profile: PrintProfile, story: Story, binding: str) -> Iterator[Problem]:
    yield from document.whole(file, profile)
    if len(file.pages) != 1:
        yield Problem(0, f"a cover is one page, this file has {len(file.pages)}")
    yield from document.spine(file, profile, story, binding)
    yield from document.boxes(file, profile.wrap(story.page_count, binding), profile.margin(binding))
    yield from contents.problems(file, profile)
