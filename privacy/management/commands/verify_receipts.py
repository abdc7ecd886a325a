"""`manage.py verify_receipts`: has anybody changed the chain of deletion receipts?"""

import json
import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy import receipts


class Command(BaseCommand):
    help = (
        "Walks the hash chain of deletion receipts and ends with 1 if an entry was changed, dropped, put in or cut off."
        " Somebody who may write to this machine could compute a whole new chain: only a head from a mail shows that."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="HEX",
            help="A head from a mail or from the policy page: the chain must still contain it. May be given often.",
        )
        parser.add_argument("--json", action="store_true", help="Print the result as JSON.")

    def handle(self, *_args: Any, head: list[str], json: bool, **_options: Any) -> None:
        heads = [one.strip().lower() for one in head]
        if wrong := [one for one in heads if not re.fullmatch(r"[0-9a-f]{64}", one)]:
            raise CommandError(f"A head is 64 hexadecimal digits: {wrong[0]!r} is not one.", returncode=2)
        found = receipts.verify(known=heads)
        if json:
            self.stdout.write(_as_json(found))
        else:
            for problem in found.problems:
                self.stderr.write(problem)
        if not found.sound:
            raise CommandError(f"The chain of {found.count} receipts is broken.")
        if not json:
            self.stdout.write(f"{found.count} receipts, unbroken. Head: {found.head}")
            self.stdout.write(
                "It contains every head you gave."
                if heads
                else "To be sure that nobody wrote the chain anew, give --head from an earlier mail."
            )


def _as_json(found: receipts.Verification) -> str:
    return json.dumps(
        {"sound": found.sound, "receipts": found.count, "head": found.head, "problems": list(found.problems)}, indent=2
    )
