"""What a browser must never do in this shop: ask a third party, break the content policy, or fail in a script."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError

# Chromium reports every answer above 399 on the console too; those are judged as answers (see `_answered`).
_FAILED_LOAD = re.compile(r"^Failed to load resource: the server responded with a status of \d+")
# What scripts would have used; a browser without scripts complains that nobody did.
_UNUSED_PRELOAD = "was preloaded using link preload but not used"
# Pages and forms may answer with these by design: the sentence for the parent is in the answer.
_BY_DESIGN = {400, 409, 410, 422}


class Watch:
    """Everything suspicious that one browser did. `allow` names statuses that a test provokes on purpose."""

    def __init__(self, context: BrowserContext, *, hosts: set[str], scripts: bool = True) -> None:
        self.hosts = hosts
        self.scripts = scripts
        self.asked: set[str] = set()
        self.problems: list[str] = []
        self.allowed = set(_BY_DESIGN)
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("console", self._said)
        context.on("weberror", self._failed)

    def allow(self, *statuses: int) -> None:
        self.allowed.update(statuses)

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"data", "blob", "about"}:
            return
        self.asked.add(address.netloc)
        if address.netloc not in self.hosts:
            self.problems.append(f"asked a third party: {request.url}")

    def _answered(self, response: Response) -> None:
        kind = response.request.resource_type
        answered_by_design = kind in {"document", "fetch", "xhr"} and response.status in self.allowed
        if response.status >= 400 and not answered_by_design:
            self.problems.append(f"{response.status} for the {kind} {response.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if not self.scripts and _UNUSED_PRELOAD in message.text:
            return
        if message.type in {"error", "warning"} and not _FAILED_LOAD.match(message.text):
            self.problems.append(f"console {message.type}: {message.text} ({message.location})")

    def _failed(self, error: WebError) -> None:
        self.problems.append(f"script failed: {error.error}")


# A picture of the whole page shows what a parent sees after scrolling: pictures further down are loaded first.
_LOAD_ALL = """async () => {
  const shown = [...document.images].filter((image) => image.checkVisibility());
  for (const image of shown) image.loading = "eager";
  await Promise.all([document.fonts.ready, ...shown.map((image) => image.decode().catch(() => {}))]);
}"""


class Album:
    """Numbered pictures of every station, for people to look at (CI keeps the folder)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()

    def keep(self, page: Page, name: str) -> None:
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{name} can be scrolled sideways by {wider} px"
        self.count += 1
        page.evaluate(_LOAD_ALL)
        page.screenshot(path=self.folder / f"{self.count:02}-{name}.png", full_page=True, animations="disabled")
