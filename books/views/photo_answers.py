"""What happens with a photo that is only looked at while the parent fills in the form: nothing of it is kept (P1)."""

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.debug import sensitive_variables

from books.forms import LEGAL
from books.photo import PhotoRejected
from books.photo_form import PhotoForm
from privacy import rate_limits, uploads


@sensitive_variables()
def answered(
    request: HttpRequest,
    form: PhotoForm,
    look: Callable[["UploadedFile[bytes]"], HttpResponse],
    *,
    action: str,
    per_hour: int,
    beyond: dict[str, Any],
) -> HttpResponse:
    """What `look` makes of the photo; or JSON: `errors` by field (400 without both declarations, and the photo is not
    opened: P2), and `beyond` (429) once this address has sent `per_hour` photos within an hour (P53)."""
    try:
        if not rate_limits.allow(request, action=action, limit=per_hour, seconds=3600):
            return JsonResponse(beyond, status=429)
        if not form.is_valid():
            status = 400 if any(field in form.errors for field in LEGAL) else 422
            return JsonResponse({"errors": {field: str(said[0]) for field, said in form.errors.items()}}, status=status)
        return look(form.cleaned_data["photo"])
    except PhotoRejected as refused:
        return JsonResponse({"errors": {"photo": refused.message}}, status=422)
    finally:
        uploads.discard(request)
