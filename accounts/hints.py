"""Telling the worker that a row waits.

The row is the truth and a sweeper will find it; the message only makes it quick. So a broker that is down costs
seconds, never work and never the request that did the work.
"""

from collections.abc import Callable
from typing import Any

import structlog
from django.db import transaction

log = structlog.get_logger("littledreamers.hints")


def hint(task: Any, *ids: int) -> None:
    """Send a message with ids once the current transaction is committed; a broker that is down is only logged.

    Raises TypeError for anything but whole numbers: no words travel through the broker.
    """
    if not all(type(one) is int for one in ids):
        raise TypeError("A hint carries ids and nothing else.")
    transaction.on_commit(_sender(task, ids), robust=True)


def _sender(task: Any, ids: tuple[int, ...]) -> Callable[[], None]:
    def send() -> None:
        try:
            task.apply_async(ids, retry=True, retry_policy={"max_retries": 0})
        except (OSError, task.app.connection_for_write().connection_errors) as error:
            log.warning("hint lost", task=task.name, error=type(error).__name__)

    return send
