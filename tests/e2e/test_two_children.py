"""A book about two, made by a parent in a hurry: one child after the other, and nothing typed is lost."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from books import drawn_photos
from books.looks import Looks
from tests.e2e import parent, staff
from tests.e2e.conftest import DESKTOP, PHONE, Visitors
from tests.e2e.installation import link_in
from tests.e2e.parent import SECOND, Child
from tests.e2e.test_accessibility import OPTIONS
from tests.e2e.watching import Album

pytestmark = pytest.mark.e2e

JUNIPER = Child(name="Juniper", age=7, skin=6, hair_colour=1)
TOM = Child(name="Tom", age=2, skin=2, hair_colour=3)
BOTH = (
    Looks("4", "curly-short", "ginger", "blue", (), "sky"),
    Looks("2", "wavy-long", "golden-blonde", "green", (), "sky"),
)
SOON = 30_000  # ms; the first photo waits for the models
SENT = "() => [...new FormData(document.getElementById('personalise')).keys()]"


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("tab", name=re.compile(f"^{name}"))


def sent(page: Page) -> list[str]:
    """The names of what the form would send now, of the second child."""
    names: list[str] = page.evaluate(SENT)
    return [name for name in names if name.startswith(SECOND)]


def press_the_button(page: Page, words: str) -> None:
    parent.press(page.get_by_role("button", name=words))


def accessible(page: Page) -> None:
    found = Axe().run(page, options=OPTIONS).response["violations"]
    assert not [(one["id"], [node["html"][:200] for node in one["nodes"][:2]]) for one in found]


@pytest.mark.parametrize("device", [PHONE, DESKTOP])
def test_a_book_about_two(visitors: Visitors, album: Callable[[str], Album], tmp_path: Path, device: str) -> None:
    pictures = album(f"two-{device}")
    page = visitors.new(device)
    page.goto("/stories/night-post/personalise/")
    expect(page.locator(".workshop--alive")).to_be_visible()

    # About one, nothing is asked about a second child, nor sent.
    expect(page.get_by_role("tab")).to_have_count(0)
    expect(page.locator("#child-2")).to_be_hidden()
    assert sent(page) == []
    parent.pick(page, "about", "About two")
    expect(page.locator("#child .living-child:visible")).to_have_count(2)
    expect(tab(page, "First child")).to_have_attribute("aria-selected", "true")
    expect(tab(page, "Second child")).to_contain_text("Still missing: name, age, permission, skin")
    pictures.keep(page, "two-empty")

    # One after the other: the button leads on.
    parent.describe(page, JUNIPER)
    expect(tab(page, "Juniper")).to_contain_text("All answered")
    expect(page.locator("#shared")).to_be_hidden()
    press_the_button(page, "Now the second child")
    expect(tab(page, "Second child")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_label("First name")).to_be_hidden()
    expect(page.get_by_label("The second child’s name")).to_be_in_viewport()
    pictures.keep(page, "second-part")

    # What is missing is named at its field.
    press_the_button(page, "See the whole book")
    expect(page.locator("#wrong-summary")).to_contain_text(
        "Nearly there: please look at the marked answers of the second child."
    )
    expect(page.get_by_label("The second child’s name")).to_be_focused()
    expect(page.locator("#second-guardian-error")).to_be_visible()
    expect(page.locator("#name-error")).to_be_hidden()
    pictures.keep(page, "second-part-wrong")
    accessible(page)

    # The permission for this child is what counts for its photo, and only one of two faces is this child.
    photo = tmp_path / "both.jpg"
    photo.write_bytes(drawn_photos.jpeg(drawn_photos.group([drawn_photos.portrait(looks) for looks in BOTH])))
    parent.choose_photo(page, photo, SECOND)
    expect(page.locator("#second-guess-note")).to_contain_text("Once both boxes under “Your permission” are ticked")
    parent.describe(page, TOM, SECOND)
    faces = page.locator("#second-guess-faces").get_by_role("button")
    expect(faces).to_have_count(2, timeout=SOON)
    parent.press(faces.nth(1))
    expect(page.locator("#second-hair_colour-guess")).to_have_text("We guessed “Golden blonde” from the photo.")
    expect(page.locator("#hair_colour-guess")).to_have_count(0)
    pictures.keep(page, "second-part-filled-in")

    # Whose age: asked where it makes a difference.
    expect(page.get_by_text("Whose age should the words fit?")).to_be_visible()
    expect(parent.group(page, "told_to")).to_contain_text("Tom, 2")
    parent.pick(page, f"{SECOND}age", "8")
    expect(page.get_by_text("Whose age should the words fit?")).to_be_hidden()
    parent.pick(page, f"{SECOND}age", "2")
    parent.pick(page, "told_to", "Juniper, 7")

    # Both on the cover, each in the own looks.
    expect(page.get_by_role("img", name="Juniper, Tom and the Night Post")).to_be_visible()
    skins = page.locator("#child .living-child > g").evaluate_all(
        "all => all.map((one) => one.style.getPropertyValue('--skin'))"
    )
    assert len(set(skins)) == 2

    # Back to one and to two again: nothing of the second is sent meanwhile, and nothing is lost.
    parent.pick(page, "about", "About one child")
    assert sent(page) == []
    expect(page.locator("#child .living-child:visible")).to_have_count(1)
    expect(page.get_by_role("img", name="Juniper and the Night Post")).to_be_visible()
    parent.pick(page, "about", "About two")
    assert f"{SECOND}name" in sent(page)
    assert f"{SECOND}photo" in sent(page)
    expect(tab(page, "Tom")).to_contain_text("All answered")

    # A mistake of the first child is shown there, wherever the parent is.
    parent.press(tab(page, "Juniper"))
    page.get_by_label("First name").fill(" ")
    parent.press(tab(page, "Tom"))
    press_the_button(page, "See the whole book")
    expect(page.locator("#wrong-summary")).to_contain_text("the marked answers of the first child.")
    expect(page.get_by_label("First name")).to_be_focused()
    page.keyboard.type("Juniper")
    # And one that only the shop finds, of the second.
    parent.press(tab(page, "Tom"))
    page.get_by_label("The second child’s name").fill("ᓄᓇᕗᑦ")
    parent.press(tab(page, "Juniper"))
    press_the_button(page, "See the whole book")
    expect(page.locator("#second-name-error")).to_contain_text("our fonts cannot print this name yet")
    expect(page.get_by_label("The second child’s name")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Tom")
    page.get_by_label("Dedication").fill("For our two star-gazers.")
    pictures.keep(page, "words-for-both")
    parent.see_the_book(page)

    preview = page.url
    expect(page.get_by_text("everything about your children on")).to_be_visible()
    seen = parent.leaf_through(page)
    assert len(seen) == parent.PAGES
    pictures.keep(page, "preview")
    page.goto(f"{preview}edit/#second-step-photo")
    expect(page.locator(".workshop--alive")).to_be_visible()
    expect(tab(page, "Tom")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#second-step-photo")).to_be_in_viewport()
    parent.press(tab(page, "Juniper"))
    expect(page.get_by_label("First name")).to_have_value("Juniper")
    expect(page.get_by_text("This book is about two children and stays so")).to_be_visible()
    expect(page.get_by_text("About one child", exact=True)).to_have_count(0)
    parent.press(tab(page, "Tom"))
    expect(page.get_by_label("The second child’s name")).to_have_value("Tom")
    expect(page.locator("#second-cropper-frame")).to_be_visible()
    expect(parent.group(page, "told_to").get_by_role("radio", name="Juniper, 7")).to_be_checked()
    pictures.keep(page, "change")
    page.get_by_label("The second child’s name").fill("Thomas")
    parent.see_the_book(page)

    email = f"two-{device}@example.org"
    parent.put_into_basket(page)
    parent.go_to_checkout(page)
    parent.fill_in_address(page, **{"E-mail": email})
    parent.order(page)
    parent.pay(page)
    number = parent.expect_thanks(page)
    mail = visitors.installation.wait_for_mail(to=email, subject="look at your digital copy")
    assert not re.search("Juniper|Tom", str(mail))
    page.goto(link_in(mail, "/orders/open/"))
    pictures.keep(page, "order")
    parent.press(page.get_by_role("link", name="Look at every page"))
    expect(page.get_by_role("heading", name="Is it just right?")).to_be_visible()
    parent.open_pictures(page)
    pictures.keep(page, "digital-copy")
    if device == DESKTOP:
        _staff_change_the_second_child(visitors, page, pictures, number=number, email=email)


def _staff_change_the_second_child(visitors: Visitors, page: Page, pictures: Album, *, number: str, email: str) -> None:
    """P22: asked for by the parent, done by staff, and seen beside the version before."""
    page.get_by_label("Your message to us").fill("Could the smaller one wear purple?")
    press_the_button(page, "Send")
    expect(page.get_by_text("Thank you. We answer within a working day")).to_be_visible()
    desk = visitors.new(DESKTOP)
    staff.sign_in(desk, visitors.installation)
    staff.open_change_request(desk, number, reason="The parent asked about the coat")
    desk.get_by_role("link", name="Propose a new version").click()
    expect(desk.locator(".workshop--alive")).to_be_visible()
    parent.press(tab(desk, "Thomas"))
    expect(desk.locator("#second-cropper-photo")).to_have_js_property("complete", True)
    parent.pick(desk, f"{SECOND}outfit", 3)
    desk.get_by_label("What have you changed?").fill("The smaller one wears purple.")
    pictures.keep(desk, "staff-new-version")
    press_the_button(desk, "Send the new version")
    expect(desk.get_by_text("Version 3 is made.")).to_be_visible()
    mail = visitors.installation.wait_for_mail(to=email, subject="we have made version 3 for you", seconds=180)
    page.goto(link_in(mail, "/orders/open/"))
    parent.press(page.get_by_role("link", name="Compare version 3 with version 2"))
    expect(page.get_by_text("Changed: the second child’s clothes.")).to_be_visible()
    pictures.keep(page, "compared")


@pytest.mark.parametrize("device", [PHONE, DESKTOP])
def test_a_book_about_two_without_scripts(visitors: Visitors, album: Callable[[str], Album], device: str) -> None:
    pictures = album(f"two-plain-{device}")
    page = visitors.new(device, javascript=False)
    page.goto("/stories/night-post/personalise/")
    expect(page.locator("#child-2")).to_be_hidden()
    parent.pick(page, "about", "About two")
    expect(page.get_by_role("heading", name="Second child", exact=True)).to_be_visible()
    parent.describe(page, JUNIPER)
    page.get_by_label("The second child’s name").fill("Tom")
    parent.pick(page, f"{SECOND}age", "2")
    parent.pick(page, "told_to", "The older one’s")
    press_the_button(page, "See the whole book")
    expect(page.locator("#wrong-summary")).to_contain_text("Nearly there: please look at the marked answers of Tom.")
    expect(page.locator("#second-consent-error")).to_be_visible()
    expect(page.get_by_label("The second child’s name")).to_have_value("Tom")
    expect(page.get_by_label("First name")).to_have_value("Juniper")
    pictures.keep(page, "wrong")
    parent.describe(page, TOM, SECOND)
    press_the_button(page, "See the whole book")
    page.wait_for_url(re.compile(r"/books/[0-9a-f-]{36}/$"))
    expect(page.get_by_text("everything about your children on")).to_be_visible()
    page.goto(page.url + "edit/")
    expect(page.get_by_role("heading", name="Tom", exact=True)).to_be_visible()
    expect(parent.group(page, "told_to").locator("input:checked")).to_have_value("older")
    pictures.keep(page, "change")
