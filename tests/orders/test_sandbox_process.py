"""The payment sandbox as its own process: what it has to deliver survives being killed."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import stripe
from django.conf import settings

from tests.payment_sandbox import GOOD_CARD_FORM, visit

SECRET = "whsec_of_this_test"
SECONDS = 30


class Shop(ThreadingHTTPServer):
    """Takes webhooks and checks them with the SDK; `up` says whether it is in the mood."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Webhook)
        self.up = False
        self.asked: queue.Queue[str] = queue.Queue()
        self.taken: queue.Queue[Any] = queue.Queue()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Webhook(BaseHTTPRequestHandler):
    server: Shop

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        stripe.WebhookSignature.verify_header(body, self.headers["Stripe-Signature"], SECRET, 300)
        up = self.server.up
        self.send_response(200 if up else 500)
        self.end_headers()
        if up:
            self.server.taken.put(json.loads(body))
        self.server.asked.put(self.path)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def shop() -> Iterator[Shop]:
    server = Shop()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@contextmanager
def sandbox_process(folder: Path, shop: Shop) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """`manage.py payment_sandbox` on a free port; the process and its address."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "payment_sandbox", "--port", "0"],
        cwd=settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "littledreamers.settings",
            "DATA_DIR": str(folder),
            "SITE_URL": shop.url,
            "STRIPE_WEBHOOK_SECRET": SECRET,
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip().removeprefix("Payment sandbox on ")
    finally:
        process.kill()
        process.wait(SECONDS)
        process.stdout.close()


def pay_something(url: str) -> None:
    api = stripe.StripeClient("sk_test_1", base_addresses={"api": url}).v1
    price: Any = {"currency": "eur", "unit_amount": 100, "product_data": {"name": "A book"}}
    session = api.checkout.sessions.create(
        {"mode": "payment", "line_items": [{"price_data": price, "quantity": 1}], "success_url": f"{url}/ok"}
    )
    assert session.url is not None
    assert visit(session.url, GOOD_CARD_FORM).status == 303


def test_events_reach_the_shop_although_it_was_down_and_the_sandbox_killed(shop: Shop, tmp_path: Path) -> None:
    with sandbox_process(tmp_path, shop) as (process, url):
        pay_something(url)
        assert shop.asked.get(timeout=SECONDS) == "/payments/webhook/"
        process.send_signal(signal.SIGKILL)
        process.wait(SECONDS)
    assert shop.taken.empty()
    shop.up = True
    with sandbox_process(tmp_path, shop) as (process, url):
        events = [shop.taken.get(timeout=SECONDS) for _ in range(4)]
        assert {event["type"] for event in events} == {
            "payment_intent.created",
            "payment_intent.succeeded",
            "charge.succeeded",
            "checkout.session.completed",
        }
        assert len({event["id"] for event in events}) == 4
        process.terminate()
        assert process.wait(SECONDS) == 0
    assert shop.taken.empty(), "nothing that was taken is sent again"


def test_only_this_machine_can_reach_it_and_the_file_is_private(shop: Shop, tmp_path: Path) -> None:
    with sandbox_process(tmp_path, shop) as (_, url):
        assert url.startswith("http://127.0.0.1:")
        assert visit(f"{url}/sandbox/health").status == 200
        assert (tmp_path / "sandbox.sqlite3").stat().st_mode & 0o777 == 0o600
