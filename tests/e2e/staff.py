"""What a member of staff does in the admin."""

import re

from playwright.sync_api import Page, expect

from littledreamers.demo_staff import COLLEAGUE as COLLEAGUE
from littledreamers.demo_staff import EMAIL
from tests.e2e.installation import Installation


def sign_in(page: Page, installation: Installation, *, email: str = EMAIL) -> None:
    """Ends on the admin's first page, which says what waits."""
    page.goto("/admin/")
    page.locator("#id_username").fill(email)
    page.locator("#id_password").fill(installation.staff_password())
    page.locator("input[type=submit], button[type=submit]").first.click()
    expect(page.get_by_role("heading", name="What waits for you")).to_be_visible()


def open_change_request(page: Page, number: str, *, reason: str) -> None:
    """From what waits to the words of the parent."""
    page.goto("/admin/")
    page.get_by_role("link", name=re.compile("Change requests to answer")).click()
    page.get_by_role("row", name=re.compile(number)).get_by_role("link", name=re.compile("Read and answer")).click()
    page.get_by_label("Why do you need to see this?").fill(reason)
    page.get_by_role("button", name="Open the conversation").click()


def answer(page: Page, words: str) -> None:
    page.get_by_role("textbox", name="Answer").fill(words)
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_text("Sent. The parent has been told by mail.")).to_be_visible()


def open_order(page: Page, number: str) -> None:
    page.goto(f"/admin/orders/order/?q={number}")
    page.get_by_role("link", name=number).click()
    expect(page.get_by_role("link", name=re.compile("Cancel and refund"))).to_be_visible()


def cancel_and_refund(page: Page, number: str, *, note: str) -> None:
    """From the order to its cancellation; ends on the order's page in the admin."""
    page.get_by_role("link", name=re.compile("Cancel and refund")).click()
    page.get_by_label("Note for colleagues").fill(note)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name=re.compile(f"Cancel {number} and give back")).click()
    expect(page.get_by_text(f"{number} is cancelled; the customer has been told, the money goes back.")).to_be_visible()
