"""What the printer gets by mail: everything it needs, locked, and nothing of the customer's or the child's outside."""

import email
import hashlib
import io
import time
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default

import pikepdf
import pypdfium2
import pytest
import pyzipper
from django.conf import settings
from django.core import mail as outbox
from django.core.mail import EmailMultiAlternatives
from pytest_django import Settings

from books.print_profiles import PROFILES
from books.story import Story
from orders import print_mail, printing
from tests.orders.factories import CANARY
from tests.orders.jobs import queued
from tests.orders.mailbox import receiving

pytestmark = pytest.mark.django_db


def words(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def unlocked(archive: bytes) -> dict[str, bytes]:
    with pyzipper.AESZipFile(io.BytesIO(archive)) as opened:
        opened.setpassword(settings.PRINT_PARTNER["passphrase"].encode())
        return {name: opened.read(name) for name in opened.namelist()}


def attachments(message: EmailMessage) -> dict[str, bytes]:
    return {part.get_filename() or "": part.get_payload(decode=True) for part in message.iter_attachments()}  # type: ignore[misc]


def test_p17_the_printers_mail_through_a_real_server_opens_with_the_passphrase_only(
    small_story: Story, settings: Settings
) -> None:
    with receiving(settings) as mailbox:
        job = queued(small_story)
        assert printing.make_and_send(job.pk)
    ((recipients, raw),) = mailbox.got
    assert recipients == [settings.PRINT_PARTNER["email"]]
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    assert message["Message-ID"] == f"<job-{job.number}@littledreamers.example>"
    ((name, archive),) = attachments(message).items()
    assert name == f"{job.number}.zip"
    with pyzipper.AESZipFile(io.BytesIO(archive)) as closed:
        closed.setpassword(b"wrong")
        with pytest.raises(RuntimeError):
            closed.read(closed.namelist()[0])
    files = unlocked(archive)
    assert sorted(files) == [f"{job.number}-{what}.pdf" for what in ("cover", "interior", "ticket")]
    job.refresh_from_db()
    assert hashlib.sha256(files[f"{job.number}-interior.pdf"]).hexdigest() == job.interior_sha256
    assert hashlib.sha256(files[f"{job.number}-cover.pdf"]).hexdigest() == job.cover_sha256
    with pikepdf.open(io.BytesIO(files[f"{job.number}-interior.pdf"])) as interior:
        assert len(interior.pages) == job.page_count == 24


def test_p17_nothing_of_child_or_customer_is_outside_the_container(small_story: Story) -> None:
    job = queued(small_story, shipping_method="express")
    order = job.line.order
    assert printing.make_and_send(job.pk)
    (message,) = outbox.outbox
    whole = message.message().as_bytes()
    assert isinstance(message, EmailMultiAlternatives)
    (html,) = [content for content, _ in message.alternatives]
    for shown in (message.subject, str(message.body), str(html), whole.decode()):
        for hidden in (CANARY, order.name, order.email, order.street, order.phone, str(order.number)):
            assert hidden not in shown
    assert len(message.to) == 1
    assert (message.cc, message.bcc) == ([], [])
    archive = message.attachments[0][1]
    assert isinstance(archive, bytes)
    assert CANARY.encode() not in archive
    ticket = unlocked(archive)[f"{job.number}-ticket.pdf"]
    text = words(ticket)
    for said in (
        job.number,
        order.name,
        order.street,
        "2100 Copenhagen",
        "Denmark",
        order.phone,
        "Express",
        "24 pages",
    ):
        assert said in text
    assert order.email not in text
    assert CANARY not in text
    # The name that the book is about is in the book, and nowhere else.
    assert CANARY in words(unlocked(archive)[f"{job.number}-interior.pdf"])


def test_p17_the_post_needs_no_telephone(small_story: Story) -> None:
    job = queued(small_story)
    assert printing.make_and_send(job.pk)
    ticket = unlocked(outbox.outbox[0].attachments[0][1])[f"{job.number}-ticket.pdf"]
    assert job.line.order.phone not in words(ticket)


@pytest.mark.parametrize("name", ["Ærø Ødegård", "Ελένη Παππά", "Мария Иванова", "محمد علي", "सीता देवी"])
def test_the_ticket_carries_its_fonts_for_every_address(small_story: Story, name: str) -> None:
    job = queued(small_story, name=name)
    assert printing.make_and_send(job.pk)
    ticket = unlocked(outbox.outbox[0].attachments[0][1])[f"{job.number}-ticket.pdf"]
    with pikepdf.open(io.BytesIO(ticket)) as pdf:
        fonts = {
            str(font.BaseFont).partition("+")[2].lower()
            for page in pdf.pages
            for font in page.resources.get("/Font", {}).values()
        }
        assert fonts
        packaged = ("nunito", "fraunces", "literata", "noto")
        assert all(any(known in font for known in packaged) for font in fonts), fonts


def test_a_partner_that_takes_locked_pdfs_gets_three_of_them(
    small_story: Story, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = replace(PROFILES["house"], container="pdf-aes256")
    monkeypatch.setitem(PROFILES, "locked", locked)
    settings.PRINT_PARTNER = {**settings.PRINT_PARTNER, "profile": "locked"}
    job = queued(small_story)
    assert printing.make_and_send(job.pk)
    files = {name: data for name, data, _ in outbox.outbox[0].attachments}
    assert sorted(files) == [f"{job.number}-{what}.pdf" for what in ("cover", "interior", "ticket")]
    for data in files.values():
        assert isinstance(data, bytes)
        with pytest.raises(pikepdf.PasswordError):
            pikepdf.open(io.BytesIO(data))
        with pikepdf.open(io.BytesIO(data), password=settings.PRINT_PARTNER["passphrase"]) as opened:
            assert opened.encryption.bits == 256


def test_the_mail_has_three_links_that_work(small_story: Story) -> None:
    from django.test import Client

    job = queued(small_story)
    assert printing.make_and_send(job.pk)
    lines = str(outbox.outbox[0].body).splitlines()
    found = [word for line in lines for word in line.split() if word.startswith(f"{settings.SITE_URL}/printer/")]
    assert not any("/files/" in address for address in found)
    assert len(found) == len(print_mail.ACTIONS)
    for address in found:
        assert Client().get(address.removeprefix(settings.SITE_URL)).status_code == 200


def test_making_a_small_book_takes_no_time(small_story: Story) -> None:
    job = queued(small_story)
    began = time.perf_counter()
    assert printing.make_and_send(job.pk)
    assert time.perf_counter() - began < 10
