"""A photo on the personalise page: what we guess comes by itself, is marked as a guess, and gives way to the parent."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from books import drawn_photos
from books.looks import Looks
from tests.e2e import drawings, parent
from tests.e2e.conftest import DESKTOP, PHONE, Visitors
from tests.e2e.watching import Album

pytestmark = pytest.mark.e2e

LOOKS = Looks("4", "curly-short", "ginger", "blue", (), "sky")
OTHERS = (Looks("9", "bob", "black", "brown", (), "sky"), Looks("2", "wavy-long", "golden-blonde", "green", (), "sky"))
SOON = 30_000  # ms; the first photo waits for the models


def _photo(folder: Path, *children: Looks) -> Path:
    path = folder / f"{len(children)}.jpg"
    path.write_bytes(drawn_photos.jpeg(drawn_photos.group([drawn_photos.portrait(looks) for looks in children])))
    return path


def _picked(page: Page, field: str) -> str:
    return parent.group(page, field).locator("input:checked").input_value()


def _guessed(page: Page, field: str) -> list[str]:
    values: list[str] = parent.group(page, field).locator(".guessed input").evaluate_all("all => all.map(i => i.value)")
    return values


@pytest.mark.parametrize("device", [PHONE, DESKTOP])
def test_guesses_arrive_and_the_parent_decides(
    visitors: Visitors, album: Callable[[str], Album], tmp_path: Path, device: str
) -> None:
    pictures = album(f"guesses-{device}")
    page = visitors.new(device)
    page.goto("/stories/night-post/personalise/")
    expect(page.locator(".workshop--alive")).to_be_visible()
    note = page.locator("#guess-note")

    # Without permission nothing is sent.
    parent.choose_photo(page, _photo(tmp_path, LOOKS))
    expect(note).to_contain_text("Once both boxes under “Your permission” are ticked")
    assert _guessed(page, "hair_colour") == []
    pictures.keep(page, "before-permission")

    # With it, the answer arrives by itself while the parent goes on.
    parent.consent(page)
    page.get_by_label("First name").fill("Juniper")
    expect(note).to_contain_text("We guessed “Short curls” and “Ginger”.", timeout=SOON)
    assert (_picked(page, "hair_colour"), _guessed(page, "hair_colour")) == ("ginger", ["ginger"])
    assert (_picked(page, "hairstyle"), _guessed(page, "hairstyle")) == ("curly-short", ["curly-short"])
    expect(parent.group(page, "hairstyle").locator(".guessed")).to_be_visible()
    expect(page.locator("#hair_colour-guess")).to_have_text("We guessed “Ginger” from the photo.")
    assert float(page.locator("#id_crop_size").input_value()) < 0.95, "the frame is around the face"
    expect(parent.group(page, "skin").locator("input:checked")).to_have_count(0)
    expect(page.get_by_label("First name")).to_have_value("Juniper")
    pictures.keep(page, "one-face")

    # What the parent picks stays, whatever we guess of the next photo.
    parent.pick(page, "hair_colour", 1)
    mine = _picked(page, "hair_colour")
    parent.choose_photo(page, _photo(tmp_path, LOOKS, *OTHERS))
    faces = page.get_by_role("group", name="Which one is your child?").get_by_role("button")
    expect(faces).to_have_count(3, timeout=SOON)
    expect(note).to_have_text("There are several faces in this photo. Which one is your child?")
    assert _guessed(page, "hair_colour") == []
    pictures.keep(page, "several-faces")
    parent.press(faces.nth(2))
    expect(faces.nth(2)).to_have_attribute("aria-pressed", "true")
    assert (_picked(page, "hair_colour"), _guessed(page, "hair_colour")) == (mine, ["golden-blonde"])
    assert float(page.locator("#id_crop_x").input_value()) > 0.6
    pictures.keep(page, "the-right-face")

    # A photo without a face, and a file that is no photo.
    nothing = tmp_path / "nothing.jpg"
    nothing.write_bytes(drawn_photos.jpeg(drawn_photos.portrait(LOOKS).crop((0, 0, 300, 300)).effect_spread(200)))
    parent.choose_photo(page, nothing)
    expect(note).to_contain_text("We could not find a face in this photo", timeout=SOON)
    assert _guessed(page, "hairstyle") == []
    parent.choose_photo(page, drawings.text_file(tmp_path / "photo.jpg"))
    expect(page.locator("#photo-error")).to_contain_text("This file is not a photo we can read.", timeout=SOON)
    pictures.keep(page, "no-photo")

    # And the book is made with what the parent decided.
    parent.choose_photo(page, _photo(tmp_path, LOOKS))
    expect(note).to_contain_text("We guessed", timeout=SOON)
    parent.pick(page, "age", "5")
    parent.pick(page, "skin", 3)
    parent.see_the_book(page)
    page.goto(page.url + "edit/")
    assert (_picked(page, "hair_colour"), _picked(page, "hairstyle"), _picked(page, "skin")) == (
        mine,
        "curly-short",
        "4",
    )
