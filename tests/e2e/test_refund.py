"""Staff cancel an order that nobody approved, and the money goes back in full (P23)."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e import parent, staff
from tests.e2e.conftest import Visitors
from tests.e2e.installation import link_in, wait_for
from tests.e2e.money import refunds
from tests.e2e.watching import Album

pytestmark = pytest.mark.e2e

PARENT = "cancelled@example.org"


@pytest.mark.on("services")
def test_p23_staff_cancel_and_the_money_goes_back(visitors: Visitors, album: Callable[[str], Album]) -> None:
    pictures = album("refund")
    shop = visitors.installation
    page = visitors.new()
    number = parent.buy(page, email=PARENT)
    shop.wait_for_mail(to=PARENT, subject="look at your digital copy")
    before = len(refunds(shop))
    desk = visitors.new()
    staff.sign_in(desk, shop)
    staff.open_order(desk, number)
    pictures.keep(desk, "staff-order")
    staff.cancel_and_refund(desk, number, note="Asked for by mail")
    pictures.keep(desk, "staff-order-cancelled")
    mail = shop.wait_for_mail(to=PARENT, subject="is cancelled")
    body = mail.get_body(("plain",))
    assert body is not None
    assert "€44.80" in body.get_content()
    known = wait_for(lambda: refunds(shop)[before:])
    assert known is not None, "no refund arrived at the payment provider"
    assert (known[0]["amount"], known[0]["currency"], known[0]["status"]) == (4480, "eur", "succeeded")
    visitor = visitors.new()
    visitor.goto(link_in(mail, "/orders/open/"))
    expect(visitor.get_by_role("heading", name="Cancelled")).to_be_visible()

    def arrived() -> bool:
        visitor.reload()
        return visitor.get_by_text("€44.80 went back to your card").is_visible()

    assert wait_for(arrived), visitor.locator("main").inner_text()
    expect(visitor.get_by_text("Everything about the child has been forgotten")).to_be_visible()

    def papers() -> bool:
        visitor.reload()
        return visitor.get_by_role("link", name="Credit note").is_visible()

    assert wait_for(papers), visitor.locator("main").inner_text()
    for name in ("Invoice", "Credit note"):
        paper = visitor.request.get(str(visitor.get_by_role("link", name=name).get_attribute("href")))
        assert (paper.status, paper.headers["content-type"]) == (200, "application/pdf")
        assert paper.body().startswith(b"%PDF")
    pictures.keep(visitor, "order-cancelled")
