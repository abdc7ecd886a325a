"""A machine whose wall clock, count of seconds, start and time daemon a test moves as it likes."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from privacy import clock

START = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)


class Machine:
    """`true` is what time it really is; the wall clock is wrong by `wrong`."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller
        self._starts = itertools.count(1)
        self.true = START
        self.wrong = timedelta(0)
        self.up = 5 * 86400.0
        self.boot = "start-0"
        self.synchronised: bool | None = None

    def wait(self, span: timedelta) -> None:
        """Time passes while the machine is on or asleep."""
        self.true += span
        self.up += span.total_seconds()
        self._move()

    def set_clock(self, wrong: timedelta) -> None:
        """Somebody, or something, sets the wall clock."""
        self.wrong = wrong
        self._move()

    def restart(self, off: timedelta = timedelta(0), *, up: float = 30.0) -> None:
        """The machine is off for a while and has then been up for some seconds."""
        self.true += off + timedelta(seconds=up)
        self.up = up
        self.boot = f"start-{next(self._starts)}"
        self._move()

    def _move(self) -> None:
        self._traveller.move_to(self.true + self.wrong)


@pytest.fixture
def machine(honest_clock: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    with time_machine.travel(START, tick=False) as traveller:
        made = Machine(traveller)
        monkeypatch.setattr(clock, "since_boot", lambda: made.up)
        monkeypatch.setattr(clock, "boot_id", lambda: made.boot)
        monkeypatch.setattr(clock, "synchronised", lambda: made.synchronised)
        yield made
