"""The book to leaf through, in a real browser: spreads, single pages, keys, swipes, late pictures, no JavaScript."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from PIL import Image
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

pytestmark = pytest.mark.e2e

HOST = "http://book.test"
WIDE: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
WIDTHS = (720, 1000, 1600)
COMPLETE = range(10)  # cover, pages 1 to 8, back cover


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "#1d3b53").save(out, "PNG")
    return out.getvalue()


Open = Callable[..., Page]


@pytest.fixture
def open_book(browser: Browser) -> Iterator[Open]:
    contexts = []
    late: dict[str, int] = {}
    asked: list[str] = []
    held: dict[str, bool] = {}

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HOST)
        if path.startswith("/static/"):
            found = finders.find(path.removeprefix("/static/"))
            assert found is not None, path
            route.fulfill(path=found)
        elif path.startswith("/picture/"):
            asked.append(path)
            if held.get(path):
                return
            late[path] = late.get(path, 0) - 1
            ready = late[path] < 0
            route.fulfill(status=200 if ready else 503, content_type="image/png", body=picture() if ready else b"")
        else:
            route.fulfill(content_type="text/html; charset=utf-8", body=answer.page)  # type: ignore[attr-defined]

    def start(
        numbers: Any = COMPLETE,
        *,
        viewport: ViewportSize = WIDE,
        total: int = 0,
        late_page: int = -1,
        late_times: int = 2,
        held_page: int = -1,
        widths: Any = (),
        clock: bool = False,
        **options: Any,
    ) -> Page:
        if late_page >= 0:
            late[f"/picture/{late_page}.png"] = late_times
        held[f"/picture/{held_page}.png"] = True
        pages = [{"src": f"/picture/{n}.png", "alt": f"Picture {n}", "number": n} for n in numbers]
        for one in pages:
            one["srcset"] = ", ".join(f"/picture/{one['number']}-{width}.png {width}w" for width in widths)
        book = render_to_string("components/flipbook.html", {"pages": pages, "label": "A book", "total": total})
        sheets = "".join(
            f'<link rel="stylesheet" href="/static/css/{name}.css">'
            for name in ("tokens", "base", "components/button", "components/bar", "components/flipbook")
        )
        head = "<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>Book</title>"
        answer.page = f"{head}{sheets}<main>{book}"  # type: ignore[attr-defined]
        context = browser.new_context(viewport=viewport, **options)
        contexts.append(context)
        context.set_default_timeout(5000)
        context.set_default_navigation_timeout(20_000)  # the first page of a browser that has just been started
        context.route("**/*", answer)
        page = context.new_page()
        if clock:
            page.clock.install()
        page.goto(HOST + "/")
        return page

    start.asked = asked  # type: ignore[attr-defined]
    start.held = held  # type: ignore[attr-defined]
    yield start
    for context in contexts:
        context.close()


def place(page: Page, text: str) -> None:
    expect(page.locator(".flipbook__place")).to_have_text(text)


def test_a_wide_screen_shows_cover_spreads_and_back_cover(open_book: Open) -> None:
    page = open_book(reduced_motion="reduce")
    place(page, "Cover")
    seen = ["Cover"]
    for _ in range(5):
        page.get_by_role("button", name="Turn the page").click()
        seen.append(page.locator(".flipbook__place").inner_text())
    assert seen == ["Cover", "Page 1 of 8", "Pages 2–3 of 8", "Pages 4–5 of 8", "Pages 6–7 of 8", "Page 8 of 8"]
    page.get_by_role("button", name="Turn the page").click()
    place(page, "Back cover")
    expect(page.get_by_role("button", name="Turn the page")).to_be_disabled()
    page.get_by_role("button", name="Turn the page").click(force=True)
    place(page, "Back cover")


def test_a_phone_shows_one_page_at_a_time(open_book: Open) -> None:
    page = open_book(viewport=PHONE, reduced_motion="reduce")
    page.get_by_role("button", name="Turn the page").click()
    page.get_by_role("button", name="Turn the page").click()
    place(page, "Page 2 of 8")
    expect(page.locator(".flipbook__half--left")).to_be_hidden()


def test_keys_turn_the_pages_and_the_turn_ends(open_book: Open) -> None:
    page = open_book()
    page.get_by_role("button", name="Turn the page").focus()
    page.keyboard.press("ArrowRight")
    place(page, "Page 1 of 8")
    page.keyboard.press("End")
    place(page, "Back cover")
    page.keyboard.press("ArrowLeft")
    place(page, "Page 8 of 8")
    page.keyboard.press("Home")
    place(page, "Cover")
    expect(page.locator(".flipbook__leaf")).to_be_hidden()


def drag(page: Page, by: int) -> None:
    box = page.locator(".flipbook__book").bounding_box()
    assert box is not None
    x = box["x"] + box["width"] * (0.9 if by < 0 else 0.1)
    y = box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=6)
    page.mouse.up()


def test_a_swipe_turns_and_a_short_one_falls_back(open_book: Open) -> None:
    page = open_book(viewport=PHONE)
    drag(page, -200)
    place(page, "Page 1 of 8")
    drag(page, -30)
    expect(page.locator(".flipbook__leaf")).to_be_hidden()
    place(page, "Page 1 of 8")
    drag(page, 200)
    place(page, "Cover")


def test_a_sample_pairs_even_pages_with_odd_ones(open_book: Open) -> None:
    page = open_book((0, 4, 5, 7), total=8, reduced_motion="reduce")
    labels = page.evaluate(
        "(() => { const f = document.querySelector('.flipbook').flipbook; return f.views.map(v => f.label(v)); })()"
    )
    assert labels == ["Cover", "Pages 4–5 of 8", "Page 7 of 8"]


def test_the_page_is_announced(open_book: Open) -> None:
    page = open_book(reduced_motion="reduce")
    said = page.locator(".flipbook [aria-live]")
    expect(said).to_have_text("")
    page.get_by_role("button", name="Turn the page").click()
    expect(said).to_have_text("Page 1 of 8. Picture 1")
    slider = page.get_by_role("slider")
    expect(slider).to_have_attribute("aria-valuetext", "Page 1 of 8")


def test_a_picture_that_is_late_is_asked_for_again_and_nothing_moves(open_book: Open) -> None:
    page = open_book(late_page=0)
    cover = page.locator(".flipbook__half--right")
    before = cover.bounding_box()
    expect(cover.locator("img")).to_have_class("flipbook__picture flipbook__picture--here", timeout=10000)
    assert cover.bounding_box() == before


def test_a_page_that_was_drawn_again_is_shown(open_book: Open) -> None:
    page = open_book(reduced_motion="reduce")
    page.evaluate("document.querySelector('.flipbook').flipbook.refresh(0, '/picture/0.png?again')")
    expect(page.locator(".flipbook__half--right img")).to_have_attribute("src", "/picture/0.png?again")


def test_without_javascript_every_page_is_there(open_book: Open) -> None:
    page = open_book(java_script_enabled=False)
    expect(page.locator(".flipbook__list")).to_be_visible()
    assert page.locator(".flipbook__list img").count() == len(COMPLETE)
    expect(page.locator(".flipbook__list img").first).to_be_visible()


def test_turning_the_phone_keeps_the_open_page(open_book: Open) -> None:
    page = open_book(viewport=PHONE, reduced_motion="reduce")
    for _ in range(4):
        page.get_by_role("button", name="Turn the page").click()
    place(page, "Page 4 of 8")
    page.set_viewport_size(WIDE)
    place(page, "Pages 4–5 of 8")


# --- how sharp, and how long ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "height", "density", "sharp"),
    [
        (360, 740, 2, 720),
        (390, 844, 2, 720),
        (390, 844, 3, 1000),
        (440, 956, 3, 1000),
        (820, 1180, 2, 1000),
        (1280, 800, 1.5, 1000),
        (1280, 800, 1, 720),
        (1920, 1080, 1, 720),
        (1440, 900, 2, 1600),
        (1920, 1080, 2, 1600),
    ],
)
def test_each_screen_fetches_the_width_that_it_can_show_and_no_other(
    open_book: Open, width: int, height: int, density: float, sharp: int
) -> None:
    page = open_book(
        viewport={"width": width, "height": height},
        device_scale_factor=density,
        is_mobile=width < 500,
        reduced_motion="reduce",
        widths=WIDTHS,
    )
    for _ in range(3):
        page.get_by_role("button", name="Turn the page").click()
        expect(page.locator(".flipbook__half .flipbook__picture:not(.flipbook__picture--here)")).to_have_count(0)
    asked = open_book.asked  # type: ignore[attr-defined]
    assert len(asked) >= 4
    assert {path.rpartition("-")[2] for path in asked} == {f"{sharp}.png"}
    assert len(asked) == len(set(asked))  # once: the list for browsers without scripts asks for the same
    shown = page.locator(".flipbook__half--right").evaluate("half => half.clientWidth * Math.min(devicePixelRatio, 2)")
    assert sharp >= 0.8 * shown  # so little too small is not seen, and no more than two pixels to the point


def test_full_screen_fetches_a_larger_picture_where_it_is_needed(open_book: Open) -> None:
    page = open_book(viewport={"width": 1920, "height": 1080}, widths=WIDTHS, reduced_motion="reduce")
    page.get_by_role("button", name="Full screen").click()
    cover = page.locator(".flipbook__half--right img")
    page.wait_for_function("img => img.currentSrc.endsWith('0-1000.png')", arg=cover.element_handle())


def test_a_page_that_takes_longer_than_a_second_says_so(open_book: Open) -> None:
    page = open_book(held_page=9, reduced_motion="reduce")
    bar = page.get_by_role("progressbar", name="The page is on its way")
    expect(page.locator(".flipbook__half--right .flipbook__picture--here")).to_be_visible()
    expect(bar).to_have_count(0)  # nothing is late yet
    page.get_by_role("button", name="Turn the page").focus()
    page.keyboard.press("End")
    expect(page.locator(".flipbook__half--left .flipbook__waiting")).to_be_hidden()  # not at once
    expect(bar).to_be_visible()
    expect(page.locator(".flipbook > [aria-live]")).to_have_text("Back cover is still on its way.")
    open_book.held.clear()  # type: ignore[attr-defined]
    page.evaluate("document.querySelector('.flipbook').flipbook.refresh(9, '/picture/9.png?again')")
    expect(page.locator(".flipbook__half--left .flipbook__picture--here")).to_be_visible()
    expect(bar).to_have_count(0)
    expect(page.locator(".flipbook > [aria-live]")).to_have_text("Back cover is here.")


def test_a_page_that_never_comes_can_be_asked_for_again(open_book: Open) -> None:
    page = open_book(late_page=0, late_times=9, clock=True, reduced_motion="reduce")
    cover = page.locator(".flipbook__half--right")
    for tried in range(1, 8):
        expect(cover.locator("img")).to_have_attribute("data-tries", str(tried))
        expect(cover.get_by_role("alert")).to_have_count(0)
        page.clock.fast_forward(60_000)
    expect(cover.get_by_role("alert")).to_contain_text("This page did not come.")
    cover.get_by_role("button", name="Try again").click()
    expect(cover.locator("img")).to_have_class("flipbook__picture flipbook__picture--here")
    expect(cover.get_by_role("alert")).to_have_count(0)
    place(page, "Cover")  # the button turned no page
