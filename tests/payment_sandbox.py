"""The payment sandbox for tests: a real HTTP server on a free port, driven instead of waited for."""

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from orders.sandbox.deliveries import signature
from orders.sandbox.server import Sandbox
from orders.sandbox.store import Json

CARD = "4242424242424242"
GOOD_CARD_FORM = {"number": CARD, "expiry": "12 / 34", "cvc": "123", "name": "Sam Sandbox"}


@dataclass(frozen=True)
class Answer:
    """What the sandbox answered to a browser."""

    status: int
    body: str
    headers: Message

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_browser = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())


def visit(url: str, form: dict[str, str] | None = None) -> Answer:
    """A browser without script: GET, or POST of a form; redirects are not followed."""
    data = None if form is None else urllib.parse.urlencode(form).encode()
    try:
        with _browser.open(url, data, timeout=20) as response:
            return Answer(response.status, response.read().decode(), response.headers)
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read().decode(), error.headers)


class SandboxAtWork:
    """A running sandbox. Nothing is delivered on its own unless `deliver_to` says where."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.url = sandbox.url
        self.store = sandbox.store

    def pay(self, session_url: str, number: str = CARD) -> Answer:
        """Fill in the pay page's form."""
        return visit(session_url, {**GOOD_CARD_FORM, "number": number})

    def control(self, path: str, order: dict[str, Any]) -> Json:
        """The test controls, over HTTP as every other test would use them."""
        request = urllib.request.Request(f"{self.url}/sandbox/{path}", json.dumps(order).encode())
        with _browser.open(request, timeout=20) as response:
            answer: Json = json.load(response)
        return answer

    def advance(self, seconds: float) -> None:
        """Let time pass in the sandbox."""
        self.control("clock", {"advance": seconds})

    def drop_answers(self, pattern: str, times: int = 1) -> None:
        """Carry out the next requests but lose the answers."""
        self.control("faults", {"drop_next_answer": pattern, "times": times})

    def deliver_to(self, url: str) -> None:
        self.sandbox.deliveries.url = url

    def objects(self, kind: str) -> list[Json]:
        """Everything of a kind, oldest first."""
        with self.store.transaction():
            return list(self.store.newest(kind))[::-1]

    def events(self, kind: str = "") -> list[Json]:
        """What the shop is to be told, oldest first."""
        return [event for event in self.objects("event") if kind in ("", event["type"])]

    def tell(self, client: Client, event: Json) -> int:
        """Post one event, signed, to the shop's webhook; returns the HTTP status."""
        return post_event(client, json.dumps(event).encode())


def post_event(client: Client, body: bytes, *, header: str | None = None) -> int:
    """POST to the webhook; signed now unless a signature header is given."""
    if header is None:
        header = signature(body, django_settings.STRIPE_WEBHOOK_SECRET, at=int(time.time()))
    response = client.post(
        "/payments/webhook/", body, content_type="application/json", headers={"Stripe-Signature": header}
    )
    return response.status_code


@contextmanager
def running_sandbox(folder: Path, *, webhook_url: str = "") -> Iterator[SandboxAtWork]:
    """A sandbox in a thread of this process."""
    sandbox = Sandbox(
        path=folder / "sandbox.sqlite3",
        port=0,
        webhook_url=webhook_url,
        webhook_secret=django_settings.STRIPE_WEBHOOK_SECRET,
        shop_name=django_settings.SHOP_NAME,
    )
    thread = threading.Thread(target=sandbox.run, daemon=True)
    thread.start()
    try:
        yield SandboxAtWork(sandbox)
    finally:
        sandbox.stop()
        thread.join(timeout=20)


@pytest.fixture
def payment_sandbox(settings: Settings, tmp_path: Path) -> Iterator[SandboxAtWork]:
    """The shop pays in a sandbox of this test's own; nothing is delivered unless the test delivers it."""
    with running_sandbox(tmp_path) as sandbox:
        settings.STRIPE_API_BASE = sandbox.url
        settings.STRIPE_SECRET_KEY = "sk_test_sandbox"
        yield sandbox
