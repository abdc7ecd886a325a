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
SMALL_WIDTH = 720  # pixels: a phone with two pixels to the point, a spread on a screen with one
# What a browser may choose from. Only the preview's and the full width are kept; others are made when they are asked
# for (docs/decisions/0002).
WIDTHS = (SMALL_WIDTH, PREVIEW_WIDTH, FULL_WIDTH)
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


def page_image(
    revision: Revision, page: int, *, full: bool, actor: Actor, reason: str = "", width: int | None = None
) -> Masked[bytes]:
    """One page as a JPEG: 1000 px with a watermark, or (`full`) 1600 px with one until the book is approved (P21).

    With a `width`, as many pixels as that (one of WIDTHS). Raises NoSuchPage, and privacy.vault.Forgotten once the
    child is forgotten (P10).
    """
    story = revisions.story_of(revision.edition)
    if page not in page_numbers(story) or width not in (None, *WIDTHS):
        raise NoSuchPage(page)
    wide = width is not None and width > PREVIEW_WIDTH
    if wide and not full and not revision.full_wanted:
        # Before the order most screens need no more than the preview: what is drawn sharper is not kept.
        ((_, image),) = make(revision, [page], full=True, actor=actor, reason=reason, keep=False)
        return image
    # Until it is approved the digital copy's page looks like the preview's, which is there and nearer in size.
    full = wide or (full and (width is None or _clean(revision, full)))
    image = _kept(revision, page, full=full, actor=actor, reason=reason)
    if width is None or width == _width(full):
        return image
    return Masked(preview.reduced(image.reveal(), width))


def _kept(revision: Revision, page: int, *, full: bool, actor: Actor, reason: str) -> Masked[bytes]:
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


def progress(revision: Revision) -> tuple[int, int]:
    """How many of the pictures of an ordered book's digital copy have been made, and how many there will be."""
    every = len(page_numbers(revisions.story_of(revision.edition)))
    return every - len(missing(revision, full=True)), every


def make(
    revision: Revision,
    pages: Iterable[int],
    *,
    full: bool,
    actor: Actor,
    reason: str = "",
    settle: bool = False,
    keep: bool = True,
) -> Iterator[tuple[int, Masked[bytes]]]:
    """Draw pages one after the other, store each (`keep`) and hand it out.

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
    drawn = preview.render(story, content.reveal(), wanted, width=_width(full), watermark=not clean)
    keep = keep and revisions.is_latest(revision) and not content.reveal().provisional
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


def _width(full: bool) -> int:
    return FULL_WIDTH if full else PREVIEW_WIDTH


def _kind(full: bool) -> Kind:
    return Kind.FULL_PAGE if full else Kind.PREVIEW_PAGE


def _clean(revision: Revision, full: bool) -> bool:
    return full and revision.edition.locked_at is not None
