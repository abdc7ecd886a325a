"""Carrying out decided refunds: to the card the money came from, once, and followed until the bank has answered.

Deciding is done in `refunds.cases`. Here a row with its idempotency key goes to the payment provider; a repeated call
with the same key is the same refund there. A refund that succeeded can still fail days later: the money is then with
us again, the case is reopened for staff, and nothing is tried a second time by itself (P28).

Whoever writes about a payment's refunds holds the payment's row, so that their sum never exceeds what was paid (P27).
"""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone

from accounts.hints import hint
from orders import mails, money_back, states, stripe_gateway
from orders.models import Order, Payment, Refund, WebhookEvent
from orders.stripe_gateway import PaymentProviderDown, PaymentRefused, ProviderRefund
from refunds import case_states
from refunds.models import Case, CaseRefund

log = structlog.get_logger("littledreamers.payouts")

State = Refund.State
ACTOR = "system:payments"
LEASE = timedelta(minutes=2)
ASK_AGAIN = timedelta(hours=1)
_FROM_PROVIDER = {
    "pending": State.PENDING,
    "requires_action": State.PENDING,
    "succeeded": State.SUCCEEDED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}
# What an answer may change. Answers overtake each other: an older one never takes back what a newer one said.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.DECIDED: frozenset({State.SUBMITTING, State.PENDING, State.SUCCEEDED, State.FAILED}),
    State.SUBMITTING: frozenset({State.PENDING, State.SUCCEEDED, State.FAILED}),
    State.PENDING: frozenset({State.SUCCEEDED, State.FAILED}),
    State.SUCCEEDED: frozenset({State.FAILED}),
    State.FAILED: frozenset(),
}


class NothingLeft(Exception):
    """Everything that was paid is on its way back, or was never paid."""


class NotWrittenYet(PaymentProviderDown):
    """An event about a refund whose own call has not written its answer yet: work on the event again soon."""


def left_to_refund(payment: Payment) -> int:
    """What of a payment can still go back, in minor units: what was paid less what was decided and has not failed."""
    if payment.state != Payment.State.PAID:
        return 0
    decided = payment.refunds.exclude(state=State.FAILED).aggregate(sum=Sum("amount"))["sum"] or 0
    return int(payment.amount - decided)


@transaction.atomic
def decide(payment: Payment, *, reason: str, key: str, amount: int | None = None) -> Refund:
    """Store that money goes back, everything that is left unless `amount` says less; the worker carries it out.

    The same `key` is the same refund. Raises `NothingLeft` when `amount` is more than what is left: the sum of all
    refunds never exceeds what was paid (P27).
    """
    held = _hold(payment)
    known = Refund.objects.filter(idempotency_key=key).first()
    if known is not None:
        return known
    left = left_to_refund(held)
    wanted = left if amount is None else amount
    if not 0 < wanted <= left:
        raise NothingLeft
    refund = Refund.objects.create(payment=held, idempotency_key=key, amount=wanted, reason=reason)
    _hint_about(refund)
    return refund


@transaction.atomic
def again(refund: Refund, *, actor: str) -> Refund:
    """Staff send a failed refund again, to the same card (P28: there is no other destination). A second click finds
    the first one's refund. Raises `NothingLeft` when it has not failed, or the money went back meanwhile."""
    payment = _hold(refund.payment)
    if Refund.objects.get(pk=refund.pk).state != State.FAILED:
        raise NothingLeft
    fresh = decide(payment, reason=refund.reason, key=f"{money_back.AGAIN}{refund.pk}", amount=refund.amount)
    states.record(payment.order, "refund_sent_again", actor=actor)
    of_case = CaseRefund.objects.filter(refund=refund).first()
    if of_case is not None:
        CaseRefund.objects.get_or_create(case=of_case.case, refund=fresh)
    _follow(fresh, actor=actor)
    return fresh


def waiting() -> QuerySet[Refund]:
    """Refunds that nobody is sending, and those at the bank that nobody asked about for an hour."""
    now = timezone.now()
    return Refund.objects.filter(
        Q(state=State.DECIDED, lease_until=None)
        | Q(state__in=[State.DECIDED, State.SUBMITTING, State.PENDING], lease_until__lt=now)
    )


def late() -> QuerySet[Refund]:
    """Refunds that are still under way on business day 10 or later: some days are left to keep the promise (P29)."""
    return (
        _under_way().filter(money_back.waited(settings.REFUND_BUSINESS_DAYS[0])).exclude(pk__in=overdue().values("pk"))
    )


def overdue() -> QuerySet[Refund]:
    """Refunds that are still under way on business day 14 or later, the last day that was promised (P29)."""
    return _under_way().filter(money_back.waited(settings.REFUND_BUSINESS_DAYS[1]))


def _under_way() -> QuerySet[Refund]:
    return Refund.objects.filter(state__in=[State.DECIDED, State.SUBMITTING, State.PENDING])


def execute(refund_id: int) -> bool:
    """Send one waiting refund to the provider, or ask what became of it. False: not now, or somebody else does."""
    now = timezone.now()
    refund = waiting().select_related("payment__order").filter(pk=refund_id).first()
    if refund is None:
        return False
    lease, asking = now + LEASE, refund.state == State.PENDING
    claimed = waiting().filter(pk=refund_id, state=refund.state, lease_until=refund.lease_until)
    if not claimed.update(state=State.PENDING if asking else State.SUBMITTING, lease_until=lease, tries=F("tries") + 1):
        return False
    try:
        if refund.provider_id is None:
            answer = stripe_gateway.create_refund(refund)
        else:
            answer = stripe_gateway.fetch_refund(refund.provider_id)
    except PaymentProviderDown as error:
        log.warning("payment provider down", refund=refund.pk, reason=str(error))
        pause = max(timedelta(seconds=15) * 2 ** min(refund.tries, 8), timedelta(seconds=error.retry_after))
        Refund.objects.filter(pk=refund.pk, lease_until=lease).update(lease_until=now + pause)
        return False
    except PaymentRefused as error:
        log.error("refund refused", refund=refund.pk, code=error.code)
        if asking:  # it went out; that nobody can tell us about it now does not mean that it failed
            Refund.objects.filter(pk=refund.pk, lease_until=lease).update(lease_until=now + ASK_AGAIN)
        else:
            settle(refund, ProviderRefund("", "failed", refund.amount, "", "", error.code or "refused"))
        return False
    settle(refund, answer)
    return True


@transaction.atomic
def settle(refund: Refund, answer: ProviderRefund) -> None:
    """Write down what the provider says about a refund; the one door to its later states. Repeating it is harmless."""
    payment = _hold(refund.payment)
    held = Refund.objects.get(pk=refund.pk)
    new = _FROM_PROVIDER.get(answer.status, State.PENDING)
    held.provider_id = answer.id or held.provider_id
    changed = new in TRANSITIONS[held.state]
    if changed:
        held.state = new
        held.settled_at = None if new == State.PENDING else timezone.now()
        held.failure = answer.failure[:120] if new == State.FAILED else ""
    held.lease_until = timezone.now() + ASK_AGAIN if held.state == State.PENDING else None
    held.save()
    if changed and new != State.PENDING:
        _tell(held, payment.order)


def from_webhook(event: WebhookEvent) -> None:
    """For `orders.webhooks`: something happened to a refund; the provider is asked what it is now.

    A refund of our money that we do not know is either our own, whose call is about to write its answer (raises
    `NotWrittenYet`: the event is worked on again), or was made in the provider's dashboard: then it is adopted, so that
    it counts against what can still go back (P27).
    """
    answer = stripe_gateway.fetch_refund(event.object_id)
    refund = Refund.objects.select_related("payment").filter(provider_id=answer.id).first()
    if refund is None:
        refund = _adopt(answer)
    if refund is not None:
        settle(refund, answer)


def paid_after_cancel(payment: Payment) -> None:
    """For `orders.payments`: money came for an order that nobody makes any more, or came twice; it goes straight
    back, and the customer is told."""
    twice = payment.order.state != Order.State.CANCELLED
    reason = "paid twice" if twice else "paid after cancelling"
    refund = decide(payment, reason=reason, key=f"paid-after-cancel-{payment.pk}")
    words = "This order was paid twice." if twice else "Your payment came when the order had already been cancelled."
    mails.money_back(payment.order, refund=refund, reason=words)


@transaction.atomic
def _adopt(answer: ProviderRefund) -> Refund | None:
    """The row of a refund that the provider knows and we do not; None when it is not about our money."""
    payment = Payment.objects.filter(intent_id=answer.intent_id).first() if answer.intent_id else None
    if payment is None:
        log.info("event about a refund that is not ours")
        return None
    held = _hold(payment)
    known = Refund.objects.filter(provider_id=answer.id).first()
    if known is not None:
        return known
    unwritten = held.refunds.filter(provider_id=None).exclude(state=State.FAILED)
    failed = _FROM_PROVIDER.get(answer.status) == State.FAILED
    if unwritten.exists() or not (failed or 0 < answer.amount <= left_to_refund(held)):
        raise NotWrittenYet("a refund is being written down")
    if failed:  # made and failed at the provider: the money is where it was
        return None
    log.warning("adopted a refund made at the provider", payment=held.pk)
    return Refund.objects.create(
        payment=held,
        idempotency_key=f"adopted-{answer.id}"[:64],
        amount=answer.amount,
        state=State.SUBMITTING,
        reason="made at the provider",
        provider_id=answer.id,
        lease_until=timezone.now() + ASK_AGAIN,
    )


def _tell(refund: Refund, order: Order) -> None:
    """The bank has answered: the order's history, the case, and staff when they must act."""
    failed = refund.state == State.FAILED
    states.record(order, "refund_failed" if failed else "refunded", actor=ACTOR, detail=refund.failure)
    _follow(refund, actor=ACTOR)
    _hint_about_paper(refund)
    if failed:
        address = settings.SITE_URL + reverse("admin:orders_refund_change", args=[refund.pk])
        mails.staff_task(key=f"refund:{refund.pk}:failed", what=f"a refund of {order.number} failed", link=address)


def _follow(refund: Refund, *, actor: str) -> None:
    """The case of a refund says what its refunds say: back when all are, failed while one waits for staff."""
    case = Case.objects.select_for_update().filter(refunds__refund=refund).first()
    if case is None:
        return
    mine = Refund.objects.filter(of_case__case=case)
    if money_back.failed().filter(pk__in=mine.values("pk")).exists():
        state = Case.State.FAILED
    elif set(mine.exclude(state=State.FAILED).values_list("state", flat=True)) == {State.SUCCEEDED}:
        state = Case.State.REFUNDED
    else:
        state = Case.State.APPROVED
    case_states.move(case, state, actor=actor)


def _hint_about(refund: Refund) -> None:
    from refunds.tasks import execute_payout

    hint(execute_payout, refund.pk)


def _hint_about_paper(refund: Refund) -> None:
    from refunds.tasks import write_credit_note

    hint(write_credit_note, refund.pk)


def _hold(payment: Payment) -> Payment:
    """The payment as it is now, locked: whoever holds it decides alone."""
    return Payment.objects.select_for_update(of=("self",)).select_related("order").get(pk=payment.pk)
