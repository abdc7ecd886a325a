"""Walk one book through the shop, from the parent's answers to the printer's mail, in a scratch installation."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

INSIDE = "LITTLEDREAMERS_WALK"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Command(BaseCommand):
    help = (
        "Order one book without a browser: through the shop's own pages, functions and payment sandbox, in a scratch "
        "installation that is thrown away afterwards. Leaves in DIR: digital-copy.pdf, interior.pdf, cover.pdf, "
        "pages/*.jpg, mail/*.eml and timeline.json (each step with its time and milliseconds)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="the child's first name")
        parser.add_argument("--age", required=True, type=int, help="the child's age in whole years, 0 to 12")
        parser.add_argument("--sibling", nargs=2, metavar=("NAME", "AGE"), help="a second child in the same book")
        parser.add_argument("--photo", type=Path, help="a photo for the dedication page (JPEG, PNG, WebP, AVIF, HEIC)")
        parser.add_argument("--out", type=Path, default=Path("build/demo-order"), help="folder (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path = options["out"].resolve()
        sibling = self._sibling(options["sibling"])
        if os.environ.get(INSIDE):
            from littledreamers.walk import Walk
            from littledreamers.walk_parent import WalkFailed

            try:
                Walk(out=out, say=self._say).run(
                    name=options["name"], age=options["age"], photo=options["photo"], sibling=sibling
                )
            except WalkFailed as error:
                raise CommandError(str(error)) from None
            return
        if options["photo"] and not options["photo"].is_file():
            raise CommandError(f"There is no file {options['photo']}.")
        self._in_scratch_installation(out, options)

    def _in_scratch_installation(self, out: Path, options: dict[str, Any]) -> None:
        """Settings are read once per process, so the scratch installation is a process of its own."""
        scratch = tempfile.mkdtemp(prefix="littledreamers-walk-")
        named_elsewhere = {"DATABASE_URL", "REDIS_URL", "EMAIL_URL", "KEY_STORE_DIR", "BLOB_DIR", "SITE_URL"}
        environment = {name: value for name, value in os.environ.items() if name not in named_elsewhere}
        environment |= {
            INSIDE: "1",
            "DEMO": "true",
            "DATA_DIR": scratch,
            # A shop may be running on the usual port.
            "PORT": str(_free_port()),
            "SANDBOX_PORT": str(_free_port()),
            "PUBLISHED_DIR": str(settings.PUBLISHED_DIR),
            "PROOF_DAYS": "0",
        }
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo_order", "--out", str(out)]
        command += ["--name", options["name"], "--age", str(options["age"])]
        if options["sibling"]:
            command += ["--sibling", *options["sibling"]]
        if options["photo"]:
            command += ["--photo", str(options["photo"].resolve())]
        try:
            code = subprocess.run(command, env=environment, check=False).returncode
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        if code:
            sys.exit(code)

    @staticmethod
    def _sibling(named: list[str] | None) -> tuple[str, int] | None:
        if named is None:
            return None
        name, age = named
        if not age.isdecimal():
            raise CommandError("The second child’s age is a number of whole years, 0 to 12.")
        return name, int(age)

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
