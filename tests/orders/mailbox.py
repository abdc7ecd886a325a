"""A real SMTP server on loopback for the shop's mails."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from pytest_django import Settings

Sent = tuple[list[str], bytes]
LARGEST = 50_000_000  # bytes of a mail


class Mailbox:
    """A mail server's other side."""

    def __init__(self) -> None:
        self.got: list[Sent] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802 - aiosmtpd calls it so
        self.got.append((envelope.rcpt_tos, envelope.content))  # type: ignore[attr-defined]
        return "250 OK"


@contextmanager
def receiving(settings: Settings) -> Iterator[Mailbox]:
    """Whatever is mailed inside is received over SMTP."""
    mailbox = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(mailbox, hostname="127.0.0.1", port=port, data_size_limit=LARGEST)
    server.start()
    try:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield mailbox
    finally:
        server.stop()
