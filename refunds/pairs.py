"""Pages of two versions next to each other, as the pages of the shop and of staff show them."""

from dataclasses import dataclass

from django.urls import reverse

from books import editions, revisions
from books.models import Edition
from refunds.versions import Comparison


@dataclass(frozen=True)
class Pair:
    """One page in two versions: what it is called, the addresses of its pictures, and whether they differ."""

    page: int
    label: str
    left: str
    right: str
    changed: bool


@dataclass(frozen=True)
class Pairs:
    """All pages of a book: those that differ, and those that do not."""

    changed: list[Pair]
    same: list[Pair]

    @property
    def total(self) -> int:
        return len(self.changed) + len(self.same)


def pairs_of(found: Comparison, edition: Edition, *, address: str, first: object = None, query: str = "") -> Pairs:
    """`address` names the view of a page's picture; it takes the edition's id (or `first`), the version and the
    page."""
    story = revisions.story_of(edition)

    def source(version: int, page: int) -> str:
        return reverse(address, args=[first or edition.pk, version, page]) + query

    every = [
        Pair(
            page=page,
            label=editions.page_label(story, page),
            left=source(found.left.number, page),
            right=source(found.right.number, page),
            changed=page in found.changed,
        )
        for page in editions.page_numbers(story)
    ]
    return Pairs(changed=[one for one in every if one.changed], same=[one for one in every if not one.changed])
