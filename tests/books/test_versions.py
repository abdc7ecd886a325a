"""Stories change; books that were begun keep the version that they began with."""

import shutil
from pathlib import Path

import pypdfium2
import pytest
from pytest_django import Settings

from books import (
    composing,
    editions,
    palette,
    preview,
    publishing,
    recolouring,
    revisions,
    stamping,
    templates_store,
)
from books import story as stories
from books.print_profiles import PROFILES, CannotPrint
from privacy.purposes import Actor
from tests.books import small_story as small
from tests.books.making import made

pytestmark = pytest.mark.django_db
PARENT = Actor.parent()


@pytest.fixture
def own_library(small_library: Path, settings: Settings, tmp_path: Path) -> Path:
    """The small story in folders of this test, published."""
    shutil.copytree(small_library, tmp_path / "library", symlinks=True)
    stories_dir, published = (tmp_path / "library" / name for name in ("stories", "published"))
    settings.STORIES_DIR, settings.PUBLISHED_DIR = stories_dir, published
    return stories_dir / "moon-wave"


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return " ".join(page.get_textpage().get_text_range() for page in document)


def test_a_book_keeps_the_version_of_its_story(own_library: Path) -> None:
    """Words, drawings and palette of the version that it began with, whatever is published meanwhile."""
    old = made(stories.load("moon-wave"))
    sheet = own_library / "story.toml"
    sheet.write_text(sheet.read_text().replace("The Moon waves back.", "The Moon winks back."))
    drawing = own_library / "scenes" / "02-background.svg"
    drawing.write_text(drawing.read_text().replace("#c8453f", "#2f6f8f"))
    publishing.publish("moon-wave", look=False)
    new = made(stories.load("moon-wave"))
    assert old.story_version != new.story_version
    pages = {}
    for edition, said in ((old, "waves back."), (new, "winks back.")):
        pdf = editions.digital_copy(editions.latest(edition), actor=PARENT).reveal()
        assert said in text_of(pdf)
        files = editions.print_files(edition, 1, PROFILES["house"], "hardcover")
        assert said in text_of(files.interior.reveal())
        pages[said] = list(preview.rasterise(pdf, 210))[2]
    window = [tuple(int(one) for one in pages[said][127, 147, 2::-1]) for said in ("waves back.", "winks back.")]
    assert window == [(0xC8, 0x45, 0x3F), (0x2F, 0x6F, 0x8F)]
    # A story that is taken off sale, or spoiled while it is worked on, changes nothing for books that were begun.
    sheet.write_text("title =")
    copy = composing.digital_copy(revisions.story_of(old), small.content(age=4), watermark=True)
    assert "waves back." in text_of(copy)


def test_p21_an_approved_book_is_never_printed_from_another_version(own_library: Path) -> None:
    open_book, approved = made(stories.load("moon-wave")), made(stories.load("moon-wave"))
    editions.lock(approved)
    sheet = own_library / "story.toml"
    sheet.write_text(sheet.read_text().replace("The Moon waves back.", "The Moon winks back."))
    publishing.publish("moon-wave", look=False)
    shutil.rmtree(stories.load("moon-wave").template_folder.parent / f"moon-wave-{approved.story_version}")
    assert "winks back." in text_of(editions.digital_copy(editions.latest(open_book), actor=PARENT).reveal())
    with pytest.raises(CannotPrint, match="the version of the story that was approved is no longer published"):
        editions.print_files(approved, 1, PROFILES["house"], "hardcover")


def test_a_published_version_keeps_its_palette(own_library: Path) -> None:
    story = stories.load("moon-wave")
    sheet = story.template_folder / templates_store.PALETTE_KEPT
    chosen = small.content().personalisation.looks
    skin = next(option for option in palette.load().skins if option.key == chosen.skin).colours["skin"]
    sheet.write_text(sheet.read_text().replace(skin, "#123456"))
    template = templates_store.read(story, story.template_folder)
    assert template.palette.find("skins", chosen.skin).colours["skin"] == "#123456"
    stamp = stamping.Stamp(template, small.content())
    assert stamp._colours[0]["skin"] == recolouring.operands("#123456")
