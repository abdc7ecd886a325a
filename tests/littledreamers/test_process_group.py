"""Several processes start, are restarted and end together."""

import os
import signal
import sys
import time
from pathlib import Path

from littledreamers.process_group import ProcessGroup

WAIT = "import time, pathlib, os, sys; pathlib.Path(sys.argv[1]).open('a').write(f'{os.getpid()}\\n'); time.sleep(60)"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_all_end_together_and_a_dead_one_is_started_again(tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("web", "worker")}
    group = ProcessGroup(
        {name: [sys.executable, "-c", WAIT, str(file)] for name, file in files.items()}, env=dict(os.environ)
    )
    said: list[str] = []
    deadline = time.monotonic() + 20

    def pids(name: str) -> list[int]:
        return [int(line) for line in files[name].read_text().split()] if files[name].exists() else []

    def watch() -> bool:
        if len(pids("web")) == 1 and pids("worker") and not said:
            os.kill(pids("web")[0], signal.SIGKILL)
            said.append("killed")
        if len(pids("web")) == 2 or time.monotonic() > deadline:
            os.kill(os.getpid(), signal.SIGTERM)
            return True
        return False

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        group.run(when_started=watch, say=said.append)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert said == ["killed", "web ended with code -9; starting it again"]
    assert len(pids("web")) == 2
    assert not any(alive(pid) for pid in (*pids("web"), *pids("worker")))
