"""Double clicks, the back button, and links that are old or not ours."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.signing import TimestampSigner
from django.utils import timezone
from playwright.sync_api import expect

from tests.e2e import parent
from tests.e2e.conftest import Visitors
from tests.e2e.installation import Installation, link_in

pytestmark = pytest.mark.e2e

# What orders/links.py signs with.
SALT, SEPARATOR = "orders.links.order", "."


def _old_token(shop: Installation, number: str, *, days: int) -> str:
    """A link to an order as it was signed so many days ago."""
    signer = TimestampSigner(key=(shop.data_dir / "demo-secret").read_text(), salt=SALT, sep=SEPARATOR)
    with time_machine.travel(timezone.now() - timedelta(days=days)):
        return signer.sign(number)


def _orders_of(shop: Installation, email: str) -> set[str]:
    """The orders that mails to this address speak of."""
    subjects = [mail["Subject"] for mail in shop.mail() if mail["To"] == email]
    return {found[0] for subject in subjects if (found := re.search(r"LD-\w+", subject))}


def test_two_clicks_are_one_order_and_one_approval(visitors: Visitors) -> None:
    email = "twice@example.org"
    shop = visitors.installation
    page = visitors.new()
    parent.make_book(page)
    parent.put_into_basket(page)
    parent.go_to_checkout(page)
    parent.fill_in_address(page, **{"E-mail": email})
    parent.order_button(page).dblclick()
    expect(page.get_by_role("heading", name="Pay by card")).to_be_visible()
    parent.fill_in_card(page)
    page.get_by_role("button", name=re.compile("^Pay ")).dblclick()
    number = parent.expect_thanks(page)
    mail = shop.wait_for_mail(to=email, subject="look at your digital copy")
    page.goto(link_in(mail, "/orders/open/"))
    page.get_by_role("link", name="Look at every page").click()
    page.get_by_label(re.compile("I have looked at every page")).check()
    page.get_by_role("button", name="Approve for print").dblclick()
    expect(page.get_by_role("heading", name=re.compile("Approved|In print"))).to_be_visible()
    shop.wait_for_mail(to=email, subject="is approved for print")
    assert _orders_of(shop, email) == {number}
    for subject in ("is confirmed", "look at your digital copy", "is approved for print"):
        assert len([m for m in shop.mail() if m["To"] == email and subject in m["Subject"]]) == 1


def test_back_after_paying_orders_nothing_again(visitors: Visitors) -> None:
    page = visitors.new()
    number = parent.buy(page, email="back@example.org")
    page.go_back()
    # Wherever that leads, there is nothing left to pay and the basket is empty.
    page.goto("/checkout/")
    page.wait_for_url("**/basket/")
    expect(page.get_by_text("There is no book in your basket yet")).to_be_visible()
    page.goto(f"/orders/{number}/pay/")
    page.wait_for_url(f"**/orders/{number}/")
    assert _orders_of(visitors.installation, "back@example.org") <= {number}


def test_back_from_the_payment_page_keeps_the_order(visitors: Visitors) -> None:
    page = visitors.new()
    parent.make_book(page)
    parent.put_into_basket(page)
    parent.go_to_checkout(page)
    parent.fill_in_address(page, **{"E-mail": "undecided@example.org"})
    parent.order(page)
    page.get_by_role("link", name="Back to the shop").click()
    expect(page.get_by_role("heading", name=re.compile("waits for your payment"))).to_be_visible()
    page.get_by_role("button", name="Change the order").click()
    page.wait_for_url("**/basket/")
    expect(page.get_by_text("its books are back in your basket")).to_be_visible()
    expect(page.get_by_role("heading", name="The Night Post")).to_be_visible()


def test_links_that_are_old_or_not_ours(visitors: Visitors) -> None:
    email = "links@example.org"
    shop = visitors.installation
    number = parent.buy(visitors.new(), email=email)
    link = link_in(shop.wait_for_mail(to=email, subject="is confirmed"), "/orders/open/")
    stranger = visitors.new()
    visitors.watch.allow(404)
    token = link.rstrip("/").rpartition("/")[2]
    other = "A" if token[-1] != "A" else "B"
    tampered = link.replace(token, token[:-2] + other + token[-1])
    assert parent.goto(stranger, tampered).status == 404
    assert parent.goto(stranger, f"/orders/{number}/").status == 404
    old = f"/orders/open/{_old_token(shop, number, days=31)}/"
    assert parent.goto(stranger, old).status == 410
    expect(stranger.get_by_role("heading", name="This link is too old")).to_be_visible()
    assert parent.goto(stranger, f"/orders/{number}/").status == 404
    parent.goto(stranger, old)
    stranger.get_by_role("button", name="Send me a new link").click()
    expect(stranger.get_by_role("heading", name="Look into your mail")).to_be_visible()
    fresh = link_in(shop.wait_for_mail(to=email, subject="link"), "/orders/open/")
    assert parent.goto(stranger, fresh).status == 200
    expect(stranger.get_by_text(f"Order {number}").first).to_be_visible()
    assert parent.goto(visitors.new(), f"/orders/open/{_old_token(shop, number, days=29)}/").status == 200
