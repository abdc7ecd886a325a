"""A customer uses a coupon and points, on a phone and on a desktop: the sum on the button is what the card pays."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import parent, staff
from tests.e2e.conftest import DESKTOP, PHONE, Visitors
from tests.e2e.watching import Album

pytestmark = pytest.mark.e2e

CUSTOMER = "points@example.org"
PASSWORD = "a-lantern-in-the-lane"


def prepare(desk: Page) -> None:
    """Staff make a coupon and an account, and give it points."""
    desk.goto("/admin/orders/coupon/add/")
    desk.locator("#id_code").fill("lantern")
    desk.locator("#id_percent").fill("10")
    desk.locator("#id_per_customer").fill("5")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("LANTERN: 10 % off the books, as often as people like")).to_be_visible()
    desk.goto("/admin/accounts/user/add/")
    desk.locator("#id_email").fill(CUSTOMER)
    desk.locator("#id_password1").fill(PASSWORD)
    desk.locator("#id_password2").fill(PASSWORD)
    desk.get_by_role("button", name="Save", exact=True).click()
    desk.goto("/admin/orders/pointsaccount/give/")
    desk.get_by_label("Customer").fill(CUSTOMER)
    desk.get_by_label("Points").fill("300")
    desk.get_by_label("Why").fill("For the late parcel")
    desk.get_by_role("button", name="Show what will happen").click()
    expect(desk.get_by_text("has 0 points now and 300 afterwards (+300), worth €15.00.")).to_be_visible()
    desk.get_by_role("button", name="Book it").click()
    expect(desk.get_by_text(f"Booked. {CUSTOMER} has 300 points now.")).to_be_visible()


def sign_in(page: Page) -> None:
    page.goto("/account/")
    page.get_by_label(re.compile("E-?mail", re.IGNORECASE)).first.fill(CUSTOMER)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    parent.press(page.get_by_role("button", name=re.compile("Sign in", re.IGNORECASE)))
    expect(page.get_by_role("heading", name="My account")).to_be_visible()


def save_some(page: Page, pictures: Album) -> None:
    """A wrong code is explained, the right one and the points are worked in; ends on the filled-in checkout."""
    parent.press(page.get_by_text("Use a coupon or your points"))
    code = page.get_by_label("Coupon code")
    code.fill("lanterns")
    parent.press(page.get_by_role("button", name="Apply"))
    expect(page.get_by_text("We do not know this code.")).to_be_visible()
    pictures.keep(page, "checkout-wrong-code")
    code.fill("lantern")
    page.get_by_label("Points to use").fill("150")
    parent.press(page.get_by_role("button", name="Apply"))
    expect(page.get_by_text("LANTERN takes €3.99 off the books.")).to_be_visible()
    expect(page.get_by_text(re.compile("150 points take €7.50 off the books. You keep"))).to_be_visible()
    expect(page.get_by_text("We do not know this code.")).to_be_hidden()


def test_p39_p40_checkout_with_coupon_and_points(visitors: Visitors, album: Callable[[str], Album]) -> None:
    desk = visitors.new()
    staff.sign_in(desk, visitors.installation)
    prepare(desk)
    for device, left in ((PHONE, 150), (DESKTOP, 0)):
        pictures = album(f"savings-{device}")
        page = visitors.new(device)
        sign_in(page)
        parent.make_book(page)
        parent.put_into_basket(page)
        parent.go_to_checkout(page)
        parent.fill_in_address(page, **{"E-mail": CUSTOMER})
        save_some(page, pictures)
        expect(parent.order_button(page)).to_have_text(re.compile("Order and pay €33.31"))
        pictures.keep(page, "checkout")
        parent.order(page)
        expect(page.get_by_text("€33.31").first).to_be_visible()
        pictures.keep(page, "payment")
        parent.pay(page)
        parent.expect_thanks(page)
        page.get_by_role("link", name="See your order").click()
        for said in ("Coupon LANTERN", "−€3.99", "150 points", "−€7.50", "€33.31"):
            expect(page.get_by_text(said).first).to_be_visible()
        pictures.keep(page, "order")
        page.goto("/account/")
        words = f"You have {left} points, worth €7.50" if left else "You have no points."
        expect(page.get_by_text(words)).to_be_visible()
        pictures.keep(page, "account")
