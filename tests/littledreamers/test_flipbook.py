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

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HOST)
        if path.startswith("/static/"):
            found = finders.find(path.removeprefix("/static/"))
            assert found is not None, path
            route.fulfill(path=found)
        elif path.startswith("/picture/"):
            late[path] = late.get(path, 0) - 1
            ready = late[path] < 0
            route.fulfill(status=200 if ready else 503, content_type="image/png", body=picture() if ready else b"")
        else:
            route.fulfill(content_type="text/html; charset=utf-8", body=answer.page)  # type: ignore[attr-defined]

    def start(
        numbers: Any = COMPLETE, *, viewport: ViewportSize = WIDE, total: int = 0, late_page: int = -1, **options: Any
    ) -> Page:
        if late_page >= 0:
            late[f"/picture/{late_page}.png"] = 2
        pages = [{"src": f"/picture/{n}.png", "alt": f"Picture {n}", "number": n} for n in numbers]
        book = render_to_string("components/flipbook.html", {"pages": pages, "label": "A book", "total": total})
        sheets = "".join(
            f'<link rel="stylesheet" href="/static/css/{name}.css">'
            for name in ("tokens", "base", "components/flipbook")
        )
        answer.page = f"<!doctype html><html lang=en><title>Book</title>{sheets}<main>{book}"  # type: ignore[attr-defined]
        context = browser.new_context(viewport=viewport, **options)
        contexts.append(context)
        context.set_default_timeout(5000)
        context.route("**/*", answer)
        page = context.new_page()
        page.goto(HOST + "/")
        return page

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
