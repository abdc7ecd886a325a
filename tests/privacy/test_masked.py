"""Values about a child do not show by accident (the leaks of tracebacks, logs, templates, pickles)."""

import copy
import inspect
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import pytest
from django.core import signing
from django.core.cache.backends.locmem import LocMemCache
from django.template import Context, Template
from django.views.debug import ExceptionReporter
from kombu.utils import json as kombu_json

from privacy.masked import DOTS, Masked

CANARY = "Zephyrine-Canary"
locmem = LocMemCache("masked", {})


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


@dataclass
class Holder:
    name: Masked[str]


def everything_readable(thing: object) -> str:
    """What an inspector, a serialiser or a curious template can get out of a thing without opening it."""
    shown = [repr(inspect.getmembers(thing)), str(dir(thing)), f"{thing!s}{thing!r}{thing!a}"]
    for slot in type(thing).__slots__:  # type: ignore[attr-defined]
        shown.append(repr(getattr(thing, f"_Masked{slot}", getattr(thing, slot, ""))))
    return " ".join(shown)


def test_nothing_reads_it_out_of_an_attribute() -> None:
    masked = Masked(CANARY)
    assert CANARY not in everything_readable(masked)
    assert CANARY not in repr(Holder(masked))
    assert CANARY not in repr(asdict(Holder(masked)))
    assert CANARY not in f"{Holder(masked)} {[masked]} { ({'a': masked}) } {{masked}}"
    assert CANARY not in "%(name)s %(name)r" % {"name": masked}  # noqa: UP031
    assert CANARY not in "{0} {0!r} {0:.3} {0:>20}".format(masked)  # noqa: UP032 (the method itself)
    assert CANARY not in json.dumps({"name": masked}, default=str)
    assert CANARY not in pprint.pformat({"name": masked})
    assert CANARY not in Template("{{ v|pprint }}{{ v|stringformat:'s' }}{{ v|escapejs }}{{ v|length }}").render(
        Context({"v": masked})
    )


@pytest.mark.parametrize(
    "attack",
    [
        lambda masked: json.dumps(masked),
        lambda masked: json.dumps(masked, default=vars),
        lambda masked: kombu_json.dumps({"args": [masked]}),
        lambda masked: "".join([masked]),
        lambda masked: "x" + masked,
        lambda masked: len(masked),
        lambda masked: list(masked),
        lambda masked: masked[0],
        lambda masked: CANARY in masked,
        lambda masked: "%d" % masked,  # noqa: UP031
        lambda masked: int(masked),
        lambda masked: bytes(masked),
        lambda masked: sorted([masked, Masked("a")]),
        lambda masked: {masked},
        lambda masked: masked.__getstate__(),
        lambda masked: copy.copy(Holder(masked)).name.__reduce_ex__(2),
        lambda masked: locmem.set("name", masked),
        lambda masked: signing.dumps({"name": masked}),
        lambda masked: Template("{{ v|json_script:'x' }}").render(Context({"v": masked})),
        lambda masked: setattr(masked, "name", "x"),
        lambda masked: masked.name,
    ],
)  # fmt: skip
def test_whoever_does_not_open_it_gets_an_error_without_it(attack: Callable[[Any], object]) -> None:
    with pytest.raises((TypeError, AttributeError)) as caught:
        attack(Masked(CANARY))
    assert CANARY not in "".join(traceback.format_exception(caught.value)).replace(f'"{CANARY}"', "")


def test_an_empty_one_looks_like_any_other() -> None:
    assert bool(Masked("")) is bool(Masked(CANARY)) is True
    assert Template("{% if v %}yes{% endif %}").render(Context({"v": Masked("")})) == "yes"


def test_comparing_half_a_character_ends_in_no_error() -> None:
    assert Masked("Zo\ud800") != Masked("Zoë")
    assert Masked("Zo\ud800") == Masked("Zo\ud800")


def test_a_chain_of_errors_shows_dots() -> None:
    masked = Masked(CANARY)
    try:
        try:
            raise KeyError(masked)
        except KeyError as cause:
            raise ExceptionGroup("several", [ValueError(masked), TypeError({"name": masked})]) from cause
    except ExceptionGroup as group:
        text = "".join(traceback.TracebackException.from_exception(group, capture_locals=True).format())
    assert DOTS in text
    assert CANARY not in text
