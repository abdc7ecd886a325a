"""Day 1: nothing about the child in plaintext, in the database or on disk, in any spelling (P11, F4)."""

import base64
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from PIL import Image

from books import photo
from privacy import children, vault
from privacy.models import Child, ContactMessage, VaultAccess
from privacy.purposes import Actor, Kind, Purpose

NAME = "Zephyrine-Okonkwo"
PICTURE_NOTE = b"CANARY-IN-THE-PICTURE"


def spellings(text: bytes) -> list[bytes]:
    if len(text) < 12:  # too short to be found in base64 without chance hits
        return [text]
    utf16 = text.decode().encode("utf-16-le")
    return [text, utf16, text.hex().encode(), *(base64.b64encode(b"x" * pad + text)[4:-4] for pad in range(3))]


def everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every row of every table, and every file, as bytes; what can be inflated also inflated."""
    for model in apps.get_models():
        for row in model._base_manager.values_list():
            for value in row:
                yield model.__name__, bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.name, path.read_bytes()
            try:
                yield path.name, zlib.decompress(path.read_bytes())
            except zlib.error:
                continue


def found(folder: Path, canary: bytes) -> list[str]:
    return sorted({where for where, data in everything(folder) for spelling in spellings(canary) if spelling in data})


def a_photo() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = PICTURE_NOTE.decode()
    buffer = io.BytesIO()
    Image.effect_noise((800, 600), 90).convert("RGB").save(buffer, "JPEG", exif=exif, comment=PICTURE_NOTE)
    return buffer.getvalue()


@pytest.fixture
def day_one(child: Child) -> Child:
    sanitised = photo.sanitise(a_photo())
    vault.put(child, Kind.PERSONALISATION, 1, f'{{"name": "{NAME}", "age": 5}}'.encode())
    vault.put(child, Kind.MESSAGE, 1, f"{NAME} has curls".encode())
    vault.put(child, Kind.PHOTO, 1, sanitised.jpeg.reveal())
    vault.put(child, Kind.INTERIOR, 1, b"%PDF " + f"({NAME})".encode() * 9000)
    vault.read(child, Kind.PERSONALISATION, 1, purpose=Purpose.RENDER, actor=Actor.system("render"))
    return child


def test_p11_f4_day_one_has_no_plaintext(day_one: Child, tmp_path: Path) -> None:
    assert len(list(everything(tmp_path))) > 50
    for canary in (NAME.encode(), PICTURE_NOTE, b"JFIF", b"%PDF", b"\xff\xd8\xff\xe0"):
        assert found(tmp_path, canary) == []


def test_p8_p11_after_forgetting_there_is_none_either(day_one: Child, tmp_path: Path) -> None:
    children.forget(day_one, reason=Child.End.DELETED)
    assert found(tmp_path, NAME.encode()) == []


def test_f3_the_search_itself_finds_what_is_there(day_one: Child, tmp_path: Path) -> None:
    """Planted in each place, in each spelling, it is found; otherwise the tests above prove nothing."""
    canary = NAME.encode()
    VaultAccess.objects.update(reason=f"asked by {NAME}")
    Session.objects.create(
        session_key="k",
        session_data=base64.b64encode(b"..." + canary + b"...").decode(),
        expire_date=day_one.expires_at,
    )
    for number, spelling in enumerate(spellings(canary)):
        (tmp_path / f"file-{number}").write_bytes(b"before" + spelling + b"after")
    (tmp_path / "deflated").write_bytes(zlib.compress(canary))
    assert found(tmp_path, canary) == [
        "Session",
        "VaultAccess",
        "deflated",
        *(f"file-{number}" for number in range(6)),
    ]


def test_p1_the_tables_about_a_child_hold_nothing_else() -> None:
    """Columns are times, states, sizes, keys and ciphertext; whoever adds one must come by here."""
    columns = {field.name for field in Child._meta.concrete_fields}
    assert columns == {
        "id",
        "collected_at",
        "expires_at",
        "abandoned_at",
        "ended_at",
        "end_reason",
        "purged_at",
        "receipt",
        "together_with",
    }
    assert not any("image" in type(f).__name__.lower() or "file" in type(f).__name__.lower()
                   for model in apps.get_models() for f in model._meta.concrete_fields)  # fmt: skip


def test_names_of_rows_in_admin_and_logs_are_not_personal(day_one: Child) -> None:
    message = ContactMessage(reference="C-1", name=NAME, email="a@example.test", sealed=NAME.encode())
    shown = [str(day_one), repr(day_one), str(message), repr(message), *(str(item) for item in day_one.items.all())]
    assert not any(NAME in text for text in shown)


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_sqlite_is_set_to_overwrite(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete")
        assert cursor.fetchone()[0] == 1
    assert settings.DEBUG is False
