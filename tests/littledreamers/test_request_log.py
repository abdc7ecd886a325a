"""Logs say what happened, never to whom (P58)."""

import sys

import pytest
from django.test import Client

from littledreamers.log_lines import plain_traceback


@pytest.mark.django_db
def test_every_answer_has_a_request_id_of_its_own(client: Client) -> None:
    first, second = (client.get("/healthz").headers["X-Request-ID"] for _ in range(2))
    assert len(first) == 16
    assert first != second


def test_a_traceback_names_places_and_no_values() -> None:
    secret = "Canary Quillfeather"

    def fail() -> None:
        child_name = secret
        raise ValueError(f"cannot print {child_name}")

    try:
        fail()
    except ValueError:
        event = plain_traceback(None, "error", {"event": "failed", "exc_info": sys.exc_info()})
    assert event["error"] == "ValueError"
    assert any("fail" in place for place in event["traceback"])
    assert "Canary" not in repr(event)
