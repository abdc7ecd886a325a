"""A proof passes only when everything was looked at, could have been found, and was not there."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from littledreamers.proof.report import PlaceSearched, Report, Restored, Searching
from littledreamers.proof.search import Hit

HIT = Hit("logs", "logs/web.log", "name", "UTF-8")


def passed() -> Report:
    return Report(
        at=datetime(2026, 11, 22, tzinfo=UTC),
        database="SQLite",
        queue="embedded queue",
        planted=600,
        searches=[Searching(day, [PlaceSearched("logs", 5, 3_000_000)]) for day in ("day 1", "day 14")],
        readable_on_day_13=Restored("on day 13", 75, 75),
        pages_on_day_13={"/": 200},
        pages_on_day_14={"/": 410},
        left_on_day_14={"rows of the vault": 0},
        restored=[Restored("on day 15", 75, 0)],
        seconds={"orders": 20.0, "search": 5.25},
    )


def test_a_proof_in_which_nothing_was_found_passes() -> None:
    report = passed()
    assert report.passed, list(report.problems())
    assert list(report.lines())[-1].startswith("FORGOTTEN: 1 places, 10 files and 6 MiB searched in 25.2 s on SQLite")


def _change(**changes: object) -> Callable[[Report], None]:
    def change(report: Report) -> None:
        for name, value in changes.items():
            setattr(report, name, value)

    return change


@pytest.mark.parametrize(
    "spoil",
    [
        _change(planted=0),
        _change(missed=["name as gzip in logs"]),
        _change(searches=passed().searches[:1]),
        _change(searches=[Searching("day 1", [], [HIT]), Searching("day 14", [])]),
        _change(readable_on_day_13=None),
        _change(readable_on_day_13=Restored("on day 13", 75, 74)),
        _change(readable_on_day_13=Restored("on day 13", 0, 0)),
        _change(pages_on_day_13={}),
        _change(pages_on_day_13={"/": 404}),
        _change(pages_on_day_14={}),
        _change(pages_on_day_14={"/": 410, "/page-0.jpg": 200}),
        _change(left_on_day_14={"rows of the vault": 1}),
        _change(restored=[]),
        _change(restored=[Restored("on day 15", 75, 1)]),
        _change(restored=[Restored("on day 15", 0, 0)]),
    ],
    ids=lambda change: "",
)
def test_whatever_is_missing_or_wrong_keeps_it_from_passing(spoil: Callable[[Report], None]) -> None:
    report = passed()
    spoil(report)
    assert not report.passed
    assert list(report.lines())[-1].startswith("NOT PROVEN")


def test_the_summary_is_flat_and_the_json_whole() -> None:
    report = passed()
    report.searches[0].hits.append(HIT)
    assert report.summary() == {
        "database": "SQLite", "queue": "embedded queue", "places": 1, "files": 10, "bytes": 6_000_000, "hits": 1,
        "seconds": 25.2, "readable_after_restore": 0,
    }  # fmt: skip
    whole = json.loads(json.dumps(report.as_json()))
    assert whole["passed"] is False
    assert whole["searches"][0]["hits"] == [
        {"place": "logs", "file": "logs/web.log", "canary": "name", "encoding": "UTF-8"}
    ]


def test_every_hit_is_named_by_place_file_and_encoding() -> None:
    report = passed()
    report.searches[1].hits.append(HIT)
    assert "HIT  logs: logs/web.log: name, as UTF-8" in list(report.lines())
