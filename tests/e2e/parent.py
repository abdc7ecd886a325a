"""What a parent does in the shop, one function per deed. Every function ends on the page that it says."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, Response, expect

TEST_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"
CONFIRMED_CARD = "4000 0027 6000 3184"
PAGES = 34  # two covers and 32 pages

ADDRESS = {
    "Your full name": "Robin Larkspur",
    "E-mail": "robin@example.org",
    "Phone": "+45 20 12 34 56",
    "Street and number": "2 Lantern Lane",
    "Postal code": "2100",
    "Town or city": "Copenhagen",
}


@dataclass(frozen=True)
class Child:
    """An invented child. `photo` is a drawn face."""

    name: str = "Juniper"
    age: int = 5
    skin: int = 5
    hair_colour: int = 1
    dedication: str = ""
    photo: Path | None = None


def group(page: Page, field: str) -> Locator:
    return page.locator(f'[data-field="{field}"]')


def has_touch(page: Page) -> bool:
    """A phone; also asked of pages that run no scripts of their own."""
    return (page.viewport_size or {"width": 0})["width"] < 500


def press(place: Locator) -> None:
    """A tap on a phone, a click elsewhere."""
    if has_touch(place.page):
        place.tap()
    else:
        place.click()


def pick(page: Page, field: str, which: int | str) -> None:
    """Press one of the choices of a group: its number, or its words."""
    labels = group(page, field).locator("label:visible")
    chosen = labels.nth(which) if isinstance(which, int) else labels.filter(has_text=re.compile(rf"^\s*{which}\b"))
    press(chosen)
    expect(chosen.locator("input")).to_be_checked()


SECOND = "second-"  # before the fields of the second child in a book about two


def choose_photo(page: Page, photo: Path, which: str = "") -> None:
    page.locator(f"#id_{which}photo").set_input_files(photo)


def consent(page: Page, which: str = "") -> None:
    page.locator(f"#id_{which}guardian").check()
    page.locator(f"#id_{which}consent").check()


def describe(page: Page, child: Child, which: str = "") -> None:
    """Answer every question about one child, without sending it. `which`: `SECOND` for the second of a book."""
    page.get_by_label("The second child’s name" if which else "First name").fill(child.name)
    pick(page, f"{which}age", str(child.age))
    pick(page, f"{which}skin", child.skin)
    pick(page, f"{which}hair_colour", child.hair_colour)
    if child.photo is not None:
        choose_photo(page, child.photo, which)
    if child.dedication:
        page.get_by_label("Dedication").fill(child.dedication)
    consent(page, which)


def see_the_book(page: Page) -> None:
    """Send the answers; ends on the preview."""
    press(page.get_by_role("button", name=re.compile("See the (whole|changed) book")))
    page.wait_for_url(re.compile(r"/books/[0-9a-f-]{36}/$"))


def make_book(page: Page, child: Child | None = None) -> str:
    """From nothing to the preview of a book; returns the preview's address."""
    page.goto("/stories/night-post/personalise/")
    describe(page, child or Child())
    see_the_book(page)
    return page.url


def make_book_without_scripts(page: Page, child: Child | None = None) -> None:
    """The same where the browser runs no scripts."""
    page.goto("/stories/night-post/personalise/")
    describe(page, child or Child())
    page.get_by_role("button", name="See the whole book").click()
    page.wait_for_url(re.compile(r"/books/[0-9a-f-]{36}/$"))


def flipbook(page: Page) -> Locator:
    return page.locator("[data-flipbook].flipbook--ready")


def open_pictures(page: Page) -> list[dict[str, Any]]:
    """Source and size of the pages that lie open, once all of them can be seen."""
    pictures = flipbook(page).locator(".flipbook__half .flipbook__picture")
    expect(pictures.first).to_be_visible()
    expect(flipbook(page).locator(".flipbook__half .flipbook__picture:not(.flipbook__picture--here)")).to_have_count(0)
    found: list[dict[str, Any]] = pictures.evaluate_all("all => all.map(i => ({src: i.src, width: i.naturalWidth}))")
    return found


def place_in_book(page: Page) -> Locator:
    return flipbook(page).locator(".flipbook__place")


def leaf_through(page: Page) -> dict[str, int]:
    """Turn every page from cover to back with the button; returns address and width of each picture."""
    onwards = flipbook(page).get_by_role("button", name="Turn the page")
    seen: dict[str, int] = {}
    while True:
        for picture in open_pictures(page):
            seen[picture["src"]] = picture["width"]
        if onwards.get_attribute("aria-disabled") == "true":
            return seen
        place = place_in_book(page).inner_text()
        press(onwards)
        expect(place_in_book(page)).not_to_have_text(place)


def turn_with_keys(page: Page) -> None:
    """To the cover, the back cover and two turns from the cover, with keys alone; ends there."""
    flipbook(page).get_by_role("button", name="Turn the page").focus()
    for key, place in (("Home", "Cover"), ("End", "Back cover"), ("Home", "Cover")):
        page.keyboard.press(key)
        expect(place_in_book(page)).to_have_text(place)
    for key, first in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("PageDown", 2)):
        page.keyboard.press(key)
        expect(place_in_book(page)).to_have_text(re.compile(rf"^Pages? {first}\b"))
    open_pictures(page)


def put_into_basket(page: Page, *, binding: str = "Hardcover", copies: int = 1) -> None:
    """From the preview to the basket."""
    page.get_by_role("radio", name=re.compile(binding)).check()
    page.get_by_label("Copies").fill(str(copies))
    press(page.get_by_role("button", name="Put it in the basket"))
    page.wait_for_url("**/basket/")


def go_to_checkout(page: Page) -> None:
    press(page.get_by_role("link", name="Go to checkout"))
    page.wait_for_url("**/checkout/")


def fill_in_address(page: Page, **other: str) -> None:
    for label, words in {**ADDRESS, **other}.items():
        page.get_by_role("textbox", name=label).fill(words)


def order_button(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^Order and pay"))


def order(page: Page) -> None:
    """From the filled-in checkout to the payment page."""
    press(order_button(page))
    expect(page.get_by_role("heading", name="Pay by card")).to_be_visible()


def fill_in_card(page: Page, number: str = TEST_CARD) -> None:
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry date").fill("12 / 34")
    page.get_by_label("Security code").fill("123")
    page.get_by_label("Name on the card").fill("Robin Larkspur")


def pay(page: Page, number: str = TEST_CARD) -> None:
    """Fill in the card and send it."""
    fill_in_card(page, number)
    press(page.get_by_role("button", name=re.compile("^Pay ")))


def expect_thanks(page: Page) -> str:
    """The page after paying; returns the order's number."""
    page.wait_for_url(re.compile(r"/orders/[^/]+/paid/"))
    expect(page.get_by_role("heading", name="Thank you. It is paid.")).to_be_visible()
    match = re.search(r"/orders/([^/]+)/paid/", page.url)
    assert match is not None
    return match[1]


def buy(page: Page, *, email: str, child: Child | None = None, copies: int = 1) -> str:
    """A whole purchase as a guest; returns the order's number."""
    make_book(page, child)
    put_into_basket(page, copies=copies)
    go_to_checkout(page)
    fill_in_address(page, **{"E-mail": email})
    order(page)
    pay(page)
    return expect_thanks(page)


def goto(page: Page, address: str) -> Response:
    """Open an address and return what the shop answered."""
    answer = page.goto(address)
    assert answer is not None
    return answer
