"""The form a parent fills in, for a new book and for changing one."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.hints import hint
from books import access, editions, page_images, revisions
from books import story as stories
from books.book_form import BookForm
from books.editions import EditionLocked
from books.models import Edition, Revision
from books.story import Story
from books.tasks import render_revision
from books.views import questions
from books.views.private import private
from privacy.consent import ConsentGiven
from privacy.purposes import Actor, Purpose


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@private
def personalise(request: HttpRequest, slug: str) -> HttpResponse:
    """An empty form, and the start of a book. Wrong input: 422, and everything typed is in the answer (P2: 400
    without the guardian's declaration for each child, and nothing is kept)."""
    story = _story(slug)
    if request.method != "POST":
        return _page(request, story, BookForm(story=story))
    form = BookForm(request.POST, request.FILES, story=story)
    if not form.is_valid():
        return _refused(request, story, form)
    photo, sibling_photo = form.photos
    edition = editions.start(
        story=story,
        personalisation=form.personalisation().reveal(),
        photo=photo,
        sibling_photo=sibling_photo,
        consent=ConsentGiven.now(),
        sibling_consent=ConsentGiven.now(which=2) if form.count == 2 else None,
    )
    access.grant(request, edition)
    return _made(request, edition, editions.latest(edition))


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@private
def edit(request: HttpRequest, edition_id: UUID) -> HttpResponse:
    """The same form filled in from the vault; sending it makes a new revision (P7: the clock is not extended)."""
    edition = access.edition_for(request, edition_id)
    editions.require_open(edition.child)
    story = revisions.story_of(edition)
    if edition.locked_at is not None:
        return _locked(request, edition)
    kept = editions.personalisation(
        edition, editions.latest(edition).number, purpose=Purpose.PREVIEW, actor=Actor.parent()
    )
    if request.method != "POST":
        return _page(request, story, BookForm(story=story, kept=kept), edition)
    form = BookForm(request.POST, request.FILES, story=story, kept=kept)
    if not form.is_valid():
        return _refused(request, story, form, edition)
    photo, sibling_photo = form.photos
    said = form.personalisation().reveal()
    try:
        revision = editions.revise(edition, personalisation=said, photo=photo, sibling_photo=sibling_photo)
    except EditionLocked:
        return _locked(request, edition)
    return _made(request, edition, revision)


def _story(slug: str) -> Story:
    for story in stories.published():
        if story.slug == slug:
            return story
    raise Http404


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"


def _made(request: HttpRequest, edition: Edition, revision: Revision) -> HttpResponse:
    """Draw what is seen first before answering, and leave the rest to the worker."""
    page_images.make_first(revision, actor=Actor.parent())
    hint(render_revision, revision.pk)
    address = reverse("books:preview", args=[edition.pk])
    return JsonResponse({"url": address}) if _wants_json(request) else redirect(address)


@sensitive_variables()
def _refused(request: HttpRequest, story: Story, form: BookForm, edition: Edition | None = None) -> HttpResponse:
    status = 422 if form.declared else 400
    if _wants_json(request):
        # Only the sentences: what was typed is still in the page.
        errors = {control: errors[0] for control, errors in form.errors_by_control().items()}
        return JsonResponse({"errors": errors}, status=status)
    return _page(request, story, form, edition, status=status)


def _page(
    request: HttpRequest, story: Story, form: BookForm, edition: Edition | None = None, *, status: int = 200
) -> HttpResponse:
    return render(request, "books/personalise.html", questions.context(story, form, edition), status=status)


def _locked(request: HttpRequest, edition: Edition) -> HttpResponse:
    return render(
        request, "books/locked.html", {"preview_url": reverse("books:preview", args=[edition.pk])}, status=409
    )
