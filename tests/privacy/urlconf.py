"""The privacy pages, and views that raise what the middleware answers."""

from typing import NoReturn

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from privacy import uploads
from privacy.forgetting import Forgotten, NotInVault
from privacy.models import Child
from privacy.vault import AccessRefused


def gone(request: HttpRequest, reason: str) -> NoReturn:
    raise Forgotten(Child.End(reason) if reason in Child.End.values else None)


def missing(request: HttpRequest) -> NoReturn:
    raise NotInVault("photo of Zephyrine")


def refused(request: HttpRequest) -> NoReturn:
    raise AccessRefused("no")


def receive(request: HttpRequest) -> HttpResponse:
    """Says what arrived, as a form would see it."""
    file = request.FILES["photo"]
    if "guardian" not in request.POST:
        uploads.discard(request)
        return HttpResponse("no declaration", status=400)
    assert isinstance(file, uploads.EncryptedUpload)
    return HttpResponse(f"{file.size} {file.too_large} {len(file.read())} {request.POST['name']}")


urlpatterns = [
    path("", include("privacy.urls")),
    path("account/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("gone/<str:reason>/", gone),
    path("missing/", missing),
    path("refused/", refused),
    path("receive/", receive),
]
