"""One structured log line per request: an id, a method, a route and a status, and nothing that points at a person."""

import secrets
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponse

log = structlog.get_logger("littledreamers.request")


def _forget_request(**_kwargs: Any) -> None:
    """What the thread does next belongs to another request."""
    structlog.contextvars.clear_contextvars()


request_finished.connect(_forget_request, dispatch_uid="littledreamers.request_log")


class RequestLogMiddleware:
    """Give every request an id, in all its log lines and in the answer's `X-Request-ID` (P58: no address, no user)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        route = request.resolver_match.view_name if request.resolver_match else "-"
        log.info(
            "request",
            method=request.method,
            # The route's name, not the path: paths carry order numbers and signed links.
            route=route,
            status=response.status_code,
            ms=round((time.perf_counter() - started) * 1000),
        )
        return response
