"""What the payment provider tells us: signed, stored once, answered at once, worked on afterwards.

Messages come twice, late and in any order, so a message is only a hint that an object changed: whoever
handles it
asks the provider for the object. A handler may run again after a crash and therefore has to be idempotent.
"""

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.hints import hint
from orders import payments, stripe_gateway
from orders.models import Payment, WebhookEvent
from orders.stripe_gateway import PaymentProviderDown

log = structlog.get_logger("littledreamers.webhooks")

MAX_BYTES = 256 * 1024
LEASE = timedelta(minutes=2)
HINT_FIRST = timedelta(seconds=3)  # the time the message to the worker has before the sweeper takes over
LONGEST_PAUSE = timedelta(hours=1)

Handler = Callable[[WebhookEvent], None]


def register(event_type: str, handler: Handler) -> None:
    """Let `handler` work on events of a type. Raises ValueError when another one does already."""
    if HANDLERS.setdefault(event_type, handler) is not handler:
        raise ValueError(f"{event_type} has a handler")


@csrf_exempt  # the signature is the proof of where it comes from
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Store a signed event, once, and say thank you; nothing unsigned leaves a trace (F12)."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        return JsonResponse({"error": "too large"}, status=413)
    try:
        signed = stripe_gateway.construct_event(request.body, request.headers.get("Stripe-Signature", ""))
    except stripe_gateway.ForgedEvent:
        log.warning("webhook refused")
        return JsonResponse({"error": "signature"}, status=400)
    event, created = WebhookEvent.objects.get_or_create(
        event_id=signed.id, defaults={"type": signed.type[:60], "object_id": signed.object_id}
    )
    if created:
        from orders.payment_tasks import process_webhook

        hint(process_webhook, event.pk)
    return JsonResponse({"received": True})


def process(event_pk: int) -> bool:
    """Work on one stored event. False: done already, in somebody else's hands, or put off after an error."""
    now = timezone.now()
    mine = WebhookEvent.objects.filter(pk=event_pk, processed_at=None).filter(
        Q(lease_until=None) | Q(lease_until__lt=now)
    )
    if not mine.update(lease_until=now + LEASE, tries=F("tries") + 1):
        return False
    event = WebhookEvent.objects.get(pk=event_pk)
    handler = HANDLERS.get(event.type)
    try:
        if handler is not None:
            handler(event)
    except PaymentProviderDown as error:
        _put_off(event, at_least=timedelta(seconds=error.retry_after))
        return False
    except Exception:
        log.exception("webhook not processed", webhook=event.pk, type=event.type)
        _put_off(event, at_least=timedelta(seconds=10))
        return False
    WebhookEvent.objects.filter(pk=event_pk).update(processed_at=timezone.now(), lease_until=None)
    return True


def waiting() -> QuerySet[WebhookEvent]:
    """Events nobody works on: their hint was lost, their worker died, or their pause after an error is
    over."""
    now = timezone.now()
    return WebhookEvent.objects.filter(processed_at=None).filter(
        Q(lease_until=None, received_at__lt=now - HINT_FIRST) | Q(lease_until__lt=now)
    )


def sweep(*, limit: int = 50) -> int:
    """Work on what waits, oldest first; returns how many were finished."""
    return sum(process(pk) for pk in list(waiting().order_by("pk").values_list("pk", flat=True)[:limit]))


def _put_off(event: WebhookEvent, *, at_least: timedelta) -> None:
    pause = min(at_least * 2 ** min(event.tries - 1, 12), LONGEST_PAUSE)
    WebhookEvent.objects.filter(pk=event.pk).update(lease_until=timezone.now() + pause)


def _session_changed(event: WebhookEvent) -> None:
    try:
        payments.fulfil(event.object_id)
    except Payment.DoesNotExist:
        log.info("event about another shop's session", webhook=event.pk)


HANDLERS: dict[str, Handler] = {
    "checkout.session.completed": _session_changed,
    "checkout.session.async_payment_succeeded": _session_changed,
    "checkout.session.expired": _session_changed,
}
