"""What a tracking service tells us about parcels: signed, stored once, worked on like the payment provider's messages.

The form is that of AfterShip's `tracking_update`, which other services can send too: HMAC-SHA256 of the raw body under
a shared secret, in base64, in the header `Aftership-Hmac-Sha256`. Without `TRACKING_WEBHOOK_SECRET` the door is shut.
"""

import base64
import hashlib
import hmac
import json
import re
import time
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import structlog
from django.conf import settings
from django.db.models import Value
from django.db.models.functions import Replace
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.hints import hint
from orders import delivery, local_days, webhooks
from orders.models import PrintJob, WebhookEvent

log = structlog.get_logger("littledreamers.tracking")

HEADER = "Aftership-Hmac-Sha256"
EVENT = "tracking.delivered"
# The service tries for eleven days to get through; whatever is older is somebody's copy.
OLDEST = 15 * 24 * 3600  # seconds
AHEAD = 300  # seconds
NUMBER = re.compile(r"(?=.*\d)[0-9A-Za-z -]{6,60}")  # what may be a tracking number


class ForgedMessage(Exception):
    """Nobody who knows the secret sent this, or not just now."""


@dataclass(frozen=True)
class Told:
    """A message that was signed. `at` is when the parcel arrived, as the carrier wrote it; "" where it was not said."""

    id: str
    tag: str
    number: str
    at: str


def signature(body: bytes) -> str:
    """What a body is signed with."""
    mac = hmac.new(settings.TRACKING_WEBHOOK_SECRET.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(mac).decode()


def read(body: bytes, header: str) -> Told:
    """Check the signature over the raw body before anything in it is believed. Raises `ForgedMessage`."""
    if not hmac.compare_digest(signature(body).encode(), header.strip().encode()):
        raise ForgedMessage("signature")
    try:
        said = json.loads(body)
        age = time.time() - int(said["ts"])
        event, parcel = str(said["event_id"]), said["msg"]
        told = Told(event, str(parcel.get("tag", "")), str(parcel.get("tracking_number", "")), _delivered_at(parcel))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ForgedMessage("not a message about a parcel") from error
    if not -AHEAD <= age <= OLDEST:
        raise ForgedMessage("stale")
    return told


@csrf_exempt  # the signature is the proof of where it comes from
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Store a signed message about a delivered parcel, once, and say thank you; nothing unsigned leaves a trace."""
    if not settings.TRACKING_WEBHOOK_SECRET:
        raise Http404
    if int(request.META.get("CONTENT_LENGTH") or 0) > webhooks.MAX_BYTES:
        return JsonResponse({"error": "too large"}, status=413)
    try:
        told = read(request.body, request.headers.get(HEADER, ""))
    except ForgedMessage:
        log.warning("tracking message refused")
        return JsonResponse({"error": "signature"}, status=400)
    if told.tag == "Delivered" and NUMBER.fullmatch(told.number):
        event, created = WebhookEvent.objects.get_or_create(
            event_id=f"tracking:{hashlib.sha256(told.id.encode()).hexdigest()}",
            defaults={"type": EVENT, "object_id": f"{told.number} {told.at}"[:120]},
        )
        if created:
            from orders.payment_tasks import process_webhook

            hint(process_webhook, event.pk)
    return JsonResponse({"received": True})


def delivered(event: WebhookEvent) -> None:
    """For `webhooks.HANDLERS`: the parcels with a tracking number have arrived. A number we do not know is no error:
    the service may follow other parcels too."""
    number, _, at = event.object_id.rpartition(" ")
    jobs = _jobs(number)
    if not jobs:
        log.info("tracking of another parcel", webhook=event.pk)
    for job in jobs:
        delivery.arrived(job, at=_moment(at, job.line.order.country, event.received_at), actor=delivery.TRACKING)


def _jobs(number: str) -> list[PrintJob]:
    """The parcels with a tracking number, whether the printer gave the number or the carrier's address for it."""
    wanted = _plain(number)
    bare = Replace(Replace("tracking", Value(" ")), Value("-"))  # people write numbers in groups
    like = PrintJob.objects.annotate(bare=bare).filter(state=PrintJob.State.SHIPPED, bare__icontains=wanted)
    return [
        job
        for job in like.select_related("line__order").order_by("pk")
        if wanted in (_plain(job.tracking), *re.split(r"[^0-9A-Z]+", job.tracking.upper()))
    ]


def _plain(number: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", number.upper())


def _delivered_at(parcel: dict[str, Any]) -> str:
    """When the carrier handed it over: of its checkpoints the last that says so."""
    times = [
        str(stop.get("checkpoint_time") or "")
        for stop in parcel.get("checkpoints") or []
        if stop.get("tag") == "Delivered"
    ]
    at = times[-1] if times else str(parcel.get("shipment_delivery_date") or "")
    return at if _parsed(at) is not None else ""


def _parsed(at: str) -> datetime | date | None:
    """The service gives a date, a local time, or a time with its zone."""
    try:
        return parse_date(at) or parse_datetime(at)
    except ValueError:  # in the right form, and no such day
        return None


def _moment(at: str, country: str, otherwise: datetime) -> datetime:
    known = _parsed(at)
    if known is None:
        return otherwise
    if not isinstance(known, datetime):
        return local_days.noon(known, country)
    return local_days.aware(known, country) if timezone.is_naive(known) else known
