"""What a tracking service tells us: believed only when it is signed, and once."""

import json
import random
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from orders import tracking, webhooks
from orders.models import Order, PrintJob, WebhookEvent
from tests.orders.parcels import on_its_way

pytestmark = pytest.mark.django_db
LEFT = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def secret(settings: Settings) -> None:
    settings.TRACKING_WEBHOOK_SECRET = "between-us-two"


def message(number: str, *, tag: str = "Delivered", at: str = "2026-03-12T10:00:00+01:00", **more: Any) -> bytes:
    """A `tracking_update` as the service sends it, with more in it than we read."""
    stops = [
        {"tag": "InTransit", "checkpoint_time": "2026-03-10T08:00:00", "message": "Sorted", "city": "Aarhus"},
        {"tag": tag, "checkpoint_time": at, "message": "Handed over", "city": "Copenhagen"},
    ]
    parcel = {"id": "x1", "tracking_number": number, "slug": "postnord", "tag": tag, "checkpoints": stops}
    body = {"ts": int(time.time()), "event": "tracking_update", "event_id": str(uuid.uuid4()), "msg": parcel}
    return json.dumps(body | more).encode()


def post(client: Client, body: bytes, header: str | None = None) -> int:
    """Send it to the shop, and let the worker work."""
    signed = tracking.signature(body) if header is None else header
    answer = client.post(
        "/parcels/webhook/", body, content_type="application/json", headers={"Aftership-Hmac-Sha256": signed}
    )
    for event in WebhookEvent.objects.filter(processed_at=None):
        webhooks.process(event.pk)
    return answer.status_code


@pytest.mark.parametrize(
    ("at", "came"),
    [
        ("2026-03-12T10:00:00+01:00", datetime(2026, 3, 12, 9, 0, tzinfo=UTC)),
        ("2026-03-12T10:00:00", datetime(2026, 3, 12, 9, 0, tzinfo=UTC)),
        ("2026-03-12", datetime(2026, 3, 12, 11, 0, tzinfo=UTC)),
    ],
)
def test_p24_tracking_says_when_the_parcel_arrived(client: Client, at: str, came: datetime) -> None:
    order, (job,) = on_its_way(shipped_at=LEFT)
    assert post(client, message(job.tracking, at=at)) == 200
    order.refresh_from_db()
    assert (order.state, order.delivered_at) == (Order.State.DELIVERED, came)
    assert order.events.get(kind="parcel_delivered").actor == "carrier"


@pytest.mark.parametrize("at", ["", "soon", "2026-02-31"])
def test_without_a_time_the_day_it_was_told_counts(client: Client, at: str) -> None:
    order, (job,) = on_its_way(shipped_at=LEFT)
    assert post(client, message(job.tracking, at=at)) == 200
    order.refresh_from_db()
    assert order.delivered_at == WebhookEvent.objects.get().received_at


def test_the_number_is_found_in_a_link_and_nowhere_else(client: Client) -> None:
    order, _ = on_its_way(shipped_at=LEFT)
    PrintJob.objects.update(tracking="https://carrier.example/track?id=DK123456&lang=en")
    for other in ("DK12345", "K123456", "DK1234567", "carrier", "example"):
        assert post(client, message(other)) == 200
    order.refresh_from_db()
    assert order.state == Order.State.SHIPPED
    assert post(client, message("dk123456")) == 200
    order.refresh_from_db()
    assert order.state == Order.State.DELIVERED


@pytest.mark.parametrize(("typed", "told"), [("DK 12 34 56", "DK123456"), ("DK123456", "dk-1234 56")])
def test_people_write_numbers_in_groups(client: Client, typed: str, told: str) -> None:
    order, _ = on_its_way(shipped_at=LEFT)
    PrintJob.objects.update(tracking=typed)
    assert post(client, message(told)) == 200
    order.refresh_from_db()
    assert order.state == Order.State.DELIVERED


@pytest.mark.parametrize("tag", ["InTransit", "OutForDelivery", "AvailableForPickup", "Exception", ""])
def test_only_delivered_is_delivered(client: Client, tag: str) -> None:
    _, (job,) = on_its_way(shipped_at=LEFT)
    assert post(client, message(job.tracking, tag=tag)) == 200
    assert not WebhookEvent.objects.exists()


def test_without_a_secret_the_door_is_shut(client: Client, settings: Settings) -> None:
    body = message("DK123456")
    header = tracking.signature(body)
    settings.TRACKING_WEBHOOK_SECRET = ""
    assert post(client, body, header) == 404
    assert post(client, body) == 404
    assert client.get("/parcels/webhook/").status_code == 405


def test_f12_none_of_1000_forged_or_stale_messages_about_parcels_counts(client: Client, settings: Settings) -> None:
    order, (job,) = on_its_way(shipped_at=LEFT)
    chance = random.Random(12)
    answers: Counter[int] = Counter()
    for turn in range(1000):
        body = message(job.tracking)
        header = tracking.signature(body)
        kind = turn % 7
        if kind == 0:
            settings.TRACKING_WEBHOOK_SECRET = f"{chance.getrandbits(128):x}"
            header = tracking.signature(body)
            settings.TRACKING_WEBHOOK_SECRET = "between-us-two"
        elif kind == 1:
            place = chance.randrange(len(body))
            body = body[:place] + b" " + body[place:]
        elif kind == 2:
            place = chance.randrange(43)
            header = header[:place] + chance.choice("-_!") + header[place + 1 :]
        elif kind == 3:
            body = message(job.tracking, ts=int(time.time()) - chance.randint(16 * 86400, 10**8))
            header = tracking.signature(body)
        elif kind == 4:
            body = message(job.tracking, ts=int(time.time()) + chance.randint(400, 10**8))
            header = tracking.signature(body)
        elif kind == 5:
            header = chance.choice(["", "=", "sha256=" + header, header[:-2], header.lower() + "x", "é"])
        else:
            body = chance.choice([b"", b"[]", b"null", b'{"msg": {}}', b'{"ts": 1, "event_id": 2, "msg": 3}'])
            header = tracking.signature(body)
        answers[post(client, body, header)] += 1
    assert answers == {400: 1000}
    order.refresh_from_db()
    assert (order.state, WebhookEvent.objects.count()) == (Order.State.SHIPPED, 0)
    assert post(client, message(job.tracking)) == 200  # an honest one still gets in
    order.refresh_from_db()
    assert order.state == Order.State.DELIVERED


def test_f11_messages_about_parcels_repeated_and_shuffled_have_one_effect_each(client: Client) -> None:
    orders = [on_its_way(shipped_at=LEFT) for _ in range(20)]
    bodies = [message(job.tracking) for _, (job,) in orders] * 5
    bodies += [message(job.tracking, at="2026-03-11T10:00:00") for _, (job,) in orders]  # another one, and earlier
    random.Random(11).shuffle(bodies)
    for body in bodies:
        assert post(client, body) == 200
    assert WebhookEvent.objects.count() == 40
    assert not WebhookEvent.objects.filter(processed_at=None).exists()
    for order, _ in orders:
        order.refresh_from_db()
        assert order.delivered_at == datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
        assert order.events.filter(kind="delivered").count() == 1


def test_a_lost_hint_is_found_by_the_sweep(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    order, (job,) = on_its_way(shipped_at=LEFT)
    with monkeypatch.context() as nobody_works:
        nobody_works.setattr(webhooks, "process", lambda _: False)
        post(client, message(job.tracking))
    order.refresh_from_db()
    assert order.state == Order.State.SHIPPED
    WebhookEvent.objects.update(received_at=timezone.now() - timedelta(minutes=1))
    assert webhooks.sweep() == 1
    order.refresh_from_db()
    assert order.state == Order.State.DELIVERED
