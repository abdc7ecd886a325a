"""What every process of the shop does before it works: nothing of its memory gets out by accident.

Web, workers and management commands all pass here (`LittleDreamersConfig.ready`).
"""

import ctypes
import os
import resource
import sys
import tempfile
import threading
import warnings
from pathlib import Path
from typing import TextIO

import structlog
from django.conf import settings

log = structlog.get_logger("littledreamers.process")

PR_SET_DUMPABLE = 4


def begin() -> None:
    """No core dump, temporary files in a folder of our own, and errors that nobody caught without their words."""
    no_core_dumps()
    private_temporary_folder(Path(settings.FILE_UPLOAD_TEMP_DIR))
    quiet_errors()


def no_core_dumps() -> None:
    """The memory of a crashed process is written nowhere.

    A limit of 0 is passed on to children, but does not bind a crash handler that the kernel pipes to; that the process
    is not dumpable does, and keeps other processes of the same user from reading its memory.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0)


def private_temporary_folder(folder: Path) -> None:
    """Whatever a library wants to put down for a moment, in this process and its children, lies where nobody looks."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def quiet_errors() -> None:
    """Errors and warnings that end nowhere else are logged like all others: their kind and their places."""
    sys.excepthook = _uncaught
    sys.unraisablehook = lambda lost: _uncaught(lost.exc_type, lost.exc_value, lost.exc_traceback)
    threading.excepthook = lambda lost: _uncaught(lost.exc_type, lost.exc_value, lost.exc_traceback)
    warnings.showwarning = _warned


def _uncaught(kind: type[BaseException], error: BaseException | None, tb: object) -> None:
    if issubclass(kind, KeyboardInterrupt):
        log.warning("interrupted")
    elif not issubclass(kind, SystemExit):
        log.critical("uncaught error", exc_info=error or kind())


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    log.warning("warned", kind=category.__name__, place=f"{filename}:{lineno}")
