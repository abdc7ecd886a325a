"""`manage.py purge`: forget now what is due, as the worker does every five minutes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy import clock, retention


class Command(BaseCommand):
    help = (
        "Forgets every child whose time is over or whose book was never ordered, destroys hour keys that are due,"
        " and removes leftovers: blobs without a row, old uploads, contact messages and access logs."
        " Nothing else is touched. Ends with an error if something could not be done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what would go.")
        parser.add_argument(
            "--batch", type=int, default=retention.BATCH, help="Children in one transaction (%(default)s)."
        )
        parser.add_argument(
            "--rounds", type=int, default=retention.ROUNDS, help="Batches of each sort at most (%(default)s)."
        )
        parser.add_argument(
            "--clock-is-right",
            action="store_true",
            help="You have looked: the wall clock is right. What was noted about the time before is dropped.",
        )

    def handle(
        self, *_args: Any, dry_run: bool, batch: int, rounds: int, clock_is_right: bool, **_options: Any
    ) -> None:
        if batch < 1 or rounds < 1:
            raise CommandError("--batch and --rounds begin at 1.")
        if clock_is_right and dry_run:
            raise CommandError("--clock-is-right changes what is noted about the time; it does not go with --dry-run.")
        if clock_is_right:
            clock.trust()
        report = retention.purge(dry_run=dry_run, batch=batch, rounds=rounds)
        self.stdout.write(f"{'Would purge' if dry_run else 'Purged'}: {report}")
        for problem in report.problems:
            self.stderr.write(problem)
        if report.problems and not dry_run:
            raise CommandError("Not everything could be done; the next purge tries again.")
