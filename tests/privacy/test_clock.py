"""What time it is when the clock may be wrong: marks, how they heal, and what a look costs (P10, F8)."""

import json
import os
import stat
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from privacy import clock
from tests.privacy.machine import Machine, machine

__all__ = ["machine"]

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def look() -> clock.Reading:
    """What every purge does."""
    reading = clock.read()
    clock.renew(reading)
    return reading


def believed(reading: clock.Reading, now: datetime) -> bool:
    return (reading.trouble, reading.now, reading.earliest) == ("", now, now)


def test_the_count_of_this_very_machine() -> None:
    """In a process of its own, where nothing is replaced."""
    asks = "from privacy import clock; print(clock.since_boot(), clock.boot_id(), clock.synchronised())"
    count = time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
    said = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True, timeout=60).stdout
    since_boot, boot, synchronised = said.split()
    assert count <= float(since_boot) < count + 60
    assert synchronised in {"True", "False", "None"}
    if sys.platform == "linux":
        assert boot == Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def test_without_any_mark_the_clock_is_believed(machine: Machine) -> None:
    assert clock.latest() == machine.true
    assert believed(clock.read(), machine.true)


def test_a_dry_look_writes_nothing(machine: Machine) -> None:
    clock.read()
    assert not clock.path().exists()
    look()
    assert stat.S_IMODE(clock.path().stat().st_mode) == 0o600
    assert [path.name for path in clock.path().parent.iterdir()] == ["clock"]


def test_small_steps_of_a_time_daemon_are_everyday_work(machine: Machine) -> None:
    machine.synchronised = True
    for seconds in (0.5, -0.5, 90, -20, 0):
        machine.set_clock(timedelta(seconds=seconds))
        assert believed(look(), timezone.now())
        assert clock.latest() == timezone.now()
        machine.wait(5 * MINUTE)


def test_a_minute_by_hand_gives_no_minute_of_reading(machine: Machine) -> None:
    machine.synchronised = False
    look()
    for _ in range(3):
        machine.wait(MINUTE)
        machine.set_clock(-MINUTE)
        look()
        assert clock.latest() == machine.true


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "7", '{"start-0": 5}', '{"start-0": {"wall": NaN, "up": 1}}', "\x00"]
)
def test_a_damaged_file_of_marks_counts_as_none_and_is_written_anew(machine: Machine, damage: str) -> None:
    look()
    clock.path().write_text(damage)
    assert clock.latest() == machine.true
    assert believed(look(), machine.true)
    machine.set_clock(-DAY)
    assert clock.latest() == machine.true


def test_absurd_marks_are_not_believed(machine: Machine) -> None:
    mark = {"up": 1.0, "sure": True, "guess": False}
    for wall in (1e300, -5.0, float("inf"), float("nan"), 4e10):
        clock.path().write_text(json.dumps({"start-0": {**mark, "wall": wall}, "x": {**mark, "wall": wall}}))
        assert clock.latest() == machine.true
        assert believed(clock.read(), machine.true)


def test_without_a_mark_the_newest_key_says_how_early_it_cannot_be(machine: Machine) -> None:
    evidence = machine.true
    machine.set_clock(-3 * DAY)
    reading = clock.read(evidence=evidence)
    assert "behind" in reading.trouble
    assert reading.now == evidence
    clock.renew(reading)
    machine.wait(HOUR)
    assert clock.latest() == machine.true
    # And how far ahead is far ahead.
    clock.path().unlink()
    machine.set_clock(3 * DAY)
    machine.synchronised, machine.up = False, 60.0
    reading = clock.read(evidence=evidence)
    assert "not synchronised" in reading.trouble
    assert reading.earliest == evidence


@pytest.mark.parametrize("wrong", [30 * DAY, -30 * DAY], ids=str)
def test_a_first_mark_of_a_wrong_clock_heals_when_the_kernel_vouches(machine: Machine, wrong: timedelta) -> None:
    machine.synchronised = False
    machine.set_clock(wrong)
    assert believed(look(), timezone.now())
    machine.wait(HOUR)
    machine.set_clock(timedelta(0))
    assert look().trouble
    machine.synchronised = True
    assert believed(look(), machine.true)
    assert clock.latest() == machine.true


def test_a_first_mark_of_a_wrong_clock_heals_when_a_person_says_so(machine: Machine) -> None:
    machine.set_clock(30 * DAY)
    look()
    machine.set_clock(timedelta(0))
    for restarted in (False, True):
        if restarted:
            machine.restart()
        assert "behind" in look().trouble
        assert clock.latest() > machine.true + 29 * DAY
    clock.trust()
    assert believed(look(), machine.true)
    assert clock.latest() == machine.true


def test_a_mark_the_kernel_vouched_for_gives_way_to_nobody(machine: Machine) -> None:
    """Two words against each other: late and loud rather than early."""
    machine.synchronised = True
    look()
    for wrong in (30 * DAY, -30 * DAY):
        machine.set_clock(wrong)
        machine.wait(HOUR)
        reading = look()
        assert reading.trouble
        assert reading.earliest == reading.now == machine.true
        assert clock.latest() == max(machine.true, timezone.now())
    machine.restart()
    assert "behind" in look().trouble
    assert clock.latest() >= machine.true - MINUTE


def test_time_goes_on_while_the_clock_is_behind_after_a_restart(machine: Machine) -> None:
    look()
    machine.wrong = -30 * DAY
    machine.restart(HOUR)
    look()
    begin = clock.latest()
    assert begin == machine.true - HOUR - timedelta(seconds=30)
    for _ in range(5):
        machine.wait(5 * HOUR)
        assert clock.latest() == begin + 5 * HOUR
        begin = clock.latest()
        look()


def test_machines_that_share_the_keys_each_have_a_mark(machine: Machine) -> None:
    """The count of one says nothing about another; a wrong one is overruled by one that is vouched for."""
    machine.synchronised = True
    look()
    one, up = machine.boot, machine.up
    machine.boot, machine.up = "another", 200 * 86400.0
    assert believed(look(), machine.true)
    assert set(json.loads(clock.path().read_text())) == {one, "another"}
    machine.synchronised, machine.boot = None, "a wrong one"
    machine.set_clock(9 * DAY)
    look()
    machine.set_clock(timedelta(0))
    machine.boot, machine.up = one, up
    assert "another machine" in look().trouble
    assert clock.latest() == machine.true + 9 * DAY
    machine.synchronised = True
    assert believed(look(), machine.true)
    assert clock.latest() == machine.true
    for number in range(2 * clock.KEPT):
        machine.boot = f"machine-{number}"
        look()
    assert len(json.loads(clock.path().read_text())) == clock.KEPT


def test_a_system_that_cannot_name_its_starts_sees_them_by_its_count(machine: Machine) -> None:
    machine.boot = "unknown"
    look()
    machine.restart(3 * DAY)
    machine.boot = "unknown"
    assert believed(look(), machine.true)


def test_a_mark_that_cannot_be_written_leaves_the_old_one(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    look()
    before = clock.path().read_text()
    machine.wait(HOUR)
    monkeypatch.setattr(os, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        look()
    monkeypatch.undo()
    assert clock.path().read_text() == before
    assert [path.name for path in clock.path().parent.iterdir()] == ["clock"]


def test_a_look_is_cheap(honest_clock: None) -> None:
    """The vault asks for each page image: one `stat`, no parsing."""
    clock.renew(clock.read())
    clock.latest()
    began = time.perf_counter()
    for _ in range(1000):
        clock.latest()
    assert time.perf_counter() - began < 1
