"""`manage.py bench`: how fast books are made, and what forgetting costs, as ratios measured in one run."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.module_loading import autodiscover_modules

from books import story as stories
from books.benchmarks import BENCHMARKS


class Command(BaseCommand):
    help = "Measures in one run how fast books are made against the plain way, and what encrypting and forgetting cost."

    def add_arguments(self, parser: CommandParser) -> None:
        autodiscover_modules("benchmarks")  # those of other apps
        parser.add_argument("names", nargs="*", help=f"which benchmarks; left out: all ({', '.join(BENCHMARKS)})")
        parser.add_argument("--story", help="the story to make books of; left out: the first one")
        parser.add_argument("--strict", action="store_true", help="fail when something misses its limit")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["story"] or next((story.slug for story in stories.every()), "")
        if not slug:
            raise CommandError("There is no story to make books of.")
        if unknown := set(options["names"]) - set(BENCHMARKS):
            raise CommandError(f"There is no benchmark {', '.join(sorted(unknown))}: {', '.join(BENCHMARKS)}.")
        missed = 0
        for name in options["names"] or BENCHMARKS:
            self.stdout.write(f"{name} ({slug})")
            for row in BENCHMARKS[name](slug):
                limit = f"   {'at least' if row.at_least else 'at most'} {row.limit:g}" if row.limit else ""
                verdict = "" if row.met else self.style.ERROR("   missed")
                missed += not row.met
                self.stdout.write(f"  {row.label:44} {row.value:10.1f} {row.unit}{limit}{verdict}")
        if missed and options["strict"]:
            raise CommandError(f"{missed} limits were missed.")
