"""Prices for pages of other apps: `{% load orders_prices %}`."""

from collections.abc import Sequence

from django import template

from orders import prices

register = template.Library()


@register.simple_tag
def book_formats() -> Sequence[prices.Format]:
    """The formats on offer, for `orders/add_to_basket.html`."""
    return list(prices.FORMATS.values())


@register.simple_tag
def default_format() -> str:
    """The format that is chosen unless somebody chooses another."""
    return prices.DEFAULT_FORMAT


@register.simple_tag
def most_copies() -> int:
    """How many copies of a book one order takes."""
    return prices.MAX_QUANTITY


@register.filter
def percent(basis_points: int) -> str:
    """`1350|percent` is "13.5 %"."""
    return f"{basis_points / 100:g} %"
