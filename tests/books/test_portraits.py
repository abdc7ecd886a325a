"""The storybook portrait: painted once for each photo and square, kept in the vault only, never the loss of a book."""

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from books import data_export, editions, likeness_worker, page_images, portraits, rendering, revisions
from books import photo as photos
from books.drawn_photos import jpeg, portrait
from books.faces import Detector
from books.looks import Looks
from books.models import Edition, Revision
from books.painting import easel
from books.personalisation import Crop, Personalisation, Picture
from books.story import Story
from privacy import children, exports, holdings, vault
from privacy.consent import ConsentGiven
from privacy.masked import Masked
from privacy.models import Child, VaultItem
from privacy.purposes import Actor, Kind, Purpose
from tests.books import making
from tests.books.making import LOOKS, NAME, story
from tests.books.test_personalise import kept

__all__ = ["story"]

WHOLE = Crop(0, 0, 1)
CHILD = Looks("8", "twists", "black", "hazel", ("glasses-round",), "sky")
PARENT = Actor.parent()


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    """The painter of one test is not another's."""
    yield
    portraits._painter.end()


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """In place of the painter, one that is quick and notes what it painted."""
    asked: list[tuple[int, int]] = []

    def paint(square: photos.Picture, *, seconds: float) -> Image.Image:
        asked.append((square.width, square.height))
        return Image.new("RGB", (square.width, square.height), "#7090b0")

    monkeypatch.setattr(portraits._painter, "paint", paint)
    return asked


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A painter that always crashes; how often it was asked."""
    asked: list[int] = []
    monkeypatch.setattr(portraits._painter, "paint", lambda square, *, seconds: asked.append(square.width))
    return asked


def book(story: Story, picture: Picture = Picture.PORTRAIT, *, crop: Crop = WHOLE) -> Edition:
    said = Personalisation(NAME, 4, LOOKS, crop=crop, picture=picture)
    photo = photos.sanitise(making.photo(size=(600, 600)))
    return editions.start(story=story, personalisation=said, photo=photo, consent=ConsentGiven.now())


def said(edition: Edition) -> Personalisation:
    number = editions.latest(edition).number
    return revisions.personalisation(edition, number, purpose=Purpose.PREVIEW, actor=PARENT).reveal()


def held(edition: Edition, kind: Kind = Kind.PORTRAIT) -> list[int]:
    return vault.numbers(edition.child, kind)


def content(edition: Edition, **how: Any) -> Any:
    revision = editions.latest(edition)
    return revisions.content(revision, purpose=Purpose.PREVIEW, actor=PARENT, **how).reveal()


def colour(picture: bytes) -> tuple[int, ...]:
    found = Image.open(io.BytesIO(picture)).convert("RGB").resize((1, 1)).getpixel((0, 0))
    assert isinstance(found, tuple)
    return found


# --- the painting itself ---


def test_the_same_photo_becomes_the_same_portrait_to_the_byte_and_is_large_enough_for_print() -> None:
    photo = photos.sanitise(jpeg(portrait(CHILD, side=900))).jpeg.reveal()
    one = portraits.paint(photo, Crop(0.05, 0, 0.9))
    portraits._painter.end()
    assert one is not None
    assert one == portraits.paint(photo, Crop(0.05, 0, 0.9))
    image = Image.open(io.BytesIO(one))
    assert (image.size, image.mode) == ((1181, 1181), "RGB")
    assert not {"exif", "icc_profile", "comment"} & image.info.keys()


def test_paper_shows_around_the_child_unless_hair_is_cut_off() -> None:
    detector = Detector()
    picture = portrait(CHILD, side=360)

    def corner(image: Image.Image) -> float:
        small = np.frombuffer(easel.paint(image.resize((360, 360)).tobytes(), 360, 360, detector), np.uint8)
        return float(small.reshape(360, 360, 3)[4:40, 4:40].mean())

    assert corner(picture) > 235
    assert corner(picture.crop((60, 60, 300, 300))) < 235


def test_eyes_stay_lively_and_what_is_behind_becomes_loose() -> None:
    """Detail, as the deviation of neighbouring pixels: kept around the eyes, gone in the background."""
    detector = Detector()
    drawn = portrait(CHILD, side=590)
    pixels = np.asarray(drawn).astype(np.float32)
    pixels[::2, ::2] -= 24  # a pattern all over
    square = np.clip(pixels, 0, 255).astype(np.uint8)
    (face,) = easel.faces_of(square, detector)
    after = np.frombuffer(easel.paint(square.tobytes(), 590, 590, detector), np.uint8).reshape(590, 590, 3)
    x, y = (int(number) for number in face.points[0])
    eye = np.s_[y - 30 : y + 30, x - 30 : x + 30]
    assert after[eye].std() > 0.8 * np.asarray(drawn)[eye].std()
    behind = np.s_[250:330, 70:110]
    rough = float(np.abs(np.diff(square[behind].astype(int), axis=1)).mean())
    assert float(np.abs(np.diff(after[behind].astype(int), axis=1)).mean()) < 0.5 * rough


def test_two_children_in_the_square_are_both_painted() -> None:
    pair = Image.new("RGB", (1000, 1000), "#cfe0d8")
    for number, skin in enumerate(("2", "9")):
        pair.paste(portrait(replace(CHILD, skin=skin)).resize((480, 480)), (10 + 490 * number, 300))
    assert len(easel.faces_of(np.asarray(pair), Detector())) == 2


def test_without_models_and_without_a_face_the_whole_square_is_painted() -> None:
    plain = np.full((200, 200, 3), 90, np.uint8)
    for detector in (None, Detector()):
        after = np.frombuffer(easel.paint(plain.tobytes(), 200, 200, detector), np.uint8).reshape(plain.shape)
        assert after.std() > 1
        assert abs(float(after.mean()) - 90) < 25


# --- kept in the vault, made once ---


@pytest.mark.django_db
@pytest.mark.usefixtures("painted")
def test_a_portrait_is_painted_once_for_all_revisions_of_the_same_photo_and_square(
    story: Story, painted: list[tuple[int, int]]
) -> None:
    edition = book(story)
    assert (held(edition), painted) == ([], [])
    assert rendering.make(editions.latest(edition).pk)
    assert (held(edition), painted) == ([1], [(1181, 1181)])
    for dedication in ("One", "Two"):
        editions.revise(edition, personalisation=replace(said(edition), dedication=dedication))
        assert rendering.make(editions.latest(edition).pk)
    assert (held(edition), len(painted)) == ([1], 1)
    assert colour(content(edition).portrait) == pytest.approx((0x70, 0x90, 0xB0), abs=3)


@pytest.mark.django_db
def test_another_square_or_photo_gets_its_own_and_the_old_one_goes(
    story: Story, painted: list[tuple[int, int]]
) -> None:
    edition = book(story)
    rendering.make(editions.latest(edition).pk)
    before = VaultItem.objects.get(child=edition.child, kind=Kind.PORTRAIT)
    editions.revise(edition, personalisation=replace(said(edition), crop=Crop(0.1, 0.1, 0.5)))
    rendering.make(editions.latest(edition).pk)
    assert (held(edition), len(painted)) == ([1], 2)
    assert portraits.kept(edition.child, 1, WHOLE, purpose=Purpose.PREVIEW, actor=PARENT) is None
    assert portraits.kept(edition.child, 1, Crop(0.1, 0.1, 0.5), purpose=Purpose.PREVIEW, actor=PARENT) is not None
    assert VaultItem.objects.get(child=edition.child, kind=Kind.PORTRAIT).created_at > before.created_at
    other = photos.sanitise(making.photo("#203040"))
    editions.revise(edition, personalisation=replace(said(edition), crop=WHOLE), photo=other)
    assert held(edition) == []
    rendering.make(editions.latest(edition).pk)
    assert (held(edition), len(painted)) == ([3], 3)
    editions.revise(edition, personalisation=replace(said(edition), picture=Picture.PHOTO))
    assert held(edition) == []
    assert content(edition).portrait is not None
    assert len(painted) == 3


@pytest.mark.django_db
@pytest.mark.usefixtures("painted")
def test_p1_a_photo_that_no_page_shows_is_not_kept(story: Story) -> None:
    """Neither when a book begins with the drawn child, nor after the parent changes to it."""
    drawn = book(story, Picture.DRAWN)
    assert (held(drawn, Kind.PHOTO), said(drawn).photo, said(drawn).crop) == ([], None, None)
    edition = book(story)
    rendering.make(editions.latest(edition).pk)
    editions.revise(edition, personalisation=replace(said(edition), picture=Picture.DRAWN))
    assert (held(edition, Kind.PHOTO), held(edition)) == ([], [])
    assert content(edition).portrait is None
    first = edition.revisions.get(number=1)
    first.edition = edition
    assert revisions.content(first, purpose=Purpose.PREVIEW, actor=PARENT).reveal().portrait is None
    assert revisions.photo(edition, 1, purpose=Purpose.PREVIEW, actor=PARENT) is None
    # The first version taken again has its words, and no photo.
    again = revisions.personalisation(edition, 1, purpose=Purpose.PREVIEW, actor=PARENT).reveal()
    assert again.photo == 1
    editions.revise(edition, personalisation=again, again=1)
    assert (said(edition).photo, said(edition).framed) == (None, Picture.DRAWN)


@pytest.mark.django_db
def test_p1_books_from_before_the_choice_show_the_photo() -> None:
    old = Personalisation(NAME, 4, LOOKS, photo=1, crop=WHOLE).to_bytes().replace(b',"picture":"photo"', b"")
    assert b"picture" not in old
    assert Personalisation.from_bytes(old).framed is Picture.PHOTO
    assert Personalisation(NAME, 4, LOOKS, picture=Picture.PORTRAIT).framed is Picture.DRAWN


@pytest.mark.django_db
def test_superseded_versions_are_painted_and_not_kept(story: Story, painted: list[tuple[int, int]]) -> None:
    edition = book(story)
    editions.revise(edition, personalisation=replace(said(edition), crop=Crop(0.1, 0.1, 0.5)))
    first = edition.revisions.get(number=1)
    first.edition = edition
    assert revisions.content(first, purpose=Purpose.PREVIEW, actor=PARENT).reveal().portrait is not None
    assert (len(painted), held(edition)) == (1, [])


@pytest.mark.django_db
def test_whoever_comes_second_waits_and_does_not_paint_again(
    story: Story, painted: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    edition = book(story)
    cache.add(f"portrait:{edition.child.pk}:1", "another process", 20)
    waited: list[float] = []

    def meanwhile(seconds: float) -> None:
        waited.append(seconds)
        cache.delete(f"portrait:{edition.child.pk}:1")
        assert content(edition).portrait is not None  # the other one is done

    monkeypatch.setattr(portraits, "sleep", meanwhile)
    assert content(edition).portrait is not None
    assert (len(waited), len(painted), held(edition)) == (1, 1, [1])


@pytest.mark.django_db
def test_each_of_two_children_has_a_portrait_of_its_own_in_its_own_vault(
    story: Story, painted: list[tuple[int, int]]
) -> None:
    one = Personalisation(NAME, 4, LOOKS, crop=WHOLE, picture=Picture.PORTRAIT)
    edition = editions.start(
        story=story,
        personalisation=replace(one, sibling=replace(one, name="Ida", crop=Crop(0, 0, 0.5))),
        photo=photos.sanitise(making.photo(size=(600, 600))),
        sibling_photo=photos.sanitise(making.photo("#203040", size=(600, 600))),
        consent=ConsentGiven.now(),
        sibling_consent=ConsentGiven.now(),
    )
    assert rendering.make(editions.latest(edition).pk)
    first, second = revisions.children(edition)
    assert (vault.numbers(first, Kind.PORTRAIT), vault.numbers(second, Kind.PORTRAIT), len(painted)) == ([1], [1], 2)
    assert None not in content(edition).portraits
    # The second child's frame changes; the first one's portrait stays.
    drawn = replace(said(edition), sibling=replace(said(edition).children[1], picture=Picture.DRAWN))
    editions.revise(edition, personalisation=drawn)
    assert rendering.make(editions.latest(edition).pk)
    assert (vault.numbers(first, Kind.PORTRAIT), vault.numbers(second, Kind.PORTRAIT), len(painted)) == ([1], [], 2)
    assert vault.numbers(second, Kind.PHOTO) == []


# --- when it cannot be painted ---


@pytest.mark.django_db
def test_a_page_drawn_while_painting_fails_has_the_photo_and_is_not_kept(story: Story, broken: list[int]) -> None:
    edition = book(story)
    found = content(edition)
    assert found.provisional
    assert found.portrait is not None
    revision = editions.latest(edition)
    list(page_images.make(revision, page_images.page_numbers(story), full=False, actor=PARENT))
    assert (held(edition), held(edition, Kind.PREVIEW_PAGE)) == ([], [])
    assert not portraits.photo_stands_in(edition.child)
    assert len(broken) == 2


@pytest.mark.django_db
def test_what_goes_out_is_never_without_a_picture_and_the_photo_stands_in_for_good(
    story: Story, broken: list[int]
) -> None:
    edition = book(story)
    assert rendering.make(editions.latest(edition).pk)
    assert editions.latest(edition).state == Revision.State.READY
    assert broken == [1181, 1181]
    assert portraits.photo_stands_in(edition.child)
    found = content(edition)
    assert not found.provisional
    assert (
        found.portrait
        == portraits.framed(
            edition.child, replace(said(edition), picture=Picture.PHOTO), purpose=Purpose.PREVIEW, actor=PARENT
        ).jpeg
    )
    assert len(broken) == 2, "it is not tried for each page"
    assert [file.name for file in _files(edition)] == ["photo-1.jpg"]
    # A change of the book is a new chance.
    editions.revise(edition, personalisation=replace(said(edition), dedication="Again"))
    assert not portraits.photo_stands_in(edition.child)


@pytest.mark.parametrize("dies", ["os._exit(1)", "os.kill(os.getpid(), 11)", "time.sleep(60)", "os.write(1, b'no')"])
def test_whatever_happens_to_the_painter_the_worst_is_no_portrait(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, dies: str
) -> None:
    script = tmp_path / "painter.py"
    script.write_text(f"import os, time\nos.write(1, {likeness_worker.READY!r})\nos.read(0, 99)\n{dies}\n")
    monkeypatch.setattr(likeness_worker, "__file__", str(script))
    assert portraits.paint(making.photo().read(), WHOLE, side=64, seconds=1.0) is None
    assert portraits._painter._process is None


def test_the_painter_is_limited_in_time_and_returns_as_many_pixels_as_it_got() -> None:
    assert likeness_worker.CPU_SECONDS[likeness_worker.PAINT] <= 10
    square = photos.Picture(Masked(os.urandom(96 * 96 * 3)), 96, 96)
    painted = portraits._painter.paint(square, seconds=20)
    assert painted is not None
    assert painted.size == (96, 96)


# --- whose it is, and when it ends ---


@pytest.mark.django_db
@pytest.mark.usefixtures("painted")
def test_p6_p8_the_portrait_is_the_parents_and_is_forgotten_with_the_child(story: Story) -> None:
    edition = book(story)
    rendering.make(editions.latest(edition).pk)
    assert [file.name for file in _files(edition)] == ["photo-1.jpg", "portrait-1.jpg"]
    names = [holding.name for holding in holdings.forgotten_with(edition.child)]
    assert "Storybook portrait" in names
    children.forget(edition.child, reason=Child.End.WITHDRAWN)
    assert held(edition) == []
    with pytest.raises(vault.Forgotten):
        content(edition)


def _files(edition: Edition) -> list[exports.File]:
    return list(data_export._photos(edition.child, 1))


# --- over the web ---


@pytest.mark.django_db
def test_p1_a_sample_is_shown_and_kept_nowhere(client: Client, cached: Any) -> None:
    upload = SimpleUploadedFile("a.jpg", jpeg(portrait(CHILD, side=400)), "image/jpeg")
    answer = client.post("/photo-portrait/", {"photo": upload, "guardian": "on", "consent": "on"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer["Cache-Control"] == "no-store, private"
    assert Image.open(io.BytesIO(answer.content)).size == (360, 360)
    assert [model.objects.count() for model in (Child, Edition, VaultItem, Session)] == [0] * 4
    # How often this address asked is counted, and nothing else is known of it.
    assert (kept(), [key.split(":")[2:4] for key in cached()], dict(client.session)) == (
        [],
        [["rate", "portrait-sample"]],
        {},
    )


@pytest.mark.django_db
@pytest.mark.parametrize("left_out", ["guardian", "consent"])
def test_p2_no_sample_without_the_declarations(client: Client, monkeypatch: pytest.MonkeyPatch, left_out: str) -> None:
    opened: list[object] = []
    monkeypatch.setattr(photos, "read", lambda *seen, **_: opened.append(seen))
    sent = {"photo": making.photo(), "guardian": "on", "consent": "on", left_out: ""}
    assert client.post("/photo-portrait/", sent).status_code == 400
    assert (opened, kept()) == ([], [])


@pytest.mark.django_db
@pytest.mark.usefixtures("broken", "story")
def test_a_sample_that_cannot_be_painted_says_so(client: Client) -> None:
    edition = making.personalised(client)
    address = f"/books/{edition.pk}/photo-portrait/"
    assert client.post(address, {"photo": making.photo()}).status_code == 503
    assert client.post(address, {"photo": SimpleUploadedFile("a.jpg", b"GIF89a")}).status_code == 422
    assert Client().post(address, {"photo": making.photo()}).status_code == 404


@pytest.mark.django_db
@pytest.mark.usefixtures("painted", "story")
def test_the_parent_alone_sees_the_small_portrait_until_it_is_forgotten(client: Client) -> None:
    square = {"crop_x": "0", "crop_y": "0", "crop_size": "0.5"}
    edition = making.personalised(client, photo=making.photo(), picture="portrait", **square)
    address = reverse("books:portrait", args=[edition.pk, 1])
    assert client.get(reverse("books:portrait", args=[edition.pk, 2])).status_code == 404
    vault.remove(edition.child, Kind.PORTRAIT, 1)
    before = client.get(address)
    assert colour(before.content) == pytest.approx((0xC0, 0x80, 0x50), abs=4), "the photo, until it is painted"
    rendering.make(editions.latest(edition).pk)
    content(edition)
    answer = client.get(address)
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/jpeg", "no-store, private")
    assert Image.open(io.BytesIO(answer.content)).size == (192, 192)
    assert colour(answer.content) == pytest.approx((0x70, 0x90, 0xB0), abs=4)
    assert Client().get(address).status_code == 404
    client.post(f"/books/{edition.pk}/edit/", making.answers(guardian=None, consent=None, picture="drawn"))
    drawn = client.get(address)
    assert drawn["Content-Type"] == "image/svg+xml"
    assert b"<text" not in drawn.content
    assert NAME.encode() not in drawn.content
    children.forget(edition.child, reason=Child.End.WITHDRAWN)
    assert client.get(address).status_code == 410


@pytest.mark.django_db
@pytest.mark.usefixtures("broken", "story")
def test_the_parent_is_told_when_the_photo_stands_in(client: Client) -> None:
    edition = making.personalised(client, photo=making.photo(), picture="portrait")
    words = "Your photo is in the frame as it is"
    assert words not in client.get(f"/books/{edition.pk}/").content.decode()
    rendering.make(editions.latest(edition).pk)
    assert words in client.get(f"/books/{edition.pk}/").content.decode()
