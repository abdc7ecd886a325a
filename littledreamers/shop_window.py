"""What every page's frame needs to know about the shop."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from orders import basket


def shop(request: HttpRequest) -> dict[str, Any]:
    """Names and promises shown on every page. The basket is counted only when a page shows it and one exists."""
    return {
        "shop_name": settings.SHOP_NAME,
        "controller": settings.CONTROLLER,
        "retention_days": settings.CHILD_RETENTION.days,
        "demo": settings.DEMO,
        "basket_count": SimpleLazyObject(lambda: _books_in_basket(request)),
    }


def _books_in_basket(request: HttpRequest) -> int:
    # Error pages can be rendered before the session middleware has run.
    session = getattr(request, "session", None)
    return basket.copies_in(basket.key_of(session)) if session is not None else 0
