"""Files of ciphertext below BLOB_DIR, and a default storage that refuses to write anything else.

A new blob lies in `pending/` until the transaction of its row commits, then moves beside the other blobs of
its child; a reader looks in both places. Whatever is left in `pending/` without a row belongs to a
transaction that was rolled back, so the sweep needs to look at nothing else. All blobs of a child lie in one
folder, below the hour it was collected in: forgetting removes folders, also what a crash left in them.
"""

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, BinaryIO, NoReturn

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage
from django.utils import timezone

from privacy.keystore import folder_entries, hour_name, parse_hours, sync_folder
from privacy.models import Child

PENDING_AGE = timedelta(hours=1)  # no transaction is open for as long as this


def write(parts: Iterable[bytes], name: str) -> None:
    """Write a new pending blob durably. On any error nothing is left."""
    path = _pending(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def new_name() -> str:
    return secrets.token_hex(16)


def settle(child: Child, name: str) -> None:
    """Its row is committed: move the blob beside the others of its child. Doing it twice does no harm."""
    path = _settled(child, name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileNotFoundError):
        _pending(name).rename(path)


def open_blob(child: Child, name: str) -> BinaryIO:
    """Raises FileNotFoundError."""
    for path in (_settled(child, name), _pending(name), _settled(child, name)):
        with suppress(FileNotFoundError):
            return path.open("rb")
    raise FileNotFoundError


def delete(child: Child, name: str) -> None:
    for path in (_settled(child, name), _pending(name)):
        path.unlink(missing_ok=True)


def delete_all(child: Child, names: Iterable[str] = ()) -> None:
    """Remove every blob of a child, wanted or left behind, and those called `names` that were not moved to it yet.
    Tries all of them; raises the first OSError."""
    _remove([*folder_entries(child_folder(child)), *map(_pending, names)], [child_folder(child)])
    with suppress(OSError):  # the hour still has other children
        child_folder(child).parent.rmdir()


def hours() -> list[datetime]:
    """Every hour that still has a folder, oldest first."""
    return sorted(parse_hours(path.name for path in folder_entries(_root())))


def delete_hour(hour: datetime) -> None:
    """Remove what is left of an hour whose key is gone. Tries everything; raises the first OSError."""
    folder = _root() / hour_name(hour)
    inside = folder_entries(folder)
    _remove([path for one in inside for path in folder_entries(one)], [*inside, folder])


def pending(*, now: datetime | None = None) -> list[Path]:
    """Blobs that have waited for their row longer than any transaction lasts."""
    limit = (now or timezone.now()) - PENDING_AGE
    return old_files(_root() / "pending", limit)


def old_files(folder: Path, limit: datetime) -> list[Path]:
    """Files in a folder last written before the limit."""
    found = []
    with suppress(FileNotFoundError):
        for entry in os.scandir(folder):
            with suppress(FileNotFoundError):
                if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < limit.timestamp():
                    found.append(Path(entry.path))
    return found


def child_folder(child: Child) -> Path:
    return _root() / hour_name(child.collected_at) / child.pk.hex


def _remove(files: Iterable[Path], folders: Iterable[Path]) -> None:
    """Unlink files, then remove their emptied folders; what is gone already does not matter."""
    errors: list[OSError] = []
    for remove, paths in ((Path.unlink, files), (Path.rmdir, folders)):
        for path in paths:
            try:
                remove(path)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                errors.append(error)
    if errors:
        raise errors[0]


def _root() -> Path:
    return Path(settings.BLOB_DIR)


def _pending(name: str) -> Path:
    return _root() / "pending" / name


def _settled(child: Child, name: str) -> Path:
    return child_folder(child) / name


class NoPlainFiles(Storage):
    """The default storage: it stores nothing, so that no file field can ever write plaintext (P11)."""

    def _refuse(self) -> NoReturn:
        raise ImproperlyConfigured("Files are kept in the vault only: use privacy.vault.put.")

    def _open(self, name: str, mode: str = "rb") -> NoReturn:
        self._refuse()

    def _save(self, name: str, content: IO[Any]) -> NoReturn:
        self._refuse()

    def delete(self, name: str) -> NoReturn:
        self._refuse()

    def exists(self, name: str) -> bool:
        return False

    def listdir(self, path: str) -> NoReturn:
        self._refuse()

    def size(self, name: str) -> NoReturn:
        self._refuse()

    def url(self, name: str | None) -> NoReturn:
        self._refuse()
