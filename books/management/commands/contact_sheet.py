"""`manage.py contact_sheet`: sixty invented children on one picture, or ten portraits, to be looked at."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from books import contact_sheet, portrait_sheet


class Command(BaseCommand):
    help = (
        "Draws invented children by chance (the same ones for the same seed) on one PNG and lists them by number, so "
        "that whoever changed a part of the drawn child sees it beside everything else."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="which children (default: %(default)s)")
        parser.add_argument(
            "--out", type=Path, default=settings.BASE_DIR / "docs/img/children.png", help="file (default: %(default)s)"
        )
        parser.add_argument(
            "--portraits", type=Path, help="instead: their storybook portraits into this file (docs/img/portraits.png)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["portraits"]:
            portrait_sheet.sheet().save(options["portraits"], optimize=True)
            self.stdout.write(self.style.SUCCESS(f"Painted in {options['portraits']}: now look at it."))
            return
        invented = contact_sheet.children(options["seed"])
        contact_sheet.drawn(invented).save(options["out"], optimize=True)
        for number, child in enumerate(invented, 1):
            self.stdout.write(f"{number:3}  {child}")
        self.stdout.write(self.style.SUCCESS(f"Drawn in {options['out']}: now look at it."))
