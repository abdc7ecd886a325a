"""Who may open a book: whoever made it in this browser session, and whoever a higher app vouches for.

A session holds the editions' random ids and nothing else. Everybody else gets what they would get for a book that
does not exist (F20).
"""

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpRequest

from books.models import Edition
from privacy.models import Child

SESSION_KEY = "editions"
_REMEMBERED = 30  # books of one session; the oldest is let go
_CHECKS: list[Callable[[HttpRequest, Edition], bool]] = []


def register(check: Callable[[HttpRequest, Edition], bool]) -> None:
    """Add a way in, as the owner of an order has one."""
    if check not in _CHECKS:
        _CHECKS.append(check)


def grant(request: HttpRequest, edition: Edition) -> None:
    """Remember in the session that this visitor made the book."""
    held: list[str] = [known for known in request.session.get(SESSION_KEY, []) if known != str(edition.pk)]
    request.session[SESSION_KEY] = [*held, str(edition.pk)][-_REMEMBERED:]


def allowed(request: HttpRequest, edition: Edition) -> bool:
    """Whether this visitor may open the book."""
    if str(edition.pk) in request.session.get(SESSION_KEY, []):
        return True
    return any(check(request, edition) for check in _CHECKS)


def _found(request: HttpRequest, edition_id: UUID) -> Edition | None:
    """The book, if there is one and this visitor may open it. A book that does not exist takes as many queries as one
    of somebody else's, so that not even the time tells them apart (F20)."""
    edition = Edition.objects.select_related("child").filter(pk=edition_id).first()
    may = allowed(request, edition or Edition(pk=edition_id))
    return edition if may else None


def child_for(request: HttpRequest, edition_id: UUID) -> Child | None:
    """For `privacy.children.find`: the child of a book that this visitor may open."""
    edition = _found(request, edition_id)
    return edition.child if edition is not None else None


def edition_for(request: HttpRequest, edition_id: UUID) -> Edition:
    """The book, if there is one and this visitor may open it; otherwise the same Http404 for both (F20)."""
    edition = _found(request, edition_id)
    if edition is None:
        raise Http404
    return edition
