from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from littledreamers import machines


class Command(BaseCommand):
    help = "Draws every state machine from its table into docs/machines/ and docs/machines.md."

    def handle(self, *args: Any, **options: Any) -> None:
        docs = Path(settings.BASE_DIR) / "docs"
        (docs / "machines").mkdir(exist_ok=True)
        for machine in machines.machines():
            (docs / "machines" / f"{machine.name}.svg").write_text(machines.picture(machine))
        (docs / "machines.md").write_text(machines.page())
        self.stdout.write(f"{len(machines.machines())} machines drawn into docs/machines/")
