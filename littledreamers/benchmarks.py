"""What forgetting and encrypting cost, for `manage.py bench`: ratios measured in one run, in a scratch database."""

import io
import secrets
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from unittest import mock

from django.conf import settings
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db import connection, transaction
from django.http import HttpResponse
from django.http.multipartparser import MultiPartParser
from django.test.utils import override_settings

from books.benchmarks import Row, register
from littledreamers import crowd
from privacy import children, ciphers, keystore, retention, vault
from privacy.consent import ConsentGiven
from privacy.models import Child
from privacy.purposes import Actor, Kind, Purpose
from privacy.uploads import EncryptingUploadHandler

DUE, FEW, MANY = 10_000, 20_000, 200_000
PHOTO = 5 * 1024 * 1024  # bytes
PAGE = 150 * 1024  # bytes, a preview page
COLLECTED = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)
END = COLLECTED + timedelta(days=14)
TIMES = 9


@contextmanager
def scratch() -> Iterator[Path]:
    """A database, a key store and folders of their own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="littledreamers-bench-"))
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(folder / "bench.sqlite3")
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        with ExitStack() as stack:
            stack.enter_context(crowd.key_store_in_memory())
            stack.enter_context(override_settings(BLOB_DIR=folder / "blobs", FILE_UPLOAD_TEMP_DIR=str(folder)))
            # What other apps do for a child with a book costs the same for each; here nobody has one.
            stack.enter_context(mock.patch.object(children, "_hooks", []))
            yield folder
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
        shutil.rmtree(folder, ignore_errors=True)


def forgetting(_slug: str) -> Iterator[Row]:
    """One hour's key, and a purge of 10,000 due children among few and among many."""
    with scratch():
        crowd.collect(DUE, [COLLECTED])
        yield Row(f"children of one hour, readable before, of {DUE}", crowd.readable(), "children")
        restore = _backup()
        store = keystore.FolderKeyStore(Path(settings.KEY_STORE_DIR))
        key = store.root / "hours" / f"{keystore.hour_name(COLLECTED)}.key"
        yield Row("destroying that hour's key", _ms(lambda: keystore._destroy([key])), "ms")
        yield Row("readable afterwards, live", crowd.readable(), "children")
        restore()
        yield Row("readable afterwards, backup restored", crowd.readable(), "children")
        yield Row("clearing what the key had wrapped", _ms(lambda: store.destroy_hour(COLLECTED)), "ms")
        # The due ones' hour key has a while to go, as in most purges: each child's key goes by itself.
        taken = {}
        for stored in (FEW, MANY):
            Child.objects.all().delete()
            crowd.collect(DUE, [COLLECTED])
            later = [COLLECTED + timedelta(hours=hour) for hour in range(2, 330)]
            crowd.collect(stored - DUE, later, with_keys=False)
            taken[stored] = _ms(lambda: _purge(END + timedelta(minutes=10)))
            yield Row(f"purging {DUE} due among {stored} stored", taken[stored], "ms")
        yield Row("among many against among few", taken[MANY] / taken[FEW], "times as long", 1.3)


def encrypting(_slug: str) -> Iterator[Row]:
    """An upload and a page image with the vault's ciphers, and with the same code that only copies."""
    with scratch():
        with transaction.atomic():
            child = children.collect(consent=ConsentGiven.now())
        photo, page = secrets.token_bytes(PHOTO), secrets.token_bytes(PAGE)
        body = _form(photo)

        def upload(handler: Callable[..., Any]) -> None:
            sent: Any = MultiPartParser(*body(), [handler()]).parse()[1]["photo"]
            vault.put(child, Kind.PHOTO, 1, sent.read())
            sent.close()

        def serve() -> HttpResponse:
            read = vault.read(child, Kind.PREVIEW_PAGE, 1, purpose=Purpose.PREVIEW, actor=Actor.parent())
            return HttpResponse(read.reveal(), content_type="image/jpeg")

        for label, action in (
            ("upload of 5 MiB", lambda plain: upload(TemporaryFileUploadHandler if plain else EncryptingUploadHandler)),
            ("page image of 150 KiB", lambda _plain: serve()),
        ):
            with_ms, without_ms = _both(action, before=lambda: vault.put(child, Kind.PREVIEW_PAGE, 1, page))
            yield Row(f"{label}, encrypted", with_ms, "ms")
            yield Row(f"{label}, only copied", without_ms, "ms")
            yield Row(f"{label}, encrypted against copied", with_ms / without_ms, "times as long", 2)


def _both(action: Callable[[bool], object], *, before: Callable[[], object]) -> tuple[float, float]:
    """Medians of milliseconds, taken in turns: encrypted, copied."""
    times: dict[bool, list[float]] = {False: [], True: []}
    for plain in (False, True):
        with _copying(plain):
            before()
            action(plain)
            for _ in range(TIMES):
                times[plain].append(_ms(lambda plain=plain: action(plain)))  # type: ignore[misc]
    return statistics.median(times[False]), statistics.median(times[True])


@contextmanager
def _copying(plain: bool) -> Iterator[None]:
    """The ciphers of the vault replaced by copying."""
    if not plain:
        yield
        return

    def seal_file(_key: bytes, data: bytes, _where: bytes, _name: str) -> Iterable[bytes]:
        return [data]

    def unseal_file(_key: bytes, file: BinaryIO, _where: bytes, _name: str) -> bytes:
        return file.read()

    patched: list[AbstractContextManager[object]] = [
        mock.patch.object(ciphers, "seal_file", seal_file),
        mock.patch.object(ciphers, "unseal_file", unseal_file),
    ]
    with patched[0], patched[1]:
        yield


def _form(photo: bytes) -> Callable[[], tuple[dict[str, Any], io.BytesIO]]:
    """A posted form with one file, as often as it is wanted."""
    head = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="p.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    body = head + photo + b"\r\n--x--\r\n"
    meta = {"CONTENT_TYPE": "multipart/form-data; boundary=x", "CONTENT_LENGTH": str(len(body))}
    return lambda: (meta, io.BytesIO(body))


def _purge(now: datetime) -> None:
    report = retention.purge(now=now)
    if (report.expired, report.remaining) != (DUE, 0):
        raise RuntimeError("The purge did not do what is measured here.")


def _backup() -> Callable[[], object]:
    """The table of ciphertext as it is now, and a way to put it back."""
    with connection.cursor() as cursor:
        for table in ("privacy_child", "privacy_vaultitem"):
            cursor.execute(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}")  # noqa: S608

    def restore() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for table in ("privacy_vaultitem", "privacy_child"):
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608 (names of our own)
            for table in ("privacy_child", "privacy_vaultitem"):
                cursor.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")  # noqa: S608

    return restore


def _ms(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


register("forgetting", forgetting)
register("encrypting", encrypting)
