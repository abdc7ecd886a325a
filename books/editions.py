"""One child's book from the first form to the approved copy.

This is the door for the other apps; the rooms behind it are `revisions`, `page_images`, `digital_copies`
and `print_files`.
"""

from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from books import portraits, revisions
from books.digital_copies import digital_copy, on_full_ready, want_full
from books.models import Edition, Revision
from books.page_images import NoSuchPage, page_image, page_label, page_numbers
from books.personalisation import Personalisation, Picture
from books.photo import SanitisedPhoto
from books.print_files import PreflightFailed, PrintFiles, print_files
from books.revisions import content, latest, personalisation
from books.story import Story
from privacy import children, vault
from privacy.consent import ConsentGiven, ConsentMissing
from privacy.models import Child
from privacy.purposes import Kind

__all__ = [
    "EditionLocked",
    "NoSuchPage",
    "Overtaken",
    "PreflightFailed",
    "PrintFiles",
    "content",
    "digital_copy",
    "latest",
    "lock",
    "on_full_ready",
    "page_image",
    "page_label",
    "page_numbers",
    "personalisation",
    "photo_stands_in",
    "print_files",
    "require_open",
    "revise",
    "start",
    "want_full",
]


class EditionLocked(Exception):
    """The book is approved for print: it can no longer be changed (P7)."""


class Overtaken(Exception):
    """The book was changed by somebody else meanwhile; `latest` is the revision to look at first."""

    def __init__(self, latest: int) -> None:
        super().__init__(f"revision {latest} is newer")
        self.latest = latest


@transaction.atomic
def start(
    *,
    story: Story,
    personalisation: Personalisation,
    photo: SanitisedPhoto | None,
    consent: ConsentGiven,
    sibling_photo: SanitisedPhoto | None = None,
    sibling_consent: ConsentGiven | None = None,
) -> Edition:
    """Collect a child and begin the book: child, consent (P4), vault and first revision in one transaction.

    A book about two collects both, each with a key and a consent of its own. Raises ConsentMissing without the
    sibling's, ValueError where the story is about one child only. Renders nothing; `page_images` and the worker do.
    """
    if len(personalisation.children) > story.children:
        raise ValueError("This story is about one child.")
    child = children.collect(consent=consent)
    if personalisation.sibling is not None:
        if sibling_consent is None:
            raise ConsentMissing
        children.collect(consent=sibling_consent, together_with=child)
    edition = Edition.objects.create(child=child, story=story.slug, story_version=story.version)
    _store(edition, 1, personalisation, photo, sibling_photo)
    edition.revisions.create(number=1)
    return edition


@transaction.atomic
def revise(
    edition: Edition,
    *,
    personalisation: Personalisation,
    photo: SanitisedPhoto | None = None,
    sibling_photo: SanitisedPhoto | None = None,
    made_by: str = Revision.MadeBy.PARENT,
    again: int | None = None,
    seen: int | None = None,
) -> Revision:
    """A new state of the book (P7, P22); the child's 14 days run on from where they were.

    Without a new `photo`, `personalisation.photo` says which stored one is kept (None: none). A book about one child
    stays one, and a book about two (ValueError). `again`: the earlier
    revision whose content this is. Raises EditionLocked, Overtaken when `seen`, the revision that was looked at, is no
    longer the latest, and privacy.vault.Forgotten once the child is forgotten.
    """
    held = Edition.objects.select_for_update(of=("self",)).select_related("child").get(pk=edition.pk)
    require_open(held.child)
    if held.locked_at is not None:
        raise EditionLocked
    if len(personalisation.children) != len(revisions.children(held)):
        raise ValueError("A book does not change how many children it is about.")
    before = revisions.latest(held)
    if seen is not None and before.number != seen:
        raise Overtaken(before.number)
    number = before.number + 1
    _store(held, number, personalisation, photo, sibling_photo)
    revision = Revision.objects.create(
        edition=held, number=number, full_wanted=before.full_wanted, made_by=made_by, again=again
    )
    revisions.drop_renderings(held)
    return revision


@transaction.atomic
def lock(edition: Edition, *, number: int | None = None) -> None:
    """Approved for print: no more changes. The renderings are made again, now without a watermark.

    `number` is the revision that was approved; EditionLocked is raised if it is no longer the latest. Locking twice
    changes nothing.
    """
    held = Edition.objects.select_for_update(of=("self",)).select_related("child").get(pk=edition.pk)
    revision = revisions.latest(held)
    if number is not None and revision.number != number:
        raise EditionLocked
    if held.locked_at is None:
        held.locked_at = timezone.now()
        held.save(update_fields=["locked_at"])
        revisions.drop_renderings(held)
        Revision.objects.filter(pk=revision.pk).update(state=Revision.State.NEW, tries=0, lease_until=None)
    edition.locked_at = held.locked_at


def photo_stands_in(edition: Edition) -> bool:
    """Whether the frame shows a photo because no storybook portrait could be made of it. Opens nothing."""
    return any(portraits.photo_stands_in(child) for child in revisions.children(edition))


def require_open(child: Child) -> None:
    """Raise privacy.vault.Forgotten once a child's time is over, whatever the workers have done by then (P10)."""
    if not children.is_open(child):
        raise vault.Forgotten(vault.end_reason(child))


def _store(edition: Edition, number: int, said: Personalisation, *photos: SanitisedPhoto | None) -> None:
    """`photos`: of the first child and the second."""
    held = revisions.children(edition)
    # The first keeps whose age the book is written for, which only means something beside a sibling.
    for child, of_child, photo in zip(held, (said, *said.children[1:]), photos, strict=False):
        _store_child(child, number, of_child, photo)


def _store_child(child: Child, number: int, said: Personalisation, photo: SanitisedPhoto | None) -> None:
    if said.picture is Picture.DRAWN:  # a photo that no page shows is not kept (P1)
        said = replace(said, photo=None, crop=None)
    elif photo is not None:
        vault.put(child, Kind.PHOTO, number, photo.jpeg.reveal())
        said = replace(said, photo=number)
    elif said.photo is not None and not vault.holds(child, Kind.PHOTO, said.photo):
        said = replace(said, photo=None, crop=None)  # an earlier version is taken again, and its photo is gone
    vault.put(child, Kind.PERSONALISATION, number, said.to_bytes())
    portraits.drop_unused(child, said)
