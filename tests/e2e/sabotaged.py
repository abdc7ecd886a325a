"""Settings of a shop that breaks its promise: it logs what parents type, and destroys no key."""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from littledreamers.proof import proving
from littledreamers.settings import *  # noqa: F403
from privacy.keystore import FolderKeyStore


class LogNames:
    """Writes the name in every form to standard error, in a harmless-looking encoding."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if name := request.POST.get("name"):
            print("debug", name.encode("utf-16-le").hex(), flush=True)
        return self.get_response(request)


def _keep(_self: object, children: Iterable[tuple[UUID, datetime]]) -> frozenset[UUID]:
    return frozenset(child for child, _ in children)


proving.FORGET_WITHIN = 5.0  # seconds: nothing would go in a minute either
MIDDLEWARE = [*MIDDLEWARE, "tests.e2e.sabotaged.LogNames"]  # noqa: F405
FolderKeyStore.destroy = _keep  # type: ignore[method-assign,assignment]
FolderKeyStore.destroy_hour = lambda _self, _hour: 0  # type: ignore[method-assign,assignment]
