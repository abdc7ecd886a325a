"""What a visitor sees when something about a child is no longer there."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.defaults import page_not_found

from privacy.forgetting import Forgotten, NotInVault


class ForgottenMiddleware:
    """Answers `Forgotten` with a friendly 410 and `NotInVault` with a 404, in whatever view they were
    raised."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Forgotten):
            response = render(request, "privacy/forgotten.html", {"reason": error.reason}, status=410)
            response["Cache-Control"] = "no-store"
            return response
        if isinstance(error, NotInVault):
            return page_not_found(request, Http404())
        return None
