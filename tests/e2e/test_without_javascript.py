"""Everything up to the payment works without a single script."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import parent
from tests.e2e.conftest import DESKTOP, PHONE, Visitors

pytestmark = pytest.mark.e2e


def _answer(page: Page) -> None:
    """Fill in the form as it is without scripts: every hairstyle has a name, nothing is hidden."""
    page.get_by_label("First name").fill("Juniper")
    parent.pick(page, "age", "4")
    parent.pick(page, "skin", 3)
    parent.pick(page, "hairstyle", 4)
    page.get_by_label("Dedication").fill("For Juniper.")


@pytest.mark.parametrize("device", [PHONE, DESKTOP])
def test_order_without_scripts(visitors: Visitors, device: str) -> None:
    page = visitors.new(device, javascript=False)
    page.goto("/")
    page.locator("main a[href$='/stories/night-post/']").first.click()
    expect(page.get_by_role("list", name=re.compile("sample pages")).get_by_role("listitem").first).to_be_visible()
    page.get_by_role("link", name="Personalise this book").first.click()
    expect(page.locator("noscript p")).to_be_visible()
    _answer(page)
    page.get_by_role("button", name="See the whole book").click()
    # The boxes were not ticked: the sentences name them, and what was typed is still there.
    expect(page.get_by_text("Only a parent or guardian may make this book.")).to_be_visible()
    expect(page.get_by_label("First name")).to_have_value("Juniper")
    expect(page.locator("[data-field=skin] input").nth(3)).to_be_checked()
    expect(page.get_by_label("Dedication")).to_have_value("For Juniper.")
    parent.consent(page)
    page.get_by_role("button", name="See the whole book").click()
    page.wait_for_url(re.compile(r"/books/[0-9a-f-]{36}/$"))
    pages = page.get_by_role("list", name="Your book: the pages").get_by_role("listitem")
    expect(pages).to_have_count(parent.PAGES)
    pages.last.scroll_into_view_if_needed()
    expect(pages.last.get_by_role("img", name="Back cover")).to_be_visible()
    parent.put_into_basket(page)
    page.get_by_label("Copies").fill("2")
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_text("2 books")).to_be_visible()
    page.get_by_role("link", name="Go to checkout").click()
    parent.fill_in_address(page)
    parent.order_button(page).click()
    expect(page.get_by_role("heading", name="Pay by card")).to_be_visible()
    parent.fill_in_card(page)
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    parent.expect_thanks(page)


def test_delivery_to_another_country_is_asked_about_again(visitors: Visitors) -> None:
    """Without scripts the sum cannot follow the country, so nobody pays a sum that was not on the button."""
    page = visitors.new(javascript=False)
    parent.make_book_without_scripts(page)
    parent.put_into_basket(page)
    page.get_by_role("link", name="Go to checkout").click()
    parent.fill_in_address(page, Phone="+49 1512 3456789", **{"Postal code": "10115", "Town or city": "Berlin"})
    page.get_by_label("Country").select_option("DE")
    before = parent.order_button(page).inner_text()
    parent.order_button(page).click()
    expect(page.get_by_text("Please look at the total once more")).to_be_visible()
    assert parent.order_button(page).inner_text() != before
    expect(page.get_by_label("Town or city")).to_have_value("Berlin")
    parent.order_button(page).click()
    expect(page.get_by_role("heading", name="Pay by card")).to_be_visible()
