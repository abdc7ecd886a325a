"""Above the limit staff propose to cancel, a colleague agrees, and the parent sees the money on its way (P27)."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e import parent, staff
from tests.e2e.conftest import PHONE, Visitors
from tests.e2e.installation import link_in
from tests.e2e.watching import Album

pytestmark = pytest.mark.e2e

PARENT = "many-copies@example.org"


def test_p27_staff_propose_a_colleague_agrees_and_the_parent_sees_it(
    visitors: Visitors, album: Callable[[str], Album]
) -> None:
    pictures = album("second-person")
    shop = visitors.installation
    number = parent.buy(visitors.new(), email=PARENT, copies=4)
    shop.wait_for_mail(to=PARENT, subject="look at your digital copy")
    proposer = visitors.new()
    staff.sign_in(proposer, shop)
    staff.open_order(proposer, number)
    proposer.get_by_role("link", name=re.compile("Cancel and refund")).click()
    expect(proposer.get_by_text("a colleague has to agree")).to_be_visible()
    expect(proposer.get_by_text(f"Your order {number} is cancelled").first).to_be_visible()
    pictures.keep(proposer, "propose")
    proposer.get_by_label("Note for colleagues").fill("Asked for by telephone")
    proposer.get_by_role("checkbox").check()
    proposer.get_by_role("button", name=f"Propose to cancel {number}").click()
    expect(proposer.get_by_text("needs a second person. A colleague has been told.")).to_be_visible()

    colleague = visitors.new(PHONE)
    staff.sign_in(colleague, shop, email=staff.COLLEAGUE)
    colleague.goto("/staff/queue/?kind=proposals")
    pictures.keep(colleague, "queue")
    colleague.get_by_role("row", name=re.compile(number)).get_by_role("link", name="Agree or decline").tap()
    expect(colleague.get_by_text("Asked for by telephone")).to_be_visible()
    pictures.keep(colleague, "agree")
    colleague.get_by_role("button", name=re.compile("Agree, and give back")).tap()
    expect(colleague.get_by_text("You agreed.")).to_be_visible()
    pictures.keep(colleague, "story")

    mail = shop.wait_for_mail(to=PARENT, subject="is cancelled")
    visitor = visitors.new(PHONE)
    visitor.goto(link_in(mail, "/orders/open/"))
    expect(visitor.get_by_role("heading", name="Cancelled")).to_be_visible()
    expect(visitor.get_by_text(re.compile("back to your card"))).to_be_visible()
