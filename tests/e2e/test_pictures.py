"""Every option of the form is a small picture of this child with it; nothing is sent, and typing never waits."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e import parent
from tests.e2e.conftest import DESKTOP, PHONE, Visitors

pytestmark = pytest.mark.e2e
SMALLEST_TARGET = 44  # CSS pixels each way
CHANGES = """() => {
  window.changes = 0;
  const watcher = new MutationObserver((found) => { window.changes += found.length; });
  for (const place of document.querySelectorAll(".picture")) {
    watcher.observe(place, { subtree: true, childList: true, attributes: true });
  }
}"""
SIDES = """(places) => places.map((place) => place.getBoundingClientRect())
  .map(({ width, height }) => Math.min(width, height))"""


def _pictures(page: Page, field: str) -> Locator:
    group = parent.group(page, field)
    group.scroll_into_view_if_needed()
    return group.locator(".picture > svg:not(.blob):visible")


def _colours(pictures: Locator, name: str) -> list[str]:
    read = "(all, name) => all.map((one) => one.style.getPropertyValue(name))"
    found: list[str] = pictures.evaluate_all(read, name)
    return found


@pytest.mark.parametrize("device", [PHONE, DESKTOP])
def test_nothing_moves_under_a_finger_when_the_drawings_come(visitors: Visitors, device: str) -> None:
    """The drawn child comes late on a slow line: what a parent is about to press stays where it is."""
    page = visitors.new(device)
    held: list[Route] = []
    page.route("**/drawn-child*", lambda route: held.append(route))
    page.goto("/stories/night-post/personalise/", wait_until="load")
    fields = ("name", "photo", "skin", "hair_colour", "eyes", "outfit", "dedication")
    where = "names => names.map((name) => Math.round(document.querySelector(`[data-field=${name}]`).offsetTop))"
    before = page.evaluate(where, fields)
    assert len(set(before)) == len(fields)
    assert held
    for route in held:
        route.continue_()
    expect(page.locator(".workshop--alive")).to_be_visible()
    expect(_pictures(page, "skin")).to_have_count(10)
    assert page.evaluate(where, fields) == before


@pytest.mark.parametrize("device", [PHONE, DESKTOP])
def test_options_are_pictures_of_this_child(visitors: Visitors, device: str) -> None:
    page = visitors.new(device)
    page.goto("/stories/night-post/personalise/")
    expect(page.locator(".workshop--alive")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    expect(_pictures(page, "skin")).to_have_count(10)
    assert len(set(_colours(_pictures(page, "skin"), "--skin"))) == 10
    parent.pick(page, "skin", 7)
    skin = page.locator(".living-child > g").evaluate("child => child.style.getPropertyValue('--skin')")
    expect(_pictures(page, "hairstyle").first).to_have_attribute("style", re.compile(f"--skin: ?{skin}"))

    page.get_by_role("group", name="Show hairstyles").get_by_role("button", name="Tied").click()
    parent.pick(page, "hairstyle", "Two braids")
    braids = _pictures(page, "hair_colour").locator("use[href='#part-hair-braids-two-front']")
    expect(braids).to_have_count(12)
    assert len(set(_colours(_pictures(page, "hair_colour"), "--hair"))) == 12
    assert set(_colours(_pictures(page, "hair_colour"), "--skin")) == {skin}

    parent.pick(page, "glasses", "Cat-eye glasses")
    worn = "use[href='#part-extra-glasses-cat-above-hair']"
    expect(_pictures(page, "extras").locator(worn)).to_have_count(3)  # this child wears them in every picture
    expect(_pictures(page, "glasses").locator(worn)).to_have_count(1)  # and here each picture has its own
    expect(_pictures(page, "eyes")).to_have_count(6)
    expect(_pictures(page, "outfit")).to_have_count(5)

    targets = page.locator("form :is(.swatch, .tile, .hair-group):visible")
    assert min(targets.evaluate_all(SIDES)) >= SMALLEST_TARGET
    for role, name in (("radio", "Two braids"), ("radio", "None"), ("checkbox", "Freckles"), ("radio", "Ginger")):
        expect(page.get_by_role(role, name=name, exact=True)).to_have_count(1)  # type: ignore[arg-type]
    assert asked == []


def test_a_name_is_typed_without_a_picture_being_drawn(visitors: Visitors) -> None:
    page = visitors.new(PHONE)
    page.goto("/stories/night-post/personalise/")
    expect(_pictures(page, "skin")).to_have_count(10)
    page.wait_for_timeout(500)  # those near the screen are drawn in idle moments
    page.get_by_label("First name").focus()
    page.wait_for_timeout(500)
    page.evaluate(CHANGES)
    page.keyboard.type("Juniper")
    expect(page.locator("#bubble")).to_have_text("Hello, I am Juniper!")
    assert page.evaluate("changes") == 0


def test_a_hearing_aid_under_a_headscarf_is_explained(visitors: Visitors) -> None:
    page = visitors.new(DESKTOP)
    page.goto("/stories/night-post/personalise/")
    note = page.locator("#child-1").get_by_text("The headscarf lies over it.")
    expect(_pictures(page, "extras")).to_have_count(3)
    expect(note).to_be_hidden()
    page.get_by_role("group", name="Show hairstyles").get_by_role("button", name="Covered").click()
    parent.pick(page, "hairstyle", "Headscarf")
    expect(_pictures(page, "wrap")).to_have_count(6)
    parent.group(page, "extras").scroll_into_view_if_needed()
    expect(note).to_be_visible()


def test_without_scripts_a_paper_doll_shows_each_hairstyle(visitors: Visitors) -> None:
    page = visitors.new(PHONE, javascript=False)
    page.goto("/stories/night-post/personalise/")
    for field, count in (("hairstyle", 33), ("glasses", 4), ("extras", 3)):
        dolls = parent.group(page, field).locator(".picture img")
        expect(dolls).to_have_count(count)
        dolls.last.scroll_into_view_if_needed()
        expect(dolls.last).to_have_js_property("complete", True)
        assert dolls.last.evaluate("doll => doll.naturalWidth") > 0
