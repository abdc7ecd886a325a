"""Planted canaries are found in every kind of place; the command's verdict, lock and weekly run."""

import fcntl
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from accounts.models import OutgoingMail
from littledreamers.management.commands import prove_forgetting
from littledreamers.proof import planting, proving, weekly
from littledreamers.proof.databases import Database, PostgreSQL, Rows, Sessions, SQLite
from littledreamers.proof.places import Files, Mails, Place
from littledreamers.proof.redis_keys import RedisKeys
from littledreamers.proof.scratch import CannotRun
from littledreamers.proof.search import Search
from privacy import proofs
from tests.littledreamers.test_proof_report import HIT, passed

CANARIES = planting.stand_ins()
SEARCH = Search(CANARIES)
PLANTS = planting.everything(CANARIES)


def found_all(place: Place) -> int:
    """Plants, finds each where it was planted, weeds; returns how many."""
    assert not proving.look(SEARCH, [place])[1]
    expected = place.plant(PLANTS)
    hits = proving.look(SEARCH, [place])[1]
    found = {(hit.file, hit.canary) for hit in hits}
    assert all(not where or (where, plant.canary) in found for where, plant in expected)
    assert hits
    place.weed()
    assert not proving.look(SEARCH, [place])[1]
    return len(expected)


def test_f04_every_plant_is_found_in_files_and_mails(tmp_path: Path) -> None:
    assert found_all(Files("logs", [tmp_path])) == len(PLANTS)
    assert found_all(Mails("mail", [tmp_path])) == len(PLANTS)


@pytest.fixture
def database(tmp_path: Path) -> Any:
    """A database of its own, on the server that the tests use."""
    made: Database
    if django_settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        made = SQLite(tmp_path / "db.sqlite3")
    else:
        made = PostgreSQL(os.environ["DATABASE_URL"])
    with closing(made.connect()) as connection:
        connection.execute("CREATE TABLE django_session (session_key text, session_data text, expire_date text)")
    yield made
    made.drop()


def test_f04_every_plant_is_found_in_rows_and_sessions(database: Database) -> None:
    assert found_all(Rows("rows", database)) == len(PLANTS)
    assert 20 < found_all(Sessions("sessions", database)) < len(PLANTS)


def test_f04_plants_are_found_in_the_databases_own_files(database: Database) -> None:
    places, not_searched = database.places(0)
    for place in places:
        if place.plant(PLANTS[:5]):
            hits = proving.look(SEARCH, [place])[1]
            assert "name" in {hit.canary for hit in hits}, place.name
            place.weed()
    assert places or not_searched


def test_f05_a_copy_of_a_database_is_whole_and_apart(database: Database, tmp_path: Path) -> None:
    with closing(database.connect()) as connection:
        connection.execute("INSERT INTO django_session VALUES ('a', 'b', 'c')")
    copy = database.copy(tmp_path / "copy.sqlite3")
    try:
        with closing(database.connect()) as connection:
            connection.execute("DELETE FROM django_session")
        with closing(copy.connect()) as connection:
            assert connection.execute("SELECT count(*) FROM django_session").fetchone()[0] == 1
    finally:
        copy.drop()


@pytest.mark.parametrize("cache", [False, True], ids=["queue", "cache"])
def test_f04_every_plant_is_found_in_redis(cache: bool) -> None:
    if not django_settings.REDIS_URL:
        pytest.skip("needs Redis")
    keys = RedisKeys("Redis", django_settings.REDIS_URL, "proof-of-a-test-", cache)
    try:
        assert found_all(keys) == len(PLANTS)
    finally:
        keys.remove_all()
    assert keys.keys() == []


def test_what_is_mounted_below_a_folder_is_not_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "mounted"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"x")
    monkeypatch.setattr("os.path.ismount", lambda path: Path(path).name == "mounted")
    assert [path.parent.name for path in Files("x", [tmp_path]).paths()] == ["a"]


def test_a_place_may_end_some_folders_down(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "a", tmp_path / "a" / "b"):
        (folder / "file").write_bytes(b"x")
    assert len(list(Files("x", [tmp_path]).paths())) == 3
    assert len(list(Files("x", [tmp_path], deepest=1).paths())) == 2


# --- the command ---------------------------------------------------------


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """Runs the command with a proof that has this outcome; returns exit code, output and errors."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr(prove_forgetting.Command, "_published", lambda self: tmp_path)

    def command(outcome: Any, *options: str) -> tuple[int, str, str]:
        def instead(self: object) -> Any:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(proving.Proof, "run", instead)
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command("prove_forgetting", *options, stdout=out, stderr=err)
        except SystemExit as ended:
            return int(ended.code or 0), out.getvalue(), err.getvalue()
        return 0, out.getvalue(), err.getvalue()

    return command


def found_something() -> Any:
    report = passed()
    report.searches[0].hits.append(HIT)
    return report


@pytest.mark.django_db
def test_f03_the_exit_code_and_the_record_say_how_it_went(run: Callable[..., tuple[int, str, str]]) -> None:
    assert run(passed(), "--no-record")[0] == 0
    assert proofs.latest() is None
    code, out, _ = run(passed(), "--json")
    assert (code, json.loads(out)["passed"]) == (0, True)
    latest = proofs.latest()
    assert latest is not None
    assert (latest.passed, latest.summary["hits"]) == (True, 0)
    assert run(found_something())[0] == 1
    assert proofs.latest().passed is False  # type: ignore[union-attr]


@pytest.mark.django_db
def test_what_could_not_run_is_no_verdict(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = run(CannotRun("There is no room."))
    assert (code, "There is no room." in err, proofs.latest()) == (2, True, None)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert run(passed(), "--services")[0] == 2


def test_two_proofs_never_run_at_once(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    with (tmp_path / "proof.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, _, err = run(passed(), "--no-record")
    assert (code, "Another proof is running" in err) == (2, True)


# --- every week ----------------------------------------------------------


@pytest.mark.django_db
def test_it_is_due_once_a_week_and_a_day_after_it_failed(settings: Settings) -> None:
    now = timezone.now()
    assert not weekly.due(now)  # switched off in tests
    settings.PROOF_INTERVAL = timedelta(days=7)
    assert weekly.due(now)
    proofs.record(at=now, passed=True, summary={})
    assert not weekly.due(now + timedelta(days=6, hours=23))
    assert weekly.due(now + timedelta(days=7))
    proofs.record(at=now, passed=False, summary={})
    assert not weekly.due(now + timedelta(hours=23))
    assert weekly.due(now + timedelta(days=1))


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "mails"), [(0, 0), (1, 1), (2, 1)])
def test_the_owner_is_told_once_a_day_when_it_fails(monkeypatch: pytest.MonkeyPatch, code: int, mails: int) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], code))
    assert [weekly.run(), weekly.run()] == [code == 0] * 2
    kept = OutgoingMail.objects.filter(template="proof_failed", recipient=django_settings.CONTROLLER["email"])
    assert kept.count() == mails


def test_a_shifted_process_has_another_day_and_time_since_boot() -> None:
    program = (
        "import os, time, types, sys; from littledreamers import shifted_clock;"
        "clock = types.ModuleType('privacy.clock'); clock.since_boot = lambda: 100.0;"
        "sys.modules['privacy.clock'] = clock;"
        "before = time.time(); shifted_clock.shift({'CLOCK_AHEAD': '86400', 'BOOT_AHEAD': '172800'});"
        "print(round(time.time() - before), clock.since_boot())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["86400", "172900.0"]


class _Server:
    """A connection to a PostgreSQL server that says where its files are and who it is."""

    def __init__(self, folder: Path, identity: int) -> None:
        self.answers = {"SHOW data_directory": str(folder)}
        self.identity = identity

    def execute(self, statement: str) -> "_Server":
        self.said = self.answers.get(statement, self.identity)
        return self

    def fetchone(self) -> tuple[object]:
        return (self.said,)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("identity", "ours"), [(4711, True), (4712, False)])
def test_f04_a_folder_of_another_server_is_not_taken_for_ours(
    identity: int, ours: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "global").mkdir()
    (tmp_path / "global" / "pg_control").write_bytes((4711).to_bytes(8, sys.byteorder) + bytes(100))
    (tmp_path / "base" / "1").mkdir(parents=True)
    monkeypatch.setattr(PostgreSQL, "connect", lambda _self: _Server(tmp_path, identity))
    made = object.__new__(PostgreSQL)
    made.server = "postgres://shop@127.0.0.1/shop"
    assert (made._data_directory() == tmp_path) is ours
