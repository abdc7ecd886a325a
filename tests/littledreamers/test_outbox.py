"""A demo's outbox keeps mail as files, shows it, and forgets it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from pytest_django import Settings

from littledreamers import outbox

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def outbox_backend(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "littledreamers.outbox.OutboxBackend"


def send(subject: str = "Hello") -> None:
    message = EmailMultiAlternatives(subject, "plain words", to=["someone@example.org"])
    message.attach_alternative("<html><head></head><body><b>rich words</b></body></html>", "text/html")
    message.attach("files.zip", b"PK\x05\x06", "application/zip")
    assert message.send() == 1


def test_a_sent_mail_can_be_read() -> None:
    send()
    (kept,) = outbox.newest()
    assert kept.message["Subject"] == "Hello"
    assert kept.text.strip() == "plain words"
    assert "rich words" in kept.html
    assert kept.attachments == [("files.zip", b"PK\x05\x06")]


@pytest.mark.django_db
def test_pages_show_mail_its_body_and_attachments(client: Client) -> None:
    send("Letter one")
    name = outbox.newest()[0].name
    assert b"Letter one" in client.get("/outbox/").content
    assert b"someone@example.org" in client.get(f"/outbox/{name}/").content
    body = client.get(f"/outbox/{name}/body.html")
    assert b"rich words" in body.content
    assert "default-src 'none'" in body.headers["Content-Security-Policy"]
    assert client.get(f"/outbox/{name}/0/").content == b"PK\x05\x06"
    assert client.get(f"/outbox/{name}/1/").status_code == 404
    assert client.get("/outbox/1/").status_code == 404


def test_old_mail_is_forgotten_with_the_child() -> None:
    with time_machine.travel(NOW, tick=False):
        send()
    with time_machine.travel(NOW + timedelta(days=14), tick=False):
        assert outbox.forget_old() == 0
    with time_machine.travel(NOW + timedelta(days=14, seconds=1), tick=False):
        assert outbox.forget_old() == 1
    assert outbox.newest() == []
