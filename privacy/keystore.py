"""Keys that die on time, in a folder of small files that is never part of a backup.

Every UTC hour in which something was collected has a random *hour key*; every child has a *child key*,
wrapped by its hour key (RFC 3394) and kept beside it. Destroying an hour key makes every child of that hour
unreadable at once, in every copy of the database; destroying a child's wrapped key does the same for one
child. A key is never stored in the database, because a database has backups.

    hours/2026-11-22T04.key            32 bytes
    children/2026-11-22T04/<id>.key    40 bytes
    singles/<name>.key                 32 bytes, for things with a day of deletion of their own
"""

import errno
import os
import secrets
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from django.conf import settings

log = structlog.get_logger("littledreamers.privacy")

KEY_BYTES = 32
# The vault refuses at the exact second; the hour key outlives the hour's last child by up to an hour at most.
GRACE = timedelta(hours=1)


class KeyGone(LookupError):
    """There is no such key, or no longer."""


class KeysLeft(OSError):
    """The file system refused to remove keys. Everything that could be destroyed was; try again later."""

    def __init__(self, left: Collection[UUID | str], destroyed: Collection[UUID] = ()) -> None:
        super().__init__(errno.EIO, f"{len(left)} keys could not be destroyed")
        self.left = frozenset(left)
        self.destroyed = frozenset(destroyed)


class KeyStore(Protocol):
    """What the vault needs from a key store. A second backend only has to be able to destroy at once.

    What destroys tries every key, and raises KeysLeft at the end if one of them would not go.
    """

    def create(self, child: UUID, hour: datetime) -> bytes: ...

    def get(self, child: UUID, hour: datetime) -> bytes: ...

    def destroy(self, children: Iterable[tuple[UUID, datetime]]) -> frozenset[UUID]: ...

    def hours(self) -> list[datetime]: ...

    def destroy_hour(self, hour: datetime) -> int: ...

    def create_single(self, name: str) -> bytes: ...

    def get_single(self, name: str) -> bytes: ...

    def destroy_singles(self, names: Iterable[str]) -> int: ...


def hour_of(moment: datetime) -> datetime:
    """The UTC hour a moment lies in."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def hour_name(hour: datetime) -> str:
    return hour_of(hour).strftime("%Y-%m-%dT%H")


def parse_hours(names: Iterable[str]) -> Iterator[datetime]:
    """The hours among file names; other names are left out."""
    for name in names:
        with suppress(ValueError):
            yield datetime.strptime(name, "%Y-%m-%dT%H").replace(tzinfo=UTC)


def hour_due(hour: datetime, now: datetime) -> bool:
    """Whether an hour key's time has come: the start of its hour, the retention and one hour."""
    return hour + settings.CHILD_RETENTION + GRACE <= now


def current() -> KeyStore:
    """The key store of this installation."""
    return FolderKeyStore(Path(settings.KEY_STORE_DIR))


class FolderKeyStore:
    """Keys as files. The folder belongs on a tmpfs or an encrypted volume: overwriting in place means little
    on flash."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def create(self, child: UUID, hour: datetime) -> bytes:
        """Make a child's key and store it wrapped. Raises FileExistsError if the child has one."""
        key = secrets.token_bytes(KEY_BYTES)
        path = self._child_path(child, hour)
        _write_new(path, aes_key_wrap(self._hour_key(hour), key))
        return key

    def get(self, child: UUID, hour: datetime) -> bytes:
        """A child's key. Raises KeyGone if it or its hour key is gone, or the whole store."""
        try:
            hour_key = self._hour_path(hour).read_bytes()
            wrapped = self._child_path(child, hour).read_bytes()
            return aes_key_unwrap(hour_key, wrapped)
        # ValueError: zeroed or cut off in the middle of its destruction.
        except (FileNotFoundError, NotADirectoryError, InvalidUnwrap, ValueError) as error:
            raise KeyGone from error

    def destroy(self, children: Iterable[tuple[UUID, datetime]]) -> frozenset[UUID]:
        """Destroy the keys of these children; those already gone are skipped. Returns whose keys there were. Raises
        KeysLeft."""
        paths = {self._child_path(child, hour): child for child, hour in children}
        gone, left = _destroy(paths)
        destroyed = frozenset(paths[path] for path in gone)
        if left:
            raise KeysLeft([paths[path] for path in left], destroyed)
        return destroyed

    def hours(self) -> list[datetime]:
        """Every hour that still has an hour key, or wrapped keys left behind by one, oldest first."""
        names = {path.stem for path in folder_entries(self.root / "hours") if path.suffix == ".key"}
        names |= {path.name for path in folder_entries(self.root / "children")}
        return sorted(parse_hours(names))

    def destroy_hour(self, hour: datetime) -> int:
        """Destroy an hour key first, then what it wrapped. Returns how many keys went. Raises KeysLeft."""
        stale = [path for path in folder_entries(self.root / "hours") if path.name.startswith(f".{hour_name(hour)}.")]
        gone, left = _destroy([self._hour_path(hour), *stale])
        folder = self.root / "children" / hour_name(hour)
        # Without the hour key its wrapped keys are noise: they need no overwriting, which takes a sync each.
        more, rest = (_destroy if left else _unlink)(folder_entries(folder))
        if left or rest:
            raise KeysLeft([path.name for path in (*left, *rest)])
        with suppress(FileNotFoundError):
            folder.rmdir()
        return len(gone) + len(more)

    def create_single(self, name: str) -> bytes:
        """Make a key for one thing that has its own day of deletion. Raises FileExistsError."""
        key = secrets.token_bytes(KEY_BYTES)
        _write_new(self._single_path(name), key)
        return key

    def get_single(self, name: str) -> bytes:
        """Raises KeyGone."""
        try:
            return self._single_path(name).read_bytes()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise KeyGone from error

    def destroy_singles(self, names: Iterable[str]) -> int:
        """Destroy these keys; those already gone are skipped. Returns how many there were. Raises KeysLeft."""
        gone, left = _destroy([self._single_path(name) for name in names])
        if left:
            raise KeysLeft([path.stem for path in left])
        return len(gone)

    def _single_path(self, name: str) -> Path:
        return self.root / "singles" / f"{name}.key"

    def _hour_key(self, hour: datetime) -> bytes:
        path = self._hour_path(hour)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            # Another process may make the same key at this moment: whoever links first wins, both use the
            # winner's.
            with suppress(FileExistsError):
                _write_new(path, secrets.token_bytes(KEY_BYTES))
            return path.read_bytes()

    def _hour_path(self, hour: datetime) -> Path:
        return self.root / "hours" / f"{hour_name(hour)}.key"

    def _child_path(self, child: UUID, hour: datetime) -> Path:
        return self.root / "children" / hour_name(hour) / f"{child.hex}.key"


def folder_entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _write_new(path: Path, data: bytes) -> None:
    """A file that appears whole or not at all, and never replaces another. Raises FileExistsError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.stem}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
        os.link(draft, path)
    finally:
        os.close(descriptor)
        draft.unlink()
    sync_folder(path.parent)


def _destroy(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Overwrite with zeros, make that durable, then unlink; one sync per folder at the end. A key that cannot be
    overwritten (disk full) is unlinked all the same. Returns what went and what would not."""
    present, unwiped = [], 0
    for path in paths:
        try:
            _wipe(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            unwiped += 1
        present.append(path)
    gone, left = _unlink(present)
    if unwiped:
        log.error("keys could not be overwritten before they were unlinked", keys=unwiped)
    return gone, left


def _wipe(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, bytes(os.fstat(descriptor).st_size))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unlink(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    gone: list[Path] = []
    left: list[Path] = []
    for path in paths:
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            continue  # somebody else destroyed it at this moment
        except OSError:
            left.append(path)
        else:
            gone.append(path)
    for folder in {path.parent for path in gone}:
        try:
            sync_folder(folder)
        except FileNotFoundError:
            continue
        except OSError:
            log.error("that keys were removed could not be made durable")
    return gone, left


def sync_folder(folder: Path) -> None:
    """Make what was created in or removed from a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
