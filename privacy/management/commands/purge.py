"""`manage.py purge`: forget now what is due, as the worker does every five minutes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from privacy import retention


class Command(BaseCommand):
    help = (
        "Forgets every child whose time is over or whose book was never ordered, destroys hour keys that are due,"
        " and removes leftovers: blobs without a row, old uploads, contact messages and access logs."
        " Nothing else is touched."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what would go.")

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        report = retention.purge(dry_run=dry_run)
        self.stdout.write(f"{'Would purge' if dry_run else 'Purged'}: {report}")
