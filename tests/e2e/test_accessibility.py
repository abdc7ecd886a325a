"""No station has a violation that axe can find (WCAG 2.2 A and AA), on a phone and on a desktop."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e import parent
from tests.e2e.conftest import DESKTOP, PHONE, Visitors
from tests.e2e.installation import link_in

pytestmark = pytest.mark.e2e

OPTIONS: dict[str, Any] = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}


class Examiner:
    """Collects what axe finds, so that one run names every page."""

    def __init__(self) -> None:
        self.axe = Axe()
        self.found: list[str] = []
        self.pages = 0

    def examine(self, page: Page, name: str) -> None:
        self.pages += 1
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 0:
            self.found.append(f"{name}: can be scrolled sideways by {wider} px")
        # Buttons fade in; colours are judged when they have arrived.
        page.evaluate("Promise.all(document.getAnimations().filter((a) => a.effect.getComputedTiming().endTime < 5000)"
                      ".map((a) => a.finished.catch(() => {})))")  # fmt: skip
        for violation in self.axe.run(page, options=OPTIONS).response["violations"]:
            places = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
            self.found.append(f"{name}: {violation['id']}: {violation['help']}: {places}")


@pytest.fixture
def examiner() -> Iterator[Examiner]:
    yield (made := Examiner())
    assert made.pages > 0
    assert not made.found, "\n".join(made.found)


@pytest.mark.parametrize("device", [PHONE, DESKTOP])
def test_pages_that_need_no_book(visitors: Visitors, examiner: Examiner, device: str) -> None:
    page = visitors.new(device)
    visitors.watch.allow(404)
    for name, address in {
        "home": "/",
        "story": "/stories/night-post/",
        "personalise": "/stories/night-post/personalise/",
        "empty basket": "/basket/",
        "privacy policy": "/policies/privacy/",
        "receipts": "/receipts/",
        "refund policy": "/policies/refunds/",
        "cookie policy": "/policies/cookies/",
        "contact": "/contact/",
        "login": "/account/login/",
        "signup": "/account/signup/",
        "forgotten password": "/account/password/reset/",
        "outbox": "/outbox/",
        "not found": "/no-such-page/",
    }.items():
        page.goto(address)
        examiner.examine(page, name)


@pytest.mark.parametrize("device", [PHONE, DESKTOP])
def test_stations_of_an_order(visitors: Visitors, examiner: Examiner, device: str) -> None:
    email = f"axe-{device}@example.org"
    page = visitors.new(device)
    page.goto("/stories/night-post/personalise/")
    parent.press(page.get_by_role("button", name="See the whole book"))
    expect(page.locator("#name-error")).to_be_visible()
    examiner.examine(page, "personalise with mistakes")
    parent.make_book(page)
    examiner.examine(page, "preview")
    parent.put_into_basket(page)
    examiner.examine(page, "basket")
    parent.go_to_checkout(page)
    examiner.examine(page, "checkout")
    parent.press(parent.order_button(page))
    expect(page.get_by_role("alert")).to_be_visible()
    examiner.examine(page, "checkout with mistakes")
    parent.fill_in_address(page, **{"E-mail": email})
    parent.order(page)
    examiner.examine(page, "payment page of the sandbox")
    parent.pay(page)
    number = parent.expect_thanks(page)
    examiner.examine(page, "thanks")
    mail = visitors.installation.wait_for_mail(to=email, subject="look at your digital copy")
    page.goto(link_in(mail, "/orders/open/"))
    examiner.examine(page, "order")
    parent.press(page.get_by_role("link", name="Look at every page"))
    expect(page.get_by_role("heading", name="Is it just right?")).to_be_visible()
    examiner.examine(page, "digital copy")
    parent.press(page.get_by_role("button", name="Approve for print"))
    expect(page.get_by_text("Please tick the box once you have looked at every page.")).to_be_visible()
    examiner.examine(page, "digital copy, not ticked")
    page.goto(f"/orders/{number}/")
    parent.press(page.get_by_role("link", name=re.compile("Change the book")))
    expect(page.get_by_role("heading", name="Change your book")).to_be_visible()
    examiner.examine(page, "change")
    page.goto(f"/orders/{number}/")
    parent.press(page.get_by_role("link", name="What we hold about your child"))
    expect(page.get_by_role("heading", name="Who looked at it")).to_be_visible()
    examiner.examine(page, "what we hold")
    for folded in page.locator("summary").all():
        parent.press(folded)
    examiner.examine(page, "what we hold, unfolded")
    parent.press(page.get_by_role("link", name="Delete everything now"))
    expect(page.get_by_role("heading", name="What goes")).to_be_visible()
    examiner.examine(page, "forget")
    parent.press(page.get_by_role("button", name="Yes, delete everything"))
    expect(page.get_by_role("heading", name="Your receipt")).to_be_visible()
    examiner.examine(page, "receipt")
    page.goto(f"/orders/{number}/")
    examiner.examine(page, "order without the child")
