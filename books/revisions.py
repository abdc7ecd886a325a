"""The states of one child's book: what a revision says, read from the vault, and where its renderings lie there."""

from dataclasses import replace

from django.db.models import Q, QuerySet
from django.utils import timezone

from books import portraits
from books import story as stories
from books.composing import Content
from books.models import Edition, Revision
from books.personalisation import Personalisation
from books.story import Story
from privacy import together, vault
from privacy.masked import Masked
from privacy.models import Child
from privacy.purposes import Actor, Kind, Purpose

_PLACES = 1000  # numbers in the vault that belong to one revision
_CLEAN = 500  # renderings without a watermark lie above the watermarked ones, so that neither is taken for the other
RENDERINGS = (Kind.PREVIEW_PAGE, Kind.FULL_PAGE, Kind.DIGITAL_COPY)


def latest(edition: Edition) -> Revision:
    """The newest revision of a book."""
    revision = edition.revisions.order_by("-number").first()
    if revision is None:  # start() makes the first one in the same transaction as the edition
        raise Revision.DoesNotExist(f"{edition} has no revision")
    revision.edition = edition
    return revision


def is_latest(revision: Revision) -> bool:
    """Whether no newer revision has taken this one's place."""
    return not Revision.objects.filter(edition_id=revision.edition_id, number__gt=revision.number).exists()


def story_of(edition: Edition) -> Story:
    """The story that a book tells, in the version that it began with."""
    return stories.of_version(edition.story, edition.story_version)


def place(revision: Revision, page: int = 0, *, clean: bool = False) -> int:
    """A rendering's number in the vault."""
    return revision.number * _PLACES + (_CLEAN if clean else 0) + page


def personalisation(
    edition: Edition, number: int, *, purpose: Purpose, actor: Actor, reason: str = ""
) -> Masked[Personalisation]:
    """What the parent entered for revision `number`, of both children in a book about two. Raises
    privacy.vault.Forgotten once the time is over (P10)."""
    said = []
    for child in children(edition):
        stored = vault.read(child, Kind.PERSONALISATION, number, purpose=purpose, actor=actor, reason=reason)
        said.append(Personalisation.from_bytes(stored.reveal()))
    return Masked(replace(said[0], sibling=said[1] if said[1:] else None))


def children(edition: Edition) -> list[Child]:
    """The child of a book, or both: the first holds what is made of them."""
    other = together.second(edition.child)
    return [edition.child] if other is None else [edition.child, other]


def photo(
    edition: Edition, number: int, *, which: int = 1, purpose: Purpose, actor: Actor, reason: str = ""
) -> Masked[bytes] | None:
    """The sanitised photo (JPEG) of revision `number`, or None where the parent gave none. `which`: of the first child
    or the second; None too where there is no second."""
    both = children(edition)
    if which > len(both):
        return None
    said = personalisation(edition, number, purpose=purpose, actor=actor, reason=reason).reveal()
    kept = said.children[which - 1].photo
    if kept is None or not vault.holds(both[which - 1], Kind.PHOTO, kept):  # or taken out of the book later on
        return None
    return vault.read(both[which - 1], Kind.PHOTO, kept, purpose=purpose, actor=actor, reason=reason)


def content(
    revision: Revision,
    *,
    purpose: Purpose,
    actor: Actor,
    with_photo: bool = True,
    reason: str = "",
    settle: bool = False,
) -> Masked[Content]:
    """Everything a book is made from. `with_photo=False` saves decoding it where the page shows none. `settle`: what is
    made goes out or is kept, so that no portrait may be missing (see `portraits.framed`)."""
    edition = revision.edition
    said = personalisation(edition, revision.number, purpose=purpose, actor=actor, reason=reason).reveal()
    framed = [portraits.Framed(), portraits.Framed()]
    keep = is_latest(revision)
    for index, (child, of_child) in enumerate(zip(children(edition), said.children, strict=True)):
        if with_photo:
            framed[index] = portraits.framed(
                child, of_child, purpose=purpose, actor=actor, reason=reason, keep=keep, settle=settle
            )
    return Masked(Content(said, framed[0].jpeg, framed[1].jpeg, any(one.provisional for one in framed)))


def drop_renderings(edition: Edition, *, keep: int | None = None) -> None:
    """Take the images and files of all revisions but `keep` out of the vault; what the parent entered stays."""
    for kind in RENDERINGS:
        for number in vault.numbers(edition.child, kind):
            if keep is None or number // _PLACES != keep:
                vault.remove(edition.child, kind, number)


def of_living_children() -> QuerySet[Revision]:
    """Revisions whose child has not been forgotten: only these can still be made."""
    now = timezone.now()
    return Revision.objects.filter(edition__child__ended_at=None, edition__child__expires_at__gt=now).filter(
        Q(edition__child__abandoned_at=None) | Q(edition__child__abandoned_at__gt=now)
    )
