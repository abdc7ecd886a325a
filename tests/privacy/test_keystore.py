"""Keys are born once and die for good."""

import os
import stat
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from privacy.keystore import GRACE, FolderKeyStore, KeyGone, hour_due, hour_of

HOUR = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> FolderKeyStore:
    return FolderKeyStore(tmp_path / "keys")


def files(store: FolderKeyStore) -> list[Path]:
    return sorted(path for path in store.root.rglob("*") if path.is_file())


def test_a_key_comes_back(store: FolderKeyStore) -> None:
    one, two = uuid4(), uuid4()
    first, second = store.create(one, HOUR), store.create(two, HOUR)
    assert (store.get(one, HOUR), store.get(two, HOUR)) == (first, second)
    assert len({first, second}) == 2
    assert len(first) == 32
    assert store.hours() == [HOUR]


def test_files_are_private_and_hold_no_bare_child_key(store: FolderKeyStore) -> None:
    key = store.create(uuid4(), HOUR)
    assert len(files(store)) == 2
    for path in files(store):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert key not in path.read_bytes()


def test_a_child_has_one_key_only(store: FolderKeyStore) -> None:
    child = uuid4()
    key = store.create(child, HOUR)
    with pytest.raises(FileExistsError):
        store.create(child, HOUR)
    assert store.get(child, HOUR) == key
    assert len(files(store)) == 2


def test_destroyed_keys_are_overwritten_before_they_are_unlinked(store: FolderKeyStore) -> None:
    one, two = uuid4(), uuid4()
    store.create(one, HOUR)
    kept = store.create(two, HOUR)
    (path,) = [path for path in files(store) if one.hex in path.name]
    with path.open("rb") as still_open:
        assert store.destroy([(one, HOUR)]) == {one}
        assert still_open.read() == bytes(40)
    assert not path.exists()
    with pytest.raises(KeyGone):
        store.get(one, HOUR)
    assert store.get(two, HOUR) == kept
    assert store.destroy([(one, HOUR)]) == set()


def test_an_hour_takes_all_its_children_with_it(store: FolderKeyStore) -> None:
    gone = [uuid4() for _ in range(5)]
    for child in gone:
        store.create(child, HOUR)
    other = uuid4()
    kept = store.create(other, HOUR + timedelta(hours=1))
    hour_file = store.root / "hours" / "2026-11-22T04.key"
    with hour_file.open("rb") as still_open:
        assert store.destroy_hour(HOUR) == 6
        assert still_open.read() == bytes(32)
    for child in gone:
        with pytest.raises(KeyGone):
            store.get(child, HOUR)
    assert store.get(other, HOUR + timedelta(hours=1)) == kept
    assert store.hours() == [HOUR + timedelta(hours=1)]
    assert store.destroy_hour(HOUR) == 0


def test_a_wrapped_key_alone_opens_nothing(store: FolderKeyStore) -> None:
    """Somebody kept a copy of the wrapped keys: without the hour key they are noise."""
    child = uuid4()
    store.create(child, HOUR)
    wrapped = (store.root / "children" / "2026-11-22T04" / f"{child.hex}.key").read_bytes()
    store.destroy_hour(HOUR)
    store.create(uuid4(), HOUR)
    (store.root / "children" / "2026-11-22T04" / f"{child.hex}.key").write_bytes(wrapped)
    with pytest.raises(KeyGone):
        store.get(child, HOUR)


def test_f26_a_lost_or_damaged_store_says_that_keys_are_gone(store: FolderKeyStore) -> None:
    child = uuid4()
    with pytest.raises(KeyGone):
        store.get(child, HOUR)
    assert store.hours() == []
    assert store.destroy([(child, HOUR)]) == set()
    store.create(child, HOUR)
    for damage in (b"", b"short", bytes(40)):
        (store.root / "children" / "2026-11-22T04" / f"{child.hex}.key").write_bytes(damage)
        with pytest.raises(KeyGone):
            store.get(child, HOUR)


def test_a_crash_while_a_key_is_written_leaves_no_half_key(
    store: FolderKeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("no")))
    with pytest.raises(OSError, match="no"):
        store.create(uuid4(), HOUR)
    assert files(store) == []


def _create_many(root: str) -> list[tuple[str, bytes]]:
    store = FolderKeyStore(Path(root))
    children = [uuid4() for _ in range(25)]
    return [(child.hex, store.create(child, HOUR)) for child in children]


def test_processes_that_make_the_same_hour_key_agree(store: FolderKeyStore) -> None:
    with ProcessPoolExecutor(4) as pool:
        made = [pair for pairs in pool.map(_create_many, [str(store.root)] * 4) for pair in pairs]
    assert len(made) == 100
    assert all(store.get(UUID(child), HOUR) == key for child, key in made)
    assert len(list((store.root / "hours").iterdir())) == 1


def test_when_an_hour_is_due() -> None:
    end = HOUR + settings.CHILD_RETENTION + GRACE
    assert not hour_due(HOUR, end - timedelta(microseconds=1))
    assert hour_due(HOUR, end)
    # The hour's last child has been unreadable for a moment already, never the other way round.
    last = HOUR + timedelta(hours=1) - timedelta(microseconds=1)
    assert last + settings.CHILD_RETENTION < end
    assert hour_of(last) == HOUR
