"""A parent sees, downloads, corrects and deletes what we hold about a child, on a phone and on a desktop (P5-P8)."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e import drawings, parent
from tests.e2e.conftest import DESKTOP, PHONE, Visitors
from tests.e2e.installation import link_in, readable, wait_for
from tests.e2e.money import refunds
from tests.e2e.watching import Album

pytestmark = pytest.mark.e2e

NAME = "Marigold"
TITLE = "What we hold about your child"
MESSAGE = f"Could {NAME} wear the yellow boots?"


def _download(page: Page) -> zipfile.ZipFile:
    with page.expect_download() as waiting:
        parent.press(page.get_by_role("button", name="Download everything"))
    assert waiting.value.suggested_filename == "childs-data.zip"
    return zipfile.ZipFile(io.BytesIO(Path(waiting.value.path()).read_bytes()))


def _strangers_see_nothing(visitors: Visitors, address: str) -> None:
    """Whoever has the address and not the order gets what there is at an address that nobody made."""
    stranger = visitors.new()
    visitors.watch.allow(404)
    nothing = re.sub(r"[0-9a-f-]{36}", "00000000-0000-4000-8000-000000000000", address)
    for what in ("", "delete/", "withdraw/"):
        theirs, nobodys = stranger.request.get(address + what), stranger.request.get(nothing + what)
        assert (theirs.status, theirs.body()) == (404, nobodys.body())


def _delete_is_not_below_a_long_log(page: Page) -> None:
    """On a phone too, the way to delete comes before the lists."""
    delete = page.get_by_role("link", name="Delete everything now").bounding_box()
    log = page.get_by_role("heading", name="Who looked at it").bounding_box()
    assert delete is not None
    assert log is not None
    assert delete["y"] < log["y"]


@pytest.mark.parametrize("device", [PHONE, DESKTOP])
def test_p5_p6_p7_p8_the_parents_page(
    visitors: Visitors, album: Callable[[str], Album], device: str, tmp_path: Path
) -> None:
    pictures, shop, email = album(f"childs-data-{device}"), visitors.installation, f"data-{device}@example.org"
    page = visitors.new(device)
    preview = parent.make_book(page, parent.Child(name=NAME, photo=drawings.face(tmp_path / "face.jpg")))

    # Before anything is ordered, in the session that made the book.
    parent.press(page.get_by_role("link", name=TITLE))
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    address = page.url
    expect(page.locator(".data-clock")).to_contain_text("You have not ordered this book")
    expect(page.locator("[data-until=exact]")).to_contain_text("in 1 day 23 hours")
    pictures.keep(page, "unordered")
    assert "book/page-00.jpg" in _download(page).namelist()
    _strangers_see_nothing(visitors, address)
    parent.press(page.get_by_role("link", name="Delete everything now"))
    expect(page.get_by_text("It is not ordered, and nothing was paid.")).to_be_visible()
    pictures.keep(page, "unordered-delete")
    parent.press(page.get_by_role("link", name="Keep it for now"))
    page.wait_for_url(preview)

    # Ordered, with the link in the mail alone.
    parent.put_into_basket(page)
    parent.go_to_checkout(page)
    parent.fill_in_address(page, **{"E-mail": email})
    parent.order(page)
    parent.pay(page)
    number = parent.expect_thanks(page)
    mail = shop.wait_for_mail(to=email, subject="look at your digital copy")
    page = visitors.new(device)
    page.goto(link_in(mail, "/orders/open/"))
    parent.press(page.get_by_role("link", name="Look at every page"))
    page.get_by_label("Your message to us").fill(MESSAGE)
    parent.press(page.get_by_role("button", name="Send"))
    expect(page.get_by_text(MESSAGE)).to_be_visible()
    page.goto(f"/orders/{number}/")
    pictures.keep(page, "order")
    parent.press(page.get_by_role("link", name=TITLE))
    expect(page.locator("[data-until=exact]")).to_contain_text("in 13 days 23 hours")
    for held in ("Name, age, looks and dedication", "Photo", "Drawn pages", "Digital copy", "Messages", number):
        expect(page.get_by_role("heading", name=held)).to_be_visible()
    _delete_is_not_below_a_long_log(page)
    pictures.keep(page, "ordered")
    _strangers_see_nothing(visitors, address)

    archive = _download(page)
    data = json.loads(archive.read("data.json"))
    assert data["book"]["versions"][0]["name"] == NAME
    assert [one["text"] for one in data["messages"]] == [MESSAGE]
    assert data["order"]["number"] == number
    assert data["who_looked"]
    with Image.open(io.BytesIO(archive.read("photo-1.jpg"))) as photo:
        assert photo.size == (900, 1200)
        assert not photo.getexif()
    with pikepdf.open(io.BytesIO(archive.read("book.pdf"))) as pdf:
        assert len(pdf.pages) == parent.PAGES
    page.reload()
    parent.press(page.get_by_text(re.compile("^You yourself: ")))
    expect(page.get_by_text("to give you the copy you asked for").first).to_be_visible()
    pictures.keep(page, "unfolded")

    # Correcting is the form that the parent knows; the day stays.
    day = page.locator("[data-until=exact]").get_attribute("datetime")
    parent.press(page.get_by_role("link", name="Change something"))
    page.get_by_label("First name").fill("Mari")
    parent.see_the_book(page)
    page.goto(address)
    expect(page.get_by_text("in 2 versions")).to_be_visible()
    assert page.locator("[data-until=exact]").get_attribute("datetime") == day

    # Withdrawing says what it does, and does it.
    before = len(refunds(shop))
    parent.press(page.get_by_role("link", name="Withdraw my consent"))
    expect(page.get_by_text("€44.80")).to_be_visible()
    pictures.keep(page, "withdraw")
    assert len(refunds(shop)) == before
    parent.press(page.get_by_role("button", name="Withdraw consent and delete everything"))
    expect(page.get_by_role("heading", name="Your receipt")).to_be_visible()
    assert page.url == address
    parent.press(page.get_by_text("How to check it"))
    pictures.keep(page, "receipt")
    edition = address.removesuffix("data/").replace("/my-book/", "/books/")
    for gone in ("", "edit/", "2/page-0.jpg", "1/page-0.jpg", "2/full-3.jpg", "2/digital-copy.pdf", "1/photo.jpg"):
        assert page.request.get(edition + gone).status == 410, gone
    known = wait_for(lambda: refunds(shop)[: len(refunds(shop)) - before])
    assert known is not None, "no refund arrived at the payment provider"
    assert (known[0]["amount"], known[0]["status"]) == (4480, "succeeded")
    told = shop.wait_for_mail(to=email, subject="the child’s data is deleted")
    page.goto(link_in(told, "/receipts/"))
    expect(page.get_by_role("heading", name="Your receipt")).to_be_visible()
    page.goto(f"/orders/{number}/")
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    pictures.keep(page, "order-afterwards")
    parent.press(page.get_by_role("link", name="See the receipt"))
    page.wait_for_url(address)
    assert not [words for one in shop.mail() for words in readable(one) if NAME in words]


def test_the_countdown_ticks_and_holds_still_where_somebody_asked_for_less_motion(visitors: Visitors) -> None:
    page = visitors.new()
    parent.make_book(page)
    parent.press(page.get_by_role("link", name=TITLE))
    clock = page.locator("[data-until=exact]")
    expect(clock).to_have_text(re.compile(r"^in 1 day 23 hours \d+ minutes? \d+ seconds?$"))
    first = clock.inner_text()
    expect(clock).not_to_have_text(first)
    page.emulate_media(reduced_motion="reduce")
    expect(clock).to_have_text("in 1 day 23 hours")


@pytest.mark.parametrize("device", [PHONE, DESKTOP])
def test_p5_p8_it_all_works_without_scripts(visitors: Visitors, device: str) -> None:
    page = visitors.new(device, javascript=False)
    parent.make_book_without_scripts(page)
    page.get_by_role("link", name=TITLE).click()
    expect(page.locator("[data-until=exact]")).to_have_text("in 1 day 23 hours")
    assert "data.json" in _download(page).namelist()
    page.get_by_role("link", name="Delete everything now").click()
    page.get_by_role("button", name="Yes, delete everything").click()
    expect(page.get_by_role("heading", name="Your receipt")).to_be_visible()
