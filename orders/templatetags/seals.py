"""The children of a book as small pictures beside its title."""

from typing import Any

from django import template

from books.models import Edition

register = template.Library()


@register.inclusion_tag("orders/seal.html")
def seal(edition: Edition) -> dict[str, Any]:
    """Addresses only: the pictures themselves are opened for the parent who asks for them (P12)."""
    count = 2 if hasattr(edition.child, "second") else 1  # asks nothing where it was selected with the book
    return {"edition": edition, "numbers": range(1, count + 1)}
