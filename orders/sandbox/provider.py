"""What every part of the sandbox shares: store, clock, and how objects and their events are written."""

from dataclasses import dataclass
from typing import Any

import stripe

from orders.sandbox.clock import Clock, new_id
from orders.sandbox.store import Json, Store

KEEP_TRYING = 3 * 24 * 3600  # seconds that an event is offered to the shop


@dataclass(frozen=True)
class Provider:
    """The state of the sandbox. `base_url` is where its own pages are."""

    store: Store
    clock: Clock
    base_url: str

    def save(self, body: Json, event: str = "", *, previous: Json | None = None, **hidden: Any) -> Json:
        """Store an object and, with `event`, tell the shop. `hidden` facts are not shown by the API."""
        self.store.put(body, **hidden)
        if event:
            self._emit(event, body, previous)
        return body

    def _emit(self, kind: str, subject: Json, previous: Json | None) -> None:
        data: Json = {"object": subject}
        if previous is not None:
            data["previous_attributes"] = previous
        event: Json = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": stripe.api_version,
            "created": self.clock.stamp(),
            "data": data,
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        self.store.put(event)
        now = self.clock.now()
        self.store.deliver(event["id"], due=now, until=now + KEEP_TRYING)
