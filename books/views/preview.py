"""The whole book on the screen, page by page."""

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import select_template
from django.urls import reverse
from django.views.decorators.http import require_safe

from books import access, editions, page_addresses, page_images, revisions
from books.models import Edition, Revision
from books.views.private import private
from privacy import rate_limits
from privacy.purposes import Actor, Purpose

# Pictures of older revisions, and sharp ones of books that are not ordered, are drawn anew each time and not kept:
# enough to leaf through a book, or to compare it with itself, many times.
OLD_PAGES_PER_HOUR = 1500
OLD_COPIES_PER_HOUR = 20


@require_safe
@private
def preview(request: HttpRequest, edition_id: UUID) -> HttpResponse:
    """All pages, watermarked, before anything is paid."""
    edition = access.edition_for(request, edition_id)
    editions.require_open(edition.child)
    revision = editions.latest(edition)
    story = revisions.story_of(edition)
    pages = [
        {
            "number": number,
            **page_addresses.sources(revision, number, full=False),
            "alt": page_images.page_label(story, number),
        }
        for number in page_images.page_numbers(story)
    ]
    child = edition.child
    return render(
        request,
        "books/preview.html",
        {
            "edition": edition,
            "revision": revision,
            "story": story,
            "two": len(revisions.children(edition)) == 2,
            "pages": pages,
            "forgotten_unordered": child.abandoned_at,
            "forgotten": child.expires_at,
            "locked": edition.locked_at is not None,
            "edit_url": reverse("books:edit", args=[edition.pk]),
            "data_url": reverse("privacy:data", args=[edition.pk]),
            "forget_url": reverse("privacy:forget", args=[edition.pk]),
            # The orders live above the books: their form comes as a template of theirs, where there is one.
            "order_template": select_template(["orders/add_to_basket.html", "books/order_later.html"]),
            "ordered": child.abandoned_at is None,
            "photo_stands_in": editions.photo_stands_in(edition),
            "retention_days": settings.CHILD_RETENTION.days,
        },
    )


@require_safe
@private
def page(
    request: HttpRequest, edition_id: UUID, number: int, page: int, width: int = page_images.PREVIEW_WIDTH
) -> HttpResponse:
    """One page, 1000 px wide or as wide as the screen needs, watermarked."""
    return _image(request, _revision(access.edition_for(request, edition_id), number), page, full=False, width=width)


@require_safe
@private
def full_page(
    request: HttpRequest, edition_id: UUID, number: int, page: int, width: int = page_images.FULL_WIDTH
) -> HttpResponse:
    """One page, 1600 px wide or as wide as the screen needs, of a book that has been ordered; watermarked until it is
    approved."""
    revision = _revision(access.edition_for(request, edition_id), number)
    if not revision.full_wanted:
        raise Http404
    return _image(request, revision, page, full=True, width=width)


@require_safe
@private
def digital_copy(request: HttpRequest, edition_id: UUID, number: int) -> HttpResponse:
    """The digital copy of an ordered book as a PDF."""
    revision = _revision(access.edition_for(request, edition_id), number)
    if not revision.full_wanted:
        raise Http404
    if not _may_draw(request, revision, action="old-copy", limit=OLD_COPIES_PER_HOUR):
        return _too_many()
    pdf = editions.digital_copy(revision, actor=Actor.parent()).reveal()
    response = HttpResponse(pdf, content_type="application/pdf")
    # The story's own name: a file name must not tell the child's.
    response["Content-Disposition"] = f'inline; filename="{revision.edition.story}-digital-copy.pdf"'
    return response


@require_safe
@private
def photo(request: HttpRequest, edition_id: UUID, number: int, which: int = 1) -> HttpResponse:
    """The parent's own photo, for choosing another part of it. `which`: of the first child or the second."""
    revision = _revision(access.edition_for(request, edition_id), number)
    found = revisions.photo(
        revision.edition, revision.number, which=which, purpose=Purpose.PREVIEW, actor=Actor.parent()
    )
    if found is None:
        raise Http404
    return HttpResponse(found.reveal(), content_type="image/jpeg")


def _revision(edition: Edition, number: int) -> Revision:
    editions.require_open(edition.child)
    revision = edition.revisions.filter(number=number).first()
    if revision is None:
        raise Http404
    revision.edition = edition
    return revision


def _may_draw(request: HttpRequest, revision: Revision, *, action: str, limit: int, kept: bool = True) -> bool:
    """Whether this visitor may have something drawn: always what is kept, of the newest revision (P53)."""
    if kept and revisions.is_latest(revision):
        return True
    return rate_limits.allow(request, action=action, limit=limit, seconds=3600)


def _too_many() -> HttpResponse:
    return HttpResponse("Please try again later.", content_type="text/plain", status=429)


def _image(request: HttpRequest, revision: Revision, number: int, *, full: bool, width: int) -> HttpResponse:
    kept = revision.full_wanted or width <= page_images.PREVIEW_WIDTH
    if not _may_draw(request, revision, action="old-page", limit=OLD_PAGES_PER_HOUR, kept=kept):
        return _too_many()
    try:
        jpeg = page_images.page_image(revision, number, full=full, actor=Actor.parent(), width=width)
    except page_images.NoSuchPage:
        raise Http404 from None
    return HttpResponse(jpeg.reveal(), content_type="image/jpeg")
