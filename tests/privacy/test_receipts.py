"""The chain of receipts shows every change (F24)."""

import threading
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from privacy import receipts
from privacy.models import Receipt

CUT = "The end of the chain was cut off, or the chain was written anew: the head {} is not in it."
AT = datetime(2026, 11, 22, 4, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def chain(transactional_db: None) -> list[Receipt]:
    return [receipts.append(at=AT, reason="expired", counts={"children": n}) for n in range(5)]


def test_an_untouched_chain_is_sound(chain: list[Receipt], capsys: pytest.CaptureFixture[str]) -> None:
    found = receipts.verify()
    assert (found.sound, found.count, found.head) == (True, 5, chain[-1].sha256)
    assert receipts.head() == chain[-1].sha256
    assert chain[0].previous == "0" * 64
    call_command("verify_receipts")
    assert chain[-1].sha256 in capsys.readouterr().out


def test_an_empty_chain_is_sound(transactional_db: None) -> None:
    assert receipts.verify() == receipts.Verification(0, "0" * 64, ())


@pytest.mark.parametrize(
    "change", [{"counts": {"children": 0}}, {"reason": "deleted"}, {"at": datetime(2026, 1, 1, tzinfo=UTC)}]
)
def test_f24_an_edit_shows(chain: list[Receipt], change: dict[str, object]) -> None:
    Receipt.objects.filter(pk=chain[2].pk).update(**change)
    assert receipts.verify().problems == (f"Receipt {chain[2].pk} was changed.",)


def test_f24_an_edit_with_a_recomputed_hash_shows(chain: list[Receipt]) -> None:
    forged = receipts._digest(AT, "expired", {"children": 99}, chain[2].previous)
    Receipt.objects.filter(pk=chain[2].pk).update(counts={"children": 99}, sha256=forged)
    assert receipts.verify().problems == (f"Before receipt {chain[3].pk} an entry is missing or was put in.",)


def test_f24_a_deletion_shows(chain: list[Receipt]) -> None:
    Receipt.objects.filter(pk=chain[2].pk).delete()
    assert receipts.verify().problems == (f"Before receipt {chain[3].pk} an entry is missing or was put in.",)


def test_f24_a_cut_off_tail_shows(chain: list[Receipt]) -> None:
    Receipt.objects.filter(pk__in=[chain[3].pk, chain[4].pk]).delete()
    assert receipts.verify().problems == (CUT.format("beside the keys"),)
    with pytest.raises(CommandError):
        call_command("verify_receipts")


def test_f24_a_cut_off_tail_shows_to_whoever_noted_the_head(
    chain: list[Receipt], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "_anchored", lambda: "")
    noted = chain[4].sha256
    Receipt.objects.filter(pk=chain[4].pk).delete()
    assert receipts.verify().sound
    assert receipts.verify(known=[noted]).problems == (CUT.format(f"{noted[:12]}… that was noted"),)
    assert receipts.verify(known=[chain[1].sha256]).sound


def test_f24_the_chain_cannot_fork(chain: list[Receipt]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Receipt.objects.create(at=AT, reason="expired", counts={}, previous=chain[1].sha256, sha256="f" * 64)


def test_f24_appends_at_the_same_moment_make_one_chain(transactional_db: None) -> None:
    ready = threading.Barrier(8)
    failures = []

    def append() -> None:
        ready.wait()
        try:
            for number in range(5):
                receipts.append(at=AT, reason="expired", counts={"children": number})
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=append) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = receipts.verify()
    assert (found.sound, found.count) == (True, 40)
