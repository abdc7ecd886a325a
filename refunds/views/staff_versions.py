"""Staff look at versions of a book side by side and propose a new one (P22), after saying why (P12)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods

from accounts.hints import hint
from books import editions, page_images, revisions
from books.book_form import BookForm
from books.models import Edition
from books.tasks import render_revision
from books.views import questions
from orders.views.staff_frame import framed, member, staff_only
from privacy import passes, rate_limits
from privacy.purposes import Actor
from privacy.vault import AccessRefused, Forgotten, NotInVault
from refunds import changes, versions
from refunds.forms.change import CompareForm, ProposalForm
from refunds.models import ChangeRequest
from refunds.pairs import pairs_of
from refunds.views.staff_changes import asked_for
from refunds.views.staff_pass import FIELD, opening

PICTURES_PER_HOUR = 3000
_PHOTOS = ("refunds:version_photo", "refunds:version_second_photo")
_MEANWHILE = (
    "The parent has changed the book meanwhile: version {}. Open the conversation again, look at it, and begin there."
)
_OVER = "This book has been approved or cancelled meanwhile: it can no longer be changed."


@staff_only("refunds.change_changerequest")
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def compare(request: HttpRequest, request_id: int) -> HttpResponse:
    """Two versions page by page, as the parent can see them; the newest against the one before by default."""
    asked, edition = _asked(request_id)
    look = opening(request, edition.child)
    page: dict[str, Any] = {"title": f"Versions of {asked.line.order.number}", "asked": asked, "reason": look.form}
    status = look.status
    numbers = CompareForm(request.GET)
    numbers.is_valid()
    if look.reason:
        user = member(request)
        left, right = numbers.cleaned_data.get("left"), numbers.cleaned_data.get("right")
        try:
            editions.require_open(edition.child)
            found = versions.compare(edition, left, right, actor=Actor.staff(user), reason=look.reason)
            page["history"] = list(edition.revisions.order_by("-number"))
            if found is not None:
                token = passes.issue(edition.child, user=user, reason=look.reason)
                pairs = pairs_of(
                    found, edition, address="refunds:version_page", first=asked.pk, query=f"?{FIELD}={token}"
                )
                page |= {"found": found, "pairs": pairs, "pass": token}
        except versions.NoSuchVersion:
            raise Http404 from None
        except AccessRefused as error:
            page["refused"], status = error, 403
        except (Forgotten, NotInVault):
            page["forgotten"], status = True, 410
    return render(request, "refunds/staff_compare.html", framed(request, page), status=status)


@staff_only("refunds.change_changerequest")
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@sensitive_variables()
def propose(request: HttpRequest, request_id: int) -> HttpResponse:
    """Change name, age, looks, dedication or the part of the photo as the parent could, and say what was done. A photo
    comes from the parent alone."""
    asked, edition = _asked(request_id)
    conversation = reverse("refunds:change", args=[asked.pk])
    if not changes.changeable(asked.line):
        return _refused(request, conversation, _OVER)
    look = opening(request, edition.child)
    if not look.reason:
        return _refused(request, conversation, "Please say again why you need to see this.")
    user, newest = member(request), editions.latest(edition).number
    words = ProposalForm(request.POST if request.method == "POST" else None, initial={"seen": newest})
    told = words.is_valid()
    seen = words.cleaned_data.get("seen", newest) if words.is_bound else newest
    try:
        kept = versions.said(edition, seen, actor=Actor.staff(user), reason=look.reason)
        token = passes.issue(edition.child, user=user, reason=look.reason)
    except AccessRefused as error:
        return _refused(request, conversation, str(error))
    except NotInVault:
        raise Http404 from None
    story = revisions.story_of(edition)
    if request.method != "POST":
        return _questions(request, asked, edition, BookForm(story=story, kept=kept), words, token)
    form = BookForm(request.POST, story=story, kept=kept)
    if not form.is_valid() or not told:
        return _questions(request, asked, edition, form, words, token, status=422)
    text, said = words.cleaned_data["text"], form.personalisation().reveal()
    try:
        revision = changes.propose(asked, staff=user, personalisation=said, text=text, seen=seen)
    except editions.Overtaken as overtaken:
        words.add_error("text", _MEANWHILE.format(overtaken.latest))
        return _questions(request, asked, edition, form, words, token, status=422)
    except (changes.CannotAsk, editions.EditionLocked):
        return _refused(request, conversation, _OVER)
    hint(render_revision, revision.pk)
    messages.success(request, f"Version {revision.number} is made. The parent is told by mail when its copy is ready.")
    return _go(request, reverse("admin:refunds_changerequest_changelist"))


@staff_only("refunds.change_changerequest")
@require_GET
def picture(request: HttpRequest, request_id: int, number: int, page: int) -> HttpResponse:
    """One page of one version, with its watermark, for the pages above: their pass is in the address."""
    _, edition = _asked(request_id)
    editions.require_open(edition.child)  # 410 once it is forgotten (P10)
    look = opening(request, edition.child)
    if not look.reason:
        return HttpResponse("Please say why first.", content_type="text/plain", status=403)
    if not rate_limits.allow(request, action="staff-page", limit=PICTURES_PER_HOUR, seconds=3600):
        return HttpResponse("Please try again later.", content_type="text/plain", status=429)
    revision = edition.revisions.filter(number=number).first()
    if revision is None:
        raise Http404
    revision.edition = edition
    try:
        actor = Actor.staff(member(request))
        jpeg = page_images.page_image(revision, page, full=False, actor=actor, reason=look.reason)
    except page_images.NoSuchPage:
        raise Http404 from None
    return HttpResponse(jpeg.reveal(), content_type="image/jpeg")


@staff_only("refunds.change_changerequest")
@require_GET
def photo(request: HttpRequest, request_id: int, number: int, which: int = 1) -> HttpResponse:
    """The parent's photo, for choosing another part of it; the pass is in the address. `which`: of the first child or
    the second."""
    _, edition = _asked(request_id)
    editions.require_open(edition.child)  # 410 once it is forgotten (P10)
    look = opening(request, edition.child)
    if not look.reason:
        return HttpResponse("Please say why first.", content_type="text/plain", status=403)
    try:
        actor = Actor.staff(member(request))
        found = versions.photo(edition, number, which=which, actor=actor, reason=look.reason)
    except NotInVault:
        raise Http404 from None
    if found is None:
        raise Http404
    return HttpResponse(found.reveal(), content_type="image/jpeg")


def _asked(request_id: int) -> tuple[ChangeRequest, Edition]:
    asked, edition = asked_for(request_id)
    if edition is None:
        raise Http404
    return asked, edition


def _wished(asked: ChangeRequest, edition: Edition, *, actor: Actor, token: str) -> list[dict[str, Any]]:
    """What the parent has written since we answered last."""
    assert actor.user is not None
    reason = passes.reason(token, edition.child, user=actor.user)
    said = changes.conversation(asked.line, actor=actor, reason=reason)
    since = max((number for number, one in enumerate(said, 1) if one.from_staff), default=0)
    story = revisions.story_of(edition)
    return [
        {"text": one.text, "about": None if one.page is None else page_images.page_in_words(story, one.page)}
        for one in said[since:]
    ]


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"


def _go(request: HttpRequest, address: str) -> HttpResponse:
    return JsonResponse({"url": address}) if _wants_json(request) else redirect(address)


def _refused(request: HttpRequest, address: str, why: str) -> HttpResponse:
    """Back to the conversation, where the reason is asked for."""
    messages.warning(request, why)
    return _go(request, address)


@sensitive_variables()
def _questions(
    request: HttpRequest,
    asked: ChangeRequest,
    edition: Edition,
    form: BookForm,
    words: ProposalForm,
    token: str,
    *,
    status: int = 200,
) -> HttpResponse:
    if status != 200 and _wants_json(request):
        errors = form.errors_by_control() | {
            field: [str(error) for error in said] for field, said in words.errors.items()
        }
        # Only the sentences: what was typed is still in the page.
        return JsonResponse({"errors": {field: said[0] for field, said in errors.items()}}, status=status)
    newest = editions.latest(edition).number

    def photo_address(which: int) -> str:
        return reverse(_PHOTOS[which - 1], args=[asked.pk, newest]) + f"?{FIELD}={token}"

    page = questions.context(revisions.story_of(edition), form, edition, photo_address=photo_address)
    conversation = reverse("refunds:change", args=[asked.pk]) + f"?{FIELD}={token}"
    page["wished"] = _wished(asked, edition, actor=Actor.staff(member(request)), token=token)
    page |= {"upload": False, "asked": asked, "words": words, "pass": token, "conversation": conversation}
    return render(request, "refunds/staff_propose.html", page, status=status)
