"""Payment intents and charges: a card is asked for money."""

from orders.sandbox.cards import TestCard
from orders.sandbox.clock import new_id
from orders.sandbox.errors import ApiError
from orders.sandbox.provider import Provider
from orders.sandbox.store import Json

NOT_CONFIRMED = "Your bank did not confirm the payment. Nothing was taken. Try again or use another card."


def create(provider: Provider, *, amount: int, currency: str, metadata: Json) -> Json:
    """A new intent that no card was presented for yet. `amount` in minor units."""
    key = new_id("pi")
    return provider.save(
        {
            "id": key,
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": 0,
            "capture_method": "automatic_async",
            "client_secret": new_id(f"{key}_secret"),
            "confirmation_method": "automatic",
            "created": provider.clock.stamp(),
            "currency": currency,
            "description": None,
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": metadata,
            "next_action": None,
            "payment_method": None,
            "payment_method_types": ["card"],
            "status": "requires_payment_method",
        },
        "payment_intent.created",
    )


def retrieve(provider: Provider, key: str) -> Json:
    return provider.store.get("payment_intent", key)


def retrieve_charge(provider: Provider, key: str) -> Json:
    return provider.store.get("charge", key)


def confirm(provider: Provider, intent: Json, card: TestCard, *, challenge_url: str, challenged: bool = False) -> Json:
    """Present a card. Raises a `card_error` when it is declined; the intent then waits for another one."""
    intent["payment_method"] = new_id("pm")
    if card.challenge and not challenged:
        redirect = {"url": challenge_url, "return_url": None}
        intent.update(status="requires_action", next_action={"type": "redirect_to_url", "redirect_to_url": redirect})
        return provider.save(intent, "payment_intent.requires_action", card=card.number)
    charge = _charge(provider, intent, card)
    intent.update(latest_charge=charge["id"], next_action=None)
    if card.code:
        _declined(provider, intent, code=card.code, decline_code=card.decline_code, words=card.words)
        raise ApiError(402, "card_error", card.words, code=card.code, decline_code=card.decline_code)
    intent.update(status="succeeded", amount_received=intent["amount"], last_payment_error=None)
    return provider.save(intent, "payment_intent.succeeded", card=card.number)


def challenge_failed(provider: Provider, intent: Json) -> Json:
    """The bank's page was answered with no."""
    code = "payment_intent_authentication_failure"
    return _declined(provider, intent, code=code, decline_code="", words=NOT_CONFIRMED)


def cancel(provider: Provider, intent: Json) -> Json:
    """Nobody will pay this any more."""
    intent.update(status="canceled", canceled_at=provider.clock.stamp(), next_action=None)
    return provider.save(intent, "payment_intent.canceled")


def _declined(provider: Provider, intent: Json, *, code: str, decline_code: str, words: str) -> Json:
    error = {"type": "card_error", "code": code, "message": words}
    if decline_code:
        error["decline_code"] = decline_code
    intent.update(status="requires_payment_method", payment_method=None, next_action=None, last_payment_error=error)
    return provider.save(intent, "payment_intent.payment_failed")


def _charge(provider: Provider, intent: Json, card: TestCard) -> Json:
    paid = not card.code
    charge = {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None},
        "captured": paid,
        "created": provider.clock.stamp(),
        "currency": intent["currency"],
        "disputed": False,
        "failure_code": card.code or None,
        "failure_message": card.words or None,
        "livemode": False,
        "metadata": intent["metadata"],
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "refunded": False,
        "status": "succeeded" if paid else "failed",
    }
    return provider.save(charge, "charge.succeeded" if paid else "charge.failed", card=card.number)
