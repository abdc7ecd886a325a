"""A payment provider in memory, in place of the gateway's calls."""

from dataclasses import replace

import pytest

from orders import stripe_gateway
from orders.models import Payment
from orders.stripe_gateway import CheckoutSession, PaymentProviderDown, PaymentRefused


class Provider:
    """Keeps sessions by idempotency key, as the real one does; `down` makes every question fail."""

    def __init__(self) -> None:
        self.sessions: dict[str, CheckoutSession] = {}
        self.keys: dict[str, str] = {}
        self.down = False
        self.asked: list[str] = []

    def create_checkout_session(self, payment: Payment, **page: object) -> CheckoutSession:
        self._answer("create")
        if payment.idempotency_key not in self.keys:
            number = len(self.keys) + 1
            session = CheckoutSession(
                id=f"cs_test_{payment.order.number}_{number}",
                url=f"https://pay.example/{payment.order.number}/{number}",
                status="open",
                payment_status="unpaid",
                amount=payment.amount,
                currency=payment.currency,
                intent_id=None,
                order_number=payment.order.number,
                test_mode=True,
            )
            self.sessions[session.id] = session
            self.keys[payment.idempotency_key] = session.id
        return self.sessions[self.keys[payment.idempotency_key]]

    def fetch_session(self, session_id: str) -> CheckoutSession:
        self._answer("fetch")
        return self.sessions[session_id]

    def expire_session(self, session_id: str) -> CheckoutSession:
        self._answer("expire")
        session = self.sessions[session_id]
        if session.status != "open":
            raise PaymentRefused("not open")
        self.sessions[session_id] = replace(session, status="expired", url="")
        return self.sessions[session_id]

    def pay(self, session_id: str) -> None:
        """The customer pays on the hosted page."""
        session = self.sessions[session_id]
        assert session.status == "open"
        self.sessions[session_id] = replace(
            session, status="complete", payment_status="paid", intent_id=f"pi_{session_id}", url=""
        )

    def _answer(self, what: str) -> None:
        self.asked.append(what)
        if self.down:
            raise PaymentProviderDown("no connection")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    """The payment provider of a test."""
    fake = Provider()
    for name in ("create_checkout_session", "fetch_session", "expire_session"):
        monkeypatch.setattr(stripe_gateway, name, getattr(fake, name))
    return fake
