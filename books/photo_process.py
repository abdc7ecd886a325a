"""The process that looks at photos and paints from them (`books.likeness_worker`), and what may go wrong with it."""

import atexit
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL
from typing import TypeVar

import numpy as np
import structlog

from books import likeness_worker
from books.photo import Picture

log = structlog.get_logger("littledreamers.likeness")

START_SECONDS = 20.0

T = TypeVar("T")


class PhotoProcess:
    """One such process, started when it is first needed. Whatever happens to it, the worst is no answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        atexit.register(self.end)

    def answer(
        self, job: int, picture: Picture, *, longest: int, seconds: float, read: Callable[[bytes], T]
    ) -> T | None:
        """What `read` makes of the answer (at most `longest` bytes; it raises ValueError where that makes no sense), or
        None after a crash, a hang of `seconds` or a queue that is too long."""
        if not self._lock.acquire(timeout=seconds):
            return None
        try:
            return read(self._asked(job, picture, longest, seconds))
        except (OSError, EOFError, ValueError) as error:
            log.warning("no answer about a photo", reason=type(error).__name__)
            self.end()
            return None
        finally:
            self._lock.release()

    def _asked(self, job: int, picture: Picture, longest: int, seconds: float) -> bytes:
        process = self._started()
        with _deadline(process, seconds):
            _write(process, likeness_worker.REQUEST.pack(job, picture.width, picture.height))
            _write(process, picture.pixels.reveal())
            (length,) = likeness_worker.LENGTH.unpack(_read(process, likeness_worker.LENGTH.size))
            if length > longest:
                raise ValueError("an answer of this length")
            return _read(process, length)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._owner == os.getpid() and self._process.poll() is None:
            return self._process
        if self._owner != os.getpid():
            self._process = None  # another process's child
        self.end()
        root = Path(__file__).resolve().parent.parent
        packages = Path(np.__file__).parent.parent
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(likeness_worker.__file__)), str(root), str(packages)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,  # nothing of a photo stays in a buffer of ours
            # Threads of its own would not live through a fork.
            env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            cwd="/",
            start_new_session=True,
        )
        self._owner = os.getpid()
        with _deadline(self._process, START_SECONDS):
            if _read(self._process, len(likeness_worker.READY)) != likeness_worker.READY:
                raise ValueError("not ready")
        return self._process

    def end(self) -> None:
        """With everything it has forked."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        _kill(process)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


class _deadline:  # noqa: N801 (reads like a function)
    """Kills the process if what is done meanwhile takes longer."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        self._timer = threading.Timer(seconds, _kill, [process])
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, SIGKILL)


def _write(process: subprocess.Popen[bytes], data: bytes) -> None:
    assert process.stdin is not None
    rest = memoryview(data)
    while rest:
        rest = rest[process.stdin.write(rest) :]


def _read(process: subprocess.Popen[bytes], length: int) -> bytes:
    assert process.stdout is not None
    parts = bytearray()
    while len(parts) < length:
        part = process.stdout.read(length - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
