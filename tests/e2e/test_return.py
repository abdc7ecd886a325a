"""A printed book has a fault: the parent sends it back, staff inspect it, the money comes (P24-P29)."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import drawings, parent, printing_house, staff
from tests.e2e.conftest import DESKTOP, PHONE, Visitors
from tests.e2e.installation import ROOT, Installation, link_in, readable, wait_for
from tests.e2e.money import refunds
from tests.e2e.watching import Album

pytestmark = pytest.mark.e2e
WORDS = "Page five is torn, Juniper cried"
FOUND = "Page 5 is torn along the fold."


# The walk through the shop (test_walk) prints a real book; here it is enough that one has been sent.
SENT = """
from django.utils import timezone
from orders.models import Order, PrintJob
order = Order.objects.get(number={number!r})
order.lines.update(approved_revision=1, approved_at=timezone.now())
now = timezone.now()
Order.objects.filter(pk=order.pk).update(state="shipped", approved_at=now, shipped_at=now)
PrintJob.objects.create(
    number="J-" + order.number, line=order.lines.get(), revision=1, profile="house", state="shipped", page_count=32,
    sent_at=now, shipped_at=now, carrier="GLS", tracking="GLS 0123 4567",
)
"""


def bought_and_sent(shop: Installation, page: Page, who: str) -> str:
    """An order whose parcel has left; returns its number. Ends on the order's page."""
    number = parent.buy(page, email=who)
    shop.wait_for_mail(to=who, subject="is confirmed")
    hidden = {"DATABASE_URL", "REDIS_URL"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {"DATA_DIR": str(shop.data_dir), "DJANGO_SETTINGS_MODULE": "littledreamers.settings"}
    command = [sys.executable, str(ROOT / "manage.py"), "shell", "-c", SENT.format(number=number)]
    subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
    page.goto(f"/orders/{number}/")
    expect(page.get_by_role("heading", name="On its way")).to_be_visible()
    return number


def tell(page: Page, photo: Path, album: Album) -> str:
    """From the order's page to the return's; a mistake on the way loses neither words nor photo."""
    parent.press(page.get_by_role("link", name="Tell us what is wrong"))
    page.get_by_label("In your own words").fill(WORDS)
    page.get_by_label("Photos of it").set_input_files(photo)
    page.get_by_label(re.compile("I agree that .* keeps the photos and words")).check()
    album.keep(page, "ask")
    parent.press(page.get_by_role("button", name="Send it to us"))
    expect(page.get_by_text("Please choose what comes closest.")).to_be_visible()
    expect(page.get_by_role("img", name="Your photo 1")).to_be_visible()
    expect(page.get_by_text(WORDS)).to_be_visible()
    album.keep(page, "ask-mistake")
    page.get_by_role("radio", name=re.compile("Something is printed wrong")).check()
    page.get_by_role("radio", name=re.compile("My money back")).check()
    parent.press(page.get_by_role("button", name="Send it to us"))
    expect(page.get_by_role("heading", name="We are looking at it")).to_be_visible()
    album.keep(page, "asked")
    found = re.search(r"/returns/(R-\w+)/", page.url)
    assert found is not None
    return found[1]


def act(desk: Page, button: str, told: str) -> None:
    desk.get_by_role("button", name=re.compile(button)).click()
    expect(desk.get_by_text(re.compile(told))).to_be_visible()


def work_on_it(desk: Page, shop: Installation, of: str, album: Album) -> None:
    """What staff do until the label has been sent."""
    staff.sign_in(desk, shop)
    desk.goto("/admin/refunds/return/")
    desk.get_by_role("row", name=re.compile(of)).get_by_role("link", name=re.compile("Look and decide")).click()
    desk.get_by_label("Why do you need to see this?").fill("To see what is torn")
    desk.get_by_role("button", name="Look at photos and words").click()
    expect(desk.get_by_text(WORDS)).to_be_visible()
    expect(desk.get_by_role("img", name="Photo 1 of the fault")).to_be_visible()
    album.keep(desk, "staff-looked")
    act(desk, "Send label and instructions", "have been mailed to the customer")


@pytest.mark.on("embedded")
@pytest.mark.parametrize(("device", "other"), [(PHONE, DESKTOP), (DESKTOP, PHONE)])
def test_p26_a_faulty_book_goes_back_and_the_money_comes(
    visitors: Visitors, album: Callable[[str], Album], tmp_path: Path, device: str, other: str
) -> None:
    shop, pictures, who = visitors.installation, album(f"return-{device}"), f"returner-{device}@example.org"
    page = visitors.new(device)
    bought_and_sent(shop, page, who)
    pictures.keep(page, "order-sent")
    of = tell(page, drawings.face(tmp_path / "fault.jpg"), pictures)
    desk = visitors.new(DESKTOP)
    work_on_it(desk, shop, of, pictures)
    page.goto(link_in(shop.wait_for_mail(to=who, subject="your label"), "/returns/"))
    expect(page.get_by_text("To see what is torn").first).to_be_visible()
    label = page.get_by_role("link", name="Open the label (PDF)").get_attribute("href")
    assert label is not None
    pdf = page.request.get(label)
    assert of in printing_house.words(pdf.body())
    pictures.keep(page, "instructed")
    act(desk, "Record the receipt", "the parcel is here")
    desk.get_by_label("Yes, the fault is there").check()
    desk.get_by_label("What was found").fill(FOUND)
    pictures.keep(desk, "staff-inspect")
    act(desk, "Record what was found", "Now put it right, below")
    pictures.keep(desk, "staff-refund")
    before = len(refunds(shop))
    act(desk, r"Give back €44\.80", "the money is on its way back")
    mail = shop.wait_for_mail(to=who, subject=r"€44\.80 on the way back")
    assert [refund["amount"] for refund in wait_for(lambda: refunds(shop)[before:]) or []] == [4480]
    visitor = visitors.new(other)
    visitor.goto(link_in(mail, "/returns/"))
    expect(visitor.get_by_role("heading", name="Put right", exact=True)).to_be_visible()
    expect(visitor.get_by_text(FOUND)).to_be_visible()
    expect(visitor.get_by_text(re.compile(r"€44\.80.*(on its way back|went back) to your card"))).to_be_visible()
    pictures.keep(visitor, "settled")
    page.reload()
    pictures.keep(page, "settled-here")
    parent.press(page.get_by_role("button", name="Forget it now"))
    expect(page.get_by_text("are forgotten, for good")).to_be_visible()
    assert page.get_by_role("img", name="Your photo").count() == 0
    told = [words for one in shop.mail() for words in readable(one) if one["To"] == who]
    assert not [words for words in told if "Juniper" in words]
