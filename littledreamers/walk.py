"""One book's way through the shop, walked by a visitor without a screen. What `manage.py demo_order` does.

Everything goes through the shop's own addresses over HTTP, payment included; the part of worker and beat is played by
calling the periodic tasks one after the other.
"""

import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.utils import timezone

from littledreamers import outbox
from littledreamers.celery import app as celery_app
from littledreamers.walk_browser import Page, PageMissing
from littledreamers.walk_parent import CUSTOMER, Parent, Values, WalkFailed, printer_answers

PATIENCE_SECONDS = 60


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: addresses hold order numbers."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Walk:
    """Walk one order and leave its files in `out`. Made for a scratch installation that nobody else uses."""

    def __init__(self, *, out: Path, say: Callable[[str], None]) -> None:
        self.out = out
        self.say = say
        self.parent = Parent(settings.SITE_URL, settings.SANDBOX_PORT)
        self.timeline: list[dict[str, Any]] = []

    def run(self, *, name: str, age: int, photo: Path | None, sibling: tuple[str, int] | None = None) -> None:
        """The whole way. `sibling`: name and age of a second child. Raises `WalkFailed`."""
        for folder in (self.out / "pages", self.out / "mail"):
            folder.mkdir(parents=True, exist_ok=True)
            for old in folder.iterdir():
                old.unlink()
        self.say(f"Walking one order; its files go to {self.out}")
        with self._step("prepare a scratch installation"):
            self._prepare()
        with self._running():
            try:
                self._order(_answers(name, age, sibling), photo)
            except PageMissing as error:
                (self.out / "failed-page.html").write_text(error.text)
                raise WalkFailed(f"{error}; the page is in {self.out / 'failed-page.html'}") from None
            except LookupError as error:
                raise WalkFailed(str(error)) from None
        (self.out / "timeline.json").write_text(json.dumps(self.timeline, indent=2) + "\n")
        self.say(f"Done. Look into {self.out}")

    # --- the steps ------------------------------------------------------------------------------------------------

    def _order(self, answers: Values, photo: Path | None) -> None:
        with self._step("look at the shop and its story"):
            self.parent.browser.get(f"{settings.SITE_URL}/")
            self.parent.browser.get(f"{settings.SITE_URL}/stories/night-post/")
        with self._step("personalise: send the answers, first spread drawn"):
            preview = self.parent.personalise(answers, photo=("photo", photo.read_bytes()) if photo else None)
        with self._step("preview: every page"):
            count = self._save_pages(preview)
        self.say(f"      {count} pages in pages/")
        with self._step("basket"):
            self.parent.to_basket(preview)
        with self._step("checkout: place the order"):
            pay_page = self.parent.check_out()
        with self._step("pay on the hosted page, with the card 4242 ..."):
            self.parent.pay(pay_page)
        with self._step("the provider's signed message makes the order paid; digital copy made and mailed"):
            mail = self._mail("look at your digital copy", to=CUSTOMER["email"])
        with self._step("open the link in the mail, download the digital copy"):
            order_page = self._open_order(mail)
        with self._step("approve"):
            self.parent.approve(order_page)
        with self._step("print files made, checked and mailed to the printer"):
            job = self._mail(r"\bJ-", to=settings.PRINT_PARTNER["email"])
        with self._step("the printer says: received, then shipped"):
            printer_answers(job)
            self._mail("on its way", to=CUSTOMER["email"])
        with self._step("save the print files"):
            self._save_print_files()
        with self._step("day 14: forget the child"):
            self._forget(preview.url)
        for number, kept in enumerate(reversed(outbox.newest()), 1):
            slug = re.sub(r"[^a-z0-9]+", "-", str(kept.message["Subject"]).lower()).strip("-")[:60]
            (self.out / "mail" / f"{number:02}-{slug}.eml").write_bytes(kept.message.as_bytes())

    def _save_pages(self, preview: Page) -> int:
        images = self.parent.page_images(preview)
        if not images:
            raise WalkFailed("the preview shows no pages")
        for number, image in images.items():
            (self.out / "pages" / f"{number:02}.jpg").write_bytes(image)
        return len(images)

    def _open_order(self, mail: outbox.KeptMail) -> Page:
        page, pdf = self.parent.open_order(mail)
        (self.out / "digital-copy.pdf").write_bytes(self.parent.browser.get(pdf).body)
        return page

    def _save_print_files(self) -> None:
        from books.models import Edition
        from privacy import vault
        from privacy.purposes import Actor, Kind, Purpose

        edition = Edition.objects.select_related("child").get()
        for kind, file in ((Kind.INTERIOR, "interior.pdf"), (Kind.COVER, "cover.pdf")):
            number = vault.numbers(edition.child, kind)[-1]
            content = vault.read(edition.child, kind, number, purpose=Purpose.PRINT, actor=Actor.system("print"))
            (self.out / file).write_bytes(content.reveal())

    def _forget(self, preview_url: str) -> None:
        from privacy import retention

        retention.purge(now=timezone.now() + settings.CHILD_RETENTION + timedelta(hours=2))
        try:
            self.parent.browser.get(preview_url)
        except PageMissing as error:
            if error.status == 410:
                return
        raise WalkFailed("after day 14 the preview can still be opened")

    # --- the installation around it --------------------------------------------------------------------------------

    def _prepare(self) -> None:
        from books import publishing, story

        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        for one in story.every():
            publishing.publish(
                one.slug, progress=lambda step: self.say(f"      publishing, once per version: {step}"), look=False
            )
        publishing.warm()

    @contextmanager
    def _running(self) -> Iterator[None]:
        """Web in a thread, payment sandbox in a process of its own."""
        server = make_server("127.0.0.1", settings.PORT, get_wsgi_application(), _Server, _QuietHandler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        manage = str(settings.BASE_DIR / "manage.py")
        sandbox = subprocess.Popen([sys.executable, manage, "payment_sandbox", "--port", str(settings.SANDBOX_PORT)])
        try:
            self._until(_sandbox_answers, "the payment sandbox did not start")
            yield
        finally:
            sandbox.terminate()
            sandbox.wait(10)
            server.shutdown()

    def _mail(self, subject: str, *, to: str) -> outbox.KeptMail:
        found: list[outbox.KeptMail] = []

        def arrived() -> bool:
            _what_beat_runs()
            sent = [kept for kept in outbox.newest() if kept.message["To"] == to]
            found[:] = [kept for kept in sent if re.search(subject, kept.message["Subject"])]
            return bool(found)

        self._until(arrived, f"no mail to {to}")
        return found[0]

    @staticmethod
    def _until(true: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not true():
            if time.monotonic() > deadline:
                raise WalkFailed(otherwise)
            time.sleep(0.05)

    @contextmanager
    def _step(self, what: str) -> Iterator[None]:
        at, started = datetime.now(UTC), time.perf_counter()
        yield
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        self.timeline.append({"step": what, "at": at.isoformat(timespec="milliseconds"), "ms": milliseconds})
        self.say(f"{milliseconds:8.0f} ms  {what}")


def _answers(name: str, age: int, sibling: tuple[str, int] | None) -> Values:
    """What the parent says about the child, and about a second one."""
    said: Values = {"name": name, "age": str(age), "dedication": "May the Night Post always find you."}
    if sibling is None:
        return said
    other, other_age = sibling
    agreed: Values = {"second-guardian": "on", "second-consent": "on"}
    return {**said, "about": "two", "second-name": other, "second-age": str(other_age), "second-skin": "3", **agreed}


def _what_beat_runs() -> None:
    """Every periodic task once, here and now."""
    celery_app.loader.import_default_modules()
    for entry in celery_app.conf.beat_schedule.values():
        celery_app.tasks[entry["task"]]()


def _sandbox_answers() -> bool:
    try:
        urllib.request.urlopen(settings.STRIPE_API_BASE, timeout=1).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
