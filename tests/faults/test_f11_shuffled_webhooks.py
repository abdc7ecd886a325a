"""F11: 100 webhooks, each five times, shuffled and at the same time: one effect per event."""

import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest
from django.db import connection
from django.test import Client

from orders import webhooks
from orders.models import WebhookEvent
from tests.payment_sandbox import post_event

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


def test_f11_each_of_100_events_sent_five_times_in_any_order_has_one_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    effects: Counter[str] = Counter()
    lock = Lock()

    def count(event: WebhookEvent) -> None:
        with lock:
            effects[event.object_id] += 1

    monkeypatch.setitem(webhooks.HANDLERS, "test.counted", count)
    bodies = [
        json.dumps({"id": f"evt_{n}", "type": "test.counted", "data": {"object": {"id": f"obj_{n}"}}}).encode()
        for n in range(100)
    ] * 5
    random.Random(11).shuffle(bodies)

    def deliver(body: bytes) -> int:
        try:
            return post_event(Client(), body)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(deliver, bodies))
    assert Counter(statuses) == {200: 500}
    while webhooks.sweep():
        pass
    assert effects == {f"obj_{n}": 1 for n in range(100)}
    assert WebhookEvent.objects.filter(processed_at=None).count() == 0
    assert WebhookEvent.objects.count() == 100
