"""A parent asks for something on a page, staff propose a new version, and the parent decides between the two (P22)."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import parent, staff
from tests.e2e.conftest import DESKTOP, PHONE, Visitors
from tests.e2e.installation import link_in
from tests.e2e.watching import Album

pytestmark = pytest.mark.e2e
WISH = "Could the coat be red on this page and on all the others?"
ANSWER = "We have drawn a red coat, on every page."
COPY_TAKES = 180  # seconds at most, where others draw books at the same time
REASON = "The parent asked about the coat"


@pytest.mark.parametrize("device", [PHONE, DESKTOP])
def test_p22_parent_and_staff_put_a_page_right(visitors: Visitors, album: Callable[[str], Album], device: str) -> None:
    pictures = album(f"put-right-{device}")
    shop = visitors.installation
    page = visitors.new(device)
    email = f"put-right-{device}@example.org"
    number = parent.buy(page, email=email)

    def open_mail(subject: str) -> None:
        page.goto(link_in(shop.wait_for_mail(to=email, subject=subject, seconds=COPY_TAKES), "/orders/open/"))

    open_mail("look at your digital copy")
    parent.press(page.get_by_role("link", name="Look at every page"))
    _ask_about_page_five(page, device)
    pictures.keep(page, "asked")

    desk = visitors.new(DESKTOP)
    staff.sign_in(desk, shop)
    staff.open_change_request(desk, number, reason=REASON)
    expect(desk.get_by_text(WISH)).to_be_visible()
    expect(desk.get_by_role("link", name="About page 5, as it is now")).to_be_visible()
    expect(desk.get_by_text("Answer by")).to_be_visible()
    pictures.keep(desk, "staff-conversation")
    _propose_a_red_coat(desk, pictures)

    open_mail("we have made version 2 for you")
    expect(page.get_by_text(ANSWER)).to_be_visible()
    expect(page.get_by_text("We made version 2 for you.")).to_be_visible()
    pictures.keep(page, "proposed")
    parent.press(page.get_by_role("link", name="Compare version 2 with version 1"))
    _two_by_two(page, device)
    pictures.keep(page, "compared")

    if device == PHONE:  # one decides for the new version, the other goes back
        parent.press(page.get_by_role("link", name="Look through version 2 and approve it"))
        expect(page.get_by_role("button", name="Approve version 2 for print")).to_be_visible()
        return
    parent.press(page.get_by_role("button", name="Take version 1 again"))
    expect(page.get_by_text("Version 3 is version 1 again.")).to_be_visible()
    open_mail("changed digital copy is ready")
    parent.press(page.get_by_role("link", name="Look at every page"))
    expect(page.get_by_text("version 1 again")).to_be_visible()
    pictures.keep(page, "taken-again")
    page.get_by_label(re.compile("I have looked at every page")).check()
    parent.press(page.get_by_role("button", name="Approve version 3 for print"))
    expect(page.get_by_text("Thank you. The book is approved")).to_be_visible()


def _ask_about_page_five(page: Page, device: str) -> None:
    """Leaf to page 5, say something about it, and something about another page in one go."""
    onwards = parent.flipbook(page).get_by_role("button", name="Turn the page")
    about = page.get_by_role("link", name="Something about page 5")
    for _ in range(6):
        if about.is_visible():
            break
        place = parent.place_in_book(page).inner_text()
        parent.press(onwards)
        expect(parent.place_in_book(page)).not_to_have_text(place)
    parent.press(about)
    expect(page.get_by_label("What is it about?")).to_have_value("5")
    page.get_by_label("Your message to us").fill(WISH)
    expect(page.get_by_role("link", name="change how your child is drawn yourself")).to_be_visible()
    parent.press(page.get_by_role("button", name="Add something about another page"))
    page.get_by_label("What is it about?").nth(1).select_option("9")
    page.get_by_label("Your message to us").nth(1).fill("And here we love the owl.")
    parent.press(page.get_by_role("button", name="Send"))
    expect(page.get_by_text("Thank you. We answer within a working day")).to_be_visible()
    expect(page.get_by_text(WISH)).to_be_visible()
    parent.press(page.get_by_role("link", name="About page 9"))
    expect(parent.place_in_book(page)).to_have_text(re.compile("8–9 of" if device == DESKTOP else "Page 9 of"))


def _propose_a_red_coat(desk: Page, pictures: Album) -> None:
    desk.get_by_role("link", name="Propose a new version").click()
    expect(desk.get_by_text(WISH)).to_be_visible()
    expect(desk.locator(".workshop--alive")).to_be_visible()
    parent.pick(desk, "outfit", 1)
    desk.get_by_label("What have you changed?").fill(ANSWER)
    pictures.keep(desk, "staff-new-version")
    desk.get_by_role("button", name="Send the new version").click()
    expect(desk.get_by_text("Version 2 is made.")).to_be_visible()


def _two_by_two(page: Page, device: str) -> None:
    """The pages that differ lie beside each other, on a phone one below the other, and are different pictures."""
    expect(page.get_by_text("Changed: clothes.")).to_be_visible()
    first = page.locator(".pair").first
    left, right = first.get_by_role("img").all()
    for side in (left, right):
        side.scroll_into_view_if_needed()
        expect(side).to_have_js_property("naturalWidth", 1000)
    one, other = left.bounding_box(), right.bounding_box()
    assert one is not None
    assert other is not None
    if device == DESKTOP:
        assert (abs(one["y"] - other["y"]) < 1, other["x"] > one["x"]) == (True, True)
    else:
        assert (abs(one["x"] - other["x"]) < 1, other["y"] > one["y"]) == (True, True)
    assert left.get_attribute("src") != right.get_attribute("src")
