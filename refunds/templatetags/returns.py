"""Returns on the pages of the shop: what an order's page says of them, and the end of making a book anew."""

from typing import Any

from django import template
from django.conf import settings

from books.models import Edition
from orders.models import Order
from refunds import return_page
from refunds import returns as rules
from refunds.models import Return

register = template.Library()


@register.inclusion_tag("refunds/returns_of_order.html")
def returns_of(order: Order) -> dict[str, Any]:
    """The returns of an order, and whether another one can be told."""
    until = rules.return_until(order)
    may = rules.may_return(order)
    return {
        "order": order,
        "returns": list(order.returns.order_by("pk")),
        "may": may,
        "late": until is not None and not may and order.state in rules.ARRIVED,
        "until": until,
        "window": settings.RETURN_WINDOW.days,
    }


@register.simple_tag(takes_context=True)
def new_copy_for(context: dict[str, Any], edition: Edition) -> Return | None:
    """The return for which this visitor is making the book anew, if this is that book."""
    request = context.get("request")
    return return_page.anew_for(request, edition) if request is not None else None
