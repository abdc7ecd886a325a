"""Log lines of background work name the task, and the request that asked for it, so that a failure can be followed."""

from typing import Any

import structlog
from celery import signals

HEADER = "request_id"


@signals.before_task_publish.connect
def _send_along(headers: dict[str, Any] | None = None, **_kwargs: Any) -> None:
    """Give a message the id of the request, or of the task, in which it is sent. Nothing else travels with it."""
    asked = structlog.contextvars.get_contextvars()
    if headers is not None and (known := asked.get(HEADER)):
        headers[HEADER] = known


@signals.task_prerun.connect
def _begin(task: Any, task_id: str, **_kwargs: Any) -> None:
    if task.request.is_eager:  # it runs inside a request, whose id is bound already
        return
    structlog.contextvars.clear_contextvars()
    known = task.request.get(HEADER)
    structlog.contextvars.bind_contextvars(
        task=task.name, task_id=task_id, **({HEADER: str(known)[:32]} if known else {})
    )


@signals.task_postrun.connect
def _end(task: Any, **_kwargs: Any) -> None:
    if not task.request.is_eager:
        structlog.contextvars.clear_contextvars()
