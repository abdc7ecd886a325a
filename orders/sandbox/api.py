"""Requests to `/v1`: who may ask, what was asked before, which function answers, and whether the answer is right."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import stripe
from stripe.params import (
    ChargeRetrieveParams,
    EventListParams,
    EventRetrieveParams,
    PaymentIntentRetrieveParams,
    RefundCreateParams,
    RefundListParams,
    RefundRetrieveParams,
)
from stripe.params.checkout import SessionCreateParams, SessionExpireParams, SessionRetrieveParams

from orders.sandbox import checkout, contract, form_encoding, intents, lists, refunds
from orders.sandbox.errors import ApiError, invalid
from orders.sandbox.provider import Provider
from orders.sandbox.store import Answer, Json

KEYS_LAST = 24 * 3600  # seconds


@dataclass(frozen=True)
class Route:
    """`resource` is what comes back; for a list, what it is a list of."""

    method: str
    path: str
    params: type
    resource: type
    answer: Callable[..., Json]

    def answers(self, method: str, path: str) -> re.Match[str] | None:
        return re.fullmatch(self.path, path) if method == self.method else None


@dataclass(frozen=True)
class Request:
    """One call of the API. `form` is the query of a GET and the body of a POST, still encoded."""

    method: str
    path: str
    form: str
    authorization: str
    idempotency_key: str


@dataclass(frozen=True)
class Reply:
    status: int
    body: str
    replayed: bool = False


ID = r"/(\w+)"
ROUTES = (
    Route(
        "POST",
        "/v1/checkout/sessions",
        SessionCreateParams,
        stripe.checkout.Session,
        lambda provider, params: checkout.create(provider, params),
    ),
    Route(
        "GET",
        f"/v1/checkout/sessions{ID}",
        SessionRetrieveParams,
        stripe.checkout.Session,
        lambda provider, key, params: checkout.retrieve(provider, key),
    ),
    Route(
        "POST",
        f"/v1/checkout/sessions{ID}/expire",
        SessionExpireParams,
        stripe.checkout.Session,
        lambda provider, key, params: checkout.expire(provider, key),
    ),
    Route(
        "GET",
        f"/v1/payment_intents{ID}",
        PaymentIntentRetrieveParams,
        stripe.PaymentIntent,
        lambda provider, key, params: intents.retrieve(provider, key),
    ),
    Route(
        "GET",
        f"/v1/charges{ID}",
        ChargeRetrieveParams,
        stripe.Charge,
        lambda provider, key, params: intents.retrieve_charge(provider, key),
    ),
    Route("POST", "/v1/refunds", RefundCreateParams, stripe.Refund, refunds.create),
    Route(
        "GET",
        f"/v1/refunds{ID}",
        RefundRetrieveParams,
        stripe.Refund,
        lambda provider, key, params: refunds.retrieve(provider, key),
    ),
    Route("GET", "/v1/refunds", RefundListParams, stripe.Refund, lists.refunds),
    Route("GET", "/v1/events", EventListParams, stripe.Event, lists.events),
    Route(
        "GET",
        f"/v1/events{ID}",
        EventRetrieveParams,
        stripe.Event,
        lambda provider, key, params: provider.store.get("event", key),
    ),
)


def handle(provider: Provider, request: Request) -> Reply:
    """Answer one request; with an idempotency key, the way it was answered the first time."""
    if not re.fullmatch(r"Bearer (sk|rk)_test_\w+", request.authorization):
        return _error(ApiError(401, "invalid_request_error", "Only test keys (sk_test_…) open the sandbox."))
    key = request.idempotency_key if request.method == "POST" else ""
    fingerprint = hashlib.sha256(f"{request.method} {request.path}?{request.form}".encode()).hexdigest()
    with provider.store.transaction():
        first = provider.store.recall(key, since=provider.clock.now() - KEYS_LAST) if key else None
        if first is not None:
            if first.fingerprint != fingerprint:
                return _error(ApiError(400, "idempotency_error", "This key was first used with other parameters."))
            return Reply(first.status, first.body, replayed=True)
        reply, remember = _first_time(provider, request)
        if key and remember:
            provider.store.remember(key, Answer(fingerprint, reply.status, reply.body), at=provider.clock.now())
        return reply


def _first_time(provider: Provider, request: Request) -> tuple[Reply, bool]:
    """The reply, and whether it is kept for the key: requests that were never begun are not."""
    try:
        body = _answer(provider, request)
    except ApiError as error:
        return _error(error), error.remember
    return Reply(200, json.dumps(body)), True


def _answer(provider: Provider, request: Request) -> Json:
    for route in ROUTES:
        if match := route.answers(request.method, request.path):
            params = contract.read_params(route.params, form_encoding.decode(request.form))
            if "expand" in params:
                raise invalid("The sandbox does not expand.", param="expand", remember=False)
            answer = route.answer(provider, *match.groups(), params)
            _check(answer, route.resource)
            return answer
    words = f"Unrecognized request URL ({request.method}: {request.path}): not in the sandbox."
    raise ApiError(404, "invalid_request_error", words, remember=False)


def _check(answer: Json, resource: Any) -> None:
    """An answer that Stripe would never give must not leave: tests against it would prove nothing."""
    items = answer["data"] if answer["object"] == "list" else [answer]
    found = [problem for item in items for problem in contract.problems(item, resource)]
    if found:
        raise AssertionError("the sandbox broke its contract: " + "; ".join(found[:3]))


def _error(error: ApiError) -> Reply:
    return Reply(error.status, json.dumps(error.body))
