"""The vault: what goes in comes out, for the right purpose, until the exact second (P3, P10, F9)."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import transaction

from privacy import blobs, children, ciphers, keystore, vault
from privacy.consent import ConsentGiven
from privacy.models import Child, VaultItem
from privacy.purposes import Actor, Kind, Purpose
from tests.privacy.conftest import Collect

PARENT = Actor.parent()


def read(child: Child, kind: Kind = Kind.PERSONALISATION, number: int = 1) -> bytes:
    return vault.read(child, kind, number, purpose=Purpose.PREVIEW, actor=PARENT).reveal()


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 128 * 1024, 300_001])
def test_what_goes_in_comes_out(child: Child, size: int) -> None:
    data = random.Random(size).randbytes(size)
    vault.put(child, Kind.PHOTO, 3, data)
    assert read(child, Kind.PHOTO, 3) == data
    assert VaultItem.objects.get().size == size
    assert bool(VaultItem.objects.get().blob) is (size > vault.IN_ROW)


def test_putting_again_replaces(child: Child) -> None:
    vault.put(child, Kind.PERSONALISATION, 1, b"first")
    vault.put(child, Kind.PERSONALISATION, 1, b"second")
    assert read(child) == b"second"
    assert vault.numbers(child, Kind.PERSONALISATION) == [1]


def test_numbers_holds_and_remove(child: Child) -> None:
    for number in (3, 1, 2):
        vault.put(child, Kind.PREVIEW_PAGE, number, b"x")
    vault.remove(child, Kind.PREVIEW_PAGE, 2)
    vault.remove(child, Kind.PREVIEW_PAGE, 9)
    assert vault.numbers(child, Kind.PREVIEW_PAGE) == [1, 3]
    assert vault.holds(child, Kind.PREVIEW_PAGE, 3)
    assert not vault.holds(child, Kind.PREVIEW_PAGE, 2)
    with pytest.raises(vault.NotInVault):
        read(child, Kind.PREVIEW_PAGE, 2)


def test_p3_only_the_named_purposes_open_the_vault(child: Child) -> None:
    vault.put(child, Kind.PERSONALISATION, 1, b"x")
    for purpose in Purpose:
        actor = Actor.system("print") if purpose is Purpose.PRINT else PARENT
        assert vault.read(child, Kind.PERSONALISATION, 1, purpose=purpose, actor=actor).reveal() == b"x"
    for other in ("marketing", "preview", "statistics", ""):
        with pytest.raises(vault.PurposeRefused):
            vault.read(child, Kind.PERSONALISATION, 1, purpose=other, actor=PARENT)  # type: ignore[arg-type]


def test_p17_the_printer_gets_print_files_only(child: Child) -> None:
    for kind in Kind:
        vault.put(child, kind, 1, b"x")
    allowed = {Kind.INTERIOR, Kind.COVER}
    for kind in Kind:
        for purpose in Purpose:
            if kind in allowed and purpose is Purpose.PRINT:
                vault.read(child, kind, 1, purpose=purpose, actor=Actor.printer())
            else:
                with pytest.raises(vault.PurposeRefused):
                    vault.read(child, kind, 1, purpose=purpose, actor=Actor.printer())


def test_p7_a_change_does_not_extend_the_time(child: Child) -> None:
    before = child.expires_at
    with time_machine.travel(child.collected_at + timedelta(hours=40), tick=False):
        vault.put(child, Kind.PERSONALISATION, 1, b"changed")
    assert Child.objects.get().expires_at == before


def test_p10_a_later_date_in_the_row_extends_nothing(child: Child) -> None:
    children.keep_for_order(child)
    vault.put(child, Kind.PERSONALISATION, 1, b"x")
    Child.objects.update(expires_at=child.expires_at + timedelta(days=365))
    with time_machine.travel(child.expires_at, tick=False), pytest.raises(vault.Forgotten):
        read(Child.objects.get())


def test_p10_another_collection_date_finds_no_key(child: Child) -> None:
    children.keep_for_order(child)
    vault.put(child, Kind.PERSONALISATION, 1, b"x")
    later = child.collected_at + timedelta(days=10)
    Child.objects.update(collected_at=later, expires_at=later + timedelta(days=14))
    with time_machine.travel(later, tick=False), pytest.raises(vault.Forgotten):
        read(Child.objects.get())


def test_an_old_copy_of_the_row_does_not_matter(child: Child) -> None:
    """A worker holds the child as it was before the order: what counts is the row as it is now."""
    held = Child.objects.get()
    vault.put(child, Kind.PERSONALISATION, 1, b"x")
    children.keep_for_order(child)
    with time_machine.travel(child.collected_at + timedelta(days=5), tick=False):
        assert read(held) == b"x"


def test_f8_daylight_saving_changes_nothing(db: None) -> None:
    """Hour keys are named in UTC: the doubled hour of October is two hours."""
    for start in (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)):
        with time_machine.travel(start, tick=False), transaction.atomic():
            children.collect(consent=ConsentGiven.now())
    assert len(keystore.current().hours()) == 2


def test_large_things_are_files_that_go_with_their_row(
    child: Child, django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]]
) -> None:
    def files() -> list[Path]:
        return [path for path in Path(settings.BLOB_DIR).rglob("*") if path.is_file()]

    large = bytes(vault.IN_ROW + 1)
    with django_capture_on_commit_callbacks(execute=True):
        vault.put(child, Kind.PHOTO, 1, large)
    (first,) = files()
    assert first.parent == blobs.child_folder(child)
    assert oct(first.stat().st_mode & 0o777) == "0o600"
    with django_capture_on_commit_callbacks(execute=True):
        vault.put(child, Kind.PHOTO, 1, large + b"!")
    (second,) = files()
    assert second != first
    assert read(child, Kind.PHOTO, 1) == large + b"!"
    with django_capture_on_commit_callbacks(execute=True):
        vault.remove(child, Kind.PHOTO, 1)
    assert files() == []


def test_a_missing_file_is_not_a_crash(child: Child) -> None:
    vault.put(child, Kind.PHOTO, 1, bytes(vault.IN_ROW + 1))
    for path in Path(settings.BLOB_DIR).rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(vault.NotInVault):
        read(child, Kind.PHOTO, 1)


def test_a_failed_put_leaves_no_file(child: Child) -> None:
    children.keep_for_order(child)
    held = Child.objects.get()
    children.forget(child, reason=Child.End.DELETED)
    with pytest.raises(vault.Forgotten):
        vault.put(held, Kind.PHOTO, 1, bytes(vault.IN_ROW + 1))
    assert not [path for path in Path(settings.BLOB_DIR).rglob("*") if path.is_file()]


def test_ciphertext_moved_to_another_place_does_not_open(collect: Collect) -> None:
    one, two = collect(), collect()
    vault.put(one, Kind.PERSONALISATION, 1, b"one")
    vault.put(two, Kind.PERSONALISATION, 1, b"two")
    mine = VaultItem.objects.get(child=one)
    for change in ({"child": two}, {"kind": Kind.MESSAGE}, {"number": 2}):
        VaultItem.objects.filter(child=two).delete()
        VaultItem.objects.filter(pk=mine.pk).update(**change)
        moved = VaultItem.objects.select_related("child").get(pk=mine.pk)
        with pytest.raises(ciphers.Damaged):
            read(moved.child, Kind(moved.kind), moved.number)
        VaultItem.objects.filter(pk=mine.pk).update(child=one, kind=mine.kind, number=mine.number)
    assert read(one) == b"one"
