"""What we guess from a photo while the parent goes on filling in the form. Nothing of it is kept (P1)."""

from dataclasses import asdict
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from books import access, editions, likeness
from books.forms import LEGAL
from books.photo import PhotoRejected
from books.photo_form import PhotoForm
from books.views.private import private
from privacy import rate_limits, uploads

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


@sensitive_variables()
def _answer(request: HttpRequest, form: PhotoForm) -> HttpResponse:
    """JSON: `faces` from left to right and `advice`; or `errors` by field. Beyond the limit: no guesses."""
    try:
        if not rate_limits.allow(request, action="guess", limit=GUESSES_PER_HOUR, seconds=3600):
            return JsonResponse({"faces": [], "advice": TOO_MANY}, status=429)
        if not form.is_valid():
            status = 400 if any(field in form.errors for field in LEGAL) else 422
            return _errors({field: str(errors[0]) for field, errors in form.errors.items()}, status)
        guesses = likeness.guess(form.cleaned_data["photo"])
    except PhotoRejected as refused:
        return _errors({"photo": refused.message}, 422)
    finally:
        uploads.discard(request)
    return JsonResponse({"faces": [asdict(face) for face in guesses.faces], "advice": guesses.advice})


def _errors(errors: dict[str, str], status: int) -> HttpResponse:
    return JsonResponse({"errors": errors}, status=status)
