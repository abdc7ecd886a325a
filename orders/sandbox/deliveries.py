"""Events on their way to the shop: signed, offered again until taken, and kept through a restart."""

import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request
from http.client import HTTPException

from orders.sandbox import checkout, refunds
from orders.sandbox.provider import Provider
from orders.sandbox.store import Delivery

TIMEOUT = 10  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds; hours in real life
TICK = 0.5  # seconds


def signature(payload: bytes, secret: str, *, at: int) -> str:
    """The `Stripe-Signature` header: HMAC-SHA256 over the time and the body."""
    mac = hmac.new(secret.encode(), b"%d." % at + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class Deliveries:
    """Offers events to `url`; while that is empty, everything waits."""

    def __init__(self, provider: Provider, *, url: str, secret: str) -> None:
        self._provider = provider
        self.url = url
        self._secret = secret
        self._stop = threading.Event()
        # Straight to the shop on the same machine, whatever proxy the environment names.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())

    def run(self) -> None:
        """Keep time and deliver until `stop`."""
        while not self._stop.wait(TICK):
            self.keep_time()
            self.deliver_due()

    def stop(self) -> None:
        self._stop.set()

    def keep_time(self) -> None:
        """Do what has become due: close old pages, settle slow refunds."""
        with self._provider.store.transaction():
            checkout.expire_due(self._provider)
            refunds.settle_due(self._provider)

    def deliver_due(self) -> int:
        """Offer each event that is due once; returns how many the shop took."""
        if not self.url:
            return 0
        store, clock = self._provider.store, self._provider.clock
        with store.transaction():
            due = store.deliveries(clock.now())
        taken = 0
        for delivery in due:
            if self._stop.is_set():
                break
            accepted = self._offer(delivery)
            taken += accepted
            with store.transaction():
                if accepted:
                    store.delivered(delivery.event)
                else:
                    pause = min(FIRST_PAUSE * 2**delivery.tries, LONGEST_PAUSE)
                    store.deliver_later(delivery.event, due=clock.now() + pause)
        return taken

    def _offer(self, delivery: Delivery) -> bool:
        with self._provider.store.transaction():
            event = self._provider.store.get("event", delivery.event)
        payload = json.dumps(event).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "payment sandbox",
            "Stripe-Signature": signature(payload, self._secret, at=int(time.time())),
        }
        request = urllib.request.Request(self.url, data=payload, headers=headers)
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                return bool(200 <= response.status < 300)
        except (OSError, HTTPException):  # refused, timed out, or an answer that is not 2xx
            return False
