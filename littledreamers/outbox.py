"""The demo's post office: mail is kept as files that a page can show, and leaves the machine never."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as StandardMessage
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class OutboxBackend(BaseEmailBackend):
    """Write each message as an .eml file below `settings.OUTBOX_DIR`, complete or not at all."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.OUTBOX_DIR)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for message in email_messages:
            name = f"{time.time_ns()}.eml"
            part = folder / f".{name}.part"
            part.write_bytes(message.message().as_bytes())
            part.chmod(0o600)
            part.rename(folder / name)
        return len(email_messages)


@dataclass(frozen=True)
class KeptMail:
    """A mail in the outbox. `name` is its file's stem: nanoseconds since 1970."""

    name: str
    message: StandardMessage

    @property
    def sent_at(self) -> datetime:
        return datetime.fromtimestamp(int(self.name) / 1e9, UTC)

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        return str(part.get_content()) if part else ""

    @property
    def html(self) -> str:
        part = self.message.get_body(("html",))
        return str(part.get_content()) if part else ""

    @property
    def attachments(self) -> list[tuple[str, bytes]]:
        return [
            (part.get_filename() or "attachment", bytes(part.get_payload(decode=True) or b""))
            for part in self.message.iter_attachments()
        ]


def _path(name: str) -> Path:
    return Path(settings.OUTBOX_DIR) / f"{int(name)}.eml"


def load(name: str) -> KeptMail:
    """One mail by name; raises FileNotFoundError or ValueError when there is none."""
    return read(_path(name))


def read(path: Path) -> KeptMail:
    """A mail from its file. Raises FileNotFoundError."""
    return KeptMail(path.stem, message_from_bytes(path.read_bytes(), policy=policy.default))


def newest(limit: int = 100, *, folder: Path | None = None) -> list[KeptMail]:
    """The latest mails, newest first; those of another installation if `folder` names its outbox."""
    files = sorted((folder or Path(settings.OUTBOX_DIR)).glob("[0-9]*.eml"), reverse=True)
    return [read(file) for file in files[:limit]]


def forget_old() -> int:
    """Delete kept mails older than a child's data may be; returns how many. The printer's copy is among them."""
    limit = time.time_ns() - int(settings.CHILD_RETENTION.total_seconds() * 1e9)
    old = [path for path in Path(settings.OUTBOX_DIR).glob("[0-9]*.eml") if int(path.stem) < limit]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
