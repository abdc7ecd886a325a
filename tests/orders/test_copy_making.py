"""How far a digital copy has come: what the page asks, and what it shows."""

from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Route, expect

from books import editions, page_images
from books.models import Revision
from books.story import Story
from orders.models import Order
from privacy import children
from privacy.models import Child
from privacy.purposes import Actor
from tests.orders.jobs import in_review
from tests.orders.test_review import opened

HOST = "http://copy.test"


@pytest.mark.django_db
def test_p21_the_page_says_how_many_pages_are_painted_until_the_copy_is_ready(small_story: Story) -> None:
    order = in_review(small_story)
    line = order.lines.get()
    assert line.edition is not None
    Order.objects.update(state=Order.State.PAID)
    Revision.objects.update(full_ready_at=None)
    page, progress = (reverse(name, args=[order.number, line.pk]) for name in ("orders:review", "orders:copy_progress"))
    client = opened(order)
    revision = editions.latest(line.edition)
    assert client.get(progress).json() == {"made": 0, "of": 8, "ready": False}
    for _ in page_images.make(revision, [0, 1, 2], full=True, actor=Actor.system("preview")):
        pass
    answer = client.get(progress)
    assert answer.json() == {"made": 3, "of": 8, "ready": False}
    assert "no-store" in answer.headers["Cache-Control"]
    shown = client.get(page).text
    assert "3 of 8 pages are painted." in shown
    assert 'max="8" value="3"' in shown
    Order.objects.update(state=Order.State.IN_REVIEW)
    Revision.objects.update(full_ready_at=order.created_at)
    assert client.get(progress).json()["ready"] is True
    assert "pages are painted" not in client.get(page).text
    assert Client().get(progress).status_code == 404
    children.forget(line.edition.child, reason=Child.End.DELETED)
    assert client.get(progress).status_code in (404, 410)


@pytest.mark.e2e
def test_the_bar_moves_by_itself_and_the_page_comes_anew_when_the_copy_is_ready(browser: Browser) -> None:
    found: dict[str, Any] = {"made": 12, "of": 34, "ready": False}
    order = Order(number="LD-T00001")
    html = render_to_string("orders/copy_making.html", {"making": (12, 34), "order": order, "line": {"pk": 7}})
    script = '<script type="module" src="/static/orders/copy_making.js"></script>'

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HOST)
        if path.startswith("/static/"):
            route.fulfill(path=finders.find(path.removeprefix("/static/")))
        elif path.endswith("/progress/"):
            if found["made"] == "offline":
                route.abort()
            else:
                route.fulfill(json=found)
        else:
            body = f"<main>{html}</main>{script}" if not found["ready"] else "<main>Look at every page</main>"
            route.fulfill(content_type="text/html; charset=utf-8", body=f"<!doctype html><html lang=en>{body}")

    context = browser.new_context()
    try:
        context.set_default_timeout(5000)
        context.route("**/*", answer)
        page = context.new_page()
        page.clock.install()
        page.goto(HOST + "/")
        bar, words = page.get_by_role("progressbar"), page.get_by_role("status")
        expect(bar).to_have_accessible_name("12 of 34 pages are painted.")
        found["made"] = 20
        page.clock.run_for(2000)
        expect(words).to_have_text("20 of 34 pages are painted.")
        expect(bar).to_have_js_property("value", 20)
        found["made"] = "offline"  # a tunnel
        page.clock.run_for(20_000)
        found["made"] = 34
        page.clock.run_for(20_000)
        expect(words).to_have_text("All pages are painted. We are binding them.")
        found["ready"] = True
        page.clock.run_for(20_000)
        expect(page.get_by_text("Look at every page")).to_be_visible()
    finally:
        context.close()
