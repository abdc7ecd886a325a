"""Refunds: never more than was charged; some arrive later, some fail after they succeeded."""

from orders.sandbox import intents
from orders.sandbox.cards import CARDS, RefundFate
from orders.sandbox.clock import new_id
from orders.sandbox.errors import invalid
from orders.sandbox.provider import Provider
from orders.sandbox.store import Json

SETTLES_AFTER = 5  # seconds; days in real life


def create(provider: Provider, params: Json) -> Json:
    """POST /v1/refunds"""
    charge = _charge(provider, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["status"] != "succeeded" or left <= 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = params.get("amount", left)
    if amount < 1:
        raise invalid("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        raise invalid(f"Refund amount ({amount}) is greater than what is left of the charge ({left}).", param="amount")
    fate = CARDS[provider.store.hidden(charge["id"])["card"]].refund
    refund: Json = {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": provider.clock.stamp(),
        "currency": charge["currency"],
        "metadata": params.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "reason": params.get("reason"),
        "status": "pending" if fate is RefundFate.ARRIVES_LATER else "succeeded",
    }
    if fate is RefundFate.ARRIVES_LATER:
        refund["pending_reason"] = "processing"
    due = None if fate is RefundFate.ARRIVES else provider.clock.now() + SETTLES_AFTER
    provider.save(refund, "refund.created", due=due)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    provider.save(charge, "charge.refunded")
    return refund


def _charge(provider: Provider, params: Json) -> Json:
    key = params.get("charge")
    if not key:
        if not params.get("payment_intent"):
            raise invalid("Provide a payment_intent or a charge.", code="parameter_missing", param="payment_intent")
        key = intents.retrieve(provider, params["payment_intent"])["latest_charge"]
        if not key:
            raise invalid("This PaymentIntent does not have a successful charge to refund.", param="payment_intent")
    return intents.retrieve_charge(provider, key)


def retrieve(provider: Provider, key: str) -> Json:
    return provider.store.get("refund", key)


def settle_due(provider: Provider) -> None:
    """Let slow refunds arrive, and those to a closed account come back."""
    for refund in provider.store.due("refund", provider.clock.now()):
        previous = {"status": refund["status"]}
        if refund["status"] == "pending":
            del refund["pending_reason"]
            refund["status"] = "succeeded"
            provider.save(refund, "refund.updated", previous=previous, due=None)
            continue
        refund.update(status="failed", failure_reason="expired_or_canceled_card")
        charge = intents.retrieve_charge(provider, refund["charge"])
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
        provider.save(charge)
        provider.save(refund, "refund.updated", previous=previous, due=None)
        provider.save(refund, "refund.failed", previous=previous)
