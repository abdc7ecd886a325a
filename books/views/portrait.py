"""A sample of the storybook portrait while the parent fills in the form, and a small picture of what is in the frame of
a book. Neither is kept (P1)."""

from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from books import access, character, editions, photo, portraits, revisions
from books.personalisation import Picture
from books.photo_form import PhotoForm
from books.stamping import PORTRAIT, PORTRAIT_MOOD, PORTRAIT_POSE
from books.views.photo_answers import answered
from books.views.private import private
from privacy.purposes import Actor, Purpose

THUMBNAIL = 192  # pixels
SAMPLES_PER_HOUR = 240  # from one address: one for each time that the square is moved (P53)


@require_POST
@sensitive_post_parameters()
@private
def sample(request: HttpRequest) -> HttpResponse:
    """For a book that is not made yet: 400 without both declarations, and the photo is not opened (P2)."""
    return _painted(request, PhotoForm(request.POST, request.FILES))


@require_POST
@sensitive_post_parameters()
@private
def sample_again(request: HttpRequest, edition_id: UUID) -> HttpResponse:
    """For a book that is being changed; its declarations were given when it was made."""
    edition = access.edition_for(request, edition_id)
    editions.require_open(edition.child)
    return _painted(request, PhotoForm(request.POST, request.FILES, declared=True))


def _painted(request: HttpRequest, form: PhotoForm) -> HttpResponse:
    """The square that was sent as a small watercolour (JPEG), or `errors` by field; 503 if it cannot be painted."""
    limit = SAMPLES_PER_HOUR
    return answered(request, form, _sample, action="portrait-sample", per_hour=limit, beyond={"errors": {}})


def _sample(upload: "UploadedFile[bytes]") -> HttpResponse:
    painted = portraits.sample(photo.read(upload, largest=portraits.SAMPLE_SIDE))
    if painted is None:
        return JsonResponse({"errors": {"photo": "We could not paint a sample just now."}}, status=503)
    return HttpResponse(painted, content_type="image/jpeg")


@require_safe
@private
def thumbnail(request: HttpRequest, edition_id: UUID, which: int) -> HttpResponse:
    """What is in the frame of the newest revision, small: the portrait, the photo, or the drawn child (SVG). `which`:
    of the first child or the second. While a portrait is being painted, the photo; nothing is painted for this."""
    edition = access.edition_for(request, edition_id)
    editions.require_open(edition.child)
    number = editions.latest(edition).number
    purpose, actor = Purpose.PREVIEW, Actor.parent()
    everyone = revisions.children(edition)
    if not 1 <= which <= len(everyone):
        raise Http404
    child = everyone[which - 1]
    said = editions.personalisation(edition, number, purpose=purpose, actor=actor).reveal().children[which - 1]
    if said.photo is not None and said.crop is not None and said.framed is not Picture.DRAWN:
        painted = portraits.kept(child, said.photo, said.crop, purpose=purpose, actor=actor)
        if said.framed is Picture.PORTRAIT and painted is not None:
            return HttpResponse(photo.shrink(painted.reveal(), side=THUMBNAIL), content_type="image/jpeg")
        if whole := revisions.photo(edition, number, which=which, purpose=purpose, actor=actor):
            return HttpResponse(photo.crop(whole.reveal(), said.crop, size=THUMBNAIL), content_type="image/jpeg")
    outfit = revisions.story_of(edition).outfit
    x, y, side = PORTRAIT
    drawn = character.svg(said.looks, pose=PORTRAIT_POSE, mood=PORTRAIT_MOOD, outfit=outfit, view=(x, y, side, side))
    return HttpResponse(drawn, content_type="image/svg+xml")
