"""The versions of a book side by side, and going back to an earlier one (P22).

A version is a revision in a parent's words. What an earlier one said stays in the vault as long as the child does;
its pictures are drawn again when somebody looks, and not kept.
"""

from dataclasses import dataclass

from django.db import transaction

from books import differences, editions, revisions
from books.models import Edition, Revision
from books.personalisation import Personalisation
from orders import states
from orders.models import OrderLine
from privacy.masked import Masked
from privacy.purposes import Actor, Purpose
from refunds import changes


class NoSuchVersion(LookupError):
    """The book has no version of that number."""


@dataclass(frozen=True)
class Comparison:
    """Two versions of a book. `changed`: the pages that look different; `answers`: what was changed, in the words of
    the form, without what it was."""

    left: Revision
    right: Revision
    changed: list[int]
    answers: list[str]


def compare(
    edition: Edition, left: int | None, right: int | None, *, actor: Actor, reason: str = ""
) -> Comparison | None:
    """Two versions side by side; by default the newest against the one before. None: there is only one version.

    Raises NoSuchVersion, and privacy.vault.Forgotten once the child is forgotten.
    """
    known = {revision.number: revision for revision in edition.revisions.order_by("number")}
    if len(known) < 2:
        return None
    newest = max(known)
    right = newest if right is None else right
    left = max((number for number in known if number < right), default=newest) if left is None else left
    if left not in known or right not in known:
        raise NoSuchVersion
    one, other = (said(edition, number, actor=actor, reason=reason).reveal() for number in (left, right))
    story = revisions.story_of(edition)
    return Comparison(
        left=known[left],
        right=known[right],
        changed=differences.changed_pages(story, one, other),
        answers=differences.changed_answers(one, other),
    )


@transaction.atomic
def take_again(line: OrderLine, number: int) -> Revision:
    """The parent goes back to version `number`: a new version that says what that one said (P22). The newest one is
    there already, so it is returned as it is.

    Raises `changes.CannotAsk` for a book that can no longer be changed, NoSuchVersion, and privacy.vault.Forgotten.
    """
    line, edition = changes.held(line)
    newest = revisions.latest(edition)
    if newest.number == number:
        return newest
    if not edition.revisions.filter(number=number).exists():
        raise NoSuchVersion
    made = editions.revise(edition, personalisation=said(edition, number, actor=Actor.parent()).reveal(), again=number)
    detail = f"{line.title}, revision {number} as revision {made.number}"
    states.record(line.order, "version_taken_again", actor="customer", detail=detail)
    return made


def said(edition: Edition, number: int, *, actor: Actor, reason: str = "") -> Masked[Personalisation]:
    """What a version says. Staff need the permission, training and a reason (P12)."""
    return revisions.personalisation(edition, number, purpose=Purpose.PREVIEW, actor=actor, reason=reason)


def photo(edition: Edition, number: int, *, which: int = 1, actor: Actor, reason: str = "") -> Masked[bytes] | None:
    """The photo of the first child or the second in a version, if it has one."""
    return revisions.photo(edition, number, which=which, purpose=Purpose.PREVIEW, actor=actor, reason=reason)
