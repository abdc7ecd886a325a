"""What becomes of photos, watched from a process of its own: a decoder's memory is measured as that of a child, and a
child begins with its parent's. Imports no models, so that the process need not set up the shop."""

import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from books import photo
from books.photo import PhotoRejected


@dataclass(frozen=True)
class Outcome:
    """What became of one file. `message`: why it was refused, None if it was accepted. `seconds`: of processor time in
    the decoder and around it. `memory`: MB at the highest point of any decoder so far."""

    kind: str
    message: str | None
    seconds: float
    memory: float
    ended: list[int | None]


def upload_all(files: list[tuple[str, bytes]]) -> tuple[list[Outcome], float]:
    """What becomes of each file, and how many MB this process itself ever needed."""
    started: list[subprocess.Popen[bytes]] = []

    class Seen(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            started.append(self)

    outcomes = []
    with patch.object(subprocess, "Popen", Seen):
        for kind, data in files:
            started.clear()
            before, message = _processor(), None
            try:
                photo.sanitise(data)
            except PhotoRejected as refused:
                message = refused.message
            memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            ended = [process.returncode for process in started]
            outcomes.append(Outcome(kind, message, _processor() - before, memory, ended))
    return outcomes, _most_ever()


def _most_ever() -> float:
    """MB this process needed at its highest point. `ru_maxrss` would count what its parent needed before it began."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _processor() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + spent.ru_utime + spent.ru_stime
