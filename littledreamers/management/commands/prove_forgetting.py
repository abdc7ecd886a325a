"""`manage.py prove_forgetting`: a real order in a scratch shop, and a search for the child on day 1 and on day 14."""

import fcntl
import json
import os
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError

from littledreamers.proof.proving import Proof, Wanted
from littledreamers.proof.report import Report
from littledreamers.proof.scratch import CannotRun

FAILED, COULD_NOT_RUN = 1, 2


class Command(BaseCommand):
    help = (
        "Prove that the shop forgets: order a book for an invented child in a scratch installation, look for "
        "the child everywhere on day 1, move the clock past day 14, look again, and try to read a backup of day 13. "
        "Ends with 0 when nothing was found, 1 on a hit or when the search itself is broken, 2 when it could not run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the whole report as JSON")
        parser.add_argument("--no-record", action="store_true", help="do not show the outcome on the policy page")
        parser.add_argument("--keep", action="store_true", help="keep the scratch installation to look into it")
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--embedded", action="store_true", help="on SQLite and the embedded queue")
        where.add_argument(
            "--services",
            action="store_true",
            help="on the servers of DATABASE_URL and REDIS_URL, both; by default on those that are set",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.quiet: bool = options["json"]
        signal.signal(signal.SIGTERM, _stop)
        try:
            with _alone():
                report = Proof(self._wanted(options), self._say).run()
            if options["json"]:
                self.stdout.write(json.dumps(report.as_json(), indent=2))
            else:
                self.stdout.write("\n" + "\n".join(report.lines()))
            if not options["no_record"]:
                _record(report)
        except CannotRun as error:
            self.stderr.write(f"The proof could not run. {error}")
            sys.exit(COULD_NOT_RUN)
        if not report.passed:
            sys.exit(FAILED)

    def _wanted(self, options: dict[str, Any]) -> Wanted:
        database_url, redis_url = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
        if not database_url.startswith("postgres"):
            database_url = ""
        if options["services"] and not (database_url and redis_url):
            raise CannotRun("--services needs DATABASE_URL (of PostgreSQL) and REDIS_URL.")
        return Wanted(
            base_dir=Path(settings.BASE_DIR),
            published=self._published(),
            settings_module=os.environ["DJANGO_SETTINGS_MODULE"],
            database_url="" if options["embedded"] else database_url,
            redis_url="" if options["embedded"] else redis_url,
            keep=options["keep"],
        )

    def _published(self) -> Path:
        """Stories that are not published yet are now: the shop would do it too."""
        from books import publishing, story

        for one in story.every():
            publishing.publish(
                one.slug, progress=lambda step: self._say(f"Publishing, once per version: {step}"), look=False
            )
        return Path(settings.PUBLISHED_DIR)

    def _say(self, words: str) -> None:
        if not self.quiet:
            self.stdout.write(words)
            self.stdout.flush()


def _record(report: Report) -> None:
    from privacy import proofs

    try:
        proofs.record(at=report.at, passed=report.passed, summary=report.summary())
    except DatabaseError as error:
        raise CannotRun(
            f"Its outcome could not be recorded here: {type(error).__name__}. Is the database migrated?"
        ) from None


@contextmanager
def _alone() -> Iterator[None]:
    """One proof at a time. Raises CannotRun while another runs."""
    with (Path(settings.DATA_DIR) / "proof.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun("Another proof is running in this installation.") from None
        yield


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
