"""Installations and browsers for the walks. `E2E_INSTALLATIONS` says on which installations they run."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.e2e.installation import ROOT, Installation, running
from tests.e2e.watching import Album, Watch

KINDS = os.environ.get("E2E_INSTALLATIONS", "embedded").split(",")
# Nothing that the tests do may break anything behind the pages.
_COMPLAINT = re.compile(r"\[(error|critical) *\]|^Traceback|request answered 5")
PHONE, DESKTOP = "phone", "desktop"
SIZES: dict[str, ViewportSize] = {
    PHONE: {"width": 390, "height": 844},
    DESKTOP: {"width": 1280, "height": 800},
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "on(kind): the installation that this test runs on, where there is one")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test runs on one installation: the one it names, or the first."""
    if "installation" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("on")
        kind = marker.args[0] if marker and marker.args[0] in KINDS else KINDS[0]
        metafunc.parametrize("installation", [kind], indirect=True, scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two workers may share this run; what uses the servers stays with one of them, because there is one of each."""
    for item in items:
        if "services" in getattr(getattr(item, "callspec", None), "params", {}).values():
            item.add_marker(pytest.mark.xdist_group("services"))


@pytest.fixture(scope="session")
def installation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A running shop. At its end its log is read: no page may have failed, nor any task behind the pages."""
    kind: str = request.param
    with running(kind, tmp_path_factory.mktemp(kind)) as shop:
        yield shop
    complaints = [line for line in shop.log.read_text().splitlines() if _COMPLAINT.search(line)]
    assert not complaints, "\n".join(complaints)


class Visitors:
    """Makes browsers that know nothing of each other, and watches them all."""

    def __init__(self, browser: Browser, installation: Installation) -> None:
        self.browser = browser
        self.installation = installation
        self.watches: list[Watch] = []

    def new(self, device: str = DESKTOP, *, javascript: bool = True) -> Page:
        """A page in a fresh browser of that size. A phone has touch, and its owner has asked for less motion."""
        phone = device == PHONE
        context = self.browser.new_context(
            base_url=self.installation.url,
            viewport=SIZES[device],
            is_mobile=phone,
            has_touch=phone,
            reduced_motion="reduce" if phone else "no-preference",
            java_script_enabled=javascript,
            locale="en-GB",
            timezone_id="Europe/Copenhagen",
            accept_downloads=True,
        )
        context.set_default_timeout(20_000)
        shop = urlsplit(self.installation.url)
        sandbox = f"{shop.hostname}:{(shop.port or 0) + 1}"
        self.watches.append(Watch(context, hosts={shop.netloc, sandbox}, scripts=javascript))
        return context.new_page()

    @property
    def watch(self) -> Watch:
        """What is watching the newest visitor."""
        return self.watches[-1]

    def problems(self) -> list[str]:
        return [problem for watch in self.watches for problem in watch.problems]


@pytest.fixture
def visitors(browser: Browser, installation: Installation) -> Iterator[Visitors]:
    """Browsers for a test. It fails when one of them asked a third party, broke the policy or failed in a script."""
    made = Visitors(browser, installation)
    yield made
    problems = made.problems()
    for context in list(browser.contexts):
        context.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def album(installation: Installation) -> Callable[[str], Album]:
    """Opens the folder for the pictures of a walk: `album("phone")`."""

    def open_album(name: str) -> Album:
        return Album(Path(ROOT) / "build" / "e2e" / f"{installation.name}-{name}")

    return open_album
