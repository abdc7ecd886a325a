"""A card that is declined, and another one that pays (P64), on a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e import parent
from tests.e2e.conftest import PHONE, Visitors
from tests.e2e.installation import wait_for
from tests.e2e.watching import Album

pytestmark = pytest.mark.e2e


def test_p64_a_declined_card_is_told_and_another_one_pays(visitors: Visitors, album: Callable[[str], Album]) -> None:
    pictures = album("declined-card")
    page = visitors.new(PHONE)
    visitors.watch.allow(402)
    parent.make_book(page)
    parent.put_into_basket(page)
    parent.go_to_checkout(page)
    parent.fill_in_address(page)
    expect(page.get_by_role("radio", name="Write to me")).to_be_checked()
    pictures.keep(page, "checkout")
    parent.order(page)
    parent.pay(page, parent.DECLINED_CARD)
    expect(page.get_by_text("The card was declined.")).to_be_visible()
    parent.press(page.get_by_role("link", name="Back to the shop"))
    page.wait_for_url(re.compile(r"/orders/[^/]+/pay/$"))

    def told() -> bool:
        page.reload()
        return page.get_by_role("heading", name="The payment did not work").is_visible()

    assert wait_for(told, seconds=20), page.locator("main").inner_text()
    expect(page.get_by_text("You have not been charged")).to_be_visible()
    pictures.keep(page, "payment-did-not-work")
    parent.press(page.get_by_role("button", name="Try again"))
    parent.pay(page)
    number = parent.expect_thanks(page)
    page.goto(f"/orders/{number}/pay/")  # there is nothing left to pay
    page.wait_for_url(f"**/orders/{number}/")
    expect(page.get_by_text(re.compile("Paid on"))).to_be_visible()
