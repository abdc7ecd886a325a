"""The payment provider, and the only door to it: nobody else imports its SDK.

What comes out are small frozen dataclasses, never the SDK's own objects. What goes in names the order and
never
the child (P17). Card data is entered on the provider's page and never comes near the shop (P34).
"""

import functools
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import stripe
from django.conf import settings

from orders.models import Payment, Refund

# The SDK would keep an id of this machine in the home folder and send it along, with the system's name and timings.
stripe.enable_telemetry = False

T = TypeVar("T")

# How long a customer may take on the provider's page; the provider allows 30 minutes to 24 hours. It
# counts from
# the payment's row, so that a repeated request carries the same parameters under the same idempotency key.
SESSION_LIFETIME = timedelta(hours=2)
SIGNATURE_TOLERANCE = 300  # seconds
TIMEOUT = (4, 20)  # seconds to connect, seconds to wait for an answer
NETWORK_RETRIES = 1  # by the SDK itself, with the same idempotency key


class PaymentProviderDown(Exception):
    """No usable answer. What was asked may have been done or not: ask again with the same idempotency key."""

    def __init__(self, reason: str, *, retry_after: int = 5) -> None:
        super().__init__(reason)
        self.retry_after = retry_after  # seconds


class PaymentRefused(Exception):
    """The provider understood and said no; asking the same again will not help. `code` is the provider's."""

    def __init__(self, reason: str, *, code: str = "") -> None:
        super().__init__(reason)
        self.code = code


class ForgedEvent(Exception):
    """A message that the provider did not sign, or not just now."""


@dataclass(frozen=True)
class LineItem:
    """One line of the provider's page. `unit_amount` in minor units; `name` says nothing about a child."""

    name: str
    quantity: int
    unit_amount: int


@dataclass(frozen=True)
class CheckoutSession:
    """A Checkout Session as the provider tells it now. Amounts in minor units."""

    id: str
    url: str
    status: str  # open, complete, expired
    payment_status: str  # unpaid, paid, no_payment_required
    amount: int
    currency: str
    intent_id: str | None
    order_number: str
    test_mode: bool


@dataclass(frozen=True)
class Intent:
    """What became of the attempts to pay on a page. `failed`: the last one did not work, and nothing was paid since.
    `order_number` and `payment` are what we wrote on it; "" where it is not ours."""

    id: str
    status: str  # requires_payment_method, requires_action, processing, succeeded, canceled, ...
    failed: bool
    order_number: str
    payment: str


@dataclass(frozen=True)
class ProviderRefund:
    """A refund as the provider tells it now. Succeeded can still become failed."""

    id: str
    status: str  # pending, requires_action, succeeded, failed, canceled
    amount: int
    currency: str
    intent_id: str
    failure: str


@dataclass(frozen=True)
class SignedEvent:
    """A message whose signature was right. It says which object changed; what the object is, is asked for."""

    id: str
    type: str
    object_id: str


def create_checkout_session(
    payment: Payment, *, lines: Sequence[LineItem], success_url: str, cancel_url: str, email: str
) -> CheckoutSession:
    """Open the hosted page for `payment`; the same payment always gets the same session.

    Raises `PaymentProviderDown` (repeat it) or `PaymentRefused`.
    """
    number = payment.order.number
    items: list[Any] = [
        {
            "quantity": line.quantity,
            "price_data": {
                "currency": payment.currency,
                "unit_amount": line.unit_amount,
                "product_data": {"name": line.name},
            },
        }
        for line in lines
    ]
    session = _ask(
        lambda: _client().v1.checkout.sessions.create(
            params={
                "mode": "payment",
                "line_items": items,
                "client_reference_id": number,
                "metadata": {"order": number},
                # How a message about a failed attempt finds its row: the session does not name the intent until paid.
                "payment_intent_data": {"metadata": {"order": number, "payment": str(payment.pk)}},
                "customer_email": email,
                "success_url": success_url,
                "cancel_url": cancel_url,
                "expires_at": int((payment.created_at + SESSION_LIFETIME).timestamp()),
                # The customer pays what the order says, in the order's currency.
                "adaptive_pricing": {"enabled": False},
            },
            options={"idempotency_key": payment.idempotency_key},
        )
    )
    return _session(session)


def fetch_session(session_id: str) -> CheckoutSession:
    """Ask for a session. Raises `PaymentProviderDown` or, when there is none, `PaymentRefused`."""
    return _session(_ask(lambda: _client().v1.checkout.sessions.retrieve(session_id)))


def fetch_intent(intent_id: str) -> Intent:
    """Ask about the attempts to pay. Raises `PaymentProviderDown` or, when there is none, `PaymentRefused`."""
    intent = _ask(lambda: _client().v1.payment_intents.retrieve(intent_id))
    return Intent(
        id=intent.id,
        status=intent.status,
        failed=intent.status in ("requires_payment_method", "canceled") and intent.last_payment_error is not None,
        order_number=getattr(intent.metadata, "order", ""),
        payment=getattr(intent.metadata, "payment", ""),
    )


def expire_session(session_id: str) -> CheckoutSession:
    """Close the hosted page. Raises `PaymentRefused` when it is not open (perhaps paid),
    `PaymentProviderDown`."""
    return _session(_ask(lambda: _client().v1.checkout.sessions.expire(session_id)))


def create_refund(refund: Refund) -> ProviderRefund:
    """Send money back to the card it came from (P28); the same row always gets the same refund.

    Raises `PaymentProviderDown` (repeat it) or `PaymentRefused`, e.g. when more than was paid would go back.
    """
    payment = refund.payment
    if not payment.intent_id:
        raise PaymentRefused(f"payment {payment.pk} was never paid", code="not_paid")
    intent_id = payment.intent_id
    return _refund(
        _ask(
            lambda: _client().v1.refunds.create(
                params={
                    "payment_intent": intent_id,
                    "amount": refund.amount,
                    "reason": "requested_by_customer",
                    "metadata": {"order": payment.order.number},
                },
                options={"idempotency_key": refund.idempotency_key},
            )
        )
    )


def fetch_refund(provider_id: str) -> ProviderRefund:
    """Ask for a refund. Raises `PaymentProviderDown` or, when there is none, `PaymentRefused`."""
    return _refund(_ask(lambda: _client().v1.refunds.retrieve(provider_id)))


def construct_event(payload: bytes, signature: str) -> SignedEvent:
    """Check a webhook's signature over its raw body, before anything in it is believed. Raises
    `ForgedEvent`."""
    try:
        stripe.WebhookSignature.verify_header(payload, signature, settings.STRIPE_WEBHOOK_SECRET, SIGNATURE_TOLERANCE)
        # The SDK turns away the past only; a clock far ahead is no better a witness.
        signed_at = int(dict(part.split("=", 1) for part in reversed(signature.split(",")))["t"])
        if signed_at > time.time() + SIGNATURE_TOLERANCE:
            raise ForgedEvent("signed in the future")
        body = json.loads(payload)
        return SignedEvent(id=str(body["id"]), type=str(body["type"]), object_id=str(body["data"]["object"]["id"]))
    except stripe.SignatureVerificationError as error:
        raise ForgedEvent("signature") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ForgedEvent("not an event") from error


def page_origin() -> str:
    """Where the hosted page lives: the shop's forms may lead there."""
    if not settings.STRIPE_API_BASE:
        return "https://checkout.stripe.com"
    parts = urlsplit(settings.STRIPE_API_BASE)
    return f"{parts.scheme}://{parts.netloc}"


def _client() -> stripe.StripeClient:
    return _client_for(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, NETWORK_RETRIES)


@functools.lru_cache(maxsize=4)
def _client_for(key: str, base: str, retries: int) -> stripe.StripeClient:
    # A proxy of the environment must not get between the shop and a sandbox on the same machine.
    near = urlsplit(base).hostname in ("127.0.0.1", "localhost", "::1") if base else False
    proxy: Any = {"http": "", "https": ""} if near else None
    return stripe.StripeClient(
        key,
        base_addresses={"api": base} if base else {},
        max_network_retries=retries,
        http_client=stripe.RequestsClient(timeout=TIMEOUT, proxy=proxy),
    )


def _ask(call: Callable[[], T]) -> T:
    """Translate the SDK's errors into ours, so that callers know whether asking again makes sense."""
    try:
        return call()
    except stripe.RateLimitError as error:
        raise PaymentProviderDown("too many requests", retry_after=_retry_after(error, 30)) from error
    except stripe.APIConnectionError as error:
        raise PaymentProviderDown("no connection") from error
    except (stripe.InvalidRequestError, stripe.CardError, stripe.IdempotencyError) as error:
        if error.http_status == 409:  # the same request is being worked on right now
            raise PaymentProviderDown("busy with the same request", retry_after=2) from error
        raise PaymentRefused(type(error).__name__, code=error.code or "") from error
    except stripe.StripeError as error:
        # Their server's fault, or ours in configuring the key: either way the order waits, it is not lost.
        raise PaymentProviderDown(type(error).__name__, retry_after=_retry_after(error, 10)) from error


def _retry_after(error: stripe.StripeError, default: int) -> int:
    value = (error.headers or {}).get("retry-after", "")
    return int(value) if value.isdigit() else default


def _session(session: Any) -> CheckoutSession:
    return CheckoutSession(
        id=session.id,
        url=session.url or "",
        status=session.status or "",
        payment_status=session.payment_status,
        amount=session.amount_total or 0,
        currency=session.currency or "",
        intent_id=_id(session.payment_intent),
        order_number=session.client_reference_id or "",
        test_mode=not session.livemode,
    )


def _refund(refund: Any) -> ProviderRefund:
    return ProviderRefund(
        id=refund.id,
        status=refund.status or "pending",
        amount=refund.amount,
        currency=refund.currency,
        intent_id=_id(refund.payment_intent) or "",
        failure=getattr(refund, "failure_reason", None) or "",
    )


def _id(reference: Any) -> str | None:
    """The id of an expandable field: it holds an id, or the object itself."""
    return reference if reference is None or isinstance(reference, str) else str(reference.id)
