"""Checkout Sessions: the hosted page, from its opening to its payment or expiry."""

from orders.sandbox import intents
from orders.sandbox.cards import CARDS, TestCard
from orders.sandbox.clock import new_id
from orders.sandbox.errors import invalid
from orders.sandbox.provider import Provider
from orders.sandbox.store import Json

KIND = "checkout.session"
SHORTEST, LONGEST = 30 * 60, 24 * 3600  # seconds that a page may stay open
SLACK = 30  # seconds that a request may have been on its way


def create(provider: Provider, params: Json) -> Json:
    """POST /v1/checkout/sessions, in payment mode with prices given in line."""
    items = params.get("line_items") or []
    if params.get("mode") != "payment":
        raise invalid("The sandbox knows the mode `payment` only.", param="mode")
    if not params.get("success_url"):
        raise invalid("Missing required param: success_url.", code="parameter_missing", param="success_url")
    amount, currency = _sum(items)
    now = provider.clock.stamp()
    expires_at = params.get("expires_at", now + LONGEST)
    if not now + SHORTEST - SLACK <= expires_at <= now + LONGEST + SLACK:
        raise invalid("`expires_at` must be 30 minutes to 24 hours from now.", param="expires_at")
    key = new_id("cs_test", 24)
    session: Json = {
        "id": key,
        "object": KIND,
        "adaptive_pricing": params.get("adaptive_pricing"),
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": now,
        "currency": currency,
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance"), None
        ),
        "customer_email": params.get("customer_email"),
        "expires_at": expires_at,
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "mode": "payment",
        "payment_intent": None,
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "shipping_options": [],
        "status": "open",
        "success_url": params["success_url"],
        "ui_mode": "hosted_page",
        "url": f"{provider.base_url}/c/pay/{key}",
    }
    metadata = (params.get("payment_intent_data") or {}).get("metadata") or {}
    return provider.save(session, items=items, intent_metadata=metadata, due=expires_at)


def _sum(items: list[Json]) -> tuple[int, str]:
    if not items:
        raise invalid("You must pass line_items.", code="parameter_missing", param="line_items")
    amount, currencies = 0, set()
    for n, item in enumerate(items):
        price = item.get("price_data")
        if not price or "unit_amount" not in price or "product_data" not in price:
            raise invalid("The sandbox needs price_data with unit_amount and product_data.", param=f"line_items[{n}]")
        quantity = item.get("quantity", 1)
        if price["unit_amount"] < 0 or quantity < 1:
            raise invalid("Invalid amount or quantity.", param=f"line_items[{n}]")
        amount += price["unit_amount"] * quantity
        currencies.add(price["currency"])
    if len(currencies) != 1:
        raise invalid("All prices must use the same currency.", param="line_items")
    return amount, currencies.pop()


def retrieve(provider: Provider, key: str) -> Json:
    return provider.store.get(KIND, key)


def items(provider: Provider, key: str) -> list[Json]:
    """The lines that the page shows."""
    lines: list[Json] = provider.store.hidden(key)["items"]
    return lines


def expire(provider: Provider, key: str) -> Json:
    """POST /v1/checkout/sessions/…/expire"""
    session = retrieve(provider, key)
    if session["status"] != "open":
        raise invalid(f"This session is {session['status']}; only an open one can be expired.")
    return _expire(provider, session)


def expire_due(provider: Provider) -> None:
    """Close the pages whose time is over."""
    for session in provider.store.due(KIND, provider.clock.now()):
        if session["status"] == "open":
            _expire(provider, session)


def _expire(provider: Provider, session: Json) -> Json:
    hidden = provider.store.hidden(session["id"])
    if intent_id := hidden.get("intent"):
        intents.cancel(provider, intents.retrieve(provider, intent_id))
    session.update(status="expired", url=None)
    return provider.save(session, "checkout.session.expired", due=None)


def pay(provider: Provider, key: str, card: TestCard) -> Json:
    """Present a card at an open page. The answer is the intent: succeeded, or waiting for the bank's page.

    Raises a `card_error` when the card is declined, a 400 when the page is not open any more.
    """
    session = _open(provider, key)
    intent = _intent(provider, session)
    return _settle(provider, session, intent, card, challenged=False)


def challenge(provider: Provider, key: str, *, confirmed: bool) -> Json:
    """The answer to the bank's question; the intent as in `pay`. Raises a 400 when nothing was asked."""
    session = _open(provider, key)
    intent = _intent(provider, session)
    if intent["status"] != "requires_action":
        raise invalid("There is nothing to confirm.")
    if not confirmed:
        return intents.challenge_failed(provider, intent)
    card = CARDS[provider.store.hidden(intent["id"])["card"]]
    return _settle(provider, session, intent, card, challenged=True)


def awaits_challenge(provider: Provider, key: str) -> bool:
    """Whether the bank's page is what comes next."""
    intent_id: str = provider.store.hidden(key).get("intent", "")
    return intent_id != "" and intents.retrieve(provider, intent_id)["status"] == "requires_action"


def _open(provider: Provider, key: str) -> Json:
    expire_due(provider)
    session = retrieve(provider, key)
    if session["status"] != "open":
        raise invalid(f"This session is {session['status']}.", code="session_not_open")
    return session


def _intent(provider: Provider, session: Json) -> Json:
    hidden = provider.store.hidden(session["id"])
    if "intent" in hidden:
        return intents.retrieve(provider, hidden["intent"])
    intent = intents.create(
        provider,
        amount=session["amount_total"],
        currency=session["currency"],
        metadata=hidden["intent_metadata"],
    )
    provider.save(session, intent=intent["id"])
    return intent


def _settle(provider: Provider, session: Json, intent: Json, card: TestCard, *, challenged: bool) -> Json:
    intent = intents.confirm(provider, intent, card, challenge_url=f"{session['url']}/challenge", challenged=challenged)
    if intent["status"] == "succeeded":
        session.update(status="complete", payment_status="paid", payment_intent=intent["id"], url=None)
        provider.save(session, "checkout.session.completed", due=None)
    return intent
