"""Purging on time, after any pause, and only what is due (P10, F6, F7, F9)."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from privacy import blobs, children, keystore, retention, tasks, vault
from privacy.models import Child, ContactMessage, Receipt, VaultAccess, VaultItem
from privacy.purposes import Actor, Kind, Purpose
from tests.privacy.conftest import Collect

Commit = Callable[..., AbstractContextManager[object]]
START = "2026-03-01T10:30:00+00:00"
LARGE = bytes(vault.IN_ROW + 1)


def filled(collect: Collect, *, ordered: bool = True) -> Child:
    child = collect()
    vault.put(child, Kind.PERSONALISATION, 1, b"Ada")
    vault.put(child, Kind.PHOTO, 1, LARGE)
    if ordered:
        children.keep_for_order(child)
    return child


def readable(child: Child) -> bool:
    try:
        vault.read(child, Kind.PERSONALISATION, 1, purpose=Purpose.PREVIEW, actor=Actor.parent())
    except vault.Forgotten:
        return False
    return True


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_p10_a_purge_forgets_the_due_and_nothing_else(
    collect: Collect, django_capture_on_commit_callbacks: Commit
) -> None:
    with time_machine.travel(START, tick=False) as clock, django_capture_on_commit_callbacks(execute=True):
        old = filled(collect)
        clock.shift(timedelta(days=12))
        unordered = filled(collect, ordered=False)
        clock.shift(timedelta(hours=47))
        young = filled(collect)
        clock.move_to("2026-03-15T10:30:00+00:00")  # old: 14 days; unordered: 48 hours; young: an hour
    with time_machine.travel("2026-03-15T10:30:00+00:00", tick=False), django_capture_on_commit_callbacks(execute=True):
        report = retention.purge()
    assert (report.expired, report.abandoned, report.rows, report.files) == (1, 1, 4, 2)
    assert (report.unfinished, report.remaining) == (0, 0)
    with time_machine.travel("2026-03-15T10:30:00+00:00", tick=False):
        assert readable(young)
        assert not readable(old)
    reasons = dict(Child.objects.values_list("pk", "end_reason"))
    assert reasons == {old.pk: "expired", unordered.pk: "abandoned", young.pk: ""}
    assert VaultItem.objects.count() == 2
    (blob,) = files(Path(settings.BLOB_DIR))
    assert blob.parent == blobs.child_folder(young)
    assert sorted(Receipt.objects.values_list("reason", flat=True)) == ["abandoned", "expired"]


def test_p10_one_second_early_nothing_happens(collect: Collect) -> None:
    with time_machine.travel(START, tick=False) as clock:
        child = filled(collect)
        clock.shift(settings.CHILD_RETENTION - timedelta(seconds=1))
        report = retention.purge()
        assert not report.did_something
        assert readable(child)


def test_p10_hour_keys_die_at_the_hour_plus_14_days_plus_1_hour(collect: Collect) -> None:
    with time_machine.travel(START, tick=False) as clock:
        filled(collect)
        clock.move_to("2026-03-15T10:59:59+00:00")
        assert retention.purge().hour_keys == 0
        clock.move_to("2026-03-15T11:00:00+00:00")
        assert retention.purge().hour_keys == 1
        assert keystore.current().hours() == []


def test_f7_f10_keys_die_even_if_the_database_does_not_answer(
    collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise DatabaseError("disk full")

    with time_machine.travel(START, tick=False) as clock:
        filled(collect)
        clock.shift(timedelta(days=30))
        monkeypatch.setattr(children, "forget_batch", broken)
        report = retention.purge_at_start()
        assert keystore.current().hours() == []
    assert report is not None
    assert report.problems == ["Purging expired children failed (DatabaseError)."]


def test_batches_are_bounded_and_say_what_is_left(collect: Collect) -> None:
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(7):
            filled(collect)
        clock.shift(timedelta(days=15))
        report = retention.purge(batch=2, rounds=2)
        assert (report.expired, report.remaining) == (4, 3)
        report = retention.purge(batch=2, rounds=2)
        assert (report.expired, report.remaining) == (3, 0)
    assert [receipt.counts["children"] for receipt in Receipt.objects.all()] == [2, 2, 2, 1]


def test_the_task_goes_on_until_nothing_is_left(
    collect: Collect, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Commit
) -> None:
    whole = retention.purge
    monkeypatch.setattr(retention, "purge", lambda: whole(batch=1, rounds=2))
    with time_machine.travel(START, tick=False) as clock, django_capture_on_commit_callbacks(execute=True):
        for _ in range(5):
            filled(collect)
        clock.shift(timedelta(days=15))
        tasks.purge.delay()
    assert Child.objects.filter(purged_at=None).count() == 0


def test_work_is_proportional_to_what_is_due(collect: Collect) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as context:
            retention.purge()
        return len(context)

    with time_machine.travel(START, tick=False) as clock:
        filled(collect)
        few = queries()
        for _ in range(30):
            filled(collect)
        assert queries() == few
        clock.shift(timedelta(days=1))
        assert queries() == few


def test_a_dry_run_counts_and_touches_nothing(
    collect: Collect, capsys: pytest.CaptureFixture[str], django_capture_on_commit_callbacks: Commit
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        with django_capture_on_commit_callbacks(execute=True):
            filled(collect)
        clock.shift(timedelta(days=15))
        before = files(Path(settings.KEY_STORE_DIR)) + files(Path(settings.BLOB_DIR))
        call_command("purge", "--dry-run")
        said = capsys.readouterr().out
        assert said.startswith("Would purge: hour_keys 1, expired 1, abandoned 0, unfinished 0, rows 2, files 1,")
        assert files(Path(settings.KEY_STORE_DIR)) + files(Path(settings.BLOB_DIR)) == before
        assert VaultItem.objects.count() == 2
        with django_capture_on_commit_callbacks(execute=True):
            call_command("purge")
        assert capsys.readouterr().out.startswith("Purged: hour_keys 1, expired 1, abandoned 0, unfinished 0, rows 2,")
    assert VaultItem.objects.count() == 0


def test_blobs_of_a_rolled_back_transaction_go(collect: Collect, django_capture_on_commit_callbacks: Commit) -> None:
    class RolledBack(Exception):
        pass

    child = collect()
    with django_capture_on_commit_callbacks(execute=True):
        with suppress(RolledBack), transaction.atomic():
            vault.put(child, Kind.PHOTO, 1, LARGE)
            raise RolledBack
        vault.put(child, Kind.PHOTO, 2, LARGE)
    pending = Path(settings.BLOB_DIR) / "pending"
    (orphan,) = files(pending)
    # A commit whose clean-up never ran: its blob still waits, and is readable meanwhile.
    vault.put(child, Kind.PHOTO, 3, LARGE)
    (waiting,) = set(files(pending)) - {orphan}
    assert vault.read(child, Kind.PHOTO, 3, purpose=Purpose.PREVIEW, actor=Actor.parent()).reveal() == LARGE
    assert retention.purge().orphans == 0
    assert orphan.exists()
    hour_ago = timezone.now().timestamp() - 3601
    for path in (orphan, waiting):
        os.utime(path, (hour_ago, hour_ago))
    assert retention.purge().orphans == 1
    assert files(pending) == []
    assert len(files(blobs.child_folder(child))) == 2
    assert vault.read(child, Kind.PHOTO, 3, purpose=Purpose.PREVIEW, actor=Actor.parent()).reveal() == LARGE


def test_what_a_crash_left_of_an_old_hour_goes(collect: Collect, django_capture_on_commit_callbacks: Commit) -> None:
    with time_machine.travel(START, tick=False) as clock:
        child = filled(collect)
        clock.shift(timedelta(days=15))
        with django_capture_on_commit_callbacks(execute=True):
            retention.purge()
        blobs.child_folder(child).mkdir(parents=True, exist_ok=True)
        (blobs.child_folder(child) / "left").write_bytes(b"ciphertext")
        retention.purge()
        assert not blobs.child_folder(child).parent.exists()


def test_old_uploads_go_and_young_ones_stay(db: None) -> None:
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
    old, young = folder / "old", folder / "young"
    for path, age in ((old, 3601), (young, 3000)):
        path.write_bytes(b"ciphertext")
        os.utime(path, (timezone.now().timestamp() - age,) * 2)
    assert retention.purge().uploads == 1
    assert (old.exists(), young.exists()) == (False, True)


def test_p9_messages_have_their_own_day(db: None) -> None:
    now = timezone.now()
    for number, days in enumerate((0, 1)):
        ContactMessage.objects.create(
            reference=f"C-{number}", name="A", email="a@example.test", topic="other", sealed=b"x",
            sent_at=now, answer_by=now, purge_at=now + timedelta(days=days),
        )  # fmt: skip
    assert retention.purge(now=now).messages == 1
    assert ContactMessage.objects.get().reference == "C-1"


def test_the_access_log_ends_some_time_after_the_child(collect: Collect) -> None:
    with time_machine.travel(START, tick=False) as clock:
        child = filled(collect)
        assert readable(child)
        clock.shift(timedelta(days=15))
        retention.purge()
        clock.shift(timedelta(days=74))
        assert retention.purge().accesses == 0
        assert VaultAccess.objects.count() == 1
        clock.shift(timedelta(days=2))
        assert retention.purge().accesses == 1


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_sqlite_overwrites_what_it_deletes(db: None) -> None:
    retention.shrink_database()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete=OFF")
        try:
            with pytest.raises(ImproperlyConfigured):
                retention.shrink_database()
        finally:
            cursor.execute("PRAGMA secure_delete=ON")
