"""A card that is declined, another one that pays (P64); and the parcel that has arrived (P24), on a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e import parent, printing_house
from tests.e2e.conftest import PHONE, Visitors
from tests.e2e.installation import link_in, wait_for
from tests.e2e.watching import Album

pytestmark = pytest.mark.e2e

PARENT = "arrived@example.org"


def test_p64_p24_declined_then_paid_then_printed_then_arrived(
    visitors: Visitors, album: Callable[[str], Album]
) -> None:
    pictures = album("arrival")
    shop = visitors.installation
    page = visitors.new(PHONE)
    visitors.watch.allow(402)
    parent.make_book(page)
    parent.put_into_basket(page)
    parent.go_to_checkout(page)
    parent.fill_in_address(page, **{"E-mail": PARENT})
    expect(page.get_by_role("radio", name="Write to me")).to_be_checked()
    parent.order(page)
    parent.pay(page, parent.DECLINED_CARD)
    expect(page.get_by_text("The card was declined.")).to_be_visible()
    parent.press(page.get_by_role("link", name="Back to the shop"))

    def told() -> bool:
        page.reload()
        return page.get_by_role("heading", name="The payment did not work").is_visible()

    assert wait_for(told, seconds=20), page.locator("main").inner_text()
    expect(page.get_by_text("You have not been charged")).to_be_visible()
    pictures.keep(page, "payment-did-not-work")
    parent.press(page.get_by_role("button", name="Try again"))
    parent.pay(page)
    number = parent.expect_thanks(page)

    ready = shop.wait_for_mail(to=PARENT, subject="look at your digital copy")
    page.goto(link_in(ready, "/orders/open/"))
    parent.press(page.get_by_role("link", name="Look at every page"))
    page.get_by_label(re.compile("I have looked at every page")).check()
    parent.press(page.get_by_role("button", name=re.compile("Approve")))
    job = shop.wait_for_mail(to=printing_house.ADDRESS, subject=f"Print job J-{number.removeprefix('LD-')}-1")
    printing_house.say_shipped(visitors.new(), job, carrier="GLS", tracking="0123 4567")

    page.goto(f"/orders/{number}/")
    expect(page.get_by_role("heading", name="Has your parcel arrived?")).to_be_visible()
    pictures.keep(page, "order-on-its-way")
    chosen = page.get_by_label("When did it arrive?")
    assert chosen.input_value() == chosen.get_attribute("max")  # today
    parent.press(page.get_by_role("button", name="It has arrived"))
    expect(page.get_by_text("Thank you for telling us.")).to_be_visible()
    expect(page.get_by_text(re.compile("You can send a faulty book back until"))).to_be_visible()
    pictures.keep(page, "order-arrived")
