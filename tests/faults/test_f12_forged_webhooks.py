"""F12: 1,000 forged or stale signatures: none accepted, nothing stored."""

import hashlib
import hmac
import json
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client

from orders.models import WebhookEvent
from orders.sandbox.deliveries import signature
from tests.payment_sandbox import post_event

pytestmark = [pytest.mark.fault, pytest.mark.django_db]

Forgery = Callable[[bytes, random.Random], tuple[bytes, str]]


def _now() -> int:
    return int(time.time())


def _other_secret(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    return body, signature(body, f"whsec_{chance.getrandbits(128):x}", at=_now())


def _stale(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    return body, signature(body, settings.STRIPE_WEBHOOK_SECRET, at=_now() - chance.randint(302, 10**8))


def _from_the_future(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    return body, signature(body, settings.STRIPE_WEBHOOK_SECRET, at=_now() + chance.randint(330, 10**8))


def _changed_body(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    header = signature(body, settings.STRIPE_WEBHOOK_SECRET, at=_now())
    place = chance.randrange(len(body))
    return body[:place] + b"x" + body[place:], header


def _renewed_time(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    old = _now() - chance.randint(400, 10**6)
    _, _, mac = signature(body, settings.STRIPE_WEBHOOK_SECRET, at=old).partition(",")
    return body, f"t={_now()},{mac}"


def _changed_mac(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    header = signature(body, settings.STRIPE_WEBHOOK_SECRET, at=_now())
    place = chance.randrange(header.index("v1=") + 3, len(header))
    other = chance.choice([digit for digit in "0123456789abcdef" if digit != header[place]])
    return body, header[:place] + other + header[place + 1 :]


def _other_scheme(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    return body, signature(body, settings.STRIPE_WEBHOOK_SECRET, at=_now()).replace("v1=", "v0=")


def _without_time(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    mac = hmac.new(settings.STRIPE_WEBHOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return body, chance.choice([f"v1={mac}", f"t=,v1={mac}", f"t=0,v1={mac}", mac])


def _two_times(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    stale = signature(body, settings.STRIPE_WEBHOOK_SECRET, at=_now() - 4000)
    return body, f"{stale},t={_now()}"


def _nonsense(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    return body, chance.choice(["", ",", "=", "t=1,v1=", "v1", secrets.token_urlsafe(40), "t=1;v1=2", "t==,v1=="])


FORGERIES: list[Forgery] = [
    _other_secret,
    _stale,
    _from_the_future,
    _changed_body,
    _renewed_time,
    _changed_mac,
    _other_scheme,
    _without_time,
    _two_times,
    _nonsense,
]


def test_f12_none_of_1000_forged_or_stale_messages_is_accepted_or_stored(client: Client) -> None:
    chance = random.Random(12)
    statuses: Counter[int] = Counter()
    for n in range(1000):
        subject = {"object": {"id": f"cs_{n}"}}
        body = json.dumps({"id": f"evt_{n}", "type": "checkout.session.completed", "data": subject}).encode()
        forged, header = FORGERIES[n % len(FORGERIES)](body, chance)
        statuses[post_event(client, forged, header=header)] += 1
    assert statuses == {400: 1000}
    assert not WebhookEvent.objects.exists()
    # The same door opens for an honest one, so it was not simply shut.
    assert post_event(client, body) == 200
