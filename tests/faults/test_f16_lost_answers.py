"""F16: the provider does what it was asked and the answer never arrives, 100 times: 0 double, 0 orphaned."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from orders import payments, stripe_gateway, webhooks
from orders.models import Order, Payment, Refund, WebhookEvent
from orders.stripe_gateway import PaymentProviderDown
from tests.orders.factories import make_line, make_order
from tests.payment_sandbox import SandboxAtWork

pytestmark = [pytest.mark.fault, pytest.mark.django_db]
ORDERS = 100
T = TypeVar("T")


def test_f16_a_provider_that_times_out_after_charging_charges_nobody_twice_and_loses_nobody(
    payment_sandbox: SandboxAtWork, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(16)
    paid: Counter[int] = Counter()
    monkeypatch.setattr(payments, "_on_paid", [lambda order: paid.update([order.pk])])
    monkeypatch.setattr(stripe_gateway, "NETWORK_RETRIES", 0)
    with time_machine.travel(timezone.now(), tick=True) as clock:
        orders = [_buy(payment_sandbox, client, chance) for _ in range(ORDERS)]
        for lost in (3, 2, 1, 0):
            clock.shift(timedelta(minutes=2))
            if lost:
                payment_sandbox.drop_answers("GET /v1/checkout/sessions/*", lost)
            while payments.sweep():
                pass
            webhooks.sweep(limit=1000)
            payment_sandbox.control("faults", {})

    assert paid == {order.pk: 1 for order in orders}
    assert Order.objects.filter(state=Order.State.PAID).count() == ORDERS
    charges = Counter(charge["metadata"]["order"] for charge in payment_sandbox.objects("charge"))
    assert charges == {order.number: 1 for order in orders}
    # Nothing at the provider that the shop does not know, and nothing paid there that is not paid here.
    intents = {charge["payment_intent"] for charge in payment_sandbox.objects("charge")}
    assert intents == set(Payment.objects.filter(state=Payment.State.PAID).values_list("intent_id", flat=True))
    sessions = {session["id"] for session in payment_sandbox.objects("checkout.session")}
    assert sessions == set(Payment.objects.values_list("session_id", flat=True))

    _refund_all(payment_sandbox)


def _buy(sandbox: SandboxAtWork, client: Client, chance: random.Random) -> Order:
    """One customer who clicks until there is a page, and pays; any answer may be lost."""
    order = make_order()
    make_line(order)
    sandbox.drop_answers("POST /v1/checkout/sessions", chance.randint(1, 3))
    payment = _insist(partial(payments.start, order))
    if chance.random() < 0.5:
        sandbox.drop_answers(f"POST /c/pay/{payment.session_id}")
        with pytest.raises(OSError):
            sandbox.pay(payment.session_url)
        if chance.random() < 0.5:
            sandbox.pay(payment.session_url)  # the customer presses "Pay" again
    else:
        sandbox.pay(payment.session_url)
    sandbox.drop_answers(f"GET /v1/checkout/sessions/{payment.session_id}")
    way = chance.choice(["return page", "webhook", "nothing"])
    if way == "return page":
        with pytest.raises(PaymentProviderDown):
            payments.fulfil(str(payment.session_id))
        if chance.random() < 0.5:
            payments.fulfil(str(payment.session_id))
    elif way == "webhook":
        (event,) = [
            event
            for event in sandbox.events("checkout.session.completed")
            if event["data"]["object"]["id"] == payment.session_id
        ]
        for _ in range(2):
            assert sandbox.tell(client, event) == 200
        webhooks.process(WebhookEvent.objects.get(event_id=event["id"]).pk)
    sandbox.control("faults", {})  # what was not lost by now is not lost
    return order


def _refund_all(sandbox: SandboxAtWork) -> None:
    for payment in Payment.objects.filter(state=Payment.State.PAID):
        refund = Refund.objects.create(
            payment=payment, idempotency_key=f"refund-{payment.pk}", amount=payment.amount, reason="test"
        )
        sandbox.drop_answers("POST /v1/refunds")
        back = _insist(partial(stripe_gateway.create_refund, refund))
        assert back.amount == payment.amount
    refunded = Counter(refund["payment_intent"] for refund in sandbox.objects("refund"))
    assert len(refunded) == ORDERS
    assert set(refunded.values()) == {1}


def _insist(call: Callable[[], T]) -> T:
    for _ in range(9):
        try:
            return call()
        except PaymentProviderDown:
            continue
    raise AssertionError("the answer never came")
