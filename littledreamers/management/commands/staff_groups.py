"""Set up the groups of staff."""

from typing import Any

from django.core.management.base import BaseCommand

from littledreamers import staff_groups


class Command(BaseCommand):
    help = (
        "Make the groups Service and Service lead, or give them again exactly the permissions that "
        "littledreamers/staff_groups.py lists. Run it once per release, after migrate; who is in a group stays."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for name, count in staff_groups.make_groups().items():
            self.stdout.write(f"{name}: {count} permissions")
