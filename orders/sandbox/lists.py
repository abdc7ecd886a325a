"""Lists of the API: newest first, page by page."""

from collections.abc import Callable, Iterator
from itertools import dropwhile, islice

from orders.sandbox.errors import invalid
from orders.sandbox.provider import Provider
from orders.sandbox.store import Json


def page(provider: Provider, kind: str, url: str, params: Json, *, keep: Callable[[Json], bool]) -> Json:
    """One page of a list, as `limit` and `starting_after` ask for it."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("`limit` must be 1 to 100.", param="limit")
    found: Iterator[Json] = (item for item in provider.store.newest(kind) if keep(item))
    if after := params.get("starting_after"):
        provider.store.get(kind, after)
        found = dropwhile(lambda item: item["id"] != after, found)
        next(found, None)
    items = list(islice(found, limit + 1))
    return {"object": "list", "url": url, "has_more": len(items) > limit, "data": items[:limit]}


def refunds(provider: Provider, params: Json) -> Json:
    """GET /v1/refunds, of one payment intent or charge if asked so."""
    wanted = {field: params[field] for field in ("payment_intent", "charge") if field in params}
    return page(
        provider,
        "refund",
        "/v1/refunds",
        params,
        keep=lambda item: all(item[field] == value for field, value in wanted.items()),
    )


def events(provider: Provider, params: Json) -> Json:
    """GET /v1/events, of one type if asked so."""
    kind = params.get("type")
    return page(provider, "event", "/v1/events", params, keep=lambda item: kind in (None, item["type"]))
