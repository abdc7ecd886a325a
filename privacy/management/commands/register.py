"""`manage.py register`: the record of processing activities, as the code has it today (GDPR 30, P36)."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from privacy import processing


class Command(BaseCommand):
    help = "Prints what is kept about whom, why, on which ground, for how long, what erases it and who gets it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=["text", "markdown", "json"], default="text")

    def handle(self, *_args: Any, format: str, **_options: Any) -> None:
        if format == "json":
            self.stdout.write(json.dumps(processing.record_of_processing(), indent=2, ensure_ascii=False))
        else:
            self.stdout.write(processing.as_markdown() if format == "markdown" else processing.as_text(), ending="")
