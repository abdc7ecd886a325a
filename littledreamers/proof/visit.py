"""What is done in the scratch shop before anything is looked for: a real order, and everything that may go wrong."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from books import photo as photos
from littledreamers import outbox
from littledreamers.proof import canaries, encodings
from littledreamers.proof.canaries import PIECE, Canaries
from littledreamers.proof.scratch import CannotRun, Scratch, wait_for
from littledreamers.walk_browser import Browser, Page, PageMissing
from littledreamers.walk_parent import CUSTOMER, Parent, WalkFailed, link_in, printer_answers

GONE, REFUSED = 410, (400, 422)
_JPEG = b"\xff\xd8\xff"


@dataclass
class Visit:
    """The parents of a scratch shop. `addresses` are what the link in the mail led to and must be gone on day 14."""

    shop: Scratch
    canaries: Canaries
    say: Callable[[str], None]
    addresses: list[str] = field(default_factory=list)
    link: str = ""

    def __post_init__(self) -> None:
        # What every copy of the story has in common says nothing about a child.
        published = [file for kind in ("pdf", "jpg") for file in sorted(self.shop.published.rglob(f"*.{kind}"))]
        self._of_the_story = b"".join(file.read_bytes() for file in published)

    def everything(self) -> None:
        """All of it. Raises CannotRun when the shop does not do what it should."""
        try:
            self._wrong_answers()
            self._order()
            self._abandon()
            self._delete_now()
            self._write_to_us()
        except PageMissing as error:
            raise CannotRun(f"The scratch shop did not go along: {error}") from None
        except (WalkFailed, LookupError) as error:
            raise CannotRun(f"The scratch shop did not go along: {error}") from None

    def _parent(self) -> Parent:
        return Parent(self.shop.site, self.shop.port + 1)

    def _wrong_answers(self) -> None:
        """A form shown again with what was typed, and a photo that is none: error paths leave traces of their own."""
        self.say("Wrong answers, and a photo that is none")
        parent = self._parent()
        page = parent.browser.get(f"{self.shop.site}/stories/night-post/personalise/")
        form = page.form("dedication")
        typed = {"name": self.canaries.refused_name, "age": "99", "dedication": self.canaries.dedication}
        not_a_photo = f"{self.canaries.hidden_note} is written in this file.\n".encode() * 200
        for accept in ("text/html", "application/json"):
            for more, file in (
                ({"guardian": "on", "consent": "on"}, None),
                ({}, None),
                ({"guardian": "on", "consent": "on"}, ("photo", self.canaries.file_name, not_a_photo)),
            ):
                try:
                    parent.browser.send(page, form, {**typed, **more}, file=file, accept=accept)
                except PageMissing as error:
                    if error.status not in REFUSED:
                        raise
                else:
                    raise WalkFailed("wrong answers were taken")

    def _order(self) -> None:
        self.say("An order of a book about two children, to the printer's mail")
        parent = self._parent()
        picture = canaries.photo(self.canaries.hidden_note)
        self._remember("photo as uploaded", picture)
        self._remember("photo as kept", photos.sanitise(picture).jpeg.reveal())
        preview = parent.personalise(
            {"name": self.canaries.name, "age": "5", "dedication": self.canaries.dedication},
            photo=(self.canaries.file_name, picture),
            sibling={"name": self.canaries.sibling_name, "age": "2"},
        )
        self._remember("page of the preview", parent.browser.get(_first(preview, r"/page-\d+\.jpg")).body)
        parent.to_basket(preview)
        parent.pay(parent.check_out())
        ready = self._mail("look at your digital copy", to=CUSTOMER["email"])
        self.link = link_in(ready, "/orders/open/")
        copy, pdf = parent.open_order(ready)
        self._remember("portrait in the digital copy", self._portrait(parent.browser.get(pdf).body))
        self._download(parent, preview)
        parent.browser.send(copy, copy.form("/ask/"), {"text": f"{self.canaries.name}: {self.canaries.message}"})
        copy = self._change(parent, copy)
        self.addresses = [copy.url, _first(copy, r"/digital-copy\.pdf"), _first(copy, r"/full-\d+\.jpg")]
        self.addresses.append(_first(preview, r"/page-\d+\.jpg"))
        parent.approve(copy)
        printer_answers(self._mail(r"\bJ-", to=None))
        self._mail("on its way", to=CUSTOMER["email"])

    def _change(self, parent: Parent, copy: Page) -> Page:
        """Another name: a new revision, and the copy with it."""
        edit = next(link for link in copy.links() if link.endswith("/edit/"))
        parent.change(edit, {"name": self.canaries.changed_name})
        self._mail("changed digital copy is ready", to=CUSTOMER["email"])
        changed = parent.browser.get(copy.url)
        self._remember("page of the digital copy", parent.browser.get(_first(changed, r"/full-\d+\.jpg")).body)
        return changed

    @staticmethod
    def _download(parent: Parent, preview: Page) -> None:
        """Everything we hold, as the parent may have it: a file that must not be left anywhere."""
        page = parent.browser.get(_data_page(preview))
        parent.browser.send(page, page.form("/data/download/"), {})

    def _abandon(self) -> None:
        self.say("A book left in the basket")
        parent = self._parent()
        parent.to_basket(parent.personalise({"name": self.canaries.second_name, "age": "7"}))

    def _delete_now(self) -> None:
        self.say("A book deleted at once")
        parent = self._parent()
        preview = parent.personalise({"name": self.canaries.third_name, "age": "3"})
        page = parent.browser.get(_data_page(preview) + "delete/")
        parent.browser.send(page, page.form("csrfmiddlewaretoken"), {})
        try:
            parent.browser.get(preview.url)
        except PageMissing as error:
            if error.status == GONE:
                return
        raise WalkFailed("after it was deleted a book can still be opened")

    def _write_to_us(self) -> None:
        browser = Browser()
        page = browser.get(f"{self.shop.site}/contact/")
        values: dict[str, str | list[str]] = {
            "name": CUSTOMER["name"],
            "email": CUSTOMER["email"],
            "topic": "privacy",
            "message": self.canaries.contact,
        }
        browser.send(page, page.form("message"), values)

    def _portrait(self, pdf: bytes) -> bytes:
        """The photo in a book: the JPEG that the story's own template does not have. Raises LookupError."""
        at = pdf.find(_JPEG)
        while at >= 0:
            jpeg = pdf[at : pdf.find(b"endstream", at)]
            if jpeg[len(jpeg) // 2 :][:PIECE] not in self._of_the_story:
                return jpeg
            at = pdf.find(_JPEG, at + 1)
        raise LookupError("the digital copy holds no photo")

    def _remember(self, label: str, content: bytes) -> None:
        self.canaries.pieces[label] = encodings.pieces(content, PIECE, 3, not_in=self._of_the_story)

    def _mail(self, subject: str, *, to: str | None) -> outbox.KeptMail:
        def arrived() -> outbox.KeptMail | None:
            sent = outbox.newest(folder=self.shop.outbox)
            mine = [mail for mail in sent if to is None or mail.message["To"] == to]
            return next((mail for mail in mine if re.search(subject, mail.message["Subject"])), None)

        return wait_for(arrived, f"The scratch shop sent no mail about {subject!r}.")

    # --- on later days ---------------------------------------------------------------------------------------------

    def answers(self) -> dict[str, int]:
        """What the addresses answer to the parent, who opens the link in the mail with a new browser."""
        browser = Browser()
        browser.get(self.link)
        return {address: _status(browser, address) for address in self.addresses}


def _data_page(preview: Page) -> str:
    return preview.url.replace("/books/", "/my-book/") + "data/"


def _first(page: Page, pattern: str) -> str:
    """The first address on a page with an end like this. Raises LookupError."""
    found = re.search(rf'["\'(]([^"\'()\s]+{pattern})', page.text)
    if found is None:
        raise LookupError(f"no address like {pattern} on the page")
    path = found.group(1)
    return path if path.startswith("http") else "/".join(page.url.split("/")[:3]) + path


def _status(browser: Browser, address: str) -> int:
    try:
        browser.get(address)
    except PageMissing as error:
        return error.status
    return 200
