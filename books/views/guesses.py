"""What we guess from a photo while the parent goes on filling in the form. Nothing of it is kept (P1)."""

from dataclasses import asdict
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from books import access, editions, likeness
from books.photo_form import PhotoForm
from books.views.photo_answers import answered
from books.views.private import private

GUESSES_PER_HOUR = 120  # photos from one address: a family tries a few, a machine tries to keep ours busy (P53)
TOO_MANY = "You have tried many photos within an hour, so we do not guess any more: please pick the hair yourself."


@require_POST
@sensitive_post_parameters()
@private
def guess(request: HttpRequest) -> HttpResponse:
    """For a book that is not made yet: 400 without both declarations, and the photo is not opened (P2)."""
    return _answer(request, PhotoForm(request.POST, request.FILES))


@require_POST
@sensitive_post_parameters()
@private
def guess_again(request: HttpRequest, edition_id: UUID) -> HttpResponse:
    """For a book that is being changed; its declarations were given when it was made."""
    edition = access.edition_for(request, edition_id)
    editions.require_open(edition.child)
    return _answer(request, PhotoForm(request.POST, request.FILES, declared=True))


def _answer(request: HttpRequest, form: PhotoForm) -> HttpResponse:
    """JSON: `faces` from left to right and `advice`; or `errors` by field. Beyond the limit: no guesses."""
    beyond = {"faces": [], "advice": TOO_MANY}
    return answered(request, form, _guessed, action="guess", per_hour=GUESSES_PER_HOUR, beyond=beyond)


def _guessed(photo: "UploadedFile[bytes]") -> HttpResponse:
    guesses = likeness.guess(photo)
    return JsonResponse({"faces": [asdict(face) for face in guesses.faces], "advice": guesses.advice})
