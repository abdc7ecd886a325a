"""Uploads are ciphertext on disk, or nothing (P2, P11, and the leak of the killed upload)."""

import os
import secrets
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import StopUpload
from django.test import Client
from pytest_django import Settings

from privacy import vault
from privacy.models import Child
from privacy.purposes import Actor, Kind, Purpose
from privacy.uploads import PATIENCE, EncryptedUpload, EncryptingUploadHandler

pytestmark = pytest.mark.urls("tests.privacy.urlconf")
CHUNK = EncryptingUploadHandler.chunk_size


def upload(data: bytes) -> EncryptedUpload:
    handler = EncryptingUploadHandler()
    handler.new_file("photo", "Zephyrine on the beach.jpg", "image/jpeg", None)
    for start in range(0, len(data), CHUNK):
        handler.receive_data_chunk(data[start : start + CHUNK], start)
    return handler.file_complete(len(data))


def on_disk() -> list[Path]:
    return list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir())


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_an_upload_reads_like_a_file(size: int) -> None:
    data = secrets.token_bytes(size)
    file = upload(data)
    assert file.size == size
    assert b"".join(file.chunks()) == data
    assert file.read_all() == file.read() == data
    assert file.read() == b""
    file.seek(0)
    assert file.read(10) + file.read(-1) == data
    file.seek(-1, os.SEEK_END)
    assert file.read() == data[-1:]
    assert file.open().tell() == 0
    assert on_disk() == []


def test_the_name_on_the_phone_is_not_kept() -> None:
    file = upload(b"x")
    assert file.name == "upload"
    assert "Zephyrine" not in f"{file!r}{file}{vars(file)}"


def test_p2_a_discarded_upload_is_gone() -> None:
    file = upload(b"x" * 200_000)
    file.discard()
    assert file.closed
    assert file.read_all() == b""
    file.discard()
    file.close()


def test_p2_without_the_declaration_nothing_is_kept(client: Client) -> None:
    photo = SimpleUploadedFile("a.jpg", b"x" * 300_000)
    assert client.post("/receive/", {"photo": photo, "name": "Ada"}).status_code == 400
    assert on_disk() == []
    assert list(Path(settings.BLOB_DIR).iterdir()) == []


def test_a_form_gets_its_file_and_its_small_fields(client: Client) -> None:
    photo = SimpleUploadedFile("a.jpg", b"x" * 300_000)
    response = client.post("/receive/", {"photo": photo, "name": "Ada", "guardian": "on"})
    assert response.content == b"300000 False 300000 Ada"


def test_a_file_that_is_too_large_is_answered_kindly_and_not_kept(client: Client, settings: Settings) -> None:
    settings.PHOTO_MAX_BYTES = 100_000
    fields = {"name": "Ada", "guardian": "on"}
    at_limit = SimpleUploadedFile("a.jpg", b"x" * 100_000)
    assert client.post("/receive/", {"photo": at_limit, **fields}).content == b"100000 False 100000 Ada"
    over = SimpleUploadedFile("a.jpg", b"x" * 100_001)
    assert client.post("/receive/", {"photo": over, **fields}).content == b"100001 True 0 Ada"


def test_a_flood_is_cut_off(settings: Settings) -> None:
    settings.PHOTO_MAX_BYTES = CHUNK
    handler = EncryptingUploadHandler()
    handler.new_file("photo", "a.jpg", "image/jpeg", None)
    for start in range(PATIENCE):
        handler.receive_data_chunk(bytes(CHUNK), start * CHUNK)
    with pytest.raises(StopUpload):
        handler.receive_data_chunk(b"x", PATIENCE * CHUNK)
    handler.upload_interrupted()
    assert on_disk() == []


def test_a_django_form_accepts_it() -> None:
    class PhotoForm(forms.Form):
        photo = forms.FileField()

    form = PhotoForm({}, {"photo": upload(b"x")})  # type: ignore[arg-type]
    assert form.is_valid()
    assert form.cleaned_data["photo"].read() == b"x"


def test_an_upload_moves_into_the_vault(child: Child) -> None:
    file = upload(b"x" * 100_000)
    vault.put_upload(child, Kind.PHOTO, 1, file)
    assert file.closed
    read = vault.read(child, Kind.PHOTO, 1, purpose=Purpose.RENDER, actor=Actor.system("test"))
    assert read.reveal() == b"x" * 100_000


KILLED = """
    import sys
    import django
    from django.conf import settings
    settings.configure(FILE_UPLOAD_TEMP_DIR=sys.argv[1], PHOTO_MAX_BYTES=10**8, FILE_UPLOAD_HANDLERS=[])
    from privacy.uploads import EncryptingUploadHandler
    handler = EncryptingUploadHandler()
    handler.new_file("photo", "a.jpg", "image/jpeg", None)
    for number in range(64):
        handler.receive_data_chunk(b"CANARY-ZEPHYRINE" * 4096, number * 65536)
    print(handler._sinks[0]._file.fileno(), flush=True)
    sys.stdin.read()
"""


@pytest.mark.fault
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_p11_a_process_killed_in_the_middle_of_an_upload_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    descriptor = int(process.stdout.readline())
    # What is on disk at this moment, seen from outside, while the upload is open.
    at_work = Path(f"/proc/{process.pid}/fd/{descriptor}").read_bytes()
    assert len(at_work) > 64 * 65536
    assert b"CANARY" not in at_work
    assert len(set(at_work[:65536])) == 256
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL
    assert list(folder.iterdir()) == []


def test_p11_the_default_storage_stores_nothing() -> None:
    with pytest.raises(ImproperlyConfigured):
        default_storage.save("a.jpg", ContentFile(b"x"))
    with pytest.raises(ImproperlyConfigured):
        default_storage.open("a.jpg")
    assert not default_storage.exists("a.jpg")
