"""Thousands of children at once, each really encrypted under a key of its own, for figures and for tests of faults.

Their names are numbers. Never run this in an installation that serves parents.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.test.utils import override_settings

from privacy import ciphers, keystore
from privacy.models import Child, VaultItem
from privacy.purposes import Kind

_ROWS = 2000  # in one statement
_MEMORY = Path("/dev/shm")  # noqa: S108 (a folder of our own is made below it)


@contextmanager
def key_store_in_memory() -> Iterator[Path]:
    """A key store on a tmpfs where there is one, as docs/deployment.md asks for."""
    folder = Path(tempfile.mkdtemp(prefix="littledreamers-keys-", dir=_MEMORY if _MEMORY.is_dir() else None))
    try:
        with override_settings(KEY_STORE_DIR=folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def collect(count: int, moments: Sequence[datetime], *, with_keys: bool = True) -> list[Child]:
    """Children whose books were ordered, spread evenly over `moments`; each has one sealed thing in the vault."""
    store = keystore.current()
    children, items = [], []
    for number in range(count):
        at = moments[number * len(moments) // count]
        child = Child(collected_at=at, expires_at=at + settings.CHILD_RETENTION)
        key = store.create(child.pk, keystore.hour_of(at)) if with_keys else bytes(keystore.KEY_BYTES)
        sealed = ciphers.seal(key, words(number), ciphers.place(child.pk, Kind.PERSONALISATION, 1))
        children.append(child)
        items.append(
            VaultItem(
                child=child,
                kind=Kind.PERSONALISATION,
                number=1,
                ciphertext=sealed,
                size=len(words(number)),
                created_at=at,
            )
        )
    Child.objects.bulk_create(children, batch_size=_ROWS)
    VaultItem.objects.bulk_create(items, batch_size=_ROWS)
    return children


def words(number: int) -> bytes:
    """What the vault holds of the child with this number."""
    return b'{"name": "Child %d"}' % number


def readable() -> int:
    """How many things in the database open with the keys that are left, whatever the clock and the vault say."""
    store = keystore.current()
    count = 0
    for item in VaultItem.objects.select_related("child").exclude(ciphertext=None).iterator():
        try:
            key = store.get(item.child_id, keystore.hour_of(item.child.collected_at))
            opened = ciphers.unseal(
                key, bytes(item.ciphertext or b""), ciphers.place(item.child_id, item.kind, item.number)
            )
        except (keystore.KeyGone, ciphers.Damaged):
            continue
        count += opened.startswith(b'{"name": "Child ')
    return count
