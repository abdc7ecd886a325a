"""A whole installation for the browser: web, worker with beat and payment sandbox as `manage.py demo` runs them."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 90
Found = TypeVar("Found")


class KeptMail(Sink):
    """A real SMTP server's memory."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@dataclass
class Installation:
    """A running shop. `mail()` reads what it sent, from its outbox or from the SMTP server."""

    name: str
    url: str
    data_dir: Path
    log: Path
    smtp: KeptMail | None

    def mail(self) -> list[EmailMessage]:
        """Every mail so far, oldest first."""
        if self.smtp is not None:
            return list(self.smtp.messages)
        files = sorted((self.data_dir / "outbox").glob("[0-9]*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]

    def wait_for_mail(self, *, to: str, subject: str, seconds: float = 60) -> EmailMessage:
        """The newest mail whose subject matches the pattern; fails when none comes in time."""

        def newest() -> EmailMessage | None:
            matching = (one for one in self.mail() if one["To"] == to)
            found = [one for one in matching if re.search(subject, one["Subject"] or "", re.IGNORECASE)]
            return found[-1] if found else None

        found = wait_for(newest, seconds=seconds)
        if found is None:
            got = [(message["To"], message["Subject"]) for message in self.mail()]
            raise AssertionError(f"no mail to {to} with subject {subject!r}; there are {got}")
        return found

    def staff_password(self) -> str:
        return (self.data_dir / "demo-staff-password").read_text()


def wait_for(look: Callable[[], Found | None], *, seconds: float = 60) -> Found | None:
    """What `look` finds, as soon as it finds something true; None when it does not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    return None


def readable(message: EmailMessage) -> list[str]:
    """What anybody on a mail's way can read: headers, texts and the names of attachments, decoded."""
    found = [f"{name}: {value}" for name, value in message.items()]
    for part in message.walk():
        if part.get_content_maintype() == "text":
            found.append(str(part.get_content()))
        elif name := part.get_filename():
            found.append(name)
    return found


def link_in(message: EmailMessage, pattern: str) -> str:
    """The first link in a mail's text that matches."""
    body = message.get_body(("plain",))
    assert body is not None
    for link in re.findall(r"https?://\S+", body.get_content()):
        if re.search(pattern, link):
            return str(link)
    raise AssertionError(f"no link like {pattern!r} in the mail {message['Subject']!r}")


def _two_free_ports() -> int:
    """A port that is free together with the next one."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def _services(environment: dict[str, str]) -> KeptMail:
    """Point the environment at a fresh PostgreSQL database, a Redis database and a real SMTP server."""
    base, _, _ = os.environ["TEST_DATABASE_URL"].rpartition("/")
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS littledreamers_e2e WITH (FORCE)")
        connection.execute("CREATE DATABASE littledreamers_e2e")
    kept = KeptMail()
    environment["DATABASE_URL"] = f"{base}/littledreamers_e2e"
    environment["REDIS_URL"] = os.environ["TEST_REDIS_URL"].rpartition("/")[0] + "/10"
    return kept


@contextmanager
def running(kind: str, folder: Path) -> Iterator[Installation]:
    """Start an installation ("embedded" or "services") below `folder`, and end it with everything it started."""
    port = _two_free_ports()
    environment = {
        name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "DATA_DIR"}
    }
    environment |= {
        "DATA_DIR": str(folder / "var"),
        "PUBLISHED_DIR": str(ROOT / ".cache" / "published"),
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "littledreamers.settings",
    }
    smtp = None
    controller = None
    if kind == "services":
        smtp = _services(environment)
        smtp_port = _two_free_ports()  # the controller calls itself at its port, so it cannot be 0
        controller = Controller(smtp, hostname="127.0.0.1", port=smtp_port)
        controller.start()
        environment["EMAIL_URL"] = f"smtp://127.0.0.1:{smtp_port}"
    log = folder / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "demo", "--port", str(port)],
            cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_up(url, process, log)
            yield Installation(kind, url, folder / "var", log, smtp)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
            if controller is not None:
                controller.stop()


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the shop did not start:\n{log.read_text()[-4000:]}")
