"""Messages between processes carry ids, and nothing remembers how a task ended."""

import inspect
import json
import warnings
from pathlib import Path
from typing import Any

import pytest
import structlog
from celery.app.trace import trace_task
from django.conf import settings
from kombu.connection import Connection

from accounts import hints
from books.tasks import render_revision
from littledreamers import task_log
from littledreamers.celery import app
from tests.faults.overheard import overheard
from tests.faults.test_f22_forced_errors import tasks


def test_every_task_takes_ids_and_nothing_else() -> None:
    for name, task in tasks().items():
        for parameter in inspect.signature(task.run).parameters.values():
            assert parameter.annotation is int, f"{name}: {parameter} is no id"
            assert parameter.name.endswith(("_id", "_pk")), f"{name}: {parameter}"
    assert all(set(entry) <= {"task", "schedule", "options"} for entry in app.conf.beat_schedule.values())


def test_nothing_remembers_how_a_task_ended() -> None:
    assert app.conf.result_backend is None
    assert app.conf.task_ignore_result is True
    assert not app.conf.task_store_errors_even_if_ignored
    for event in ("worker_send_task_events", "task_send_sent_event", "worker_enable_remote_control"):
        assert getattr(app.conf, event) is False, event
    assert all(task.ignore_result and not task.store_errors_even_if_ignored for task in tasks().values())


def test_hints_refuse_words() -> None:
    with pytest.raises(TypeError, match="ids"):
        hints.hint(render_revision, "Zephyrine")  # type: ignore[arg-type]


@pytest.fixture
def sent(tmp_path: Path) -> Any:
    """Sends a real message through the embedded queue and reads it from its file."""

    def send(*ids: int) -> dict[str, Any]:
        folders = ("data_folder_in", "data_folder_out", "control_folder")
        for name in folders:
            (tmp_path / name).mkdir(exist_ok=True)
        both = str(tmp_path / "data_folder_in")
        options = {"data_folder_in": both, "data_folder_out": both, "control_folder": str(tmp_path / "control_folder")}
        with Connection("folder://localhost//", transport_options=options) as connection:
            task = app.tasks["books.render_revision"]
            with warnings.catch_warnings(action="ignore"):  # of the tests' eager queue
                app.send_task(task.name, ids, connection=connection, queue="press")
        (file,) = Path(both).glob("*.msg")
        message: dict[str, Any] = json.loads(file.read_text())
        file.unlink()
        return message

    return send


def test_p58_a_real_message_is_ids_and_the_request_that_asked(sent: Any) -> None:
    structlog.contextvars.clear_contextvars()
    assert task_log.HEADER not in sent(7)["headers"]
    with structlog.contextvars.bound_contextvars(request_id="abcdef0123456789", visitor="Zephyrine"):
        message = sent(7)
    headers = message["headers"]
    assert headers[task_log.HEADER] == "abcdef0123456789"
    assert (headers["argsrepr"], headers["kwargsrepr"]) == ("(7,)", "{}")
    assert "Zephyrine" not in json.dumps(message)


def test_p58_the_lines_of_a_task_name_it_and_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    task = tasks()["books.render_revision"]
    monkeypatch.setattr(task, "__trace__", None, raising=False)
    log = structlog.get_logger("littledreamers.books")
    for answer in (lambda _id: log.info("drawn"), lambda _id: 1 / 0):
        monkeypatch.setattr(task, "run", answer)
        monkeypatch.setattr(task, "__trace__", None, raising=False)
        request = {"id": "t-1", "task": task.name, task_log.HEADER: "abcdef0123456789"}
        with overheard() as said:
            trace_task(task, "t-1", [7], {}, request, app=app)
        line = next(json.loads(line) for line in said.getvalue().splitlines() if line.startswith("{"))
        assert (line["task"], line["task_id"], line["request_id"]) == (task.name, "t-1", "abcdef0123456789")
        assert structlog.contextvars.get_contextvars() == {}
    assert line["error"] == "ZeroDivisionError"
    assert settings.CELERY_TASK_IGNORE_RESULT
