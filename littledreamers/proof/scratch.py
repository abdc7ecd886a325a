"""A whole installation of its own, in a private folder, for the proof: its processes, its clock, its backups."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from littledreamers import free_ports, shop_processes
from littledreamers.process_group import ProcessGroup

PATIENCE_SECONDS = 60.0
# What a process may see of our environment: nothing that leads it to the shop that runs here.
_KEPT = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "PGPASSFILE")
Found = TypeVar("Found")


class CannotRun(Exception):
    """The proof could not be carried out; the message says why and what to do. It is no verdict about the shop."""


def shifted(module: str) -> list[str]:
    return [sys.executable, "-m", "littledreamers.shifted_clock", module]


@dataclass
class Scratch:
    """Folders, addresses and environment of one scratch installation.

    `published`: where finished stories lie; it sees them in a folder of its own, through links. `keys`: another key
    store than its own, which outlives `remove`.
    """

    base_dir: Path
    published: Path
    settings_module: str = "littledreamers.settings"
    database_url: str = ""
    redis_url: str = ""
    root: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="littledreamers-proof-")))
    keys: Path = Path()
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    prefix: str = field(default_factory=lambda: f"proof-{secrets.token_hex(6)}-")
    port: int = field(default_factory=free_ports.pair)

    def __post_init__(self) -> None:
        if self.keys == Path():
            self.keys = self.root / "keys"
        for name in ("data", "keys", "blobs", "uploads", "tmp", "home", "logs", "static", "published"):
            (self.root / name).mkdir(mode=0o700, exist_ok=True)
        for story in self.published.iterdir():
            (self.root / "published" / story.name).symlink_to(story)

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def outbox(self) -> Path:
        return self.data / "outbox"

    @property
    def sqlite(self) -> Path:
        """Where the database is if it is none of a server's."""
        return self.data / "db.sqlite3"

    def environment(self, *, ahead: float = 0, boot_ahead: float | None = None) -> dict[str, str]:
        """The environment of its processes, whose clock is `ahead` by seconds. What is named here is not looked up in
        `.env`, even where it is empty."""
        root = self.root
        return {name: os.environ[name] for name in _KEPT if name in os.environ} | {
            "DJANGO_SETTINGS_MODULE": self.settings_module,
            "PYTHONPATH": str(self.base_dir),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DEMO": "true",
            "DATA_DIR": str(self.data),
            "KEY_STORE_DIR": str(self.keys),
            "BLOB_DIR": str(root / "blobs"),
            "FILE_UPLOAD_TEMP_DIR": str(root / "uploads"),
            "STATIC_ROOT": str(root / "static"),
            "PUBLISHED_DIR": str(root / "published"),
            "DATABASE_URL": self.database_url or f"sqlite:///{self.sqlite}",
            "REDIS_URL": self.redis_url,
            "REDIS_PREFIX": self.prefix,
            "SECRET_KEY": self.secret,
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.port + 1),
            "SITE_URL": self.site,
            "ALLOWED_HOSTS": "127.0.0.1",
            "BEHIND_PROXY": "false",
            "EMAIL_URL": "",
            "STRIPE_SECRET_KEY": "",
            "STRIPE_WEBHOOK_SECRET": "",
            "STRIPE_API_BASE": f"http://127.0.0.1:{self.port + 1}",
            "PRINT_PARTNER_PASSPHRASE": "",
            "CELERY_TASK_ALWAYS_EAGER": "false",
            "PROOF_DAYS": "0",  # a proof within a proof would never end
            "TMPDIR": str(root / "tmp"),
            "HOME": str(root / "home"),
            "XDG_CACHE_HOME": str(root / "home" / ".cache"),
            "CLOCK_AHEAD": str(ahead),
            "BOOT_AHEAD": str(ahead if boot_ahead is None else boot_ahead),
        }

    def run(self, module: str, *arguments: str, ahead: float = 0, boot_ahead: float | None = None) -> str:
        """Run a Python module in the installation to its end; returns what it prints. Raises CannotRun."""
        done = subprocess.run(
            [*shifted(module), *arguments],
            env=self.environment(ahead=ahead, boot_ahead=boot_ahead),
            cwd=self.root / "home",
            capture_output=True,
            text=True,
            check=False,
        )
        with (self.root / "logs" / "commands.log").open("a") as log:
            log.write(done.stderr)
        if done.returncode:
            raise CannotRun(
                f"{module} {' '.join(arguments)} failed in the scratch installation:\n{done.stderr[-2000:]}"
            )
        return done.stdout

    def prepare(self) -> None:
        """Database and static files."""
        with ThreadPoolExecutor() as both:
            steps = [("migrate",), ("collectstatic", "--no-input")]
            for step in [both.submit(self.run, "django", *step, "--verbosity", "0") for step in steps]:
                step.result()

    @contextmanager
    def running(self, *, ahead: float = 0, only_web: bool = False) -> Iterator[ProcessGroup]:
        """Web, both workers, beat and payment sandbox, until the block ends. Raises CannotRun if one does not start."""
        commands = shop_processes.commands(self.port, data_dir=self.data, launch=shifted)
        group = ProcessGroup(
            {"web": commands["web"]} if only_web else commands,
            env=self.environment(ahead=ahead),
            cwd=self.root / "home",
            logs=self.root / "logs",
        )
        try:
            group.start()
            self._wait_until_up(group)
            yield group
        finally:
            group.stop()

    def _wait_until_up(self, group: ProcessGroup) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if ended := group.ended():
                raise CannotRun(f"these processes of the scratch installation ended: {', '.join(ended)}")
            try:
                urllib.request.urlopen(f"{self.site}/healthz", timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise CannotRun("the scratch installation did not start")

    def remove(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)


def wait_for(look: Callable[[], Found | None], otherwise: str, *, seconds: float = PATIENCE_SECONDS) -> Found:
    """What `look` finds, as soon as it finds something. Raises CannotRun with `otherwise` if that takes too long."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise CannotRun(otherwise)
        time.sleep(0.1)
    return found
