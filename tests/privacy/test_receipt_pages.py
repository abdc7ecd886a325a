"""Receipts in public and by mail: everybody may check, and nobody learns who (P8, F24)."""

import hashlib
import io
import json
import re
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts import mail
from accounts.models import OutgoingMail
from littledreamers.celery import app as celery
from privacy import children, contact, proofs, receipt_mails, receipts, retention, tasks
from privacy.models import Child, ContactMessage, Receipt
from tests.privacy.conftest import Collect

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
SAID = {"name": "Jo", "email": "jo@example.test", "topic": "other", "order_number": "", "message": "About Zephyrine"}


def words(page: bytes) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.decode())))


def downloaded(client: Client) -> str:
    """The chain as JSON, as it comes."""
    answer: Any = client.get("/receipts/chain.json")
    assert answer["Content-Type"] == "application/json"
    return b"".join(answer.streaming_content).decode()


@pytest.fixture
def chain(db: None) -> list[Receipt]:
    return [receipts.append(at=NOW, reason="expired", counts={"children": n, "keys": n}) for n in range(3)]


def test_p8_every_way_of_forgetting_writes_a_receipt(client: Client, collect: Collect) -> None:
    withdrawn, deleted = collect(), collect()
    children.forget(withdrawn, reason=Child.End.WITHDRAWN)
    children.forget(deleted, reason=Child.End.DELETED)
    abandoned, ordered = collect(), collect()
    children.keep_for_order(ordered)
    contact.receive(SAID)
    retention.purge(now=abandoned.collected_at + timedelta(hours=48))
    retention.purge(now=ordered.collected_at + timedelta(days=14))
    retention.purge(now=ContactMessage.objects.get().purge_at)
    reasons = list(Receipt.objects.order_by("pk").values_list("reason", flat=True))
    assert reasons == ["withdrawn", "deleted", "abandoned", "expired", "messages"]
    last = Receipt.objects.order_by("pk").last()
    assert last is not None
    assert last.counts == {"keys": 1, "messages": 1}
    page = words(client.get(f"/receipts/{last.sha256}/").content)
    assert "The time of messages to us was over. What went 1 key and 1 encrypted message" in page
    assert receipts.verify().sound
    for child in (withdrawn, deleted, abandoned, ordered):
        child.refresh_from_db()
        assert child.receipt is not None
    retention.purge(now=ordered.collected_at + timedelta(days=200))
    assert Receipt.objects.count() == 5, "a purge that finds nothing writes nothing"


def test_f24_anybody_can_list_the_chain_and_compute_it_again(client: Client, chain: list[Receipt]) -> None:
    page = client.get("/receipts/")
    assert page.status_code == 200
    for receipt in chain:
        assert receipt.sha256[:16] in page.text
    entries = json.loads(downloaded(client))
    assert [entry["sha256"] for entry in entries] == [receipt.sha256 for receipt in chain]
    previous = "0" * 64
    for entry in entries:
        number = entry.pop("sha256")
        assert set(entry) == {"at", "counts", "previous", "reason"}
        assert entry["previous"] == previous
        line = json.dumps(entry, sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(line.encode()).hexdigest() == number
        previous = number


def test_f24_the_program_on_the_page_runs_and_finds_a_change(
    client: Client, chain: list[Receipt], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = re.search(r"<pre class=\"listing\"[^>]*><code>(.*?)</code></pre>", client.get("/receipts/").text, re.DOTALL)
    assert found is not None
    program = compile(unescape(found[1]), "program", "exec")
    monkeypatch.chdir(tmp_path)
    text = downloaded(client)
    Path("chain.json").write_text(text)
    said = io.StringIO()
    with redirect_stdout(said):
        exec(program, {})
    assert said.getvalue() == f"unbroken; the head is {chain[-1].sha256}\n"
    Path("chain.json").write_text(text.replace('"children": 1', '"children": 7'))
    with pytest.raises(AssertionError, match="one was changed"):
        exec(program, {})


def test_an_empty_chain_has_a_page_too(client: Client) -> None:
    assert "There is none yet" in client.get("/receipts/").text
    assert json.loads(downloaded(client)) == []
    assert "none yet: nothing had to be forgotten" in client.get("/policies/privacy/").text


def test_long_chains_come_in_pages(client: Client) -> None:
    for number in range(51):
        receipts.append(at=NOW, reason="expired", counts={"children": number})
    first, second = client.get("/receipts/"), client.get("/receipts/?page=2")
    assert ("Page 1 of 2" in first.text, "Page 2 of 2" in second.text) == (True, True)
    assert receipts.head()[:16] in first.text
    for odd in ("0", "-1", "x", "99999999999999999999"):
        assert client.get(f"/receipts/?page={odd}").status_code == 200


def test_p8_public_receipts_name_nobody(client: Client, collect: Collect) -> None:
    child = collect()
    receipt = children.forget(child, reason=Child.End.DELETED)
    pages = client.get("/receipts/").text + client.get(f"/receipts/{receipt.sha256}/").text
    pages += downloaded(client)
    assert str(child.pk) not in pages
    assert str(child.pk)[:8] not in pages
    assert set(receipt.counts) <= {"children", "keys", "rows", "files"}


def test_the_policy_page_shows_the_head_and_the_proof(client: Client, chain: list[Receipt]) -> None:
    def box() -> str:
        return words(client.get("/policies/privacy/").content)

    assert chain[-1].sha256 in box()
    assert "Not proven on this machine yet." in box()
    assert "23 November 2026, 07:30" in box()
    summary: dict[str, int | float | str] = {
        "files": 1204,
        "bytes": 310 * 1024 * 1024,
        "hits": 0,
        "seconds": 61.2,
        "database": "sqlite",
    }
    at = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
    proofs.record(at=at, passed=True, summary=summary)
    assert "Last proven: 21 November 2026. 1,204 files and 310 MiB searched, 0 found." in box()
    proofs.record(at=at + timedelta(days=1), passed=False, summary={**summary, "hits": 2})
    assert "The last proof, on 22 November 2026, failed. It found 2 traces" in box()
    assert "Last proven" not in box()
    proofs.record(at=at + timedelta(days=2), passed=False, summary={})
    assert "It could not show that nothing stays." in box()
    assert "How we prove it" not in client.get("/policies/refunds/").text


def test_the_head_is_mailed_once_a_day_with_what_to_do(
    chain: list[Receipt], settings: Settings, mailoutbox: list[object]
) -> None:
    settings.RECEIPTS_MAIL_TO = "vault@example.test"
    with time_machine.travel(NOW, tick=False) as clock:
        first = receipt_mails.mail_head()
        assert receipt_mails.mail_head() == first
        clock.shift(timedelta(hours=15))
        assert receipt_mails.mail_head() == first
        clock.shift(timedelta(hours=2))  # past midnight in Copenhagen, and nothing new was forgotten
        second = receipt_mails.mail_head()
    assert second != first
    row = OutgoingMail.objects.get(pk=first.pk)
    assert row.recipient == "vault@example.test"
    assert row.subject == f"Receipts of forgetting: 3, head {chain[-1].sha256[:12]}"
    for part in (row.text, row.html):
        assert "This mail comes every day, also when nothing was forgotten" in part
    assert f"manage.py verify_receipts --head {chain[-1].sha256}" in row.text
    assert "Last one: 23 November 2026, 07:30:00 CET" in row.text
    assert f"{settings.SITE_URL}/receipts/" in row.text
    call_command("verify_receipts", head=[chain[-1].sha256])


def test_f24_a_broken_chain_is_the_subject_of_the_mail(chain: list[Receipt]) -> None:
    Receipt.objects.filter(pk=chain[1].pk).delete()
    row = OutgoingMail.objects.get(pk=receipt_mails.mail_head(now=NOW).pk)
    assert row.subject == "The chain of receipts is broken"
    assert f"Before receipt {chain[2].pk} an entry is missing or was put in." in row.text


def test_the_head_is_mailed_by_beat_and_forgotten_like_other_mails(chain: list[Receipt]) -> None:
    assert tasks.mail_receipts.name in {entry["task"] for entry in celery.conf.beat_schedule.values()}
    tasks.mail_receipts()
    assert OutgoingMail.objects.filter(key=f"receipts:{timezone.localdate()}").count() == 1
    assert mail.forget_bodies(now=timezone.now() + timedelta(days=31)) == 1
