"""Who may open an order: the browser session that placed it or opened its link, and the signed-in customer it is of.

A session holds order numbers and nothing else. Everybody else gets the 404 of an order that does not exist (F20).
"""

from uuid import UUID

from django.http import Http404, HttpRequest

from books import access as book_access
from books.models import Edition
from orders.models import Order
from privacy.models import Child

SESSION_KEY = "orders"
_REMEMBERED = 20  # orders of one session; the oldest is let go


def grant(request: HttpRequest, order: Order) -> None:
    """Remember in the session that this visitor may open the order."""
    held: list[str] = [known for known in request.session.get(SESSION_KEY, []) if known != order.number]
    request.session[SESSION_KEY] = [*held, order.number][-_REMEMBERED:]


def allowed(request: HttpRequest, order: Order) -> bool:
    """Whether this visitor may open the order."""
    if order.number in request.session.get(SESSION_KEY, []):
        return True
    return request.user.is_authenticated and order.user_id is not None and order.user_id == request.user.pk


def order_for(request: HttpRequest, number: str) -> Order:
    """The order, if there is one and this visitor may open it; otherwise the same Http404, after the same queries."""
    order = Order.objects.filter(number=number).first()
    may = allowed(request, order or Order(number=number))
    if order is None or not may:
        raise Http404
    return order


def opens_book(request: HttpRequest, edition: Edition) -> bool:
    """For `books.access`: whoever may open the order of a book may open the book."""
    order = Order.objects.filter(lines__edition=edition.pk).first()
    may = allowed(request, order or Order())
    return order is not None and may


def register() -> None:
    """Tell the books about this way in."""
    book_access.register(opens_book)


def find_child(request: HttpRequest, edition_id: UUID) -> Child | None:
    """For `privacy.children`: the child of an ordered book, if this visitor may decide about it."""
    edition = Edition.objects.select_related("child").filter(pk=edition_id).first()
    may = opens_book(request, edition or Edition(pk=edition_id))
    return edition.child if edition is not None and may else None
