"""One whole order, walked in processes of its own, with eyes on everything it writes: files, mails, log lines."""

import gzip
import io
import os
import re
import subprocess
import sys
import textwrap
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

import pikepdf
import pytest
import pyzipper
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
NAME = "Zephyrineanary"
NOTE = "CANARY-IN-THE-PICTURE"
pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")]

# Started by Python itself in each process of the walk: names every file that is opened for writing.
SPY = """
import os, sys
def spy(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)):
        path, mode, flags = args
        if (isinstance(mode, str) and set(mode) & set("wax+")) or (mode is None and flags & (os.O_WRONLY | os.O_RDWR)):
            line = os.path.abspath(os.fsdecode(path)) + "\\n"
            os.write(REPORT, line.encode())
REPORT = os.open(os.environ["SPY_REPORT"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
sys.addaudithook(spy)
"""


@dataclass(frozen=True)
class Walked:
    """What is left of the walk."""

    folder: Path
    said: str
    opened: list[str]

    @property
    def out(self) -> Path:
        return self.folder / "out"


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    folder = tmp_path_factory.mktemp("walk")
    for name in ("home", "temp", "var", "spy", "here"):
        (folder / name).mkdir()
    (folder / "spy" / "sitecustomize.py").write_text(textwrap.dedent(SPY))
    exif = Image.Exif()
    exif[0x010E] = NOTE
    exif.get_ifd(0x8825)[29] = NOTE
    Image.effect_noise((700, 700), 60).convert("RGB").save(
        folder / f"{NAME}.jpg", exif=exif, comment=NOTE.encode(), xmp=f"<x>{NOTE}</x>".encode()
    )
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "demo_order", "--name", NAME, "--age", "5",
         "--photo", str(folder / f"{NAME}.jpg"), "--out", str(folder / "out")],
        env={
            "PATH": os.environ["PATH"], "HOME": str(folder / "home"), "TMPDIR": str(folder / "temp"),
            "PYTHONPATH": str(folder / "spy"), "SPY_REPORT": str(folder / "report"), "LOG_LEVEL": "INFO",
            "DATA_DIR": str(folder / "var"), "PUBLISHED_DIR": str(ROOT / ".cache" / "published"),
            "DJANGO_SETTINGS_MODULE": "littledreamers.settings",
        },
        cwd=folder / "here", capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return Walked(folder, done.stdout + done.stderr, (folder / "report").read_text().splitlines())


def readable(data: bytes) -> Iterator[bytes]:
    """Bytes as they are and whatever can be inflated from them."""
    yield data
    yield data.replace(b"\0", b"")
    for start in [found.start() for found in re.finditer(rb"stream\r?\n", data)][:2000]:
        unpacker = zlib.decompressobj()
        try:
            yield unpacker.decompress(data[start:].split(b"\n", 1)[1])
        except zlib.error:
            continue
    if data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)


def test_f4_files_are_written_where_they_belong_and_nowhere_else(walked: Walked) -> None:
    """Neither /tmp nor home nor the folder one stands in: the installation, what was asked for, and caches of fonts."""
    assert len(walked.opened) > 100
    belongs = (str(walked.folder / "var"), str(walked.folder / "out"), "/dev/null", str(ROOT / ".cache" / "published"))
    strays = {path for path in walked.opened if not path.startswith(belongs)}
    strays = {path for path in strays if not path.endswith((".pyc", "/report")) and "__pycache__" not in path}
    assert strays == set()
    assert list((walked.folder / "temp").iterdir()) == []
    assert list((walked.folder / "here").iterdir()) == []
    left = [path for path in (walked.folder / "home").rglob("*") if path.is_file()]
    assert all("fontconfig" in str(path) for path in left), left
    for path in [*left, *(path for path in (walked.folder / "var").rglob("*") if path.is_file())]:
        assert not any(NAME.encode() in part for part in readable(path.read_bytes())), path


def test_f22_not_one_line_of_the_log_knows_the_child(walked: Walked) -> None:
    assert "[info" in walked.said
    shown = walked.said.replace(f"{walked.folder}", "")
    assert NAME not in shown
    assert NOTE not in shown


def test_p17_no_mail_names_the_child_and_the_printer_gets_it_locked(walked: Walked) -> None:
    mails = list((walked.out / "mail").iterdir())
    assert len(mails) >= 6
    for file in mails:
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        for part in message.walk():
            assert NAME not in f"{part.items()} {part.get_filename()} {file.name}"
            if not part.is_multipart():
                content = part.get_payload(decode=True)
                assert isinstance(content, bytes)
                assert not any(NAME.encode() in found for found in readable(content)), file.name


def test_p17_what_the_printer_gets_describes_no_child(walked: Walked) -> None:
    """The child is on the pages and not in the files' descriptions; the parent's own copy may bear the book's title."""
    (job,) = [file for file in (walked.out / "mail").iterdir() if b"application/zip" in file.read_bytes()]
    message = message_from_bytes(job.read_bytes(), policy=policy.default)
    (archive,) = [part for part in message.walk() if part.get_content_type() == "application/zip"]
    content = archive.get_payload(decode=True)
    assert isinstance(content, bytes)
    with pyzipper.AESZipFile(io.BytesIO(content)) as locked:
        locked.setpassword(b"paper-lantern-harbour")
        assert NAME not in " ".join(locked.namelist()) + str(locked.comment)
        files = {name: locked.read(name) for name in locked.namelist()}
    files |= {name: (walked.out / name).read_bytes() for name in ("interior.pdf", "cover.pdf")}
    for name, pdf in files.items():
        assert NAME not in described(pdf), name
    assert NAME in described((walked.out / "digital-copy.pdf").read_bytes())


def described(pdf: bytes) -> str:
    """Everything a PDF says about itself, and the names of what is inside."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        told = [
            repr(dict(document.docinfo.items())),
            repr(document.Root.get("/Names")),
            repr(document.Root.get("/Outlines")),
        ]
        if "/Metadata" in document.Root:
            told.append(document.Root.Metadata.read_bytes().decode())
        for thing in document.objects:
            if isinstance(thing, pikepdf.Stream | pikepdf.Dictionary):
                told += [str(thing.get(key)) for key in ("/Title", "/Author", "/T", "/Alt", "/ActualText", "/NM", "/F")]
        return " ".join(told)


def test_f18_no_note_of_the_photo_is_in_any_page_or_file(walked: Walked) -> None:
    files = [path for path in walked.out.rglob("*") if path.is_file()]
    assert len(files) > 40
    for path in files:
        for part in readable(path.read_bytes()):
            assert NOTE.encode() not in part, path
        if path.suffix == ".jpg":
            assert dict(Image.open(path).getexif()) == {}
            assert set(Image.open(path).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
