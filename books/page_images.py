"""Images of a book's pages: kept in the vault, and made on the spot where one is missing.

Nothing here waits for the worker. Two requests that make the same page at the same time store the same page twice.
"""

from collections.abc import Iterable, Iterator

from books import preview, revisions
from books.models import Revision
from books.story import Story
from privacy import vault
from privacy.masked import Masked
from privacy.purposes import Actor, Kind, Purpose

PREVIEW_WIDTH = 1000  # pixels
FULL_WIDTH = 1600  # pixels: the digital copy on a screen
FIRST_PAGES = (0, 1)  # what a parent sees first: the cover, and the page behind it


class NoSuchPage(LookupError):
    """The book has no page of that number."""


def page_numbers(story: Story) -> range:
    """0 is the front cover, then the pages, and last the back cover."""
    return range(story.page_count + 2)


def page_label(story: Story, page: int) -> str:
    """What a page is called: "Front cover", "Page 7", "Back cover"."""
    return {0: "Front cover", story.page_count + 1: "Back cover"}.get(page, f"Page {page}")


def page_in_words(story: Story, page: int) -> str:
    """As it stands in a sentence, in one piece: "page 7", "the front cover"."""
    label = page_label(story, page).lower().replace(" ", "\u00a0")
    return label if label.startswith("page") else f"the\u00a0{label}"


def page_image(revision: Revision, page: int, *, full: bool, actor: Actor, reason: str = "") -> Masked[bytes]:
    """One page as a JPEG: 1000 px with a watermark, or (`full`) 1600 px with one until the book is approved (P21).

    Raises NoSuchPage, and privacy.vault.Forgotten once the child is forgotten (P10).
    """
    story = revisions.story_of(revision.edition)
    if page not in page_numbers(story):
        raise NoSuchPage(page)
    try:
        return vault.read(
            revision.edition.child,
            _kind(full),
            revisions.place(revision, page, clean=_clean(revision, full)),
            purpose=Purpose.PREVIEW,
            actor=actor,
            reason=reason,
        )
    except vault.NotInVault:
        ((_, image),) = make(revision, [page], full=full, actor=actor, reason=reason)
        return image


def missing(revision: Revision, *, full: bool) -> list[int]:
    """The pages whose images are not in the vault yet."""
    held = set(vault.numbers(revision.edition.child, _kind(full)))
    clean = _clean(revision, full)
    numbers = page_numbers(revisions.story_of(revision.edition))
    return [page for page in numbers if revisions.place(revision, page, clean=clean) not in held]


def make(
    revision: Revision, pages: Iterable[int], *, full: bool, actor: Actor, reason: str = "", settle: bool = False
) -> Iterator[tuple[int, Masked[bytes]]]:
    """Draw pages one after the other, store each and hand it out.

    Pages of a revision that has been superseded, or whose portrait could not be painted yet, are drawn but not kept.
    """
    wanted = sorted(set(pages))
    story = revisions.story_of(revision.edition)
    clean = _clean(revision, full)
    content = revisions.content(
        revision,
        purpose=Purpose.PREVIEW,
        actor=actor,
        reason=reason,
        with_photo=any(page in wanted for page in _photo_pages(story)),
        settle=settle,
    )
    drawn = preview.render(
        story, content.reveal(), wanted, width=FULL_WIDTH if full else PREVIEW_WIDTH, watermark=not clean
    )
    keep = revisions.is_latest(revision) and not content.reveal().provisional
    for page, jpeg in drawn:
        if keep:
            vault.put(revision.edition.child, _kind(full), revisions.place(revision, page, clean=clean), jpeg)
        yield page, Masked(jpeg)


def make_first(revision: Revision, *, actor: Actor) -> None:
    """Draw what a parent sees first, before the answer to the form is sent."""
    for _ in make(revision, FIRST_PAGES, full=False, actor=actor):
        pass


def _photo_pages(story: Story) -> list[int]:
    return [photo.place for scene in story.scenes for photo in scene.photos]


def _kind(full: bool) -> Kind:
    return Kind.FULL_PAGE if full else Kind.PREVIEW_PAGE


def _clean(revision: Revision, full: bool) -> bool:
    return full and revision.edition.locked_at is not None
