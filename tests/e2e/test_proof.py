"""The whole proof of forgetting, with real processes: it passes for the shop and fails for one that leaks (F3-F5)."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import KINDS
from tests.e2e.installation import ROOT

pytestmark = pytest.mark.e2e
PATIENCE_SECONDS = 600


def prove(folder: Path, kind: str, *, settings: str = "littledreamers.settings") -> tuple[int, dict[str, Any]]:
    """Exit code and report of one run."""
    left_out = {"DATABASE_URL", "REDIS_URL", "DATA_DIR"}
    environment = {name: value for name, value in os.environ.items() if name not in left_out} | {
        "DATA_DIR": str(folder / "var"),
        "PUBLISHED_DIR": str(ROOT / ".cache" / "published"),
        "DJANGO_SETTINGS_MODULE": settings,
    }
    if kind == "services":
        environment["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
        environment["REDIS_URL"] = os.environ["TEST_REDIS_URL"]
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "prove_forgetting", "--json", "--no-record", f"--{kind}"],
        env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("kind", KINDS)
def test_f03_f04_f05_nothing_is_found_on_day_1_after_day_14_or_in_a_backup(kind: str, tmp_path: Path) -> None:
    code, report = prove(tmp_path, kind)
    assert (code, report["problems"]) == (0, [])
    assert report["planted"] > 500
    assert report["summary"]["hits"] == report["summary"]["readable_after_restore"] == 0
    # How many there are depends on how far the pages in full quality had come when the processes ended.
    assert report["readable_on_day_13"]["readable"] == report["readable_on_day_13"]["items"] > 30
    searched = {place["name"]: place["files"] for place in report["searches"][0]["places"]}
    assert {"database rows", "sessions", "pictures and books (blobs)", "logs", "mail", "key store"} <= set(searched)
    assert searched["mail"] > 10
    assert searched["pictures and books (blobs)"] > 30
    assert not any((tmp_path / "var" / "tmp").iterdir()), "the scratch installation was left behind"


def test_f03_f04_f05_a_shop_that_logs_names_and_keeps_keys_is_found_out(tmp_path: Path) -> None:
    code, report = prove(tmp_path, "embedded", settings="tests.e2e.sabotaged")
    assert code == 1
    day_1, day_14 = report["searches"]
    for search in (day_1, day_14):
        assert {(hit["place"], hit["file"], hit["canary"]) for hit in search["hits"]} >= {
            ("logs", "logs/web.log", canary) for canary in ("name", "changed name", "name in refused answers")
        }
        assert {hit["place"] for hit in search["hits"]} == {"logs"}
    assert report["left_on_day_14"]["keys of children or of their hour"] > 0
    assert [restored["readable"] > 0 for restored in report["restored"]] == [True, True]
