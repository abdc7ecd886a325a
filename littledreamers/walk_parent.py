"""What a parent and the printer do in the shop, over HTTP and without a screen. For walks and for the proof."""

import json
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from littledreamers.outbox import KeptMail
from littledreamers.walk_browser import Browser, Form, Page, PageMissing

TEST_CARD = "4242424242424242"
CUSTOMER = {
    "name": "Robin Larkspur",
    "email": "robin@example.org",
    "phone": "+45 20 12 34 56",
    "street": "2 Lantern Lane",
    "postal_code": "2100",
    "city": "Copenhagen",
    "country": "DK",
}

Values = dict[str, str | list[str]]


class WalkFailed(Exception):
    """The walk could not go on; the message says where and why."""


@dataclass
class Parent:
    """A visitor of the shop at `site`, who pays in the sandbox on `sandbox_port`."""

    site: str
    sandbox_port: int
    browser: Browser = field(default_factory=Browser)

    def personalise(
        self, values: Values, *, photo: tuple[str, bytes] | None = None, sibling: Values | None = None
    ) -> Page:
        """Send the answers about a child, with a photo as (file name, content), and about a second child; ends on the
        preview.

        Raises `WalkFailed` with the shop's own words when it does not take them.
        """
        page = self.browser.get(f"{self.site}/stories/night-post/personalise/")
        form = page.form("dedication")
        defaults: Values = {"skin": form.choices["skin"][5], "guardian": "on", "consent": "on"}
        if sibling is not None:
            of_second = {**defaults, "skin": form.choices["skin"][-1], **sibling}
            values = {**values, "about": "two"} | {f"second-{field}": value for field, value in of_second.items()}
        return self._say_about_child(page, form, {**defaults, **values}, photo)

    def change(self, edit_page: str, values: Values) -> Page:
        """Change the answers about a child; ends on the preview. Raises `WalkFailed`."""
        page = self.browser.get(edit_page)
        return self._say_about_child(page, page.form("dedication"), values, None)

    def _say_about_child(self, page: Page, form: Form, values: Values, photo: tuple[str, bytes] | None) -> Page:
        file = ("photo", *photo) if photo else None
        try:
            # As the page's own script sends it: the answer is where the book is, or what is wrong.
            made = self.browser.send(page, form, values, file=file, accept="application/json")
        except PageMissing as error:
            raise WalkFailed(_complaints(error)) from None
        return self.browser.get(self.site + json.loads(made.text)["url"])

    def page_images(self, page: Page) -> dict[int, bytes]:
        """Every page of the book that a page shows, by its number."""
        sources = list(dict.fromkeys(re.findall(r'["\'(]([^"\'()\s]+/(?:page|full)-\d+\.jpg)', page.text)))
        return {int(re.findall(r"\d+", source)[-1]): self.browser.get(self.site + source).body for source in sources}

    def to_basket(self, preview: Page) -> Page:
        return self.browser.send(preview, preview.form("quantity"), {})

    def check_out(self) -> Page:
        """Order what is in the basket; ends on the provider's page."""
        page = self.browser.get(f"{self.site}/checkout/")
        page = self.browser.send(page, page.form("postal_code"), dict(CUSTOMER))
        for link in page.links():
            if urlsplit(link).port == self.sandbox_port:
                return self.browser.get(link)
        raise WalkFailed(f"no way to the payment page from {urlsplit(page.url).path}")

    def pay(self, page: Page) -> Page:
        form = page.form("number")
        wanted = {"number": TEST_CARD, "exp": "12 / 34", "expiry": "12 / 34", "cvc": "123", "name": CUSTOMER["name"]}
        return self.browser.send(page, form, {field: value for field, value in wanted.items() if field in form.names()})

    def open_order(self, mail: KeptMail) -> tuple[Page, str]:
        """Follow the link in a mail, with a browser of its own: the link alone has to be enough. The page of the
        first digital copy, and the address of its PDF."""
        self.browser = Browser()
        page = self.browser.get(link_in(mail, "/orders/open/"))
        copies = [link for link in page.links() if "/books/" in link and "/orders/" in link]
        for candidate in [page, *map(self.browser.get, copies)]:
            pdf = next((link for link in candidate.links() if link.endswith("digital-copy.pdf")), None)
            if pdf:
                return candidate, pdf
        raise WalkFailed("the order page offers no digital copy")

    def approve(self, page: Page) -> Page:
        target = next((link for link in page.links() if "/approve/" in link), None)
        page = self.browser.get(target) if target else page
        form = page.form("approve")
        ticks = {field: values[0] for field, values in form.choices.items() if len(values) == 1}
        return self.browser.send(page, form, dict(ticks))


def printer_answers(mail: KeptMail) -> None:
    """The printer has received a job and shipped it."""
    printer = Browser()
    answers: dict[str, Values] = {"received": {}, "shipped": {"carrier": "GLS", "tracking": "GLS 0123 4567"}}
    for action, values in answers.items():
        page = printer.get(link_in(mail, f"~{action}"))
        printer.send(page, page.form("csrfmiddlewaretoken"), values)


def link_in(mail: KeptMail, part: str) -> str:
    """The first link in a mail's text that has a part like this. Raises `WalkFailed`."""
    for link in re.findall(r"https?://\S+", mail.text):
        if part in link:
            return str(link)
    raise WalkFailed(f"no link with {part} in the mail {mail.message['Subject']!r}")


def _complaints(refused: PageMissing) -> str:
    try:
        errors: dict[str, str] = json.loads(refused.text)["errors"]
    except (ValueError, KeyError):
        return str(refused)
    return "The shop did not take these answers. " + " ".join(errors.values())
