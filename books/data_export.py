"""What the books know of a child, for the parent: where the book is, and its part of the ZIP (P6, P7)."""

from typing import Any

from django.urls import reverse

from books import composing, page_images, portraits, preview, revisions
from books.models import Edition, Revision
from books.personalisation import Personalisation
from privacy import vault
from privacy.choices import Place
from privacy.exports import File, Part
from privacy.masked import Masked
from privacy.models import Child
from privacy.purposes import Actor, Kind, Purpose

_PARENT = Actor.parent()


def place(child: Child) -> Place | None:
    """For `privacy.choices`: the book of a child, ordered or not."""
    edition = Edition.objects.filter(child=child).first()
    if edition is None:
        return None
    locked = edition.locked_at is not None
    return Place(
        title=revisions.story_of(edition).short_title,
        back=reverse("books:preview", args=[edition.pk]),
        back_label="Back to the book",
        correct="" if locked else reverse("books:edit", args=[edition.pk]),
        locked=locked,
        ask=reverse("privacy:contact") if locked else "",
    )


def part(child: Child) -> Part | None:
    """For `privacy.exports`: everything the parent entered, in every version, the photos, and the newest book as it
    may be seen: with its watermark until it is approved (P21)."""
    edition = Edition.objects.select_related("child").filter(child=child).first()
    if edition is None:
        return None
    every = list(edition.revisions.order_by("number"))
    data = {
        "story": edition.story,
        "begun_at": edition.created_at,
        "approved_for_print_at": edition.locked_at,
        "versions": [_version(edition, one) for one in every],
    }
    newest = every[-1]
    newest.edition = edition
    photos = [file for number, one in enumerate(revisions.children(edition), 1) for file in _photos(one, number)]
    files = [*photos, *(_digital_copy(newest) if newest.full_wanted else _pages(newest)), *_print_files(child)]
    return Part(
        "book",
        "story: which one; versions: each change of yours made a new one, with name, age in whole years, looks,"
        " dedication, the number of its photo, the square of it that you chose (x, y and size as fractions of the"
        " photo’s width and height), and picture: what is in the frame (photo, portrait or drawn)",
        Masked(data),
        files,
    )


def _version(edition: Edition, revision: Revision) -> dict[str, Any]:
    said = revisions.personalisation(edition, revision.number, purpose=Purpose.RIGHTS, actor=_PARENT).reveal()
    about = {"version": revision.number, "made_at": revision.created_at} | _answers(said)
    if said.sibling is not None:
        about |= {"written_for_the_age_of_the": said.told_to, "second_child": _answers(said.sibling)}
    return about


def _answers(said: Personalisation) -> dict[str, Any]:
    return {
        "name": said.name,
        "age": said.age,
        "looks": said.looks.to_dict(),
        "dedication": said.dedication,
        "photo": said.photo,
        "picture": said.framed,
        "crop": {"x": said.crop.x, "y": said.crop.y, "size": said.crop.size} if said.crop else None,
    }


def _photos(child: Child, which: int) -> list[File]:
    of, says = ("", "") if which == 1 else ("second-child-", " of the second child")
    photos = [
        File(f"{of}photo-{number}.jpg", _read(child, Kind.PHOTO, number), f"your photo{says}, as we keep it")
        for number in vault.numbers(child, Kind.PHOTO)
    ]
    painted = {
        number: portraits.picture_of(_read(child, Kind.PORTRAIT, number))
        for number in vault.numbers(child, Kind.PORTRAIT)
    }
    return photos + [
        File(f"{of}portrait-{number}.jpg", jpeg, f"the storybook portrait that we painted from your photo{says}")
        for number, jpeg in painted.items()
        if jpeg is not None
    ]


def _digital_copy(revision: Revision) -> list[File]:
    """The book as a PDF: the one that is kept, or made on the spot and not kept."""
    clean = revision.edition.locked_at is not None
    try:
        pdf = _read(revision.edition.child, Kind.DIGITAL_COPY, revisions.place(revision, clean=clean))
    except vault.NotInVault:
        content = revisions.content(revision, purpose=Purpose.RIGHTS, actor=_PARENT).reveal()
        pdf = Masked(composing.digital_copy(revisions.story_of(revision.edition), content, watermark=not clean))
    return [File("book.pdf", pdf, "the digital copy of your book")]


def _pages(revision: Revision) -> list[File]:
    """The pictures of the preview: those that are kept, the others drawn on the spot and not kept."""
    story = revisions.story_of(revision.edition)
    kept: dict[int, Masked[bytes]] = {}
    for page in page_images.page_numbers(story):
        try:
            kept[page] = _read(revision.edition.child, Kind.PREVIEW_PAGE, revisions.place(revision, page))
        except vault.NotInVault:
            continue
    wanted = [page for page in page_images.page_numbers(story) if page not in kept]
    if wanted:
        content = revisions.content(revision, purpose=Purpose.RIGHTS, actor=_PARENT).reveal()
        drawn = preview.render(story, content, wanted, width=page_images.PREVIEW_WIDTH, watermark=True)
        kept |= {page: Masked(jpeg) for page, jpeg in drawn}
    last = story.page_count + 1
    said = {0: "the front cover", last: "the back cover"}
    return [
        File(f"book/page-{page:02}.jpg", jpeg, said.get(page, f"page {page} of the preview"))
        for page, jpeg in sorted(kept.items())
    ]


def _print_files(child: Child) -> list[File]:
    return [
        File(f"print/{kind}-{number}.pdf", _read(child, kind, number), f"the printer’s file of the {what}")
        for kind, what in ((Kind.INTERIOR, "pages"), (Kind.COVER, "cover"))
        for number in vault.numbers(child, kind)
    ]


def _read(child: Child, kind: Kind, number: int) -> Masked[bytes]:
    return vault.read(child, kind, number, purpose=Purpose.RIGHTS, actor=_PARENT)
