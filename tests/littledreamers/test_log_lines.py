"""No line of any program says a value: not a name, not an address, not SQL, not the words of an error (P58, F22)."""

import ast
import asyncio
import json
import logging
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from gunicorn.config import Config

from littledreamers import private_process
from littledreamers.gunicorn_log import GunicornLog
from privacy.masked import DOTS
from tests.faults.overheard import overheard

ROOT = Path(__file__).resolve().parents[2]
APPS = ("littledreamers", "refunds", "orders", "books", "privacy", "accounts")
NAME = "Canary Quillfeather"
somebody = logging.getLogger("somebody.elses")


def said_by(say: Any) -> tuple[str, dict[str, Any]]:
    """The whole text of what was logged, and its last line as JSON."""
    with overheard() as said:
        say()
    lines = said.getvalue().splitlines()
    return said.getvalue(), json.loads(lines[-1]) if lines else {}


def test_of_a_line_of_somebody_else_numbers_stay_and_texts_go() -> None:
    which = UUID(int=7)
    text, line = said_by(lambda: somebody.error("%s is %d, %r of %s", NAME, 5, ValueError(NAME), which))
    assert line["event"] == f"{DOTS} is 5, 'ValueError' of {which}"
    assert line["logger"] == "somebody.elses"
    assert line["place"].startswith("test_log_lines.py:")
    assert NAME not in text
    text, line = said_by(lambda: somebody.error("%(who)s turns %(age)d", {"who": NAME, "age": 5}))
    assert line["event"] == f"{DOTS} turns 5"
    assert said_by(lambda: somebody.error("%d years", NAME))[1]["event"] == "%d years"


def test_words_that_stand_in_the_source_stay_and_words_put_together_go() -> None:
    assert said_by(lambda: somebody.warning("the workshop is closed"))[1]["event"] == "the workshop is closed"
    for say in (
        lambda: somebody.warning(f"cannot draw {NAME}"),
        lambda: somebody.warning("cannot draw " + NAME + " of %s", 5),
        lambda: somebody.warning(ValueError(NAME)),
        lambda: somebody.warning({"name": NAME}),
    ):
        text, line = said_by(say)
        assert line["event"] == DOTS
        assert NAME not in text


def test_an_error_is_its_kind_its_places_and_those_of_its_causes() -> None:
    def fail() -> None:
        try:
            raise KeyError(NAME)
        except KeyError as cause:
            raise OSError(5, "Input/output error", f"/photos/{NAME}.jpg") from cause

    def say() -> None:
        try:
            fail()
        except OSError:
            somebody.exception("failed", stack_info=True)

    text, line = said_by(say)
    assert (line["error"], line["because"][0]["error"]) == ("OSError", "KeyError")
    assert any("test_log_lines.py" in place and place.endswith(" fail") for place in line["traceback"])
    assert NAME not in text


@pytest.mark.django_db
def test_sql_is_not_told_even_by_a_logger_that_somebody_turned_on() -> None:
    """Its level and its handlers set to tell everything, on a connection that is made to talk."""
    log = logging.getLogger("django.db.backends")
    level, propagate = log.level, log.propagate
    log.setLevel(logging.DEBUG)
    log.propagate = True
    connection.force_debug_cursor = True
    try:
        with overheard() as said, connection.cursor() as cursor:
            cursor.execute("SELECT %s", [NAME])
            assert cursor.fetchone()[0] == NAME
    finally:
        connection.force_debug_cursor = False
        log.setLevel(level)
        log.propagate = propagate
    assert said.getvalue().count("django.db.backends") >= 2
    assert NAME not in said.getvalue()
    assert not log.isEnabledFor(logging.ERROR)


def test_uncaught_errors_of_threads_tasks_and_destructors_and_warnings(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import sys

    for module, name in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    private_process.quiet_errors()

    class Falls:
        def __del__(self) -> None:
            raise ValueError(NAME)

    def fail() -> None:
        raise ValueError(NAME)

    async def fails() -> None:
        asyncio.get_running_loop().call_soon(fail)
        await asyncio.sleep(0)

    with overheard() as said, warnings.catch_warnings():
        warnings.showwarning = private_process._warned
        warnings.simplefilter("always")
        thread = threading.Thread(target=fail, name=NAME)
        thread.start()
        thread.join()
        Falls()
        asyncio.run(fails())
        warnings.warn(f"cannot draw {NAME}", stacklevel=1)
        sys.excepthook(ValueError, ValueError(NAME), None)
    told = said.getvalue()
    assert told.count('"event": "uncaught error"') == 3
    assert told.count('"error": "ValueError"') == 4
    assert '"kind": "UserWarning"' in told
    written = capfd.readouterr()
    assert NAME not in told + written.out + written.err


def test_p58_gunicorn_writes_like_the_shop(tmp_path: Path) -> None:
    config = Config()
    config.set("errorlog", str(tmp_path / "errors"))
    config.set("accesslog", str(tmp_path / "access"))
    log = GunicornLog(config)
    link = f"/orders/open/LD-123456.{NAME}/"
    try:
        raise ValueError(NAME)
    except ValueError:
        log.exception("Error handling request %s", link)
    log.info("Booting worker with pid: %s", 4711)
    environ = {"REMOTE_ADDR": "192.0.2.7", "RAW_URI": link, "REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1"}
    log.access(SimpleNamespace(status="200", headers=[], sent=1), SimpleNamespace(headers=[]), environ, None)
    for one in (log.error_log, log.access_log):
        one.handlers.clear()
        one.propagate = True
    written = (tmp_path / "errors").read_text()
    assert f"Error handling request {DOTS}" in written
    assert "Booting worker with pid: 4711" in written
    assert "ValueError" in written
    for hidden in (NAME, "192.0.2.7", "LD-123456"):
        assert hidden not in written
    assert (tmp_path / "access").read_text() == ""


@pytest.mark.django_db
def test_p58_no_line_about_a_request_knows_path_address_or_visitor(client: Client) -> None:
    headers = {"User-Agent": NAME, "Referer": f"/{NAME}", "X-Forwarded-For": "192.0.2.9"}
    with overheard() as said:
        for path in ("/", "/healthz", f"/orders/open/{NAME}/", f"/basket/?name={NAME}", "/admin/"):
            client.get(path, headers=headers, REMOTE_ADDR="192.0.2.7")
        client.post("/account/login/", {"login": f"{NAME}@example.test", "password": make_password("x")})
        client.get("/", headers={"Host": f"{NAME}.example"})
    told = said.getvalue()
    assert told.count('"event": "request"') == 7
    for hidden in (NAME, "192.0.2", "/orders/open", "example.test"):
        assert hidden not in told
    answered = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert len({line["request_id"] for line in answered if "request_id" in line}) == 7


def log_calls() -> Iterator[tuple[str, ast.Call]]:
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in ("debug", "info", "warning", "error", "exception", "critical")
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id in ("log", "_log", "logger")
                ):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


# What our own lines may carry beside their constant words: ids, counts, kinds. Nobody's name, no free text.
FIELDS = {
    "attempt", "batch", "blobs", "children", "code", "count", "error", "event", "exc_info", "files", "job",
    "keys", "kind", "mail", "method", "ms", "order", "payment", "place", "problem", "problems", "queue",
    "reason", "refund", "report", "revision", "route", "rows", "seconds", "status", "step", "task", "template",
    "tries", "trouble", "type", "webhook",
}  # fmt: skip


def test_p58_our_own_lines_are_constant_words_with_known_fields() -> None:
    calls = list(log_calls())
    assert len(calls) > 20
    for where, call in calls:
        assert isinstance(call.args[0], ast.Constant), f"{where}: words put together"
        # `**fields` is allowed for counts alone, whose names their dataclass gives.
        unknown = {keyword.arg for keyword in call.keywords if keyword.arg is not None} - FIELDS
        assert not unknown, f"{where}: is {unknown} never personal? Then name it in FIELDS"
