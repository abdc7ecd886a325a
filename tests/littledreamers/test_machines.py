"""The pictures of the state machines show what the code does."""

from pathlib import Path

import pytest
from django.conf import settings

from littledreamers import machines
from littledreamers.machines import Machine

DOCS = Path(settings.BASE_DIR) / "docs"


@pytest.mark.parametrize("machine", machines.machines(), ids=lambda machine: machine.name)
def test_the_picture_in_the_docs_is_that_of_the_table(machine: Machine) -> None:
    drawn = (DOCS / "machines" / f"{machine.name}.svg").read_text()
    assert drawn == machines.picture(machine), "run manage.py draw_machines"
    assert set(machine.table) == {str(value) for value in machine.choices.values}
    assert all(new in machine.table for ways in machine.table.values() for new in ways)
    assert drawn.count("<text ") == len(machine.table)
    assert drawn.count("marker-end") == sum(len(ways) for ways in machine.table.values())


def test_the_page_shows_every_machine() -> None:
    assert (DOCS / "machines.md").read_text() == machines.page()
