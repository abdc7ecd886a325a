"""Being paid for an order: once, whatever gets lost on the way.

The row comes first and carries the idempotency key; the provider is asked afterwards and can be asked
again. What
was paid is never believed from a message or a return address: `fulfil` asks the provider itself.
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from orders import allocation, states, stripe_gateway
from orders.models import Order, Payment
from orders.stripe_gateway import CheckoutSession, LineItem, PaymentProviderDown, PaymentRefused
from privacy import consent

log = structlog.get_logger("littledreamers.payments")

ACTOR = "system:payments"
OPEN = (Payment.State.CREATED, Payment.State.OPEN)
# A page that closes while somebody types is worse than a new one.
LEAST_TIME_LEFT = timedelta(minutes=5)
# A provider that answers an error repeats it for the same key. The page of such a payment was never shown
# to anybody,
# so nobody can pay it, and a new key is safe.
GIVE_UP_UNANSWERED = timedelta(minutes=10)
ASK_AFTER = timedelta(minutes=1)

OrderHook = Callable[[Order], None]
PaymentHook = Callable[[Payment], None]
_on_paid: list[OrderHook] = []
_on_paid_after_cancel: list[PaymentHook] = []


class NothingToPay(Exception):
    """The order does not wait for money (any more): show the order instead."""


def on_paid(hook: OrderHook) -> OrderHook:
    """Register what happens with an order in the transaction that makes it paid: rows and hints only, no
    network."""
    if hook not in _on_paid:
        _on_paid.append(hook)
    return hook


def on_paid_after_cancel(hook: PaymentHook) -> PaymentHook:
    """Register what gives money back that came for an order that was cancelled, or paid already, meanwhile.

    Called once per payment, in the transaction that makes the payment paid: write a refund row, do not
    call out.
    """
    if hook not in _on_paid_after_cancel:
        _on_paid_after_cancel.append(hook)
    return hook


def start(order: Order) -> Payment:
    """The payment whose `session_url` the customer goes to; a second call finds the page that is still open.

    Should the page turn out to be paid, the payment comes back in state PAID. Raises `NothingToPay`,
    `PaymentProviderDown` (nothing is lost: try again), `PaymentRefused`.
    """
    payment = _current(order)
    if payment.state == Payment.State.OPEN:
        payment = _still_open(payment)
        if payment.state in (Payment.State.EXPIRED, Payment.State.FAILED):
            payment = _current(order)
    if payment.state == Payment.State.CREATED:
        payment = _open_page(payment)
    return payment


def fulfil(session_id: str) -> Payment:
    """Ask the provider what became of a session and write it down; paid money has its effects exactly once.

    Safe to call from anywhere, any number of times, at the same time. Raises `PaymentProviderDown`,
    `PaymentRefused`
    (no such session) or `Payment.DoesNotExist` (not a session of this shop).
    """
    return _write_down(stripe_gateway.fetch_session(session_id))


def close(order: Order) -> None:
    """Take back the open page of an order that nobody shall pay any more; one that was paid meanwhile is
    fulfilled.

    Raises `PaymentProviderDown`: the sweeper closes it then.
    """
    for payment in order.payments.filter(state=Payment.State.OPEN):
        _expire(payment)


def sweep(*, limit: int = 25) -> int:
    """Ask about payments that nobody told us about, least recently asked first; returns how many were asked.

    A lost webhook, a closed browser and a crash between row and answer all end here.
    """
    before = timezone.now() - ASK_AFTER
    due = (
        Payment.objects.filter(state__in=OPEN, created_at__lt=before)
        .filter(Q(checked_at=None) | Q(checked_at__lt=before))
        .select_related("order")
        .order_by(F("checked_at").asc(nulls_first=True), "pk")[:limit]
    )
    asked = 0
    for payment in due:
        # First the note, then the question: one that always fails does not keep the others from being asked.
        Payment.objects.filter(pk=payment.pk).update(checked_at=timezone.now())
        asked += 1
        try:
            _ask_about(payment)
        except PaymentProviderDown as error:
            log.warning("payment provider down", payment=payment.pk, reason=str(error))
            break
        except PaymentRefused as error:
            log.error("payment refused", payment=payment.pk, code=error.code)
    return asked


def _ask_about(payment: Payment) -> None:
    unwanted = payment.order.state != Order.State.AWAITING_PAYMENT
    if payment.state == Payment.State.CREATED:
        if unwanted or _unanswered_too_long(payment):
            _give_up(payment)
        else:
            _open_page(payment)
    elif unwanted:
        _expire(payment)
    else:
        fulfil(_session_id(payment))


def _current(order: Order) -> Payment:
    """The order's unfinished payment, or a new row. The order's row is locked meanwhile: two clicks find
    one payment."""
    with transaction.atomic():
        locked = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
        if locked.state != Order.State.AWAITING_PAYMENT:
            raise NothingToPay(locked.number)
        payment = locked.payments.filter(state__in=OPEN).order_by("pk").last()
        if payment is not None and _unanswered_too_long(payment):
            _give_up(payment)
            payment = None
        if payment is None:
            payment = Payment.objects.create(
                order=locked,
                idempotency_key=f"pay-{secrets.token_urlsafe(24)}",
                amount=locked.total,
                currency=locked.currency,
            )
        return payment


def _open_page(payment: Payment) -> Payment:
    """Ask for the page of a row that has none, with the row's key: asked twice, there is still one page."""
    order = payment.order
    back = settings.SITE_URL + reverse("orders:pay_return", args=[order.number])
    try:
        session = stripe_gateway.create_checkout_session(
            payment,
            lines=_line_items(order),
            # The provider puts the id in; the braces must reach it as they are.
            success_url=f"{back}?session={{CHECKOUT_SESSION_ID}}",
            cancel_url=settings.SITE_URL + reverse("orders:pay", args=[order.number]),
            email=order.email,
        )
    except PaymentRefused:
        _give_up(payment)
        raise
    Payment.objects.filter(pk=payment.pk, session_id=None).update(session_id=session.id, session_url=session.url)
    return _write_down(session)


def _line_items(order: Order) -> list[LineItem]:
    """The provider's page shows each book at what it costs after coupon and points: copies that differ by a cent, as
    shares do, stand on lines of their own."""
    titles = {line.pk: line.title for line in order.lines.all()}
    copies = Counter((copy.line_id, copy.money) for copy in allocation.copies_of(order))
    items = [LineItem(titles[line], count, money) for (line, money), count in copies.items()]
    if order.shipping_total:
        items.append(LineItem("Delivery", 1, order.shipping_total))
    if sum(item.quantity * item.unit_amount for item in items) != order.total:
        raise ValueError(f"the lines of {order.number} do not add up to its total")
    return items


def _still_open(payment: Payment) -> Payment:
    """Look at a page again before sending somebody there a second time."""
    try:
        if timezone.now() > payment.created_at + stripe_gateway.SESSION_LIFETIME - LEAST_TIME_LEFT:
            return _expire(payment)
        return fulfil(_session_id(payment))
    except PaymentProviderDown:
        # The address we know may work although the question did not.
        return payment


def _expire(payment: Payment) -> Payment:
    try:
        return _write_down(stripe_gateway.expire_session(_session_id(payment)))
    except PaymentRefused:  # it was closed already, perhaps because it was paid
        return fulfil(_session_id(payment))


def _unanswered_too_long(payment: Payment) -> bool:
    age = timezone.now() - payment.created_at
    return payment.state == Payment.State.CREATED and age > GIVE_UP_UNANSWERED


def _give_up(payment: Payment) -> None:
    Payment.objects.filter(pk=payment.pk, state=Payment.State.CREATED).update(state=Payment.State.FAILED)


def _session_id(payment: Payment) -> str:
    if payment.session_id is None:
        raise Payment.DoesNotExist(f"payment {payment.pk} has no session")
    return payment.session_id


def _write_down(session: CheckoutSession) -> Payment:
    payment = _payment_of(session)
    now = timezone.now()
    row = Payment.objects.filter(pk=payment.pk)
    if session.payment_status == "paid":
        if (session.amount, session.currency) == (payment.amount, payment.currency):
            _paid(payment, session)
        else:
            _mismatch(payment, session)
    elif session.status == "expired":
        row.filter(state__in=OPEN).update(state=Payment.State.EXPIRED, checked_at=now)
    else:
        row.filter(state=Payment.State.CREATED).update(state=Payment.State.OPEN)
        row.update(checked_at=now)
    payment.refresh_from_db()
    return payment


def _payment_of(session: CheckoutSession) -> Payment:
    """The row of a session. A paid one that was never stored is adopted by the order it names: no money is
    orphaned."""
    payment = Payment.objects.select_related("order").filter(session_id=session.id).first()
    if payment is not None:
        return payment
    if session.payment_status != "paid":
        raise Payment.DoesNotExist("no payment of this shop")
    with transaction.atomic():
        try:
            order = Order.objects.select_for_update(no_key=True).get(number=session.order_number)
        except Order.DoesNotExist:
            raise Payment.DoesNotExist("no payment of this shop") from None
        return Payment.objects.get_or_create(
            session_id=session.id,
            defaults={
                "order": order,
                "idempotency_key": "adopted-" + hashlib.sha256(session.id.encode()).hexdigest()[:48],
                "amount": order.total,
                "currency": order.currency,
                "session_url": session.url,
            },
        )[0]


def _paid(payment: Payment, session: CheckoutSession) -> None:
    now = timezone.now()
    with transaction.atomic():
        won = (
            Payment.objects.filter(pk=payment.pk)
            .exclude(state=Payment.State.PAID)
            .update(state=Payment.State.PAID, intent_id=session.intent_id, paid_at=now, checked_at=now)
        )
        if not won:
            return
        payment.refresh_from_db()
        order = Order.objects.select_for_update(no_key=True).get(pk=payment.order_id)
        if order.state == Order.State.AWAITING_PAYMENT and states.move(order, Order.State.PAID, actor=ACTOR):
            _verify_consent(order)
            for hook in _on_paid:
                hook(order)
            return
        cancelled = order.state == Order.State.CANCELLED
        states.record(order, "paid_after_cancel" if cancelled else "paid_twice", actor=ACTOR)
        for give_back in _on_paid_after_cancel:
            give_back(payment)


def _verify_consent(order: Order) -> None:
    """A card payment with notice is how a parent's consent is verified."""
    for line in order.lines.select_related("edition__child"):
        if line.edition is not None:
            consent.verify(line.edition.child, timezone.now())


def _mismatch(payment: Payment, session: CheckoutSession) -> None:
    """Money came, but not what the order costs: never taken as paid, and staff must look."""
    with transaction.atomic():
        changed = (
            Payment.objects.filter(pk=payment.pk)
            .exclude(state__in=(Payment.State.PAID, Payment.State.FAILED))
            .update(state=Payment.State.FAILED, intent_id=session.intent_id, checked_at=timezone.now())
        )
        if changed:
            log.error("payment does not match its order", payment=payment.pk)
            detail = f"got {session.amount} {session.currency}, expected {payment.amount} {payment.currency}"
            states.record(payment.order, "payment_mismatch", actor=ACTOR, detail=detail)
