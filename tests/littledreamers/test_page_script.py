"""What every page's script does with a form that waits for its answer."""

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Route, expect

pytestmark = pytest.mark.e2e
HOST = "http://form.test"
# The answer goes into a frame, so that the page with the form stays and can be looked at.
PAGE = """<!doctype html><html lang=en><title>Form</title><link rel=stylesheet href=/static/css/tokens.css>
<link rel=stylesheet href=/static/css/base.css><link rel=stylesheet href=/static/css/components/bar.css>
<main><form method=post action=/late target=answer><button class=button data-busy="Sending"><span>Send</span></button>
</form><form method=post action=/late target=answer data-many><button>Again and again</button></form></main>
<iframe name=answer title=Answer></iframe><script type=module src=/static/js/page.js></script>"""


def test_a_form_that_waits_longer_than_a_second_says_so_and_is_sent_once(browser: Browser) -> None:
    posts: list[Route] = []

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HOST)
        if path.startswith("/static/"):
            route.fulfill(path=finders.find(path.removeprefix("/static/")))
        elif route.request.method == "POST":
            posts.append(route)  # never answered
        else:
            route.fulfill(content_type="text/html; charset=utf-8", body=PAGE)

    context = browser.new_context(viewport={"width": 390, "height": 844})
    try:
        context.set_default_timeout(20_000)
        context.route("**/*", answer)
        page = context.new_page()
        page.clock.install()
        page.goto(HOST + "/")
        page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 5)
        bar = page.get_by_role("progressbar", name="Waiting for the answer")
        page.get_by_role("button", name="Again and again").click(no_wait_after=True)
        page.clock.run_for(5000)
        expect(bar).to_have_count(0)  # a form that is sent many times, as for downloads, waits for nothing
        page.get_by_role("button", name="Send").click(no_wait_after=True)
        expect(page.get_by_role("button", name="Sending")).to_have_attribute("aria-busy", "true")
        page.clock.run_for(900)
        expect(bar).to_have_count(0)
        page.clock.run_for(200)
        expect(bar).to_be_in_viewport()
        assert bar.get_attribute("value") is None  # nobody knows how long it takes
        expect(page.get_by_role("status")).to_have_text("This takes a moment. We are still waiting for the answer.")
        page.get_by_role("button", name="Sending").click(no_wait_after=True)
        assert len(posts) == 2
        # Back from the browser's memory the page is as before.
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        expect(bar).to_have_count(0)
        expect(page.get_by_role("status")).to_have_count(0)
        expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    finally:
        context.close()
