"""Several processes that start, stop and die together."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

GRACE_SECONDS = 8.0
RESTART_PAUSE_SECONDS = 1.0
PR_SET_PDEATHSIG = 1


def _in_own_group() -> None:
    """Runs in the child: its own process group, ended by the kernel if the parent is killed outright (Linux)."""
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class ProcessGroup:
    """Run commands until a signal asks to stop; a command that dies is started again.

    `cwd`: where they run. `logs`: a folder in which each writes a file of its own; without it they share our output.
    """

    def __init__(
        self,
        commands: Mapping[str, Sequence[str]],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        logs: Path | None = None,
    ) -> None:
        self._commands = commands
        self._env = env
        self._cwd = cwd
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = False

    def _start(self, name: str) -> None:
        with contextlib.ExitStack() as files:
            output = files.enter_context((self._logs / f"{name}.log").open("ab")) if self._logs else None
            self._running[name] = subprocess.Popen(
                list(self._commands[name]),
                env=dict(self._env),
                cwd=self._cwd,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                preexec_fn=_in_own_group,
            )

    def start(self) -> None:
        """Start every command once, without watching over it."""
        for name in self._commands:
            self._start(name)

    def ended(self) -> list[str]:
        """The commands that are not running any more."""
        return [name for name, process in self._running.items() if process.poll() is not None]

    def _stop_asked(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def run(self, *, when_started: Callable[[], bool], say: Callable[[str], None]) -> None:
        """Start everything, call `when_started` until it is true, then watch over the processes until asked to stop."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop_asked)
        self.start()
        announced = False
        try:
            while not self._stopping:
                announced = announced or when_started()
                for name, process in list(self._running.items()):
                    code = process.poll()
                    if code is not None and not self._stopping:
                        say(f"{name} ended with code {code}; starting it again")
                        time.sleep(RESTART_PAUSE_SECONDS)
                        self._start(name)
                time.sleep(0.1)
        finally:
            self.stop()

    def stop(self) -> None:
        """End every command, with force where asking does not help."""
        for process in self._running.values():
            self._signal(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in self._running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._signal(process, signal.SIGKILL)
                process.wait()

    @staticmethod
    def _signal(process: subprocess.Popen[bytes], number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
