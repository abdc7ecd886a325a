"""The processes that a demo installation consists of, as commands."""

import sys
from collections.abc import Callable
from pathlib import Path

Launcher = Callable[[str], list[str]]
_BASE = Path(__file__).resolve().parent.parent


def plain(module: str) -> list[str]:
    """Run a Python module as it is."""
    return [sys.executable, "-m", module]


def commands(port: int, *, data_dir: Path, launch: Launcher = plain) -> dict[str, list[str]]:
    """Payment sandbox (on the next port), web, worker with beat, and press. `launch` says how a module is started."""
    return {
        "payment sandbox": [*launch("django"), "payment_sandbox", "--port", str(port + 1)],
        "web": [
            *launch("gunicorn"), "littledreamers.wsgi", "--config", str(_BASE / "gunicorn.conf.py"),
            "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "8", "--log-level", "warning",
            "--graceful-timeout", "3", "--worker-tmp-dir", str(data_dir),
        ],
        "worker": _worker(launch, "celery", "--beat"),
        "press": _worker(launch, "press"),
    }  # fmt: skip


def _worker(launch: Launcher, queue: str, *more: str) -> list[str]:
    python, *rest = launch("celery")
    return [
        # Containers and small machines run it as root, where celery's warning helps nobody.
        python, "-W", "ignore::UserWarning:celery.platforms", *rest, "--quiet",
        "-A", "littledreamers", "worker", "--queues", queue, "--hostname", f"{queue}@%h",
        "--pool", "threads", "--concurrency", "2", "--loglevel", "WARNING",
        "--without-gossip", "--without-mingle", *more,
    ]  # fmt: skip
