"""Mail is decided once, sent once, and found again when its sender dies."""

import smtplib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail as django_mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts import mail
from accounts.models import OutgoingMail

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def queue(key: str = "k1") -> OutgoingMail:
    return mail.queue(
        key=key,
        template="account/email_confirmation",
        to="parent@example.org",
        context={"link": "https://shop.example/x"},
    )


def test_queued_mail_leaves_after_commit(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        queue()
        assert django_mail.outbox == []
    assert [message.to for message in django_mail.outbox] == [["parent@example.org"]]
    assert OutgoingMail.objects.get().state == OutgoingMail.State.SENT


def test_same_key_is_sent_once(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert queue() == queue()
    queue()
    assert len(django_mail.outbox) == 1


def test_nothing_leaves_when_the_transaction_fails() -> None:
    def decide_and_fail() -> None:
        with transaction.atomic():
            queue()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        decide_and_fail()
    assert OutgoingMail.objects.count() == 0
    assert django_mail.outbox == []


def test_text_and_html_carry_the_link() -> None:
    row = queue()
    assert "https://shop.example/x" in row.text
    assert "https://shop.example/x" in row.html


def test_two_senders_send_once() -> None:
    row = queue()
    assert mail.deliver(row.pk) is True
    assert mail.deliver(row.pk) is False
    assert len(django_mail.outbox) == 1


def test_a_dead_senders_mail_is_found_after_its_lease() -> None:
    with time_machine.travel(NOW, tick=False):
        row = queue()
        OutgoingMail.objects.update(state=OutgoingMail.State.SENDING, lease_until=NOW + mail.LEASE)
        assert mail.deliver(row.pk) is False
    with time_machine.travel(NOW + mail.LEASE + timedelta(seconds=1), tick=False):
        assert mail.deliver(row.pk) is True
    assert len(django_mail.outbox) == 1


def test_a_server_that_refuses_is_tried_again_and_given_up_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_backend: EmailBackend, _messages: Any) -> int:
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    row = queue()
    moment = NOW
    for _ in range(mail.MAX_TRIES):
        with time_machine.travel(moment, tick=False):
            assert mail.deliver(row.pk) is False
        moment += timedelta(hours=1)
    row.refresh_from_db()
    assert (row.state, row.tries) == (OutgoingMail.State.FAILED, mail.MAX_TRIES)
    with time_machine.travel(moment, tick=False):
        assert mail.deliver(row.pk) is False


def test_bodies_are_forgotten_after_thirty_days() -> None:
    with time_machine.travel(NOW, tick=False):
        mail.deliver(queue().pk)
    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        assert mail.forget_bodies() == 0
    with time_machine.travel(NOW + timedelta(days=30, seconds=1), tick=False):
        assert mail.forget_bodies() == 1
        assert mail.forget_bodies() == 0
    row = OutgoingMail.objects.get()
    assert (row.recipient, row.subject, row.text, row.html) == ("", "", "", "")
