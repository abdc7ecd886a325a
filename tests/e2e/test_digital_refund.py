"""A parent gives up on a digital copy: one click, a reason if they like, and all the money comes back (P23)."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e import parent
from tests.e2e.conftest import DESKTOP, PHONE, Visitors
from tests.e2e.installation import link_in, wait_for
from tests.e2e.money import refunds
from tests.e2e.watching import Album

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("device", [PHONE, DESKTOP])
def test_p23_a_parent_takes_the_money_back(visitors: Visitors, album: Callable[[str], Album], device: str) -> None:
    pictures = album(f"digital-refund-{device}")
    shop, email = visitors.installation, f"gives-up-{device}@example.org"
    page = visitors.new(device)
    number = parent.buy(page, email=email)
    mail = shop.wait_for_mail(to=email, subject="look at your digital copy", seconds=180)
    page.goto(link_in(mail, "/orders/open/"))
    before = len(refunds(shop))
    parent.press(page.get_by_role("link", name=re.compile("Cancel the order")))
    expect(page.get_by_text("€44.80")).to_be_visible()
    page.get_by_role("radio", name=re.compile("put right")).check()
    pictures.keep(page, "asked")
    parent.press(page.get_by_role("button", name="Cancel and get my money back"))
    page.wait_for_url(f"**/orders/{number}/")
    expect(page.get_by_role("heading", name="Cancelled", exact=True)).to_be_visible()
    expect(page.get_by_text("Everything about the child has been forgotten")).to_be_visible()
    known = wait_for(lambda: refunds(shop)[before:])
    assert [(one["amount"], one["status"]) for one in known or []] == [(4480, "succeeded")]
    shop.wait_for_mail(to=email, subject="is cancelled")
    pictures.keep(page, "cancelled")
