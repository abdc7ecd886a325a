"""The form of "Personalise this book": every wrong answer kindly refused, nothing lost, nothing kept (P1, P2, P4)."""

import io
import json
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from books import editions, photo
from books.forms import middle
from books.models import Edition, Revision
from books.story import Story
from privacy import consent, policies, vault
from privacy.models import Child, Consent, VaultItem
from privacy.purposes import Actor, Kind, Purpose
from tests.books import making
from tests.books.making import ADDRESS, DEDICATION, NAME, answers, personalised, story

__all__ = ["story"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("story")]


def kept() -> list[Path]:
    """Every file that the installation holds besides its database."""
    folders = (settings.BLOB_DIR, settings.KEY_STORE_DIR, settings.FILE_UPLOAD_TEMP_DIR)
    return [path for folder in folders for path in Path(folder).rglob("*") if path.is_file()]


def stored(edition: Edition) -> Any:
    number = editions.latest(edition).number
    return editions.personalisation(edition, number, purpose=Purpose.RIGHTS, actor=Actor.parent()).reveal()


def huge_png() -> bytes:
    """A PNG that says it has 200 megapixels, in a few hundred bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 20000, 10000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 9999))
        + chunk(b"IEND", b"")
    )


def test_a_filled_in_form_becomes_a_book(client: Client) -> None:
    edition = personalised(client)
    said = stored(edition)
    assert (said.name, said.age, said.band, said.dedication) == (NAME, 4, "3-5", DEDICATION)
    assert said.looks.to_dict() == {
        "skin": "7",
        "hairstyle": "bob",
        "hair_colour": "black",
        "eyes": "hazel",
        "extras": ["glasses-round", "freckles"],
        "wrap": "",  # there is no headwear
        "outfit": "raincoat-red",
    }
    assert said.photo is None
    assert said.crop is None


def test_p1_only_what_the_book_needs_is_kept(client: Client) -> None:
    edition = personalised(client)
    raw = vault.read(edition.child, Kind.PERSONALISATION, 1, purpose=Purpose.RIGHTS, actor=Actor.parent()).reveal()
    assert set(json.loads(raw)) == {"name", "age", "looks", "dedication", "photo", "crop", "picture"}
    assert isinstance(json.loads(raw)["age"], int)
    page = client.get(ADDRESS).content.decode()
    assert "birthday" in page  # only to say that none is asked for
    assert 'type="date"' not in page
    assert {field.name for field in Edition._meta.fields} == {
        "id", "child", "story", "story_version", "created_at", "locked_at",
    }  # fmt: skip


def test_the_parent_says_what_is_in_the_frame(client: Client) -> None:
    photos = {"crop_x": "0.1", "crop_y": "0.2", "crop_size": "0.5"}
    edition = personalised(client, photo=making.photo(), picture="portrait", **photos)
    assert stored(edition).picture == "portrait"
    assert stored(personalised(client, photo=making.photo(), **photos)).picture == "photo"
    assert client.post(ADDRESS, answers(photo=making.photo(), picture="poster")).status_code == 422
    page = client.get(f"/books/{edition.pk}/edit/").content.decode()
    assert re.search(r'value="portrait"[^>]* checked', page)
    client.post(f"/books/{edition.pk}/edit/", answers(guardian=None, consent=None))  # an older page says nothing
    said = vault.read(edition.child, Kind.PERSONALISATION, 2, purpose=Purpose.RIGHTS, actor=Actor.parent()).reveal()
    assert (json.loads(said)["picture"], json.loads(said)["photo"]) == ("portrait", 1)


def test_p1_a_photo_for_guesses_only_is_neither_opened_nor_kept(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(photo, "sanitise", opened.append)
    edition = personalised(client, photo=making.photo(), picture="drawn", crop_x="0.1", crop_y="0.2", crop_size="0.5")
    assert (stored(edition).photo, stored(edition).crop) == (None, None)
    assert vault.numbers(edition.child, Kind.PHOTO) == []
    assert (opened, list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir())) == ([], [])


@pytest.mark.parametrize("headers", [{}, {"Accept": "application/json"}])
def test_p2_without_the_guardians_declaration_nothing_is_kept(client: Client, headers: dict[str, str]) -> None:
    answer = client.post(ADDRESS, answers(guardian=None, photo=making.photo()), headers=headers)
    assert answer.status_code == 400
    assert "Only a parent or guardian" in answer.content.decode()
    assert kept() == []
    assert [model.objects.count() for model in (Child, Edition, Revision, VaultItem, Consent, Session)] == [0] * 6


def test_p2_the_photo_is_not_even_opened_without_the_declaration(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    monkeypatch.setattr(photo, "sanitise", lambda upload: opened.append(upload))
    client.post(ADDRESS, answers(guardian=None, photo=making.photo()))
    client.post(ADDRESS, answers(consent=None, photo=making.photo()))
    assert opened == []


def test_p4_both_boxes_start_unticked_beside_the_words_that_are_recorded(client: Client) -> None:
    page = client.get(ADDRESS).content.decode()
    for box in ("guardian", "consent"):
        (tag,) = re.findall(rf'<input[^>]*name="{box}"[^>]*>', page)
        assert "checked" not in tag
    edition = personalised(client)
    record = Consent.objects.get(child=edition.child)
    assert record.wording == consent.wording()
    for sentence in record.wording.split("\n"):
        assert sentence in page
    assert record.policy == policies.current("privacy")
    assert record.policy_sha256 == record.policy.sha256
    assert record.method == "web form"
    assert record.given_at == edition.child.collected_at
    assert f"/policies/privacy/{record.policy.version}/" in page


def test_p4_without_consent_nothing_is_kept(client: Client) -> None:
    answer = client.post(ADDRESS, answers(consent=None))
    assert answer.status_code == 400
    assert "Without your consent" in answer.content.decode()
    assert (Child.objects.count(), kept()) == (0, [])


def test_p4_consent_and_data_are_one_transaction(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_kwargs: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(vault, "put", broken)
    client.raise_request_exception = False
    assert client.post(ADDRESS, answers()).status_code == 500
    assert (Child.objects.count(), Consent.objects.count(), Edition.objects.count()) == (0, 0, 0)


AGE = "Our books are for children from 0 to 12."
BAD = {
    "no name": ({"name": ""}, "name", "Please t"),
    "spaces": ({"name": " \t "}, "name", "Please"),
    "emoji": ({"name": "Ida🦄"}, "name", "leave out the emoji"),
    "too long": ({"name": "x" * 41}, "name", "shorten the name to 40"),
    "only digits": ({"name": "42"}, "name", "at least one letter"),
    "markup": ({"name": "<script>"}, "name", "only letters"),
    "minus one": ({"age": "-1"}, "age", AGE),
    "ninety-nine": ({"age": "99"}, "age", AGE),
    "letters": ({"age": "abc"}, "age", AGE),
    "thirteen": ({"age": "13"}, "age", AGE),
    "half": ({"age": "4.5"}, "age", AGE),
    "other digits": ({"age": "²"}, "age", AGE),
    "no age": ({"age": None}, "age", "Please pick the age"),
    "no skin": ({"skin": None}, "skin", "Please pick a skin colour"),
    "unknown skin": ({"skin": "11"}, "skin", "Please pick a skin colour"),
    "unknown hair": ({"hairstyle": "../../etc"}, "hairstyle", "Please pick one of the hairstyles"),
    "unknown colour": ({"hair_colour": "neon"}, "hair_colour", "Please pick one of the hair colours"),
    "unknown eyes": ({"eyes": "red"}, "eyes", "Please pick one of the eye colours"),
    "unknown glasses": ({"glasses": "freckles"}, "glasses", "glasses"),
    "unknown extra": ({"extras": ["wings"]}, "extras", "extras"),
    "two glasses": ({"extras": ["glasses-cat"]}, "extras", "extras"),
    "unknown coat": ({"outfit": "armour"}, "outfit", "coats"),
    "long dedication": ({"dedication": "so " * 101}, "dedication", "shorten the dedication to 300"),
    "NUL": ({"name": "Ida\0"}, "name", "characters"),
}


@pytest.mark.parametrize(("changes", "field", "words"), BAD.values(), ids=BAD)
def test_a_wrong_answer_gets_a_kind_word_at_its_field_and_nothing_is_kept(
    client: Client, changes: dict[str, Any], field: str, words: str
) -> None:
    answer = client.post(ADDRESS, answers(**changes), headers={"Accept": "application/json"})
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert list(errors) == [field]
    assert words in errors[field]
    page = client.post(ADDRESS, answers(**changes))
    assert page.status_code == 422
    assert re.search(rf'id="{field}-error">', page.content.decode()), "the error is shown at the field"
    assert (Child.objects.count(), kept()) == (0, [])


def heic_like() -> bytes:
    return b"\0\0\0\x18ftypheic" + bytes(64)


PHOTOS = {
    "a text": (lambda: b"this is not a photo", "not a photo we can read"),
    "200 megapixels": (huge_png, "megapixels"),
    "a PDF": (lambda: b"%PDF-1.7 hello", "a PDF, not a photo"),
    "nothing": (lambda: b"", "empty"),
    "a broken HEIC": (heic_like, "damaged"),
    "too large": (lambda: b"\xff\xd8\xff" + bytes(20 * 1024 * 1024), "larger than 20 MB"),
    "too small": (lambda: making.photo(size=(40, 40)).read(), "very small"),
}


@pytest.mark.parametrize(("make", "words"), PHOTOS.values(), ids=PHOTOS)
def test_a_file_that_is_no_photo_is_kindly_refused(client: Client, make: Any, words: str) -> None:
    file = SimpleUploadedFile("holiday.jpg", make(), "image/jpeg")
    answer = client.post(ADDRESS, answers(photo=file), headers={"Accept": "application/json"})
    assert answer.status_code == 422, answer.content
    assert words in answer.json()["errors"]["photo"]
    assert (Child.objects.count(), kept()) == (0, [])


def test_nothing_typed_is_lost_when_an_answer_is_wrong(client: Client) -> None:
    data = answers(age="13", name="Zoë O'Neill", dedication="Für <Zoë> & dich", photo=making.photo())
    page = client.post(ADDRESS, data)
    text = page.content.decode()
    assert page.status_code == 422
    assert 'value="Zoë O&#x27;Neill"' in text
    assert "Für &lt;Zoë&gt; &amp; dich</textarea>" in text
    ticked = set(
        re.findall(r'<input[^>]*name="(\w+)"(?: type="checkbox")?(?:[^>]*value="([^"]*)")?[^>]* checked', text)
    )
    assert ticked == {
        ("skin", "7"), ("hairstyle", "bob"), ("hair_colour", "black"), ("eyes", "hazel"), ("glasses", "glasses-round"),
        ("extras", "freckles"), ("wrap", "rose"), ("outfit", "raincoat-red"), ("guardian", ""), ("consent", ""),
        ("about", "one"), ("told_to", "younger"),
    }  # fmt: skip
    assert "please choose it again" in text  # the photo cannot stay without scripts, and the page says so
    assert page["Cache-Control"] == "no-store, private"


def test_the_answer_to_a_script_repeats_nothing_that_was_typed(client: Client) -> None:
    answer = client.post(ADDRESS, answers(age="13"), headers={"Accept": "application/json"})
    assert NAME.encode() not in answer.content
    assert DEDICATION.encode() not in answer.content
    assert answer["Cache-Control"] == "no-store, private"


def test_no_skin_is_picked_for_anybody(client: Client) -> None:
    page = client.get(ADDRESS).content.decode()
    skins = re.findall(r'<input[^>]*name="skin"[^>]*>', page)
    assert len(skins) == 10
    assert not any("checked" in tag for tag in skins)


@pytest.mark.parametrize("age", ["0", "12", " 7 "])
def test_the_first_and_the_last_age_are_welcome(client: Client, age: str) -> None:
    assert stored(personalised(client, age=age)).age == int(age)


@pytest.mark.parametrize("name", ["J", "Anne-Marie d’Été", "Łukasz", "ไพลิน", "Αλέξανδρος", "x" * 40])
def test_names_of_many_scripts_and_lengths_are_welcome(client: Client, name: str) -> None:
    assert stored(personalised(client, name=name)).name == name


def test_headwear_keeps_its_colour(client: Client) -> None:
    assert stored(personalised(client, hairstyle="headscarf", wrap="teal")).looks.wrap == "teal"


def test_the_photo_goes_into_the_vault_with_the_parents_crop_and_without_its_past(client: Client) -> None:
    edition = personalised(client, photo=making.photo(), crop_x="0.1", crop_y="0.2", crop_size="0.5")
    said = stored(edition)
    assert (said.photo, said.crop.x, said.crop.y, said.crop.size) == (1, 0.1, 0.2, 0.5)
    jpeg = vault.read(edition.child, Kind.PHOTO, 1, purpose=Purpose.PREVIEW, actor=Actor.parent()).reveal()
    with Image.open(io.BytesIO(jpeg)) as image:
        assert image.size == (640, 480)
        assert "exif" not in image.info
    assert not list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir())


@pytest.mark.parametrize(
    "crop", [{}, {"crop_x": "nan", "crop_y": "0", "crop_size": "1"}, {"crop_x": ".9", "crop_y": ".9", "crop_size": "0"}]
)
def test_a_photo_without_a_sensible_crop_is_cut_around_its_middle(client: Client, crop: dict[str, str]) -> None:
    said = stored(personalised(client, photo=making.photo(), **crop))
    assert said.crop == middle(640, 480)
    assert said.crop.size == 0.75


def test_a_session_holds_the_books_random_id_and_nothing_else(
    client: Client, cached: Callable[[], dict[str, str]]
) -> None:
    edition = personalised(client)
    assert dict(client.session) == {"editions": [str(edition.pk)]}
    client.post(ADDRESS, answers(age="13"))
    assert dict(client.session) == {"editions": [str(edition.pk)]}
    assert cached() == {}, "nothing is cached"


def test_a_script_is_told_where_the_book_is(client: Client) -> None:
    answer = client.post(ADDRESS, answers(), headers={"Accept": "application/json"})
    edition = Edition.objects.get()
    assert (answer.status_code, answer.json()) == (200, {"url": f"/books/{edition.pk}/"})


def test_f22_an_error_in_the_form_leaves_no_name_in_the_log(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, mailoutbox: list[Any]
) -> None:
    def broken(**kwargs: Any) -> None:
        raise ValueError(f"cannot store {kwargs['personalisation'].name}")

    monkeypatch.setattr(editions, "start", broken)
    client.raise_request_exception = False
    assert client.post(ADDRESS, answers()).status_code == 500
    from littledreamers.settings import LOGGING

    formatter = LOGGING["formatters"]["structured"]  # type: ignore[index]
    make = __import__("structlog").stdlib.ProcessorFormatter
    written = [make(**{k: v for k, v in formatter.items() if k != "()"}).format(record) for record in caplog.records]
    assert written
    assert not any(NAME in line for line in written)
    assert not any(NAME in mail.body for mail in mailoutbox)


def test_a_story_that_is_not_published_has_no_form(client: Client) -> None:
    assert client.get("/stories/nowhere/personalise/").status_code == 404


def test_story_and_form_say_what_happens_to_the_data(client: Client, story: Story) -> None:
    page = client.get(ADDRESS).content.decode()
    for words in (
        "14 days later",
        "48 hours if you do not order",
        "LittleDreamers Publishing is responsible",
        "no face recognition",
    ):
        assert words in page
