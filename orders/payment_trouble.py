"""A payment did not work: the customer is told as they wish, and can pay again (P64).

The only writer of `Payment.failed_at`. Messages of the provider are hints; the attempt itself is asked for. Whoever is
still typing on the payment page is left in peace: a declined card counts half an hour later, if nothing was paid until
then, and a page that closed without money counts at once. Each page causes one mail or one call at most.
"""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from orders import mails, payments, states, stripe_gateway
from orders.models import Order, OrderEvent, Payment, WebhookEvent
from orders.stripe_gateway import Intent

log = structlog.get_logger("littledreamers.payments")

ACTOR = "system:payments"
PATIENCE = timedelta(minutes=30)
REMIND_AFTER = timedelta(hours=24)
QUIET = timedelta(hours=12)  # nobody is reminded who heard from us in this time

# What happened, as the pages and mails say it.
DECLINED = "declined"
CLOSED = "closed"

# Events of an order.
TOLD = "payment_trouble"
REMINDED = "payment_reminder"
CALLED = "customer_called"
NO_ANSWER = "nobody_answered"


# --- what the provider tells ---


def attempt_failed(event: WebhookEvent) -> None:
    """For `webhooks.HANDLERS`, payment_intent.payment_failed: a card was declined, or the bank's question not answered.

    The page stays open for another card. What was paid meanwhile stays paid, whichever message comes first.
    """
    intent = stripe_gateway.fetch_intent(event.object_id)
    if not intent.failed:
        return
    payment = _payment_of(intent)
    if payment is None:
        log.info("event about another shop's payment", webhook=event.pk)
        return
    _note(payment)


def money_never_came(event: WebhookEvent) -> None:
    """For `webhooks.HANDLERS`, checkout.session.async_payment_failed: the page was filled in, and the bank said no days
    later. Such a page cannot be paid any more."""
    try:
        payment = payments.fulfil(event.object_id)
    except Payment.DoesNotExist:
        log.info("event about another shop's session", webhook=event.pk)
        return
    session = stripe_gateway.fetch_session(event.object_id)
    if session.payment_status == "paid" or session.intent_id is None:
        return
    if stripe_gateway.fetch_intent(session.intent_id).failed:
        Payment.objects.filter(pk=payment.pk, state__in=payments.OPEN).update(state=Payment.State.FAILED)
        _note(payment)


def _payment_of(intent: Intent) -> Payment | None:
    """The row that an attempt belongs to, by what we wrote on it when its page was opened."""
    of_order = Payment.objects.filter(order__number=intent.order_number)
    if intent.payment.isdecimal():
        return of_order.filter(pk=int(intent.payment)).first()
    return of_order.filter(state=Payment.State.OPEN).last()


def _note(payment: Payment) -> None:
    unpaid = Payment.objects.filter(pk=payment.pk).exclude(state=Payment.State.PAID)
    unpaid.update(failed_at=timezone.now())


# --- what happened ---


def what_happened(order: Order) -> str:
    """`DECLINED`, `CLOSED` or "" for an order that waits for money: how its newest payment stands now."""
    payment = order.payments.order_by("pk").last()
    if payment is None or order.state != Order.State.AWAITING_PAYMENT:
        return ""
    if payment.failed_at is not None:
        return DECLINED
    return CLOSED if payment.state == Payment.State.EXPIRED else ""


def kept_until(order: Order) -> datetime:
    """When an order that nobody pays is cancelled, and its books are forgotten."""
    return order.created_at + settings.ABANDONED_RETENTION


def _worth_telling(payment: Payment, now: datetime) -> str:
    if payment.failed_at is None:
        return CLOSED if payment.state == Payment.State.EXPIRED else ""
    over = payment.state in (Payment.State.EXPIRED, Payment.State.FAILED)
    return DECLINED if over or payment.failed_at <= now - PATIENCE else ""


# --- telling the customer ---


def sweep(*, limit: int = 500) -> None:
    """Tell customers whose payment did not work, and remind those who have not paid a day later."""
    now = timezone.now()
    for order in Order.objects.filter(state=Order.State.AWAITING_PAYMENT).order_by("pk")[:limit]:
        payment = order.payments.order_by("pk").last()
        what = _worth_telling(payment, now) if payment is not None else ""
        if payment is not None and what:
            _tell(order, payment, what)
        if order.created_at <= now - REMIND_AFTER and (payment is None or payment.state != Payment.State.OPEN):
            _remind(order, now)


@transaction.atomic
def _tell(order: Order, payment: Payment, what: str) -> None:
    held = _hold(order)
    detail = f"payment {payment.pk}"
    if held.state != Order.State.AWAITING_PAYMENT or held.events.filter(kind=TOLD, detail__startswith=detail).exists():
        return
    states.record(held, TOLD, actor=ACTOR, detail=f"{detail}: {what}")
    if held.contact_by == Order.ContactBy.PHONE:
        mails.staff_task(
            key=f"call:{held.number}:{payment.pk}",
            what=f"the payment of {held.number} did not work, and the customer wants to be called",
            link=settings.SITE_URL + reverse("orders:staff_calls"),
        )
    else:
        mails.payment_failed(held, payment=payment, declined=what == DECLINED, kept_until=kept_until(held))


@transaction.atomic
def _remind(order: Order, now: datetime) -> None:
    held = _hold(order)
    heard = held.events.filter(kind=TOLD, at__gt=now - QUIET).exists() or held.events.filter(kind=REMINDED).exists()
    if heard or held.state != Order.State.AWAITING_PAYMENT or held.contact_by == Order.ContactBy.PHONE:
        return
    states.record(held, REMINDED, actor=ACTOR)
    mails.payment_reminder(held, kept_until=kept_until(held))


def _hold(order: Order) -> Order:
    return Order.objects.select_for_update(no_key=True).get(pk=order.pk)


# --- calling the customer ---


def to_call() -> QuerySet[Order]:
    """Customers who wish to be called about a payment that did not work, and with whom nobody has spoken since."""
    later = OrderEvent.objects.filter(order=OuterRef("order"), kind=CALLED, pk__gt=OuterRef("pk"))
    untold = OrderEvent.objects.filter(~Exists(later), kind=TOLD)
    waiting = Order.objects.filter(state=Order.State.AWAITING_PAYMENT, contact_by=Order.ContactBy.PHONE)
    return waiting.filter(pk__in=untold.values("order")).order_by("created_at")


@transaction.atomic
def called(order: Order, *, actor: str, reached: bool, send_link: bool = False) -> bool:
    """Staff have called. Where nobody answered, the customer stays on the list; who wishes it gets a link to pay by
    mail. False: there was nothing to call about any more."""
    held = _hold(order)
    if not to_call().filter(pk=held.pk).exists():
        return False
    states.record(held, CALLED if reached else NO_ANSWER, actor=actor)
    payment = held.payments.order_by("pk").last()
    if send_link and payment is not None:
        declined = what_happened(held) != CLOSED
        mails.payment_failed(held, payment=payment, declined=declined, kept_until=kept_until(held))
    return True
