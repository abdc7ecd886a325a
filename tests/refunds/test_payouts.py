"""Money back: once, to the card it came from, never more than was paid, and followed until it is there."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import OutgoingMail
from orders import money_back, payments, stripe_gateway, webhooks
from orders.models import Order, Payment, Refund, WebhookEvent
from orders.stripe_gateway import PaymentProviderDown, PaymentRefused, ProviderRefund
from refunds import cancelling, payouts, tasks
from refunds.models import Case
from tests.orders.factories import make_order, make_ordered
from tests.payment_sandbox import SandboxAtWork
from tests.refunds.paying import ARRIVES_LATER, FAILS_LATER, paid_order, payment_of, went_back

pytestmark = pytest.mark.django_db
State = Refund.State


def decided(order: Order) -> Refund:
    return payouts.decide(payment_of(order), reason="test", key=f"test-{order.pk}")


def tell_all(sandbox: SandboxAtWork, client: Client, kind: str) -> None:
    """Every event of a kind reaches the shop and is worked on."""
    for event in sandbox.events(kind):
        assert sandbox.tell(client, event) == 200
        webhooks.process(WebhookEvent.objects.get(event_id=event["id"]).pk)


def sandbox_refund(sandbox: SandboxAtWork, order: Order, amount: int) -> str:
    """Somebody refunds in the provider's dashboard: a refund of ours that no row knows."""
    row = Refund(payment=payment_of(order), idempotency_key=f"dashboard-{amount}", amount=amount)
    return stripe_gateway.create_refund(row).id


# --- once, to the same card -------------------------------------------------------------------------------------------


def test_p28_a_refund_goes_to_the_payment_it_came_from_once(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox)
    refund = decided(order)
    assert payouts.execute(refund.pk)
    assert not payouts.execute(refund.pk)
    tasks.sweep_payouts()
    (sent,) = payment_sandbox.objects("refund")
    assert (sent["amount"], sent["payment_intent"]) == (3480, payment_of(order).intent_id)
    assert sent["metadata"] == {"order": order.number}
    refund.refresh_from_db()
    assert (refund.state, refund.provider_id, refund.lease_until) == (State.SUCCEEDED, sent["id"], None)
    assert order.events.filter(kind="refunded").count() == 1


def test_p28_no_other_destination_exists_in_the_code() -> None:
    fields = {field.name for field in Refund._meta.get_fields()}
    assert not fields & {"iban", "account", "destination", "card", "recipient", "method"}
    order = make_ordered()
    payment = Payment.objects.create(order=order, idempotency_key="p", amount=100, currency="eur", state="paid")
    with pytest.raises(PaymentRefused):
        stripe_gateway.create_refund(Refund(payment=payment, amount=100, idempotency_key="r"))


def test_a_lost_answer_is_asked_for_again_with_the_same_key(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox)
    refund = decided(order)
    payment_sandbox.drop_answers("POST /v1/refunds", 3)
    with time_machine.travel(timezone.now(), tick=True) as clock:
        assert not payouts.execute(refund.pk)
        refund.refresh_from_db()
        assert refund.state == State.SUBMITTING
        assert not payouts.execute(refund.pk)  # it is put off
        for _ in range(3):
            clock.shift(timedelta(minutes=2))
            tasks.sweep_payouts()
    refund.refresh_from_db()
    assert refund.state == State.SUCCEEDED
    assert len(payment_sandbox.objects("refund")) == 1


def test_a_refused_refund_is_for_staff_and_is_not_tried_again(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox)
    refund = decided(order)
    sandbox_refund(payment_sandbox, order, 3480)
    assert not payouts.execute(refund.pk)
    refund.refresh_from_db()
    assert (refund.state, refund.failure) == (State.FAILED, "charge_already_refunded")
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        tasks.sweep_payouts()
    refund.refresh_from_db()
    assert refund.tries == 1
    assert OutgoingMail.objects.filter(template="staff_task").count() == 1


# --- later ------------------------------------------------------------------------------------------------------------


def test_p29_a_slow_refund_is_asked_about_until_it_is_there(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox, card=ARRIVES_LATER)
    refund = decided(order)
    with time_machine.travel(timezone.now(), tick=True) as clock:
        assert payouts.execute(refund.pk)
        refund.refresh_from_db()
        assert refund.state == State.PENDING
        assert not payouts.execute(refund.pk)
        payment_sandbox.advance(60)
        clock.shift(payouts.ASK_AGAIN + timedelta(seconds=1))
        tasks.sweep_payouts()
    refund.refresh_from_db()
    assert refund.state == State.SUCCEEDED


def test_p28_a_refund_that_fails_after_success_reopens_the_case_and_waits_for_staff(
    payment_sandbox: SandboxAtWork, client: Client
) -> None:
    order = paid_order(payment_sandbox, card=FAILS_LATER)
    case = cancelling.cancel_and_refund(order, actor="customer")
    refund = case.refunds.get().refund
    assert payouts.execute(refund.pk)
    case.refresh_from_db()
    assert (case.state, case.closed_at is None) == (Case.State.REFUNDED, False)
    payment_sandbox.advance(60)
    for kind in ("refund.updated", "refund.failed"):
        tell_all(payment_sandbox, client, kind)
    refund.refresh_from_db()
    case.refresh_from_db()
    assert (refund.state, refund.failure) == (State.FAILED, "expired_or_canceled_card")
    assert (case.state, case.closed_at) == (Case.State.FAILED, None)
    assert list(money_back.failed()) == [refund]
    assert OutgoingMail.objects.filter(template="staff_task").count() == 1
    tasks.sweep_payouts()
    assert len(payment_sandbox.objects("refund")) == 1  # no second try by itself
    # An older answer that comes late changes nothing.
    payouts.settle(refund, ProviderRefund(str(refund.provider_id), "succeeded", 3480, "eur", "", ""))
    refund.refresh_from_db()
    assert refund.state == State.FAILED
    # Staff send it again, to the same card; twice clicked is once sent.
    fresh = payouts.again(refund, actor="staff:1")
    assert payouts.again(refund, actor="staff:1") == fresh
    assert payouts.execute(fresh.pk)
    assert len(payment_sandbox.objects("refund")) == 2
    assert went_back(payment_sandbox) == 3480
    case.refresh_from_db()
    assert (case.state, list(money_back.failed())) == (Case.State.REFUNDED, [])


def test_only_a_failed_refund_is_sent_again(payment_sandbox: SandboxAtWork) -> None:
    refund = decided(paid_order(payment_sandbox))
    with pytest.raises(payouts.NothingLeft):
        payouts.again(refund, actor="staff:1")


# --- events -----------------------------------------------------------------------------------------------------------


def test_an_event_that_overtakes_our_own_call_is_put_off_and_not_lost(
    payment_sandbox: SandboxAtWork, client: Client
) -> None:
    order = paid_order(payment_sandbox)
    refund = decided(order)
    payment_sandbox.drop_answers("POST /v1/refunds", 2)
    assert not payouts.execute(refund.pk)
    tell_all(payment_sandbox, client, "refund.created")
    event = WebhookEvent.objects.get(type="refund.created")
    assert event.processed_at is None
    assert Refund.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=True):
        tasks.sweep_payouts()
        webhooks.sweep()
    refund.refresh_from_db()
    assert WebhookEvent.objects.get(type="refund.created").processed_at is not None
    assert (refund.state, Refund.objects.count()) == (State.SUCCEEDED, 1)


def test_p27_a_refund_made_in_the_dashboard_counts(payment_sandbox: SandboxAtWork, client: Client) -> None:
    order = paid_order(payment_sandbox)
    known = sandbox_refund(payment_sandbox, order, 1000)
    for _ in range(2):
        tell_all(payment_sandbox, client, "refund.created")
    adopted = Refund.objects.get()
    assert (adopted.provider_id, adopted.amount, adopted.state) == (known, 1000, State.SUCCEEDED)
    assert payouts.left_to_refund(payment_of(order)) == 2480
    assert payouts.execute(decided(order).pk)
    assert went_back(payment_sandbox) == 3480


def test_events_about_other_peoples_refunds_are_let_go(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = ProviderRefund("re_other", "succeeded", 100, "eur", "pi_other", "")
    monkeypatch.setattr(stripe_gateway, "fetch_refund", lambda key: answer)
    event = WebhookEvent.objects.create(event_id="evt_1", type="refund.updated", object_id="re_other")
    assert webhooks.process(event.pk)
    assert not Refund.objects.exists()


def test_money_for_a_cancelled_order_goes_straight_back_and_the_customer_is_told(
    payment_sandbox: SandboxAtWork,
) -> None:
    order = make_ordered(state=Order.State.AWAITING_PAYMENT)
    payment = payments.start(order)
    cancelling.cancel_and_refund(order, actor="staff:1")
    payment_sandbox.pay(payment.session_url)
    payments.fulfil(str(payment.session_id))
    refund = Refund.objects.get()
    assert (refund.amount, refund.reason) == (3480, "paid after cancelling")
    assert payouts.execute(refund.pk)
    assert went_back(payment_sandbox) == 3480
    assert "Your payment came when the order had already been cancelled." in (
        OutgoingMail.objects.get(template="money_back").text
    )


# --- dates ------------------------------------------------------------------------------------------------------------


def test_p29_the_alarm_rings_on_business_day_10_and_the_promise_is_day_14(payment_sandbox: SandboxAtWork) -> None:
    refund = decided(paid_order(payment_sandbox))
    friday = datetime(2026, 11, 20, 15, tzinfo=UTC)
    Refund.objects.filter(pk=refund.pk).update(decided_at=friday)
    refund.refresh_from_db()
    assert money_back.promised_by(refund).isoformat() == "2026-12-10"
    with time_machine.travel(datetime(2026, 12, 3, 12, tzinfo=UTC), tick=False):
        assert list(payouts.late()) == []
    with time_machine.travel(datetime(2026, 12, 4, 12, tzinfo=UTC), tick=False):  # the tenth business day
        assert list(payouts.late()) == [refund]
        Refund.objects.filter(pk=refund.pk).update(state=State.SUCCEEDED)
        assert list(payouts.late()) == []


# --- never more than was paid -----------------------------------------------------------------------------------------

STEPS = st.one_of(
    st.tuples(st.just("decide"), st.integers(min_value=-5, max_value=4000)),
    st.tuples(st.just("all"), st.just(0)),
    st.tuples(st.sampled_from(["execute", "again", "twice"]), st.integers(min_value=0, max_value=9)),
    st.tuples(st.sampled_from(["pending", "succeeded", "failed", "canceled"]), st.integers(min_value=0, max_value=9)),
    st.tuples(st.just("adopt"), st.integers(min_value=1, max_value=4000)),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=14))
def test_p27_refunds_are_never_below_zero_or_above_what_was_paid(
    monkeypatch: pytest.MonkeyPatch, steps: list[tuple[str, int]]
) -> None:
    provider = _Ledger(3480)
    monkeypatch.setattr(stripe_gateway, "create_refund", provider.create)
    monkeypatch.setattr(stripe_gateway, "fetch_refund", provider.fetch)
    order = make_order(state=Order.State.PAID)
    payment = Payment.objects.create(
        order=order, idempotency_key=f"p{order.pk}", amount=3480, currency="eur", state="paid",
        intent_id=f"pi_{order.pk}",
    )  # fmt: skip
    provider.intent = str(payment.intent_id)
    for number, (step, value) in enumerate(steps):
        _take(step, value, payment, provider, number)
        rows = Refund.objects.filter(payment=payment)
        alive = sum(row.amount for row in rows if row.state != State.FAILED)
        there = sum(row.amount for row in rows if row.state == State.SUCCEEDED)
        assert 0 <= there <= alive <= payment.amount
        assert payouts.left_to_refund(payment) == payment.amount - alive
        assert 0 <= provider.sent() <= payment.amount


def _take(step: str, value: int, payment: Payment, provider: "_Ledger", number: int) -> None:
    rows = list(Refund.objects.filter(payment=payment).order_by("pk"))
    row = rows[value % len(rows)] if rows and step not in ("decide", "all", "adopt") else None
    try:
        if step in ("decide", "all"):
            amount = value if step == "decide" else None
            payouts.decide(payment, reason="test", key=f"{payment.pk}-{number}", amount=amount)
        elif step == "adopt":
            key = provider.by_hand(value)
            payouts.from_webhook(WebhookEvent(type="refund.created", object_id=key))
        elif row is None:
            return
        elif step == "execute":
            payouts.execute(row.pk)
        elif step == "again":
            payouts.again(row, actor="staff:1")
        elif step == "twice":
            payouts.decide(payment, reason="test", key=row.idempotency_key, amount=row.amount)
        elif row.provider_id:
            provider.becomes(row.provider_id, step)
            payouts.settle(row, provider.fetch(row.provider_id))
    except (payouts.NothingLeft, PaymentProviderDown, PaymentRefused):
        return


class _Ledger:
    """A provider that never lets more go back than came in. Its failed refunds give the money back to us."""

    def __init__(self, paid: int) -> None:
        self.paid, self.intent = paid, ""
        self.refunds: dict[str, ProviderRefund] = {}
        self.keys: dict[str, str] = {}

    def sent(self) -> int:
        return sum(one.amount for one in self.refunds.values() if one.status not in ("failed", "canceled"))

    def by_hand(self, amount: int) -> str:
        if amount > self.paid - self.sent():
            raise PaymentRefused("too much", code="charge_already_refunded")
        key = f"re_{self.intent}_{len(self.refunds)}"
        self.refunds[key] = ProviderRefund(key, "succeeded", amount, "eur", self.intent, "")
        return key

    def create(self, refund: Refund) -> ProviderRefund:
        if refund.idempotency_key not in self.keys:
            self.keys[refund.idempotency_key] = self.by_hand(refund.amount)
        return self.refunds[self.keys[refund.idempotency_key]]

    def fetch(self, key: str) -> ProviderRefund:
        return self.refunds[key]

    def becomes(self, key: str, status: str) -> None:
        old = self.refunds[key]
        if old.status in ("failed", "canceled"):
            return  # nothing comes after that at the real provider either
        self.refunds[key] = ProviderRefund(key, status, old.amount, "eur", self.intent, "")


def test_p17_the_provider_is_told_the_order_and_nothing_else(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox)
    payouts.execute(decided(order).pk)
    told = json.dumps(payment_sandbox.objects("refund"))
    assert order.name not in told
    assert order.street not in told
