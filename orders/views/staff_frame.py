"""What every page of staff shares: who may enter, who they are, and the admin's frame around it."""

from functools import wraps
from typing import Any, Protocol

from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from accounts.models import User


class View(Protocol):
    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...


def staff_only(permission: str) -> Any:
    """Staff with a permission; everybody else is sent to the login or gets 403."""

    def decorate(view: View) -> View:
        guarded = staff_member_required(permission_required(permission, raise_exception=True)(view))
        return never_cache(wraps(view)(guarded))

    return decorate


def member(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def framed(request: HttpRequest, page: dict[str, Any]) -> dict[str, Any]:
    """What the admin's frame needs."""
    from django.contrib import admin

    return {**admin.site.each_context(request), **page}
