"""`manage.py verify_receipts`: has anybody changed the chain of deletion receipts?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy import receipts


class Command(BaseCommand):
    help = (
        "Walks the hash chain of deletion receipts and ends with an error if an entry was changed, dropped or cut off."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", default="", help="A head noted earlier: the chain must still contain it.")

    def handle(self, *_args: Any, head: str, **_options: Any) -> None:
        found = receipts.verify(known=head)
        for problem in found.problems:
            self.stderr.write(problem)
        if not found.sound:
            raise CommandError(f"The chain of {found.count} receipts is broken.")
        self.stdout.write(f"{found.count} receipts, unbroken. Head: {found.head}")
