"""What is taken out of every log line before it is written: paths, messages of errors, values of variables."""

import sys
from collections.abc import MutableMapping
from typing import Any


def no_addresses(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Django names the path of a failed request, and paths hold signed links: keep the status only."""
    record = event.get("_record")
    if record is not None and record.name.startswith("django.request"):
        event["event"] = f"request answered {getattr(record, 'status_code', 500)}"
    return event


def plain_traceback(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Write an exception as its type and the places it came through; messages and variables may hold personal data."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        error = (type(error), error, error.__traceback__)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple) and error[0] is not None:
        places = []
        tb = error[2]
        while tb is not None:
            code = tb.tb_frame.f_code
            places.append(f"{code.co_filename}:{tb.tb_lineno} {code.co_name}")
            tb = tb.tb_next
        event["error"] = error[0].__name__
        event["traceback"] = places
    return event
