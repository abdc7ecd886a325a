"""Run the whole shop on this machine: web, worker with beat, and the payment sandbox."""

import os
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from littledreamers import shop_processes
from littledreamers.demo_staff import COLLEAGUE, make_demo_staff
from littledreamers.process_group import ProcessGroup


class Command(BaseCommand):
    help = (
        "Run the shop as a demo installation until Ctrl-C: migrates, publishes the stories that changed, makes a demo "
        "staff login, and starts web, worker with beat, and the payment sandbox as one process group. Everything it "
        "keeps lies below var/ and is there again at the next start."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT, help="port of the shop (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "This command is for demo installations; docs/deployment.md says how to run the real one."
            )
        started = time.monotonic()
        port: int = options["port"]
        self._say("Preparing the database ...")
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        self._publish()
        email, password = make_demo_staff()
        shop = f"http://127.0.0.1:{port}"

        def up() -> bool:
            try:
                urllib.request.urlopen(f"{shop}/healthz", timeout=1).close()
            except (urllib.error.URLError, OSError):
                return False
            self._say(
                f"\n  The shop    {shop}/\n"
                f"  The admin   {shop}/admin/   {email}   {password}\n"
                f"              and a second person: {COLLEAGUE}, same password\n"
                f"  All mail    {shop}/outbox/\n"
                f"  Payments    sandbox on port {port + 1}; pay with card 4242 4242 4242 4242\n"
                f"{_photos()}\n"
                f"  Up after {time.monotonic() - started:.1f} s. "
                f"Ctrl-C ends everything; the data stays in {settings.DATA_DIR.name}/.\n"
            )
            return True

        commands = shop_processes.commands(port, data_dir=settings.DATA_DIR)
        environment = {**os.environ, "PORT": str(port), "SANDBOX_PORT": str(port + 1)}
        ProcessGroup(commands, env=environment).run(when_started=up, say=self._say)
        self._say("Stopped.")

    def _publish(self) -> None:
        from books import publishing, story

        for one in story.every():
            publishing.publish(
                one.slug, progress=lambda step: self._say(f"Publishing, once per version: {step}"), look=False
            )

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()


def _photos() -> str:
    """A line only where something is missing; the shop does without it."""
    from books import likeness

    return (
        f"  Photos      nothing is guessed from them: {missing} not installed\n"
        if (missing := likeness.missing())
        else ""
    )
