"""The whole way of one book, from the home page to forgetting, as parents, staff and printer walk it."""

import io
import re
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import expect

from tests.e2e import drawings, parent, printing_house, staff
from tests.e2e.conftest import DESKTOP, PHONE, Visitors
from tests.e2e.installation import link_in, readable
from tests.e2e.watching import Album

pytestmark = pytest.mark.e2e

QUESTION = "Could the moon on page five be a little larger?"
ANSWER = "Gladly. We looked, and the moon fills its page already."


class Walk:
    """One parent with one device. Each method is a part of the way and begins where the one before ended."""

    def __init__(self, visitors: Visitors, album: Album, device: str, photo: Path) -> None:
        self.visitors = visitors
        self.shop = visitors.installation
        self.album = album
        self.device = device
        self.photo = photo
        self.email = f"robin-{device}@example.org"
        self.page = visitors.new(device)
        self.preview = ""
        self.number = ""

    def choose_the_story(self) -> None:
        page = self.page
        page.goto("/")
        self.album.keep(page, "home")
        parent.press(page.locator("main a[href$='/stories/night-post/']").first)
        page.wait_for_url("**/stories/night-post/")
        seen = parent.leaf_through(page)
        assert len(seen) >= 6
        assert all(width > 0 for width in seen.values())
        self.album.keep(page, "story")
        parent.press(page.get_by_role("link", name="Personalise this book").first)
        page.wait_for_url("**/personalise/")

    def draw_the_child(self) -> None:
        page = self.page
        child = page.locator("#child svg")
        expect(child).to_be_visible()
        self.album.keep(page, "personalise-empty")
        page.get_by_label("First name").fill("Juniper")
        expect(page.locator("#bubble")).to_have_text("Hello, I am Juniper!")
        expect(page.get_by_role("img", name=re.compile("Juniper"))).to_be_visible()
        parent.pick(page, "age", "5")
        skin = self._colour("--skin")
        parent.pick(page, "skin", 7)
        assert self._colour("--skin") != skin
        hair = self._colour("--hair")
        parent.pick(page, "hair_colour", 3)
        assert self._colour("--hair") != hair
        before = child.inner_html()
        parent.press(page.get_by_role("group", name="Show hairstyles").get_by_role("button").nth(1))
        parent.pick(page, "hairstyle", 2)
        assert child.inner_html() != before
        before = child.inner_html()
        parent.pick(page, "glasses", 1)
        assert child.inner_html() != before

    def add_photo_and_words(self) -> None:
        page = self.page
        parent.choose_photo(page, self.photo)
        frame = page.get_by_role("group", name="Your photo in the round frame")
        expect(frame).to_be_visible()
        expect(page.locator("#id_crop_size")).not_to_have_value("")
        whole = page.locator("#id_crop_size").input_value()
        page.get_by_role("slider", name="Zoom").fill("180")
        assert float(page.locator("#id_crop_size").input_value()) < float(whole)
        left = page.locator("#id_crop_x").input_value()
        frame.focus()
        page.keyboard.press("ArrowLeft")
        assert page.locator("#id_crop_x").input_value() != left
        page.get_by_label("Dedication").fill("For Juniper, who always hears the owl first.")
        parent.consent(page)
        self.album.keep(page, "personalise-filled-in")

    def look_at_the_preview(self) -> None:
        page = self.page
        parent.see_the_book(page)
        self.preview = page.url
        self.album.keep(page, "preview")
        seen = parent.leaf_through(page)
        assert len(seen) == parent.PAGES
        assert all(width > 0 for width in seen.values())
        parent.turn_with_keys(page)
        self.album.keep(page, "preview-open")

    def order_and_pay(self) -> None:
        page = self.page
        parent.put_into_basket(page)
        self.album.keep(page, "basket")
        parent.go_to_checkout(page)
        self.album.keep(page, "checkout-empty")
        parent.fill_in_address(page, **{"E-mail": self.email})
        page.get_by_role("radio", name=re.compile("Express")).check()
        expect(page.locator("[data-part][aria-busy]")).to_have_count(0)
        self.album.keep(page, "checkout")
        on_the_button = _euros(parent.order_button(page).inner_text())
        parent.order(page)
        assert _euros(page.locator(".total").inner_text()) == on_the_button
        parent.fill_in_card(page)
        self.album.keep(page, "payment")
        parent.press(page.get_by_role("button", name=re.compile("^Pay ")))
        self.number = parent.expect_thanks(page)
        self.album.keep(page, "thanks")
        parent.press(page.get_by_role("link", name="See your order"))
        page.wait_for_url(f"**/orders/{self.number}/")
        self.album.keep(page, "order-paid")

    def open_the_digital_copy(self) -> None:
        """With the link in the mail alone, in a browser that has never been here."""
        self._mail("is confirmed")
        mail = self._mail("look at your digital copy")
        page = self.page = self.visitors.new(self.device)
        page.goto(link_in(mail, "/orders/open/"))
        page.wait_for_url(f"**/orders/{self.number}/")
        expect(page.get_by_role("heading", name="Waiting for your approval")).to_be_visible()
        self.album.keep(page, "order-in-review")
        parent.press(page.get_by_role("link", name="Look at every page"))
        page.wait_for_url(re.compile(r"/books/\d+/$"))
        page.emulate_media(reduced_motion="reduce")  # the paper has been seen turning in the preview
        seen = parent.leaf_through(page)
        assert len(seen) == parent.PAGES
        assert all("/full-" in address and width > 0 for address, width in seen.items())
        self.album.keep(page, "digital-copy")
        assert self._pages_of_the_pdf() == parent.PAGES

    def change_the_name(self) -> None:
        page = self.page
        parent.press(page.get_by_role("link", name="Change the book"))
        expect(page.get_by_label("First name")).to_have_value("Juniper")
        expect(page.get_by_role("group", name="Your photo in the round frame")).to_be_visible()
        self.album.keep(page, "change")
        page.get_by_label("First name").fill("Juno")
        parent.see_the_book(page)
        mail = self._mail("changed digital copy is ready")
        page.goto(link_in(mail, "/orders/open/"))
        expect(page.get_by_text("version 2")).to_be_visible()
        parent.press(page.get_by_role("link", name="Look at every page"))
        assert all("/2/full-" in picture["src"] for picture in parent.open_pictures(page))
        assert self._pages_of_the_pdf() == parent.PAGES
        expect(page.get_by_role("heading", name="Versions of this book")).to_be_visible()

    def ask_staff(self) -> None:
        page = self.page
        page.get_by_label("Your message to us").fill(QUESTION)
        parent.press(page.get_by_role("button", name="Send"))
        expect(page.get_by_text(QUESTION)).to_be_visible()
        self.album.keep(page, "question-asked")
        desk = self.visitors.new(DESKTOP)
        staff.sign_in(desk, self.shop)
        expect(desk.get_by_role("link", name=re.compile(r"^[1-9]\d* Change requests? to answer"))).to_be_visible()
        self.album.keep(desk, "staff-what-waits")
        staff.open_change_request(desk, self.number, reason="The parent asked about page five")
        expect(desk.get_by_text(QUESTION)).to_be_visible()
        self.album.keep(desk, "staff-change-request")
        staff.answer(desk, ANSWER)
        mail = self._mail("An answer about your order")
        assert not [words for words in readable(mail) if ANSWER in words]
        page.goto(link_in(mail, "/orders/open/"))
        expect(page.get_by_text(ANSWER)).to_be_visible()
        self.album.keep(page, "question-answered")

    def approve(self) -> None:
        page = self.page
        page.get_by_label(re.compile("I have looked at every page")).check()
        parent.press(page.get_by_role("button", name="Approve version 2 for print"))
        page.wait_for_url(f"**/orders/{self.number}/")
        expect(page.get_by_text("Thank you. The book is approved")).to_be_visible()
        self.album.keep(page, "order-approved")
        self._mail("is approved for print")

    def print_and_ship(self) -> None:
        jobs = f"Print job J-{self.number.removeprefix('LD-')}-1"
        mail = self.shop.wait_for_mail(to=printing_house.ADDRESS, subject=jobs)
        job = printing_house.unlock(mail)
        assert job.pages("interior") >= 32
        assert job.pages("cover") == 1
        assert self.number.removeprefix("LD-") in printing_house.words(job.one("ticket"))
        printer = self.visitors.new(DESKTOP)
        printing_house.say_received(printer, mail)
        self.album.keep(printer, "printer-received")
        self._mail("is being printed")
        self.page.reload()
        expect(self.page.get_by_role("heading", name="In print")).to_be_visible()
        printing_house.say_shipped(printer, mail, carrier="GLS", tracking="GLS 0123 4567")
        self._mail("is on its way")
        self.page.reload()
        expect(self.page.get_by_role("heading", name="On its way")).to_be_visible()
        expect(self.page.get_by_text("GLS 0123 4567")).to_be_visible()
        self.album.keep(self.page, "order-shipped")

    def say_that_it_has_arrived(self) -> None:
        page = self.page
        expect(page.get_by_role("heading", name="Has your parcel arrived?")).to_be_visible()
        chosen = page.get_by_label("When did it arrive?")
        assert chosen.input_value() == chosen.get_attribute("max")  # today
        parent.press(page.get_by_role("button", name="It has arrived"))
        expect(page.get_by_text("Thank you for telling us.")).to_be_visible()
        expect(page.get_by_role("heading", name="Delivered", exact=True)).to_be_visible()
        expect(page.get_by_text(re.compile("You can send a faulty book back until"))).to_be_visible()
        self.album.keep(page, "order-delivered")

    def forget(self) -> None:
        page = self.page
        parent.press(page.get_by_role("link", name="What we hold about your child"))
        expect(page.get_by_role("heading", name="Who looked at it")).to_be_visible()
        expect(page.get_by_text("The parent asked about page five")).to_be_visible()
        self.album.keep(page, "what-we-hold")
        parent.press(page.get_by_role("link", name="Delete everything now"))
        expect(page.get_by_text("so nothing changes")).to_be_visible()
        self.album.keep(page, "forget")
        parent.press(page.get_by_role("button", name="Yes, delete everything"))
        expect(page.get_by_role("heading", name="Your receipt")).to_be_visible()
        self.album.keep(page, "receipt")
        assert parent.goto(page, self.preview).status == 410
        expect(page.get_by_role("heading", name="Forgotten, as promised")).to_be_visible()
        self.album.keep(page, "forgotten")
        assert parent.goto(page, f"/orders/{self.number}/").status == 200
        expect(page.get_by_text("Everything about the child has been forgotten")).to_be_visible()
        expect(page.get_by_text("Robin Larkspur")).to_be_visible()
        assert page.locator("main img").count() == 0
        self.album.keep(page, "order-without-the-child")
        told = [words for mail in self.shop.mail() for words in readable(mail)]
        assert len(told) > 20
        assert not [words for words in told if "Juniper" in words or "Juno" in words]

    def _mail(self, subject: str) -> EmailMessage:
        return self.shop.wait_for_mail(to=self.email, subject=subject)

    def _colour(self, name: str) -> str:
        got: str = self.page.locator(".living-child > g").evaluate(
            "(it, name) => it.style.getPropertyValue(name)", name
        )
        return got

    def _pages_of_the_pdf(self) -> int:
        """The digital copy as the button gives it, fetched with this browser's cookies."""
        address = self.page.get_by_role("link", name="Download as PDF").get_attribute("href")
        assert address is not None
        answer = self.page.request.get(address)
        assert answer.headers["content-type"] == "application/pdf"
        assert len(answer.body()) < 8_000_000  # what a mail or a slow phone can take
        with pikepdf.open(io.BytesIO(answer.body())) as pdf:
            return len(pdf.pages)


def _euros(words: str) -> str:
    match = re.search(r"\d+[.,]\d\d", words)
    assert match is not None, words
    return match[0]


def _walk(walk: Walk) -> None:
    walk.choose_the_story()
    walk.draw_the_child()
    walk.add_photo_and_words()
    walk.look_at_the_preview()
    walk.order_and_pay()
    walk.open_the_digital_copy()
    walk.change_the_name()
    walk.ask_staff()
    walk.approve()
    walk.print_and_ship()
    walk.say_that_it_has_arrived()
    walk.forget()


@pytest.mark.on("embedded")
def test_the_whole_way_on_a_phone(visitors: Visitors, album: Callable[[str], Album], tmp_path: Path) -> None:
    _walk(Walk(visitors, album(PHONE), PHONE, drawings.face(tmp_path / "face.jpg")))


@pytest.mark.on("services")
def test_the_whole_way_on_a_desktop(visitors: Visitors, album: Callable[[str], Album], tmp_path: Path) -> None:
    _walk(Walk(visitors, album(DESKTOP), DESKTOP, drawings.face(tmp_path / "face.jpg")))
