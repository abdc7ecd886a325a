"""Nothing that a parent gets wrong loses what was typed, and every mistake is named with what to do."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import drawings, parent
from tests.e2e.conftest import DESKTOP, PHONE, Visitors

pytestmark = pytest.mark.e2e


def _form(page: Page, child: parent.Child) -> None:
    page.goto("/stories/night-post/personalise/")
    parent.describe(page, child)


def _send(page: Page) -> None:
    parent.press(page.get_by_role("button", name="See the whole book"))


def _expect_kept(page: Page, child: parent.Child) -> None:
    """Everything that `parent.describe` filled in is still there, but for the name."""
    expect(parent.group(page, "age").get_by_role("radio", name=str(child.age), exact=True)).to_be_checked()
    expect(parent.group(page, "skin").locator("input").nth(child.skin)).to_be_checked()
    expect(parent.group(page, "hair_colour").locator("input").nth(child.hair_colour)).to_be_checked()
    expect(page.get_by_label("Dedication")).to_have_value(child.dedication)
    expect(page.locator("#id_guardian")).to_be_checked()
    expect(page.locator("#id_consent")).to_be_checked()


WRITTEN = parent.Child(dedication="For the one with the muddy boots.")


def test_a_text_file_is_no_photo(visitors: Visitors, tmp_path: Path) -> None:
    page = visitors.new(PHONE)
    _form(page, WRITTEN)
    parent.choose_photo(page, drawings.text_file(tmp_path / "photo.jpg"))
    _send(page)
    expect(page.locator("#photo-error")).to_contain_text("This file is not a photo we can read.")
    expect(page.get_by_label("First name")).to_have_value(WRITTEN.name)
    _expect_kept(page, WRITTEN)
    parent.choose_photo(page, drawings.face(tmp_path / "face.jpg"))
    expect(page.locator("#photo-error")).to_be_hidden()
    parent.see_the_book(page)


def test_two_hundred_megapixels_are_refused(visitors: Visitors, tmp_path: Path) -> None:
    page = visitors.new(DESKTOP)
    _form(page, WRITTEN)
    parent.choose_photo(page, drawings.enormous_png(tmp_path / "enormous.png"))
    _send(page)
    expect(page.locator("#photo-error")).to_contain_text("This picture is larger than 50 megapixels.")
    _expect_kept(page, WRITTEN)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Please tell us the name that belongs in the book."),
        ("   ", "Please tell us the name that belongs in the book."),
        ("🦉", "Our storybook letters have no pictures in them."),
        ("Abcdefghij" * 5, "Please shorten the name to 40 letters"),
    ],
)
def test_names_that_cannot_be_printed(visitors: Visitors, name: str, sentence: str) -> None:
    page = visitors.new(DESKTOP)
    _form(page, parent.Child(name=name, dedication=WRITTEN.dedication))
    _send(page)
    expect(page.locator("#name-error")).to_contain_text(sentence)
    expect(page.get_by_label("First name")).to_be_focused()
    expect(page.get_by_label("First name")).to_have_value(name)
    _expect_kept(page, WRITTEN)
    page.get_by_label("First name").fill("Ayşe-Ødegård")
    parent.see_the_book(page)


def test_ages_from_nought_to_twelve(visitors: Visitors) -> None:
    page = visitors.new(DESKTOP)
    _form(page, WRITTEN)
    parent.pick(page, "age", "0")
    # Only a changed page can send another age than the thirteen: the shop has to notice it too.
    parent.group(page, "age").locator("input").first.evaluate("radio => { radio.value = '99' }")
    _send(page)
    expect(page.locator("#age-error")).to_contain_text("Our books are for children from 0 to 12.")
    parent.group(page, "age").locator("input").first.evaluate("radio => { radio.value = '0' }")
    parent.see_the_book(page)


def test_p34_every_missing_answer_of_the_checkout_is_named(visitors: Visitors) -> None:
    page = visitors.new(PHONE)
    parent.make_book(page)
    parent.put_into_basket(page)
    parent.go_to_checkout(page)
    typed = {"Your full name": "Robin Larkspur", "E-mail": "robin@example", "Phone": "12"}
    for label, words in typed.items():
        page.get_by_label(label).fill(words)
    page.get_by_role("radio", name=re.compile("Express")).check()
    parent.press(parent.order_button(page))
    summary = page.get_by_role("alert")
    for sentence in (
        "Please check the e-mail address.",
        "Please check the phone number.",
        "Please enter street and house number.",
        "Please enter the postal code.",
        "Please enter the town or city.",
    ):
        expect(summary).to_contain_text(sentence)
        expect(page.locator(".field__error", has_text=sentence)).to_be_visible()
    for label, words in typed.items():
        expect(page.get_by_label(label)).to_have_value(words)
    expect(page.get_by_role("radio", name=re.compile("Express"))).to_be_checked()
    parent.fill_in_address(page)
    parent.order(page)


def test_a_declined_card_and_then_another(visitors: Visitors) -> None:
    page = visitors.new(PHONE)
    visitors.watch.allow(402)
    _to_payment(page)
    parent.pay(page, parent.DECLINED_CARD)
    expect(page.get_by_role("alert")).to_contain_text("The card was declined. Nothing was taken.")
    expect(page.get_by_label("Name on the card")).to_have_value("Robin Larkspur")
    parent.pay(page)
    parent.expect_thanks(page)


def test_a_card_that_asks_for_confirmation(visitors: Visitors) -> None:
    page = visitors.new(DESKTOP)
    visitors.watch.allow(402)
    _to_payment(page)
    parent.pay(page, parent.CONFIRMED_CARD)
    expect(page.get_by_role("heading", name=re.compile("Do you want to pay"))).to_be_visible()
    page.get_by_role("button", name="Fail").click()
    expect(page.get_by_role("alert")).to_be_visible()
    parent.pay(page, parent.CONFIRMED_CARD)
    page.get_by_role("button", name="Complete").click()
    parent.expect_thanks(page)


def _to_payment(page: Page, **other: str) -> None:
    """A new book up to the payment page."""
    parent.make_book(page)
    parent.put_into_basket(page)
    parent.go_to_checkout(page)
    parent.fill_in_address(page, **other)
    parent.order(page)
