"""The hourly sweep: runs every erasing function that the records name, for whatever is due (P10, P36)."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from accounts.claims import Runs
from privacy import inventory

log = logging.getLogger(__name__)

BATCH = 500
ROUNDS = 40


def erase_due(*, now: datetime | None = None, batch: int = BATCH, rounds: int = ROUNDS) -> dict[str, int]:
    """Erase what is due, at most `batch` rows at a time and `rounds` times as many of each kind; the rest is for the
    next hour. Returns how many rows by function; one that fails is logged and keeps none of the others waiting."""
    at = now or timezone.now()
    done: dict[str, int] = {}
    for path, function in erasers().items():
        try:
            for _ in range(rounds):
                count = function(now=at, batch=batch)
                done[path] = done.get(path, 0) + count
                if count < batch:
                    break
        except Exception as error:
            # The type only: a message of the database may quote the row.
            log.error("An erasing function failed: %s (%s)", path, type(error).__name__)
    return done


def erasers() -> dict[str, Callable[..., int]]:
    """The functions that the sweep runs, by their dotted paths."""
    swept = (record for record in inventory.records() if record.runs is Runs.SWEEP and record.erased_by)
    return {record.erased_by: inventory.eraser(record) for record in swept}
