"""F17: hostile uploads of more than 25 kinds. None is accepted, none crashes anything, each is refused in seconds."""

import multiprocessing
import signal
from concurrent.futures import ProcessPoolExecutor

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from books.models import Edition
from privacy.models import VaultItem
from tests.books.making import ADDRESS, answers, story
from tests.books.test_personalise import kept
from tests.faults import hostile_photos
from tests.faults.watched_decoding import upload_all

__all__ = ["story"]

CRASHES = {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGILL, -signal.SIGFPE}
MEGABYTE = 2**20


def test_f17_no_hostile_file_is_accepted() -> None:
    files = list(hostile_photos.corpus())
    assert len(files) >= 150
    assert len(hostile_photos.KINDS) >= 25
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        outcomes, memory = pool.submit(upload_all, files).result()
    assert len(outcomes) == len(files)
    assert [outcome.kind for outcome in outcomes if outcome.message is None] == []
    assert [outcome for outcome in outcomes if CRASHES.intersection(outcome.ended)] == []
    assert [outcome for outcome in outcomes if outcome.seconds >= 5] == []
    assert max(memory, *(outcome.memory for outcome in outcomes)) < 512
    # Every answer is one a parent can do something with.
    assert {outcome.message for outcome in outcomes if "Please choose" not in (outcome.message or "")} == set()


ODD_NAMES = [
    "../../etc/passwd",
    "..\\..\\windows\\system32\\x.jpg",
    "/etc/passwd",
    "C:\\x.jpg",
    "\\\\server\\share\\x.jpg",
    "x.jpg/",
    ".",
    "..",
    ".htaccess",
    "CON.jpg",
    "x.jpg.exe",
    "x.php.jpg",
    "x.php%00.jpg",
    "$(touch x).jpg",
    "`id`.jpg",
    "| id.jpg",
    "; rm -rf ~.jpg",
    "<script>.jpg",
    "{{ 7 * 7 }}.jpg",
    "%2e%2e%2fx.jpg",
    "\u202egpj.exe",
    "🦄.jpg",
    "x" * 300 + ".jpg",
    "file:///etc/passwd",
    "Zephyrine at home.jpg",
]


def _form(name: str, data: bytes) -> bytes:
    """The form without an age, its photo under exactly this name, as no browser would send it."""
    parts = [
        f'--cut\r\nContent-Disposition: form-data; name="{f}"\r\n\r\n{answers()[f]}' for f in ("guardian", "consent")
    ]
    head = f'--cut\r\nContent-Disposition: form-data; name="photo"; filename="{name}"\r\nContent-Type: image/jpeg'
    return "\r\n".join([*parts, head]).encode() + b"\r\n\r\n" + data + b"\r\n--cut--\r\n"


@pytest.mark.django_db
@pytest.mark.usefixtures("story")
def test_f17_no_name_of_a_file_leads_anywhere(client: Client) -> None:
    for name in ODD_NAMES:
        answer = client.post(ADDRESS, _form(name, hostile_photos.SVG), content_type="multipart/form-data; boundary=cut")
        assert answer.status_code == 422, name
        # What has a folder for a name is no file to Django.
        read = name not in (".", "..", "x.jpg/")
        assert ("This is a drawing (SVG), not a photo." in answer.content.decode()) is read, name
        assert kept() == [], name
    assert (Edition.objects.count(), VaultItem.objects.count()) == (0, 0)


@pytest.mark.parametrize("name", ["too large", "far too large"])
@pytest.mark.django_db
@pytest.mark.usefixtures("story")
def test_f17_a_file_without_end_is_not_kept(client: Client, name: str) -> None:
    bytes_ = settings.PHOTO_MAX_BYTES + (1 if name == "too large" else 30 * MEGABYTE)
    upload = SimpleUploadedFile("a.jpg", b"\xff\xd8\xff" + bytes(bytes_), "image/jpeg")
    answer = client.post(ADDRESS, answers(photo=upload))
    assert answer.status_code == 422
    assert "larger than 20 MB" in answer.content.decode()
    assert (kept(), Edition.objects.count()) == ([], 0)
