"""The sandbox as an HTTP server on 127.0.0.1."""

import json
import re
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog

from orders.sandbox import api
from orders.sandbox.clock import Clock, new_id
from orders.sandbox.deliveries import Deliveries
from orders.sandbox.faults import MODES, Faults
from orders.sandbox.pay_page import Page, PayPages
from orders.sandbox.provider import Provider
from orders.sandbox.store import Store

log = structlog.get_logger("littledreamers.sandbox")

HOST = "127.0.0.1"
MAX_BODY = 64 * 1024
PAY = re.compile(r"/c/pay/(\w+)(/challenge)?")


class Sandbox:
    """One provider with its pages, its deliveries and its test controls. Port 0 takes any free one."""

    def __init__(self, *, path: Path, port: int, webhook_url: str, webhook_secret: str, shop_name: str) -> None:
        self.faults = Faults()
        self._server = _Server((HOST, port), self)
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        self.store = Store(path)
        self.provider = Provider(self.store, Clock(), self.url)
        self.pages = PayPages(self.provider, shop_name=shop_name)
        self.deliveries = Deliveries(self.provider, url=webhook_url, secret=webhook_secret)

    def run(self) -> None:
        """Serve and deliver until `stop`."""
        courier = threading.Thread(target=self.deliveries.run, name="deliveries", daemon=True)
        courier.start()
        try:
            self._server.serve_forever(poll_interval=0.1)
        finally:
            self.deliveries.stop()
            courier.join(timeout=15)
            self._server.server_close()
            self.store.close()

    def stop(self) -> None:
        """Let `run` return. Called from another thread."""
        self._server.shutdown()

    def control(self, path: str, order: dict[str, Any]) -> dict[str, Any] | None:
        """The test controls below /sandbox/; None when there is no such thing. Raises ValueError, TypeError."""
        if path == "/sandbox/faults":
            if not order:
                self.faults.clear()
            for mode in MODES:
                if mode in order:
                    self.faults.plan(mode, str(order[mode]), int(order.get("times", 1)))
            return {"planned": bool(order)}
        if path == "/sandbox/clock":
            self.provider.clock.advance(float(order["advance"]))
            self.deliveries.keep_time()
            return {"now": self.provider.clock.stamp()}
        if path == "/sandbox/deliver":
            return {"taken": self.deliveries.deliver_due(), "waiting": self.store.undelivered()}
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds that a silent connection is kept
    # Head and body in one packet: otherwise each answer waits 40 ms for the other side's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: Any) -> None:
        """No access log."""

    def _answer(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY:
            self.close_connection = True
            return self._send(Page(413))
        body = self.rfile.read(length).decode("utf-8", "replace")
        strikes = self.server.sandbox.faults.strikes
        if strikes("drop_next_request", self.command, url.path):
            return self._hang_up()
        if strikes("refuse_next_request", self.command, url.path):
            error = {"error": {"type": "api_error", "message": "Out of order, as planned."}}
            return self._send(_json(503, error))
        try:
            page = self._page(url.path, url.query, body)
        except Exception:
            log.exception("sandbox failed", method=self.command)
            page = _json(500, {"error": {"type": "api_error", "message": "The sandbox has a bug; see its log."}})
        if strikes("drop_next_answer", self.command, url.path):
            return self._hang_up()
        return self._send(page)

    def _page(self, path: str, query: str, body: str) -> Page:
        sandbox = self.server.sandbox
        if path.startswith("/v1/"):
            return self._api(path, query, body)
        posted = body if self.command == "POST" else None
        if match := PAY.fullmatch(path):
            show: Callable[[str, str | None], Page] = sandbox.pages.challenge if match[2] else sandbox.pages.pay
            return show(match[1], posted)
        if path.startswith("/assets/"):
            return sandbox.pages.asset(path.removeprefix("/assets/"))
        if path == "/sandbox/health":
            return _json(200, {"sandbox": True})
        if posted is not None and path.startswith("/sandbox/"):
            try:
                done = sandbox.control(path, json.loads(posted or "{}"))
            except (ValueError, TypeError, KeyError) as error:
                return _json(400, {"error": f"{type(error).__name__}: {error}"})
            if done is not None:
                return _json(200, done)
        return sandbox.pages.not_found()

    def _api(self, path: str, query: str, body: str) -> Page:
        request = api.Request(
            method=self.command,
            path=path,
            form=body if self.command == "POST" else query,
            authorization=self.headers.get("Authorization", ""),
            idempotency_key=self.headers.get("Idempotency-Key", ""),
        )
        reply = api.handle(self.server.sandbox.provider, request)
        headers = {"Request-Id": new_id("req")}
        if reply.replayed:
            headers["Idempotent-Replayed"] = "true"
        return Page(reply.status, reply.body.encode(), "application/json", headers)

    def _send(self, page: Page) -> None:
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        for name, value in page.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page.body)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def _json(status: int, body: dict[str, Any]) -> Page:
    return Page(status, json.dumps(body).encode(), "application/json")
