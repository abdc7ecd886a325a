"""What a log line may say: where something happened and what kind of thing it was, never a value that a person typed.

Our own lines (structlog) are constant words with ids. A line of anybody else's (Django, Celery, gunicorn, Pillow) keeps
its words only where they stand in that program's source, and of its values the numbers; paths, addresses, names, SQL
and the messages of errors become dots (P58, F22).
"""

import ast
import sys
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

import structlog
from django.core.exceptions import ImproperlyConfigured

from privacy.masked import DOTS

Event = MutableMapping[str, Any]
# Of Celery's messages about a task: what it is called in the code, and the message's random id.
_OF_A_TASK = ("name", "id", "runtime")
# Errors whose words are about the program and its settings, never about data.
_ABOUT_CODE = (NameError, ImportError, ModuleNotFoundError, ImproperlyConfigured)
_CHAIN = 5  # causes of an error that are written down


def formatter(*, plain: bool) -> dict[str, Any]:
    """What makes structlog's `ProcessorFormatter` write every line of every logger: for people, or as JSON."""
    renderer: Any = structlog.dev.ConsoleRenderer(colors=False) if plain else structlog.processors.JSONRenderer()
    return {
        "foreign_pre_chain": [*SHARED, no_values],
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, plain_traceback, renderer],
        "use_get_message": False,
        "pass_foreign_args": True,
    }


def no_values(_logger: Any, _name: str, event: Event) -> Event:
    """Take the values out of a line that another program wrote."""
    record, args = event["_record"], event.pop("positional_args", ())
    words = str(event["event"])
    status = getattr(record, "status_code", None)
    if record.name.startswith(("django.request", "django.server")):
        # Django names the path of a failed request, and paths hold signed links: keep the status only.
        event["event"] = f"request answered {status or 500}"
        return event
    event["logger"], event["place"] = record.name, f"{Path(record.pathname).name}:{record.lineno}"
    if status is not None:
        event["status"] = status
    if record.name == "celery.app.trace" and isinstance(data := getattr(record, "data", None), Mapping):
        event["event"] = "task " + str(data.get("description", "failed" if record.exc_info else "done"))
        event.update((key, data[key]) for key in ("name", "id") if key in data)
        return event
    if not isinstance(record.msg, str) or words not in _written(
        record.pathname
    ):  # put together while the program ran: who knows of what
        event["event"] = DOTS
        return event
    if not args:
        return event
    keep = _OF_A_TASK if record.name.startswith("celery.") else ()
    if isinstance(args, tuple) and len(args) == 1 and isinstance(args[0], Mapping):
        args = args[0]
    said: Any = (
        {key: value if key in keep else _number(value) for key, value in args.items()}
        if isinstance(args, Mapping)
        else tuple(_number(value) for value in args)
    )
    try:
        event["event"] = words % said
    except (TypeError, ValueError, KeyError):  # a number was expected and something else came
        event["event"] = words
    return event


def plain_traceback(_logger: Any, _name: str, event: Event) -> Event:
    """Write an exception as its type and the places it came through; messages and variables may hold personal data."""
    error = event.pop("exc_info", None)
    event.pop("exception", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    if not isinstance(error, BaseException):
        return event
    event["error"] = type(error).__name__
    if type(error) in _ABOUT_CODE:
        event["words"] = str(error)
    event["traceback"] = places(error.__traceback__)
    causes: list[dict[str, Any]] = []
    while len(causes) < _CHAIN:
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if error is None:
            break
        causes.append({"error": type(error).__name__, "traceback": places(error.__traceback__)})
    if causes:
        event["because"] = causes
    return event


def places(tb: TracebackType | None) -> list[str]:
    """Files, lines and functions of a traceback, outermost first."""
    found = []
    while tb is not None:
        code = tb.tb_frame.f_code
        found.append(f"{code.co_filename}:{tb.tb_lineno} {code.co_name}")
        tb = tb.tb_next
    return found


def _number(value: object) -> object:
    """What says nothing about anybody: a number, a random id, the kind of an error."""
    if value is None or isinstance(value, bool | int | float | UUID):
        return value
    if isinstance(value, BaseException):
        return type(value).__name__
    return DOTS


@lru_cache(maxsize=128)
def _written(path: str) -> frozenset[str]:
    """Every text that stands as it is in a source file; empty for a file that cannot be read."""
    try:
        tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return frozenset()
    return frozenset(
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
