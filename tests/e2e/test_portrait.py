"""The storybook portrait on the personalise page and in the book: painted, chosen, and given up for the drawing."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from books import drawn_photos
from books.looks import Looks
from tests.e2e import parent
from tests.e2e.conftest import DESKTOP, PHONE, Visitors
from tests.e2e.watching import Album

pytestmark = pytest.mark.e2e

LOOKS = Looks("7", "twists", "black", "hazel", ("glasses-round",), "sky")
SOON = 30_000  # ms; the first portrait waits for the models


def _dedication(page: Page) -> Locator:
    """Turn to the page with the frame; its picture."""
    book = parent.flipbook(page)
    book.locator(".flipbook__slider").fill("2")
    picture = book.locator('.flipbook__half .flipbook__picture[alt="Page 2"]')
    expect(picture).to_have_class(re.compile("--here"), timeout=SOON)
    return picture


@pytest.mark.parametrize("device", [PHONE, DESKTOP])
def test_the_photo_becomes_a_watercolour_and_gives_way_to_the_drawn_child(
    visitors: Visitors, album: Callable[[str], Album], tmp_path: Path, device: str
) -> None:
    pictures = album(f"portrait-{device}")
    page = visitors.new(device)
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(drawn_photos.jpeg(drawn_photos.portrait(LOOKS, side=900)))
    page.goto("/stories/night-post/personalise/")
    expect(page.locator(".workshop--alive")).to_be_visible()
    frame = parent.group(page, "picture")
    expect(frame).to_be_hidden()

    # With a photo there are three pictures to choose from; the portrait is painted once there is permission.
    parent.choose_photo(page, photo)
    expect(frame).to_be_visible()
    expect(frame.locator("input:checked")).to_have_value("portrait")
    expect(frame.locator("[data-frame-note]")).to_contain_text("Once both boxes under “Your permission” are ticked")
    sample = frame.locator('[data-shows="portrait"] img')
    expect(sample).to_have_attribute("src", re.compile("portrait-sample"))
    parent.consent(page)
    expect(sample).to_have_attribute("src", re.compile("^blob:"), timeout=SOON)
    painted = page.locator(".cropper__painted").first
    expect(painted).to_have_class(re.compile("--here"))
    expect(frame.locator("[data-frame-note]")).to_be_empty()
    frame.scroll_into_view_if_needed()
    pictures.keep(page, "painted")

    # The photo as it is uncovers the photo, and another square is painted anew.
    parent.pick(page, "picture", "The photo as it is")
    expect(painted).not_to_have_class(re.compile("--here"))
    before = sample.get_attribute("src")
    page.locator("#cropper-frame").press("+")
    expect(sample).not_to_have_attribute("src", str(before))
    expect(sample).to_have_attribute("src", re.compile("^blob:"), timeout=SOON)
    parent.pick(page, "picture", "Storybook portrait")
    expect(painted).to_have_class(re.compile("--here"))

    # In the book.
    page.get_by_label("First name", exact=True).fill("Juniper")
    parent.pick(page, "age", "5")
    parent.pick(page, "skin", 6)
    parent.see_the_book(page)
    _dedication(page)
    pictures.keep(page, "dedication-page")
    address = page.url

    # Beside the title in the basket, for this parent only.
    parent.press(page.get_by_role("button", name="Put it in the basket"))
    seal = page.get_by_alt_text("The portrait in this book")
    expect(seal).to_be_visible()
    assert seal.evaluate("image => image.decode().then(() => image.naturalWidth)") == 192
    pictures.keep(page, "basket")

    # The choice is kept, and may be changed: then the photo is not kept.
    page.goto(f"{address}edit/")
    expect(page.locator(".workshop--alive")).to_be_visible()
    expect(frame.locator("input:checked")).to_have_value("portrait")
    expect(sample).to_have_attribute("src", re.compile("^blob:"), timeout=SOON)
    parent.pick(page, "picture", "Only the drawn child")
    expect(frame.locator("[data-frame-note]")).to_contain_text("no photo is kept")
    frame.scroll_into_view_if_needed()
    pictures.keep(page, "drawn-only")
    parent.see_the_book(page)
    _dedication(page)
    pictures.keep(page, "dedication-page-drawn")
    assert page.request.get(f"{address}2/photo.jpg").status == 404
    assert page.request.get(f"{address}1/photo.jpg").status == 404
