"""The two files that a printer gets: the pages and the cover, checked before they are kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from books import composing, preflight, revisions
from books.models import Edition
from books.preflight import Problem
from books.print_profiles import CannotPrint, PrintProfile
from privacy import vault
from privacy.masked import Masked
from privacy.purposes import Actor, Kind, Purpose


class PreflightFailed(Exception):
    """A file would not print well; `problems` says what is wrong. Nothing was stored."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problem(s) in the print files")
        self.problems = tuple(problems)


@dataclass(frozen=True)
class PrintFiles:
    """Interior and cover as PDF; `page_count` is the number of pages printed."""

    interior: Masked[bytes]
    cover: Masked[bytes]
    page_count: int


def print_files(edition: Edition, revision_number: int, profile: PrintProfile, binding: str) -> PrintFiles:
    """Make, check and store the print files of one revision.

    Raises PreflightFailed, CannotPrint, and privacy.vault.Forgotten once the child is forgotten (P10).
    """
    revision = edition.revisions.get(number=revision_number)
    revision.edition = edition
    story = revisions.story_of(edition)
    if edition.locked_at is not None and story.version != edition.story_version:
        # Never print other pages than the ones that were approved (P21).
        raise CannotPrint("the version of the story that was approved is no longer published")
    content = revisions.content(revision, purpose=Purpose.PRINT, actor=Actor.system("print"), settle=True).reveal()
    interior = composing.interior(story, content, profile, binding=binding)
    cover = composing.cover(story, content, profile, binding=binding)
    problems = [
        *preflight.check_interior(interior, profile, story, binding=binding),
        *preflight.check_cover(cover, profile, story, binding=binding),
    ]
    if problems:
        raise PreflightFailed(problems)
    vault.put(edition.child, Kind.INTERIOR, revision_number, interior)
    vault.put(edition.child, Kind.COVER, revision_number, cover)
    return PrintFiles(
        interior=Masked(interior), cover=Masked(cover), page_count=profile.printed_pages(story.page_count, binding)
    )


def stored(edition: Edition, revision_number: int, *, pages: int, actor: Actor) -> PrintFiles:
    """The print files that `print_files` made and kept, of `pages` printed pages.

    Raises privacy.vault.Forgotten once the child is forgotten (P10), and privacy.vault.NotInVault.
    """
    interior, cover = (
        vault.read(edition.child, kind, revision_number, purpose=Purpose.PRINT, actor=actor)
        for kind in (Kind.INTERIOR, Kind.COVER)
    )
    return PrintFiles(interior=interior, cover=cover, page_count=pages)


def stored_sizes(edition: Edition, revision_number: int) -> tuple[int, int] | None:
    """Bytes of the kept interior and cover; None where they are not kept. Opens nothing."""
    interior = vault.size(edition.child, Kind.INTERIOR, revision_number)
    cover = vault.size(edition.child, Kind.COVER, revision_number)
    return None if interior is None or cover is None else (interior, cover)
