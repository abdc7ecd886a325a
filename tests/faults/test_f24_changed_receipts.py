"""F24: the chain of receipts is edited, an entry is deleted, the tail is cut: 3 of 3 found, at every place.

Two more than asked: an entry put in, and the whole chain computed anew by somebody who may write to the database and
to the key store; only a head that lies elsewhere shows that one.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from privacy import receipts
from privacy.models import Receipt

AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
LENGTH = 24

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(django_capture_on_commit_callbacks: Any) -> list[Receipt]:
    with django_capture_on_commit_callbacks(execute=True):
        return [
            receipts.append(at=AT + timedelta(hours=n), reason="expired", counts={"children": n, "keys": n})
            for n in range(LENGTH)
        ]


class _Undone(Exception):
    pass


def found_at_every_place(change: Any, places: range, chain: list[Receipt]) -> int:
    """At how many places the change is found; each is undone before the next."""
    found = 0
    for place in places:
        try:
            with transaction.atomic():
                change(chain[place])
                found += not receipts.verify().sound
                raise _Undone
        except _Undone:
            pass
    assert receipts.verify().sound
    return found


def rewritten(entries: list[Receipt]) -> None:
    """What an attacker does who knows how: the given entries as a new chain, without a fault in it."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM privacy_receipt")
    previous = receipts.START
    for entry in entries:
        number = receipts._digest(entry.at, entry.reason, entry.counts, previous)
        Receipt.objects.create(at=entry.at, reason=entry.reason, counts=entry.counts, previous=previous, sha256=number)
        previous = number


def test_f24_an_edit_is_found_at_every_place(chain: list[Receipt]) -> None:
    def edit(receipt: Receipt) -> None:
        Receipt.objects.filter(pk=receipt.pk).update(counts={"children": 0, "keys": 0, "more": 1})

    def backdate(receipt: Receipt) -> None:
        Receipt.objects.filter(pk=receipt.pk).update(at=receipt.at - timedelta(seconds=1))

    for change in (edit, backdate):
        assert found_at_every_place(change, range(LENGTH), chain) == LENGTH


def test_f24_a_deletion_is_found_at_every_place(chain: list[Receipt]) -> None:
    def delete(receipt: Receipt) -> None:
        Receipt.objects.filter(pk=receipt.pk).delete()

    assert found_at_every_place(delete, range(LENGTH), chain) == LENGTH


def test_f24_a_cut_off_tail_is_found_at_every_length(chain: list[Receipt]) -> None:
    def cut(receipt: Receipt) -> None:
        Receipt.objects.filter(pk__gte=receipt.pk).delete()

    assert found_at_every_place(cut, range(LENGTH), chain) == LENGTH


def test_f24_an_entry_put_in_is_found_at_every_place(chain: list[Receipt]) -> None:
    def put_in(receipt: Receipt) -> None:
        """Between this entry and the next one, with a number that is right for it."""
        later = list(Receipt.objects.filter(pk__gt=receipt.pk).order_by("pk"))
        Receipt.objects.filter(pk__gt=receipt.pk).delete()
        number = receipts._digest(AT, "deleted", {"children": 1}, receipt.sha256)
        for one in later:
            one.pk += 1
        if later:
            later[0].previous = number
        Receipt.objects.create(
            pk=receipt.pk + 1, at=AT, reason="deleted", counts={"children": 1}, previous=receipt.sha256, sha256=number
        )
        Receipt.objects.bulk_create(later)

    assert found_at_every_place(put_in, range(LENGTH - 1), chain) == LENGTH - 1


def test_f24_two_entries_that_changed_places_are_found(chain: list[Receipt]) -> None:
    def swap(receipt: Receipt) -> None:
        before = receipt.pk - 1
        Receipt.objects.filter(pk=before).update(id=-1)
        Receipt.objects.filter(pk=receipt.pk).update(id=before)
        Receipt.objects.filter(pk=-1).update(id=receipt.pk)

    assert found_at_every_place(swap, range(1, LENGTH), chain) == LENGTH - 1


def test_f24_a_chain_written_anew_is_found_by_a_head_from_a_mail(chain: list[Receipt], settings: Any) -> None:
    mailed = chain[-1].sha256
    entries = list(Receipt.objects.order_by("pk"))
    for changed in (entries[1:], entries[:-1], [*entries[:7], *entries[8:]]):
        rewritten(changed)
        beside_the_keys = Path(settings.KEY_STORE_DIR) / "receipts-head"
        assert not receipts.verify().sound
        beside_the_keys.write_text(receipts.head())  # the attacker has thought of it
        assert receipts.verify().sound, "the chain itself has no fault"
        problems = receipts.verify(known=[mailed]).problems
        assert len(problems) == 1
        assert mailed[:12] in problems[0]


def test_f24_the_command_says_so_and_ends_with_1(chain: list[Receipt], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_receipts", head=[chain[3].sha256, chain[9].sha256])
    assert "24 receipts, unbroken." in (said := capsys.readouterr().out)
    assert "It contains every head you gave." in said
    call_command("verify_receipts", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "sound": True, "receipts": LENGTH, "head": chain[-1].sha256, "problems": [],
    }  # fmt: skip
    with pytest.raises(CommandError) as refused:
        call_command("verify_receipts", head=["f" * 64])
    assert refused.value.returncode == 1
    assert "the head ffffffffffff… that was noted is not in it" in capsys.readouterr().err
    with pytest.raises(CommandError, match="64 hexadecimal digits") as wrong:
        call_command("verify_receipts", head=["--help"])
    assert wrong.value.returncode == 2
    Receipt.objects.filter(pk=chain[5].pk).delete()
    with pytest.raises(CommandError, match="23 receipts is broken"):
        call_command("verify_receipts", json=True)
    broken = json.loads(capsys.readouterr().out)
    assert (broken["sound"], len(broken["problems"])) == (False, 1)
