"""The checker that holds the sandbox to the SDK's types catches what it should catch."""

from typing import Any

import pytest
import stripe
from stripe.params import RefundCreateParams
from stripe.params.checkout import SessionCreateParams

from orders.sandbox import api, contract, form_encoding, sdk_types
from orders.sandbox.errors import ApiError

REFUND: dict[str, Any] = {"id": "re_1", "object": "refund", "amount": 5, "created": 1, "currency": "eur"}


def test_typed_parameters_come_out_of_the_sdks_form_encoding() -> None:
    form = (
        "mode=payment&line_items[0][quantity]=2&line_items[0][price_data][currency]=eur"
        "&line_items[0][price_data][unit_amount]=1999&line_items[0][price_data][product_data][name]=T%C3%A9"
        "&adaptive_pricing[enabled]=false&metadata[order]=LD-1"
    )
    assert contract.read_params(SessionCreateParams, form_encoding.decode(form)) == {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 2,
                "price_data": {"currency": "eur", "unit_amount": 1999, "product_data": {"name": "Té"}},
            }
        ],
        "adaptive_pricing": {"enabled": False},
        "metadata": {"order": "LD-1"},
    }


@pytest.mark.parametrize(
    ("form", "param", "code"),
    [
        ("moood=payment", "moood", "parameter_unknown"),
        ("mode=gift", "mode", None),
        ("expires_at=soon", "expires_at", "parameter_invalid_integer"),
        ("line_items=none", "line_items", None),
        ("line_items[0][price_data][unit_amount]=1", "line_items[0][price_data][currency]", "parameter_missing"),
        ("metadata=x", "metadata", None),
        ("idempotency_key=x", "idempotency_key", "parameter_unknown"),
    ],
)
def test_parameters_that_stripe_would_refuse_are_refused_by_name(form: str, param: str, code: str | None) -> None:
    with pytest.raises(ApiError) as refused:
        contract.read_params(SessionCreateParams, form_encoding.decode(form))
    assert refused.value.status == 400
    assert refused.value.body["error"]["param"] == param
    assert refused.value.body["error"].get("code") == code


def test_a_closed_choice_stays_closed_although_the_sdk_is_open_for_the_future() -> None:
    with pytest.raises(ApiError):
        contract.read_params(RefundCreateParams, {"reason": "because"})
    assert contract.read_params(RefundCreateParams, {"reason": "duplicate"}) == {"reason": "duplicate"}


def test_a_right_answer_has_no_problems() -> None:
    assert contract.problems(REFUND, stripe.Refund) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"amount": "5"}, "$.amount: '5' does not fit <class 'int'>"),
        ({"amount": True}, "$.amount: True does not fit <class 'int'>"),
        ({"object": "refnud"}, "$.object: 'refnud' is none of ('refund',)"),
        ({"colour": "red"}, "$.colour: unknown to Refund"),
        ({"metadata": "x"}, "$.metadata: no object"),
        ({"payment_intent": {"id": "pi_1"}}, "$.payment_intent: "),
    ],
)
def test_wrong_answers_are_found(change: dict[str, Any], problem: str) -> None:
    found = contract.problems({**REFUND, **change}, stripe.Refund)
    assert len(found) == 1 or "payment_intent" in change
    assert found[0].startswith(problem)


def test_a_missing_field_is_found() -> None:
    without = {key: value for key, value in REFUND.items() if key != "currency"}
    assert contract.problems(without, stripe.Refund) == ["$.currency: missing"]


def test_every_route_names_parameters_and_a_resource_of_the_sdk_that_can_be_read() -> None:
    for route in api.ROUTES:
        for hint, names in (*sdk_types.parameters(route.params).values(), *sdk_types.fields(route.resource).values()):
            assert not isinstance(sdk_types.resolve(hint, names), str)
        assert "id" in sdk_types.fields(route.resource)
