"""Whatever takes longer than a second says how far it has come, or at least that it is still going on."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e import drawings, parent
from tests.e2e.conftest import DESKTOP, PHONE, Visitors
from tests.e2e.watching import Album

pytestmark = pytest.mark.e2e
SLOW = {"offline": False, "latency": 20, "downloadThroughput": -1, "uploadThroughput": 60_000}  # bytes a second
FAST = {**SLOW, "latency": 0, "uploadThroughput": -1}


@contextmanager
def answers_late(page: Page, address: str) -> Iterator[None]:
    """Posts to `address` are answered only after the block."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            held.append(route)
        else:
            route.continue_()

    page.route(address, hold)
    yield
    for route in held:
        route.continue_()
    page.unroute(address)


@pytest.mark.parametrize("device", [PHONE, DESKTOP])
def test_sending_a_photo_on_a_slow_line_shows_how_far_it_has_come(
    visitors: Visitors, album: Callable[[str], Album], tmp_path: Path, device: str
) -> None:
    page = visitors.new(device)
    page.goto("/stories/night-post/personalise/")
    photo = drawings.face(tmp_path / "face.jpg")
    with photo.open("ab") as file:
        file.write(bytes(900_000))  # as some cameras do; nothing of it is kept
    parent.describe(page, parent.Child(photo=photo))
    bar, words = page.locator("#sending progress"), page.locator("#progress")
    expect(bar).not_to_be_in_viewport()
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW)
    parent.press(page.get_by_role("button", name="See the whole book"))
    expect(words).to_have_text("Sending what you chose.")
    expect(page.locator("#sending")).to_have_class("sending sending--slow")
    expect(bar).to_be_in_viewport()
    first = float(bar.get_attribute("value") or 0)
    page.wait_for_function("([bar, first]) => bar.value > first", arg=[bar.element_handle(), first])
    expect(bar).to_have_accessible_name("Sending what you chose.")
    album(f"waiting-{device}").keep(page, "sending-a-photo")
    line.send("Network.emulateNetworkConditions", FAST)
    page.wait_for_url(re.compile(r"/books/[0-9a-f-]{36}/$"))


def test_a_late_answer_to_the_form_is_waited_for_in_sight(visitors: Visitors) -> None:
    page = visitors.new(PHONE)
    page.goto("/stories/night-post/personalise/")
    parent.describe(page, parent.Child())
    with answers_late(page, "**/personalise/"):
        parent.press(page.get_by_role("button", name="See the whole book"))
        expect(page.locator("#progress")).to_have_text("We are painting your book.")  # heard at once
        bar = page.get_by_role("progressbar", name="We are painting your book.")
        expect(page.locator("#sending")).to_have_class("sending sending--slow")
        expect(bar).to_be_in_viewport()
        assert bar.get_attribute("value") is None  # nobody knows how long it takes
    page.wait_for_url(re.compile(r"/books/[0-9a-f-]{36}/$"))


def test_an_answer_that_says_no_ends_the_waiting_and_loses_nothing(visitors: Visitors) -> None:
    page = visitors.new(DESKTOP)
    page.goto("/stories/night-post/personalise/")
    parent.describe(page, parent.Child(name="Juniper"))
    visitors.watch.allow(503)
    page.route(
        "**/personalise/",
        lambda route: route.fulfill(status=503) if route.request.method == "POST" else route.continue_(),
    )
    page.get_by_role("button", name="See the whole book").click()
    expect(page.get_by_role("alert").filter(has_text="Something went wrong on our side.")).to_be_visible()
    expect(page.locator("#sending")).to_have_class("sending")
    expect(page.locator("#progress")).to_have_text("")
    expect(page.get_by_label("First name")).to_have_value("Juniper")
    page.unroute("**/personalise/")
    parent.see_the_book(page)


@pytest.mark.parametrize(("device", "width"), [(PHONE, 720), (DESKTOP, 720)])
def test_a_screen_fetches_the_pages_in_its_own_width(visitors: Visitors, device: str, width: int) -> None:
    """Which screen takes which width, is tested with the book itself; this is the shop's own page."""
    page = visitors.new(device)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    parent.make_book(page)
    parent.open_pictures(page)
    parent.press(parent.flipbook(page).get_by_role("button", name="Turn the page"))
    parent.open_pictures(page)
    pages = [address.rpartition("/")[2] for address in asked if re.search(r"/page-[0-9-]+\.jpg$", address)]
    assert len(pages) >= 3, pages
    assert {name.partition("-")[2].partition("-")[2] for name in pages} == {f"{width}.jpg"}, pages
    before_the_turn = pages[: pages.index(f"page-2-{width}.jpg")]
    assert sorted(before_the_turn) == [f"page-0-{width}.jpg", f"page-1-{width}.jpg"]  # asked for early, and once
