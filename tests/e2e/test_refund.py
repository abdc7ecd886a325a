"""Staff cancel an order that nobody approved, and the money goes back in full (P23)."""

import json
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e import parent, staff
from tests.e2e.conftest import Visitors
from tests.e2e.installation import Installation, link_in, wait_for
from tests.e2e.watching import Album

pytestmark = pytest.mark.e2e

PARENT = "cancelled@example.org"


def _refunds(shop: Installation) -> list[dict[str, Any]]:
    """The refunds that the payment provider knows, newest first."""
    port = (urlsplit(shop.url).port or 0) + 1
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/refunds?limit=10", headers={"Authorization": "Bearer sk_test_sandbox"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        found: list[dict[str, Any]] = json.load(answer)["data"]
    return found


@pytest.mark.on("services")
def test_p23_staff_cancel_and_the_money_goes_back(visitors: Visitors, album: Callable[[str], Album]) -> None:
    pictures = album("refund")
    shop = visitors.installation
    page = visitors.new()
    number = parent.buy(page, email=PARENT)
    shop.wait_for_mail(to=PARENT, subject="look at your digital copy")
    before = len(_refunds(shop))
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
    known = wait_for(lambda: _refunds(shop)[before:])
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
    pictures.keep(visitor, "order-cancelled")
