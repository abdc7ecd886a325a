"""Values about a child do not show by accident (the leaks of tracebacks, logs, templates, pickles)."""

import copy
import json
import logging
import pickle
import traceback

import pytest
from django.template import Context, Template
from django.views.debug import ExceptionReporter

from privacy.masked import DOTS, Masked

CANARY = "Zephyrine-Canary"


def test_it_shows_dots_and_opens_on_purpose() -> None:
    masked = Masked(CANARY)
    assert masked.reveal() == CANARY
    shown = [
        repr(masked),
        str(masked),
        f"{masked}",
        f"{masked!r:>20}".strip(),
        f"{masked:>40}",
        f"{masked}",
        repr([masked]),
    ]
    assert all(text in (DOTS, f"[{DOTS}]") for text in shown)
    assert Template("{{ value }}{{ value|upper }}").render(Context({"value": masked})) == DOTS * 2


def test_it_is_neither_stored_nor_sent() -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError):
            pickle.dumps(Masked(CANARY), protocol)
    with pytest.raises(TypeError):
        json.dumps({"name": Masked(CANARY)})
    with pytest.raises(TypeError):
        hash(Masked(CANARY))
    with pytest.raises(TypeError):
        vars(Masked(CANARY))


def test_a_copy_is_as_masked() -> None:
    masked = Masked([CANARY])
    assert copy.copy(masked) is masked
    assert copy.deepcopy({"a": masked})["a"] is masked
    assert masked.map(len).reveal() == 1
    assert repr(masked.map(len)) == DOTS


def test_it_equals_masked_values_only() -> None:
    assert Masked(b"a") == Masked(b"a")
    assert Masked("é") == Masked("é")
    assert Masked("a") != Masked("b")
    assert Masked("a") != Masked(b"a")
    assert Masked(3) == Masked(3)
    assert Masked("a") != "a"


def test_f22_tracebacks_and_logs_show_no_value(caplog: pytest.LogCaptureFixture) -> None:
    def fails(name: Masked[str]) -> None:
        held = {"name": name, "list": [name]}
        raise ValueError(f"cannot print {name} of {held}")

    try:
        fails(Masked(CANARY))
    except ValueError as error:
        caplog.set_level(logging.DEBUG)
        logging.getLogger("a").exception("failed with %s", Masked(CANARY))
        stack = traceback.TracebackException.from_exception(error, capture_locals=True)
        text = "".join(stack.format())
        html = ExceptionReporter(None, type(error), error, error.__traceback__).get_traceback_html()
    assert DOTS in text
    for shown in (text, html, caplog.text):
        # The test's own source lines name the constant, never its value.
        assert CANARY not in shown.replace(f'CANARY = "{CANARY}"', "")
