"""Real processes over the test's own database and folders."""

import json
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent


def environment(data: Path) -> dict[str, str]:
    """The installation of this test, as the environment of a process that is none of its own."""
    names = connection.settings_dict
    if connection.vendor == "sqlite":
        database = f"sqlite:///{names['NAME']}"
    else:
        password = f":{names['PASSWORD']}" if names["PASSWORD"] else ""
        database = f"postgres://{names['USER']}{password}@{names['HOST']}:{names['PORT'] or 5432}/{names['NAME']}"
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "REDIS_URL") if name in os.environ}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "littledreamers.settings",
        "DATABASE_URL": database,
        "DATA_DIR": str(data),
        "KEY_STORE_DIR": str(settings.KEY_STORE_DIR),
        "BLOB_DIR": str(settings.BLOB_DIR),
        "PUBLISHED_DIR": str(settings.PUBLISHED_DIR),
        "PYTHONPATH": str(ROOT),
    }


def run(code: str, data: Path, *, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run Python code in such a process; `before`: a command that runs it."""
    return subprocess.run(
        [*before, sys.executable, "-c", code],
        env=environment(data), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def true_mark(days_ago: float) -> None:
    """Note the time as a purge of this very machine did some days ago: the tests' own count of seconds is another."""
    code = "from privacy import clock; print(clock.since_boot(), clock.boot_id(), clock.time_now())"
    said = subprocess.run(
        [sys.executable, "-c", code], env=environment(Path(settings.KEY_STORE_DIR).parent), cwd=ROOT,
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    span = days_ago * 86400
    mark = {"wall": float(said[2]) - span, "up": float(said[0]) - span, "sure": False, "guess": False}
    (Path(settings.KEY_STORE_DIR) / "clock").write_text(json.dumps({said[1]: mark}))
