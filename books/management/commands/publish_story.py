"""`manage.py publish_story <slug>`: check a story and build the template of its books."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from books import publishing
from books.story import StoryError, UnknownStory, every


class Command(BaseCommand):
    help = "Checks a story and builds the template that every child's book is stamped from."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", nargs="?", help="the story's folder; left out: all stories")
        parser.add_argument("--check", action="store_true", help="build it and look at it, but keep nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        slugs = [options["slug"]] if options["slug"] else [story.slug for story in every()]
        for slug in slugs:
            self._publish(slug, check=options["check"])

    def _publish(self, slug: str, *, check: bool) -> None:
        started = time.monotonic()

        def progress(step: str) -> None:
            self.stdout.write(f"  {time.monotonic() - started:5.1f} s  {step}")

        self.stdout.write(slug)
        try:
            done = publishing.publish(slug, progress=progress, check_only=check)
        except UnknownStory:
            known = ", ".join(story.slug for story in every()) or "none"
            raise CommandError(f"There is no story “{slug}”. There are: {known}.") from None
        except publishing.StoryFaults as problem:
            lines = "\n".join(f"  {fault}" for fault in problem.faults)
            count = len(problem.faults)
            raise CommandError(f"{count} {'thing' if count == 1 else 'things'} to put right:\n{lines}") from None
        except StoryError as problem:
            raise CommandError(str(problem)) from None
        if check:
            self.stdout.write(self.style.SUCCESS(f"{slug} is fine."))
        elif done.fresh:
            self.stdout.write(self.style.SUCCESS(f"{slug} is published as version {done.story.version}."))
        else:
            self.stdout.write(f"{slug} is published already, version {done.story.version}.")
