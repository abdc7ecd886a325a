"""The link from which the printer downloads a job's locked files."""

import email
import hashlib
import io
import re
import time
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default

import pikepdf
import pytest
import pyzipper
import time_machine
from django.conf import settings
from django.core import mail as outbox
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import OutgoingMail, User
from books.print_profiles import PROFILES
from books.story import Story
from orders import links, print_downloads, print_mail, printing
from orders.models import Order, OrderLine, PrintJob
from orders.views import printer_files
from privacy import access_log, children, vault
from privacy.models import Child, VaultAccess
from privacy.purposes import Kind
from tests.orders.factories import CANARY
from tests.orders.jobs import queued
from tests.orders.mailbox import receiving
from tests.orders.test_print_mail import attachments, unlocked

pytestmark = pytest.mark.django_db
State = PrintJob.State


@pytest.fixture
def job(small_story: Story, monkeypatch: pytest.MonkeyPatch) -> PrintJob:
    """A job whose files are more than a mail takes, at the printer."""
    monkeypatch.setattr(print_mail, "LARGEST", 20_000)
    job = queued(small_story)
    assert printing.make_and_send(job.pk)
    OutgoingMail.objects.all().delete()
    return PrintJob.objects.select_related("line__order", "line__edition__child").get(pk=job.pk)


def child_of(job: PrintJob) -> Child:
    assert job.line.edition is not None
    return job.line.edition.child


def path(job: PrintJob) -> str:
    return links.files_link(job).removeprefix(settings.SITE_URL)


def mailed_path() -> str:
    (found,) = re.findall(rf"{settings.SITE_URL}(/printer/\S+/files/)", str(outbox.outbox[-1].body))
    return str(found)


def downloaded(client: Client, address: str, name: str) -> bytes:
    answer = client.post(address, {"file": name})
    assert (answer.status_code, answer.streaming) == (200, True)
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert len(content) == int(answer.headers["Content-Length"])
    return content


def looks() -> list[tuple[str, str, str, int]]:
    rows = VaultAccess.objects.filter(actor="printer").order_by("kind")
    return [(row.kind, row.purpose, row.reason, row.count) for row in rows]


def events(job: PrintJob) -> list[tuple[str, str, str]]:
    return [(event.kind, event.actor, event.detail) for event in job.events.order_by("pk")]


def test_p17_files_that_no_mail_carries_are_behind_a_link_and_locked_all_the_same(
    small_story: Story, settings: Settings, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(print_mail, "LARGEST", 20_000)
    with receiving(settings) as mailbox:
        job = queued(small_story)
        assert printing.make_and_send(job.pk)
    ((_, raw),) = mailbox.got
    assert len(raw) < 40_000
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    assert attachments(message) == {}
    text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    job.refresh_from_db()
    order = job.line.order
    for shown in (text, html):
        for said in (f"{job.number}.zip", job.interior_sha256, job.cover_sha256, "passphrase we agreed on"):
            assert said in shown
        for hidden in (
            CANARY,
            order.name,
            order.email,
            order.street,
            order.number,
            settings.PRINT_PARTNER["passphrase"],
        ):
            assert hidden not in shown
    (address,) = re.findall(rf"{settings.SITE_URL}(/printer/\S+/files/)", text)
    assert html.count(address) == 1
    archive = downloaded(client, address, f"{job.number}.zip")
    with pyzipper.AESZipFile(io.BytesIO(archive)) as closed:
        closed.setpassword(b"wrong")
        with pytest.raises(RuntimeError):
            closed.read(closed.namelist()[0])
    files = unlocked(archive)
    assert sorted(files) == [f"{job.number}-{what}.pdf" for what in ("cover", "interior", "ticket")]
    assert hashlib.sha256(files[f"{job.number}-interior.pdf"]).hexdigest() == job.interior_sha256
    assert hashlib.sha256(files[f"{job.number}-cover.pdf"]).hexdigest() == job.cover_sha256


def test_p17_opening_the_link_harms_nothing_and_names_nobody(job: PrintJob, client: Client) -> None:
    before = events(job)
    address = mailed_path()
    for _ in range(3):  # a mail scanner
        page = client.get(address)
        assert (page.status_code, client.head(address).status_code) == (200, 200)
    order = job.line.order
    for hidden in (CANARY, order.name, order.email, order.number):
        assert hidden not in page.text + address
    for said in (job.number, f"{job.number}.zip", f"{job.number}-interior.pdf", job.interior_sha256, job.cover_sha256):
        assert said in page.text
    assert page.headers["Cache-Control"] == "no-store, private"
    assert page.headers["X-Robots-Tag"] == "noindex"
    # The address is a key: no other host hears of it.
    assert page.headers["Referrer-Policy"] == "same-origin"
    hosts = re.findall(r'(?:href|src|action)="((?:https?:)?//[^"]*)"', page.text)
    assert [address for address in hosts if not address.startswith(f"{settings.SITE_URL}/")] == []
    assert (looks(), events(job)) == ([], before)


def test_p12_each_download_is_written_down_and_the_parent_sees_it(job: PrintJob, client: Client) -> None:
    address, name = mailed_path(), f"{job.number}.zip"
    first, second = (unlocked(downloaded(client, address, name)) for _ in range(2))
    for what in ("interior", "cover"):
        assert first[f"{job.number}-{what}.pdf"] == second[f"{job.number}-{what}.pdf"]
    assert looks() == [("cover", "print", "", 2), ("interior", "print", "", 2)]
    assert events(job)[-2:] == [("downloaded", "printer", name)] * 2
    people = access_log.of(child_of(job)).people
    assert {(look.who, look.what, look.why, look.count) for look in people} == {
        ("The printer", "print file of the pages", "to print your book", 2),
        ("The printer", "print file of the cover", "to print your book", 2),
    }


def test_p17_a_download_streams_and_stays_out_of_every_cache(job: PrintJob, client: Client) -> None:
    answer = client.post(mailed_path(), {"file": f"{job.number}.zip"})
    pieces = list(answer.streaming_content)  # type: ignore[attr-defined]
    assert len(pieces) > 1
    assert max(map(len, pieces)) <= 64 * 1024
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{job.number}.zip"'


@pytest.mark.parametrize("file", ["", "J-T-1-interior.pdf", "../settings.py", "interior"])
def test_a_file_that_the_job_does_not_have_is_not_there(job: PrintJob, client: Client, file: str) -> None:
    assert client.post(mailed_path(), {"file": file}).status_code == 404
    assert client.post(mailed_path(), {"file": f"{job.number}-interior.pdf"}).status_code == 404  # never plain
    assert looks() == []


def test_p17_a_partner_that_takes_locked_pdfs_downloads_three_of_them(
    small_story: Story, settings: Settings, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(print_mail, "LARGEST", 20_000)
    locked = replace(PROFILES["house"], container="pdf-aes256")
    monkeypatch.setitem(PROFILES, "locked", locked)
    settings.PRINT_PARTNER = {**settings.PRINT_PARTNER, "profile": "locked"}
    job = queued(small_story)
    assert printing.make_and_send(job.pk)
    address = mailed_path()
    page = client.get(address).text
    for what in ("cover", "interior", "ticket"):
        name = f"{job.number}-{what}.pdf"
        assert f'value="{name}"' in page
        data = downloaded(client, address, name)
        with pytest.raises(pikepdf.PasswordError):
            pikepdf.open(io.BytesIO(data))
        with pikepdf.open(io.BytesIO(data), password=settings.PRINT_PARTNER["passphrase"]) as opened:
            assert opened.encryption.bits == 256


def test_p17_a_printer_of_plain_files_gets_a_link_to_a_locked_zip_and_never_a_plain_file(
    small_story: Story, settings: Settings, client: Client
) -> None:
    settings.PRINT_PARTNER = {**settings.PRINT_PARTNER, "profile": "lulu-8.5"}
    job = queued(small_story)
    assert printing.make_and_send(job.pk)
    job.refresh_from_db()
    assert job.state == State.SENT
    (message,) = outbox.outbox
    assert message.attachments == []
    archive = downloaded(client, mailed_path(), f"{job.number}.zip")
    assert CANARY.encode() not in archive
    assert b"%PDF" not in archive
    assert sorted(unlocked(archive)) == [f"{job.number}-{what}.pdf" for what in ("cover", "interior", "ticket")]
    for what in ("cover", "interior", "ticket"):
        assert client.post(mailed_path(), {"file": f"{job.number}-{what}.pdf"}).status_code == 404


# --- when it ends -----------------------------------------------------------------------------------------------------


def test_p10_the_link_ends_after_seven_days_and_a_new_one_can_be_had(job: PrintJob, client: Client) -> None:
    name = f"{job.number}.zip"
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as clock:
        address = path(job)
        clock.shift(links.FILES_LINK_VALID)
        assert client.get(address).status_code == 200
        clock.shift(timedelta(seconds=1))
        page = client.get(address)
        assert (page.status_code, client.post(address, {"file": name}).status_code) == (410, 410)
        assert "This link is too old" in page.text
        assert looks() == []
        sent = client.post(f"{address}again/")
        assert "A new link is on its way" in sent.text
        (mail,) = OutgoingMail.objects.all()
        assert (mail.template, mail.recipient) == ("print_job_link", settings.PRINT_PARTNER["email"])
        for hidden in (CANARY, job.line.order.name, job.line.order.number):
            assert hidden not in mail.subject + mail.text + mail.html
        (fresh,) = re.findall(rf"{settings.SITE_URL}(/printer/\S+/files/)", mail.text)
        assert downloaded(client, fresh, name)
        client.post(f"{address}again/")
        assert OutgoingMail.objects.count() == 1  # one an hour
        clock.shift(print_downloads.PAUSE)
        client.post(f"{address}again/")
        assert OutgoingMail.objects.count() == 2
    assert [event[:2] for event in events(job) if event[0] == print_downloads.LINK_SENT] == [
        ("link sent again", "printer")
    ] * 2


def test_p10_the_link_never_outlives_the_child(job: PrintJob, client: Client) -> None:
    child = child_of(job)
    with time_machine.travel(child.expires_at - timedelta(hours=1), tick=False) as clock:
        address = path(job)
        page = client.get(address)
        assert page.status_code == 200
        local = timezone.localtime(child.expires_at)
        assert f"{local.day} {local:%B %Y, %H:%M}" in page.text  # not seven days from now
        clock.shift(timedelta(hours=1, seconds=-1))
        assert downloaded(client, address, f"{job.number}.zip")
        clock.shift(timedelta(seconds=1))
        for answer in (client.get(address), client.post(address, {"file": f"{job.number}.zip"})):
            assert answer.status_code == 410
            assert "These files have been deleted" in answer.text
        assert client.post(f"{address}again/", follow=True).status_code == 410
    assert OutgoingMail.objects.count() == 0


def test_p5_a_child_that_is_forgotten_ends_the_link_at_once(job: PrintJob, client: Client) -> None:
    address = mailed_path()
    assert client.get(address).status_code == 200
    children.forget(child_of(job), reason=Child.End.WITHDRAWN)
    answer = client.post(address, {"file": f"{job.number}.zip"})
    assert (answer.status_code, client.get(address).status_code) == (410, 410)
    assert "Please do not print it any more" in answer.text
    assert looks() == []


@pytest.mark.parametrize("state", [State.SHIPPED, State.REJECTED, State.CANCELLED, State.BLOCKED, State.QUEUED])
def test_p17_the_link_ends_with_the_job(job: PrintJob, client: Client, state: str) -> None:
    address = mailed_path()
    PrintJob.objects.update(state=state)
    answer = client.post(address, {"file": f"{job.number}.zip"})
    assert (answer.status_code, client.get(address).status_code) == (410, 410)
    assert "This job has moved on" in answer.text
    assert looks() == []


def test_p23_a_cancelled_order_or_book_ends_the_link(job: PrintJob, client: Client) -> None:
    address = mailed_path()
    OrderLine.objects.update(cancelled_at=timezone.now())
    assert client.get(address).status_code == 410
    OrderLine.objects.update(cancelled_at=None)
    Order.objects.update(state=Order.State.CANCELLED)
    assert client.post(address, {"file": f"{job.number}.zip"}).status_code == 410
    Order.objects.update(state=Order.State.IN_PRINT)
    assert client.get(address).status_code == 200


def test_the_link_works_from_the_moment_that_the_mail_has_left(
    small_story: Story, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    """The worker may die before the job's row says that it was sent."""
    monkeypatch.setattr(print_mail, "LARGEST", 20_000)
    monkeypatch.setattr(printing, "_sent", lambda *_: False)
    job = queued(small_story)
    assert not printing.make_and_send(job.pk)
    job.refresh_from_db()
    assert job.state == State.SENDING
    assert downloaded(client, mailed_path(), f"{job.number}.zip")


def test_other_files_than_the_mail_announced_are_not_handed_out(job: PrintJob, client: Client) -> None:
    address = mailed_path()
    vault.put(child_of(job), Kind.COVER, job.revision, b"%PDF another")
    answer = client.post(address, {"file": f"{job.number}.zip"})
    assert (answer.status_code, "We cannot find these files" in answer.text) == (410, True)
    vault.remove(child_of(job), Kind.COVER, job.revision)
    assert client.get(address).status_code == 410


# --- who may ----------------------------------------------------------------------------------------------------------


def test_p17_a_forged_link_is_answered_like_one_that_never_was(job: PrintJob, client: Client) -> None:
    good = path(job)
    token = good.split("/")[2]
    number, made, signature = token.rsplit(".", 2)
    other_kinds = links.printer_link(job, "received"), links.order_link(job.line.order)
    forged = [
        f"{number}.{made}.{signature[:-1]}x",
        f"{number[:-1]}9.{made}.{signature}",
        f"{number}.{made[:-1]}z.{signature}",
        f"{number}",
        *(link.rstrip("/").rpartition("/")[2] for link in other_kinds),  # signed by us, for something else
    ]
    answers = {
        (answer.status_code, re.sub(r"\S*(nonce|csrf)\S*", "", answer.text.replace(bad, "TOKEN")))
        for bad in (*forged, "never-was")
        for answer in (client.get(f"/printer/{bad}/files/"), client.post(f"/printer/{bad}/files/"))
    }
    assert {status for status, _ in answers} == {404}
    assert len(answers) == 1
    assert client.post(f"/printer/{forged[0]}/files/again/").status_code == 404
    # The other way round a link to files answers for nothing else.
    assert client.get(f"/printer/{token}/").status_code == 404
    assert looks() == []
    unknown = links.files_link(PrintJob(number="J-NOBODY-1")).removeprefix(settings.SITE_URL)
    assert client.get(unknown).status_code == 404


def test_p53_downloads_and_links_are_limited(job: PrintJob, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(printer_files, "DOWNLOADS_PER_HOUR", 2)
    monkeypatch.setattr(printer_files, "LINKS_PER_HOUR", 1)
    address = mailed_path()
    for _ in range(2):
        assert client.post(address, {"file": "no"}).status_code == 404
    answer = client.post(address, {"file": f"{job.number}.zip"})
    assert (answer.status_code, looks()) == (429, [])
    assert "a lot of downloads" in answer.text
    assert client.get(address).status_code == 200
    assert client.post(f"{address}again/").status_code == 200
    assert client.post(f"{address}again/").status_code == 429
    cache.clear()


def test_downloading_needs_the_page_s_button(job: PrintJob) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(mailed_path(), {"file": f"{job.number}.zip"}).status_code == 403
    page = strict.get(mailed_path())
    (token,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert strict.post(mailed_path(), {"file": f"{job.number}.zip", "csrfmiddlewaretoken": token}).status_code == 200


# --- staff ------------------------------------------------------------------------------------------------------------


def test_staff_mail_a_new_link(small_story: Story, admin_client: Client, admin_user: User) -> None:
    """Also to files that were attached to the first mail."""
    job = queued(small_story)
    assert printing.make_and_send(job.pk)
    OutgoingMail.objects.all().delete()
    page, send = "/admin/orders/printjob/", {"action": "send_link", "_selected_action": [job.pk]}
    for _ in range(2):
        assert f"A new link to {job.number} is on its way." in admin_client.post(page, send, follow=True).text
    assert OutgoingMail.objects.filter(template="print_job_link").count() == 2
    assert events(job)[-1] == ("link sent again", f"staff:{admin_user.pk}", "")
    (address,) = re.findall(rf"{settings.SITE_URL}(/printer/\S+/files/)", OutgoingMail.objects.latest("pk").text)
    assert downloaded(Client(), address, f"{job.number}.zip")
    PrintJob.objects.update(state=State.SHIPPED)
    assert "it is not at the printer" in admin_client.post(page, send, follow=True).text
    assert OutgoingMail.objects.filter(template="print_job_link").count() == 2


def test_packing_for_a_download_takes_no_time(job: PrintJob, client: Client) -> None:
    began = time.perf_counter()
    assert downloaded(client, mailed_path(), f"{job.number}.zip")
    assert time.perf_counter() - began < 10
