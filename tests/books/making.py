"""What the tests of books in the making share: a small published story, a form that is filled in right, photos."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from books import editions
from books.looks import Looks
from books.models import Edition
from books.personalisation import Personalisation
from books.story import Story
from privacy.consent import ConsentGiven

SLUG = "moon-wave"
NAME = "Zephyrine"
SECOND_NAME = "Balthazar"
DEDICATION = "For Zephyrine, who knows every star"
ADDRESS = f"/stories/{SLUG}/personalise/"
LOOKS = Looks(skin="7", hairstyle="bob", hair_colour="black", eyes="hazel", outfit="raincoat")


@pytest.fixture
def story(small_story: Story) -> Story:
    """A published story of six pages, the only one on sale."""
    return small_story


def answers(**changes: Any) -> dict[str, Any]:
    """The form as a parent fills it in; None leaves an answer out."""
    data: dict[str, Any] = {
        "name": NAME,
        "age": "4",
        "skin": "7",
        "hairstyle": "bob",
        "hair_colour": "black",
        "eyes": "hazel",
        "glasses": "glasses-round",
        "extras": ["freckles"],
        "wrap": "rose",
        "outfit": "raincoat-red",
        "dedication": DEDICATION,
        "guardian": "on",
        "consent": "on",
        **changes,
    }
    return {field: value for field, value in data.items() if value is not None}


def answers_of_two(**changes: Any) -> dict[str, Any]:
    """The form of a book about two; `second-name` and the like are the second child's."""
    other = {
        "name": SECOND_NAME,
        "age": "8",
        "skin": "2",
        "hairstyle": "afro",
        "hair_colour": "ginger",
        "eyes": "blue",
        "glasses": "",
        "outfit": "raincoat-teal",
        "guardian": "on",
        "consent": "on",
    }
    of_second = {f"second-{field}": value for field, value in other.items()}
    return answers(**{"about": "two", "told_to": "younger", **of_second, **changes})


def photo(colour: str = "#c08050", size: tuple[int, int] = (640, 480)) -> SimpleUploadedFile:
    """A photo in one colour; no child's."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return SimpleUploadedFile("Zephyrine at home.jpg", buffer.getvalue(), "image/jpeg")


def not_a_photo() -> SimpleUploadedFile:
    """A text that says it is a photo."""
    return SimpleUploadedFile("holiday.jpg", b"this is not a photo", "image/jpeg")


def made(story: Story, **changes: Any) -> Edition:
    """A book in the vault, nothing drawn."""
    said = {"name": NAME, "age": 4, "looks": LOOKS, "dedication": DEDICATION, **changes}
    return editions.start(story=story, personalisation=Personalisation(**said), photo=None, consent=ConsentGiven.now())


def personalised(client: Client, **changes: Any) -> Edition:
    """A book made through the form by this client's session."""
    answer = client.post(ADDRESS, answers(**changes))
    assert answer.status_code == 302, answer.content.decode()
    edition = Edition.objects.latest("created_at")
    assert answer["Location"] == reverse("books:preview", args=[edition.pk])
    return edition
