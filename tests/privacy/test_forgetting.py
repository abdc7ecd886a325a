"""Forgetting one child: at once, for good, in every copy (P5, P8, F5, F26)."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core import serializers
from django.test import RequestFactory

from privacy import blobs, children, keystore, retention, vault
from privacy.models import Child, Consent, PolicyVersion, Receipt, VaultAccess, VaultItem
from privacy.purposes import Actor, Kind, Purpose
from tests.privacy.conftest import Collect

Commit = Callable[..., AbstractContextManager[object]]
LARGE = bytes(vault.IN_ROW + 1)


def read(child: Child, kind: Kind = Kind.PERSONALISATION) -> bytes:
    return vault.read(child, kind, 1, purpose=Purpose.PREVIEW, actor=Actor.parent()).reveal()


def blob_files() -> list[Path]:
    return [path for path in Path(settings.BLOB_DIR).rglob("*") if path.is_file()]


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> list[children.Hook]:
    table: list[children.Hook] = []
    monkeypatch.setattr(children, "_hooks", table)
    return table


@pytest.fixture
def full(child: Child, django_capture_on_commit_callbacks: Commit) -> Child:
    with django_capture_on_commit_callbacks(execute=True):
        vault.put(child, Kind.PERSONALISATION, 1, b"Ada")
        vault.put(child, Kind.PHOTO, 1, LARGE)
    return child


def test_p8_everything_goes_and_a_receipt_stays(
    full: Child, collect: Collect, django_capture_on_commit_callbacks: Commit
) -> None:
    other = collect()
    vault.put(other, Kind.PERSONALISATION, 1, b"Bo")
    with django_capture_on_commit_callbacks(execute=True):
        receipt = children.forget(full, reason=Child.End.DELETED)
    assert receipt.counts == {"children": 1, "keys": 1, "rows": 2, "files": 1}
    assert not VaultItem.objects.filter(child=full).exists()
    assert blob_files() == []
    assert not blobs.child_folder(full).exists()
    with pytest.raises(keystore.KeyGone):
        keystore.current().get(full.pk, keystore.hour_of(full.collected_at))
    tombstone = Child.objects.get(pk=full.pk)
    assert (tombstone.end_reason, tombstone.receipt) == ("deleted", receipt)
    assert tombstone.ended_at == tombstone.purged_at == receipt.at
    for item in (full, tombstone):
        with pytest.raises(vault.Forgotten):
            read(item)
        with pytest.raises(vault.Forgotten):
            vault.put(item, Kind.PERSONALISATION, 1, b"again")
    assert not children.is_open(tombstone)
    assert read(other) == b"Bo"


def test_p5_deleting_withdraws_the_consent_and_expiry_does_not(collect: Collect) -> None:
    one, two = collect(), collect()
    receipt = children.forget(one, reason=Child.End.WITHDRAWN)
    children.forget(two, reason=Child.End.EXPIRED)
    assert Consent.objects.get(child=one).withdrawn_at == receipt.at
    assert Consent.objects.get(child=two).withdrawn_at is None


def test_p5_hooks_are_told_once_and_a_second_forgetting_has_the_first_receipt(
    full: Child, hooks: list[children.Hook]
) -> None:
    told: list[tuple[Child, str]] = []
    children.on_forget(lambda child: told.append((child, child.end_reason)))
    first = children.forget(full, reason=Child.End.DELETED)
    assert told == [(full, "deleted")]
    assert children.forget(full, reason=Child.End.EXPIRED) == first
    assert Receipt.objects.count() == 1
    assert Child.objects.get().end_reason == "deleted"


def test_p8_a_failing_hook_stops_nothing_and_is_called_again(
    full: Child, hooks: list[children.Hook], django_capture_on_commit_callbacks: Commit
) -> None:
    calls = []

    def fails_once(child: Child) -> None:
        calls.append(child)
        if len(calls) == 1:
            Child.objects.filter(pk=child.pk).update(end_reason="changed")
            raise ValueError("not now")

    children.on_forget(fails_once)
    with django_capture_on_commit_callbacks(execute=True):
        children.forget(full, reason=Child.End.DELETED)
    kept = Child.objects.get()
    assert (kept.purged_at, kept.end_reason) == (None, "deleted")
    assert not VaultItem.objects.exists()
    assert retention.purge().unfinished == 1
    assert len(calls) == 2
    assert Child.objects.get().purged_at is not None
    assert retention.purge().unfinished == 0
    assert Receipt.objects.count() == 1


def test_p8_the_key_goes_even_if_the_database_does_not_answer(full: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("privacy.receipts.append", lambda **_: (_ for _ in ()).throw(RuntimeError("the disk is full")))
    with pytest.raises(RuntimeError):
        children.forget(full, reason=Child.End.DELETED)
    with pytest.raises(vault.Forgotten):
        read(full)
    monkeypatch.undo()
    assert children.forget(Child.objects.get(), reason=Child.End.DELETED).counts["rows"] == 2


def test_p12_typed_reasons_go_and_that_somebody_looked_stays(full: Child) -> None:
    for number, reason in enumerate(("Ada asked", "Ada's mother asked", "")):
        VaultAccess.objects.create(
            child=full,
            kind="photo",
            purpose="preview",
            actor=f"staff:{number % 2}",
            reason=reason,
            hour=full.collected_at,
        )
    children.forget(full, reason=Child.End.DELETED)
    assert VaultAccess.objects.count() == 3
    assert not VaultAccess.objects.filter(reason__contains="Ada").exists()


def test_an_order_keeps_a_child_and_moves_no_date(child: Child) -> None:
    expires = child.expires_at
    children.keep_for_order(child)
    children.keep_for_order(child)
    kept = Child.objects.get()
    assert (kept.abandoned_at, kept.expires_at) == (None, expires)
    with time_machine.travel(expires - timedelta(seconds=1), tick=False):
        assert children.is_open(kept)


@pytest.mark.parametrize("after", [settings.ABANDONED_RETENTION, settings.CHILD_RETENTION])
def test_an_order_that_comes_too_late_keeps_nothing(child: Child, after: timedelta) -> None:
    with time_machine.travel(child.collected_at + after, tick=False), pytest.raises(vault.Forgotten):
        children.keep_for_order(child)
    assert Child.objects.get().abandoned_at == child.abandoned_at


def test_f5_a_backup_without_the_key_store_opens_nothing(
    collect: Collect, tmp_path: Path, django_capture_on_commit_callbacks: Commit
) -> None:
    """Database and blobs of day 13, restored on day 15, with the key store of day 15 and with whatever clock."""
    start = Child.objects.none()
    with time_machine.travel("2026-03-01T10:30:00+00:00", tick=False) as clock:
        with django_capture_on_commit_callbacks(execute=True):
            family = [collect() for _ in range(40)]
            for child in family:
                children.keep_for_order(child)
                vault.put(child, Kind.PERSONALISATION, 1, b"Ada")
                vault.put(child, Kind.PHOTO, 1, LARGE)
        clock.move_to("2026-03-14T10:30:00+00:00")
        rows = serializers.serialize("json", [*Child.objects.all(), *VaultItem.objects.all()])
        shutil.copytree(settings.BLOB_DIR, tmp_path / "backup")
        assert sum(read(child) == b"Ada" for child in family) == 40
        clock.move_to("2026-03-15T12:00:00+00:00")
        with django_capture_on_commit_callbacks(execute=True):
            assert retention.purge().expired == 40
        assert VaultItem.objects.count() == len(blob_files()) == 0

        shutil.rmtree(settings.BLOB_DIR)
        shutil.copytree(tmp_path / "backup", settings.BLOB_DIR)
        for restored in serializers.deserialize("json", rows):
            restored.save()
        assert VaultItem.objects.count() == 80
        assert len(blob_files()) == 40
        opened = 0
        for day in (13, 15, 16):
            clock.move_to(f"2026-03-{day}T12:00:00+00:00")
            for child in Child.objects.all():
                for kind in (Kind.PERSONALISATION, Kind.PHOTO):
                    with suppress(vault.Forgotten):
                        read(child, kind)
                        opened += 1
        assert opened == 0
        assert keystore.current().hours() == []
        # The restored rows are due again: the next purge removes them.
        with django_capture_on_commit_callbacks(execute=True):
            assert retention.purge().rows == 80
        assert blob_files() == []
    assert not start


def test_f26_without_the_key_store_everything_is_a_clean_forgotten(full: Child, collect: Collect) -> None:
    shutil.rmtree(settings.KEY_STORE_DIR)
    for kind in (Kind.PERSONALISATION, Kind.PHOTO):
        with pytest.raises(vault.Forgotten):
            read(full, kind)
    with pytest.raises(vault.Forgotten):
        vault.put(full, Kind.PERSONALISATION, 1, b"Ada")
    retention.purge()
    children.forget(full, reason=Child.End.DELETED)
    # The shop goes on: the next parent is served.
    new = collect()
    vault.put(new, Kind.PERSONALISATION, 1, b"Bo")
    assert read(new) == b"Bo"
    assert PolicyVersion.objects.exists()


def test_finders_decide_who_may(child: Child, rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "_finders", [])
    request = rf.get("/")
    assert children.find(request, child.pk) is None
    children.register_finder(lambda request, uuid: None)
    children.register_finder(lambda request, uuid: Child.objects.filter(pk=uuid).first())
    assert children.find(request, child.pk) == child


def test_p10_a_released_child_waits_48_hours_for_an_order_and_never_longer_than_its_expiry(child: Child) -> None:
    children.keep_for_order(child)
    with time_machine.travel(child.collected_at + timedelta(days=1), tick=False):
        for _ in range(2):  # a second call does not move the time
            children.release(child)
    wanted = child.collected_at + timedelta(days=3)
    child.refresh_from_db()
    assert child.abandoned_at == wanted
    children.keep_for_order(child)
    with time_machine.travel(child.expires_at - timedelta(hours=1), tick=False):
        children.release(child)
    child.refresh_from_db()
    assert child.abandoned_at == child.expires_at


def test_releasing_a_forgotten_child_changes_nothing(child: Child) -> None:
    children.keep_for_order(child)
    children.forget(child, reason=Child.End.DELETED)
    children.release(child)
    child.refresh_from_db()
    assert child.abandoned_at is None
    assert child.end_reason == Child.End.DELETED
