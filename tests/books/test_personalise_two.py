"""A parent makes and changes a book about two: answers, photo and permission of each child (P1, P2, P4)."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from books import editions, photo, revisions
from books.models import Edition
from books.personalisation import Personalisation
from books.story import Story
from privacy import consent, vault
from privacy.models import Child, Consent, VaultItem
from privacy.purposes import Actor, Kind, Purpose
from tests.books import making
from tests.books.making import ADDRESS, NAME, SECOND_NAME, answers, answers_of_two, story

__all__ = ["story"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("story")]
JSON = {"Accept": "application/json"}
PARENT = Actor.parent()


def kept() -> list[Path]:
    """Every file that the installation holds besides its database."""
    folders = (settings.BLOB_DIR, settings.KEY_STORE_DIR, settings.FILE_UPLOAD_TEMP_DIR)
    return [path for folder in folders for path in Path(folder).rglob("*") if path.is_file()]


def personalised(client: Client, **changes: Any) -> Edition:
    """A book about two, made through the form."""
    answer = client.post(ADDRESS, answers_of_two(**changes))
    assert answer.status_code == 302, answer.content.decode()
    return Edition.objects.latest("created_at")


def stored(edition: Edition) -> Personalisation:
    number = editions.latest(edition).number
    return editions.personalisation(edition, number, purpose=Purpose.RIGHTS, actor=PARENT).reveal()


def edit_page(edition: Edition) -> str:
    return reverse("books:edit", args=[edition.pk])


def tag(page: str, name: str, value: str = "") -> str:
    """The control of that name (and value) in the page."""
    found = re.findall(rf'<input[^>]*name="{name}"[^>]*>', page)
    (one,) = [control for control in found if f'value="{value}"' in control or not value]
    return str(one)


def test_two_filled_in_parts_become_one_book(client: Client) -> None:
    said = stored(personalised(client))
    assert said.sibling is not None
    assert said.names == (NAME, SECOND_NAME)
    assert [child.age for child in said.children] == [4, 8]
    assert [child.looks.outfit for child in said.children] == ["raincoat-red", "raincoat-teal"]
    assert [child.looks.hairstyle for child in said.children] == ["bob", "afro"]
    assert (said.dedication, said.sibling.dedication) == (making.DEDICATION, "")
    assert said.told_to == "younger"


def test_p4_each_child_has_the_consent_that_stood_beside_its_own_boxes(client: Client) -> None:
    page = client.get(ADDRESS).content.decode()
    for box in ("guardian", "consent", "second-guardian", "second-consent"):
        assert "checked" not in tag(page, box)
    edition = personalised(client)
    for number, child in enumerate(revisions.children(edition), 1):
        record = Consent.objects.get(child=child)
        assert record.wording == consent.wording(number)
        for sentence in record.wording.split("\n"):
            assert page.count(sentence) == 1
    assert "second child" in consent.guardian_declaration(2)
    assert "second child" in consent.consent_sentence(2)


@pytest.mark.parametrize("headers", [{}, JSON], ids=["page", "script"])
@pytest.mark.parametrize("box", ["guardian", "consent", "second-guardian", "second-consent"])
def test_p2_without_every_declaration_for_each_child_nothing_is_kept_nor_opened(
    client: Client, monkeypatch: pytest.MonkeyPatch, box: str, headers: dict[str, str]
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(photo, "sanitise", lambda upload: opened.append(upload))
    data = answers_of_two(**{box: None, "photo": making.photo(), "second-photo": making.photo()})
    answer = client.post(ADDRESS, data, headers=headers)
    assert answer.status_code == 400
    if headers:
        assert list(answer.json()["errors"]) == [box]
    else:
        assert f'id="{box}-error">' in answer.content.decode()
    assert opened == []
    assert kept() == []
    assert [model.objects.count() for model in (Child, Edition, VaultItem, Consent)] == [0] * 4


@pytest.mark.parametrize("about", ["one", None])
def test_p1_nothing_of_a_second_child_is_kept_in_a_book_about_one(
    client: Client, monkeypatch: pytest.MonkeyPatch, about: str | None
) -> None:
    """A browser without scripts sends what was typed before the parent decided for one."""
    opened: list[object] = []
    sanitise = photo.sanitise

    def noted(upload: Any) -> Any:
        opened.append(upload)
        return sanitise(upload)

    monkeypatch.setattr(photo, "sanitise", noted)
    data = answers_of_two(**{"about": about, "photo": making.photo(), "second-photo": making.photo()})
    data |= {"second-age": "99", "second-guardian": ""}
    assert client.post(ADDRESS, data).status_code == 302
    edition = Edition.objects.get()
    assert Child.objects.count() == Consent.objects.count() == 1
    assert stored(edition).sibling is None
    assert len(opened) == 1
    assert vault.numbers(edition.child, Kind.PHOTO) == [1]
    raw = vault.read(edition.child, Kind.PERSONALISATION, 1, purpose=Purpose.RIGHTS, actor=PARENT).reveal()
    assert SECOND_NAME.encode() not in raw
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []


BAD = {
    "no name": ({"second-name": ""}, "second-name", "Please tell us the name"),
    "emoji": ({"second-name": "Ida🦄"}, "second-name", "leave out the emoji"),
    "no letters of ours": ({"second-name": "ᓄᓇᕗᑦ"}, "second-name", "our fonts cannot print this name"),
    "no letters of ours for the first": ({"name": "ᓄᓇᕗᑦ"}, "name", "our fonts cannot print this name"),
    "thirteen": ({"second-age": "13"}, "second-age", "from 0 to 12"),
    "no skin": ({"second-skin": None}, "second-skin", "Please pick a skin colour"),
    "unknown coat": ({"second-outfit": "armour"}, "second-outfit", "coats"),
    "three children": ({"about": "three"}, "about", "one child or two"),
    "no age to tell to": ({"told_to": "oldest"}, "told_to", "whose age"),
    "no photo": ({"second-photo": None}, "second-photo", "not a photo we can read"),
}


@pytest.mark.parametrize(("changes", "field", "words"), BAD.values(), ids=BAD)
def test_a_wrong_answer_is_named_at_the_field_of_the_right_child(
    client: Client, changes: dict[str, Any], field: str, words: str
) -> None:
    def data() -> dict[str, Any]:
        file = {"second-photo": making.not_a_photo()} if "second-photo" in changes else {}
        return answers_of_two(**changes) | file

    answer = client.post(ADDRESS, data(), headers=JSON)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
    assert words in answer.json()["errors"][field]
    page = client.post(ADDRESS, data()).content.decode()
    (shown,) = re.findall(r'id="([\w-]+)-error">', page)
    assert shown == field
    assert (Child.objects.count(), kept()) == (0, [])


def test_the_page_names_the_children_whose_answers_are_marked(client: Client) -> None:
    page = client.post(ADDRESS, answers_of_two(**{"second-skin": None})).content.decode()
    assert f'marked answers of <a href="#child-2"><bdi>{SECOND_NAME}</bdi></a>.' in page
    page = client.post(ADDRESS, answers_of_two(**{"skin": None, "second-name": ""})).content.decode()
    assert f'<bdi>{NAME}</bdi></a> and <a href="#child-2"><bdi>Second child</bdi></a>.' in page


def test_nothing_is_missing_of_a_second_child_whom_nobody_is_asked_about(client: Client) -> None:
    page = client.post(ADDRESS, answers(about="one", name="", **{"second-name": ""})).content.decode()
    assert page.count("Please tell us the name that belongs in the book.") == 1
    assert "Please pick the age." not in page


def test_two_children_may_have_the_same_name(client: Client) -> None:
    assert stored(personalised(client, **{"second-name": NAME})).names == (NAME, NAME)


@pytest.mark.parametrize(
    ("ages", "asked", "told_to", "band"),
    [
        (("4", "8"), "older", "older", "6-8"),
        (("4", "8"), "younger", "younger", "3-5"),
        (("4", "8"), None, "younger", "3-5"),
        (("8", "4"), "older", "older", "6-8"),
        (("4", "5"), "older", "younger", "3-5"),  # the same words fit both
    ],
)
def test_the_words_fit_the_age_that_the_parent_picked_where_there_is_a_difference(
    client: Client, ages: tuple[str, str], asked: str | None, told_to: str, band: str
) -> None:
    said = stored(personalised(client, **{"age": ages[0], "second-age": ages[1], "told_to": asked}))
    assert (said.told_to, said.band) == (told_to, band)


@pytest.mark.parametrize("about", ["one", "two"])
def test_nothing_typed_is_lost_when_an_answer_is_wrong(client: Client, about: str) -> None:
    """Of the second child neither, though the book was to be about one this time."""
    page = client.post(ADDRESS, answers_of_two(about=about, age="13", told_to="older")).content.decode()
    assert f'value="{SECOND_NAME}"' in page
    for name, value in {
        "second-skin": "2",
        "second-age": "8",
        "second-hairstyle": "afro",
        "second-outfit": "raincoat-teal",
        "second-guardian": "",
        "about": about,
        "told_to": "older",
    }.items():
        assert "checked" in tag(page, name, value), name
    assert re.findall(r'id="(second-[\w-]+)-error">', page) == []


def test_two_begin_in_coats_of_different_colours_and_without_a_skin(client: Client) -> None:
    page = client.get(ADDRESS).content.decode()
    assert "checked" in tag(page, "outfit", "raincoat")
    assert "checked" not in tag(page, "second-outfit", "raincoat")
    assert not [control for control in re.findall(r'<input[^>]*name="second-skin"[^>]*>', page) if "checked" in control]
    assert "checked" in tag(page, "about", "one")


def test_a_story_about_one_child_asks_for_no_second(client: Client, story: Story) -> None:
    path = story.folder / "story.toml"
    whole = path.read_text()
    path.write_text(whole.replace("children = 2", "children = 1"))
    try:
        from books import story as stories

        one = stories.load(story.slug)
    finally:
        path.write_text(whole)
    from books.book_form import BookForm

    form = BookForm(answers_of_two(), story=one)
    assert form.is_valid()
    assert "about" not in form.fields
    assert form.personalisation().reveal().names == (NAME,)


# --- changing it ------------------------------------------------------------------------------------------------------


def with_photos(client: Client) -> Edition:
    crop = {"crop_x": "0.1", "crop_y": "0.2", "crop_size": "0.5"}
    crops = crop | {f"second-{name}": "0.3" for name in crop}
    return personalised(client, **{"photo": making.photo(), "second-photo": making.photo("#4060c0"), **crops})


def test_the_form_for_changing_is_filled_from_both_vaults(client: Client) -> None:
    edition = with_photos(client)
    page = client.get(edit_page(edition)).content.decode()
    for name in (NAME, SECOND_NAME):
        assert f'value="{name}"' in page
    for name, value in {
        "age": "4",
        "second-age": "8",
        "skin": "7",
        "second-skin": "2",
        "second-outfit": "raincoat-teal",
    }.items():
        assert "checked" in tag(page, name, value)
    assert 'value="0.1"' in tag(page, "crop_x")
    assert 'value="0.3"' in tag(page, "second-crop_x")
    for photo_name in ("books:photo", "books:second_photo"):
        assert f'data-kept="{reverse(photo_name, args=[edition.pk, 1])}"' in page
    assert 'name="about"' not in page
    assert "guardian" not in page
    assert "This book is about two children and stays so" in page
    assert f'href="{ADDRESS}"' in page


def test_p11_the_photo_of_the_second_child_is_private(client: Client) -> None:
    edition = with_photos(client)
    one, other = (client.get(reverse(f"books:{name}", args=[edition.pk, 1])) for name in ("photo", "second_photo"))
    assert (one.status_code, other.status_code) == (200, 200)
    assert one.content != other.content
    assert other["Cache-Control"] == "no-store, private"
    assert Client().get(reverse("books:second_photo", args=[edition.pk, 1])).status_code == 404


def test_p7_either_child_is_changed_and_the_rest_stays(client: Client) -> None:
    edition = with_photos(client)
    sent = answers_of_two(**{"second-name": "Ada", "guardian": None, "second-guardian": None})
    assert client.post(edit_page(edition), sent).status_code == 302
    said = stored(edition)
    assert said.names == (NAME, "Ada")
    assert [child.photo for child in said.children] == [1, 1]
    assert [child.crop.x for child in said.children if child.crop] == [0.1, 0.3]
    assert client.post(edit_page(edition), sent | {"second-remove_photo": "on"}).status_code == 302
    assert [child.photo for child in stored(edition).children] == [1, None]
    new = sent | {"second-photo": making.photo("#20a040")}
    assert client.post(edit_page(edition), new).status_code == 302
    assert [child.photo for child in stored(edition).children] == [1, 4]
    first, second = revisions.children(edition)
    assert vault.numbers(first, Kind.PHOTO) == [1]
    assert 4 in vault.numbers(second, Kind.PHOTO)


def test_a_book_does_not_change_how_many_children_it_is_about(client: Client) -> None:
    edition = personalised(client)
    assert client.post(edit_page(edition), answers_of_two(about="one", name="Zoë")).status_code == 302
    assert stored(edition).names == ("Zoë", SECOND_NAME)
    assert client.post(ADDRESS, answers()).status_code == 302
    alone = Edition.objects.latest("created_at")
    assert client.post(edit_page(alone), answers_of_two(name="Zoë")).status_code == 302
    assert stored(alone).names == ("Zoë",)
    page = client.get(edit_page(alone)).content.decode()
    assert "This book is about one child and stays so" in page
    assert "second-name" not in page


def test_a_wrong_change_is_named_at_its_child_and_changes_nothing(client: Client) -> None:
    edition = personalised(client)
    answer = client.post(edit_page(edition), answers_of_two(**{"second-age": "13"}), headers=JSON)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["second-age"])
    assert editions.latest(edition).number == 1


def test_p7_an_approved_book_about_two_is_not_changed_any_more(client: Client) -> None:
    edition = personalised(client)
    editions.lock(edition)
    answers_given = client.get(edit_page(edition)), client.post(edit_page(edition), answers_of_two(name="Ada"))
    assert [answer.status_code for answer in answers_given] == [409, 409]
    assert editions.latest(edition).number == 1


def test_the_preview_speaks_of_both(client: Client) -> None:
    edition = personalised(client)
    page = client.get(reverse("books:preview", args=[edition.pk])).content.decode()
    assert "everything about your children on" in page
    assert "What we hold about your children" in page
    assert "your child " not in page
    client.post(ADDRESS, answers())
    alone = Edition.objects.latest("created_at")
    page = client.get(reverse("books:preview", args=[alone.pk])).content.decode()
    assert "your children" not in page
