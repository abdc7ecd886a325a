"""F8: the clock is 30 days ahead, 30 days behind, or changes to summer time: 0 revived, 0 destroyed early."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction

from privacy import children, keystore, monitor, retention, vault
from privacy.consent import ConsentGiven
from privacy.forgetting import Forgotten
from privacy.models import Child
from privacy.purposes import Actor, Kind, Purpose
from tests.privacy.machine import Machine, machine

pytestmark = [pytest.mark.fault, pytest.mark.django_db]
__all__ = ["machine"]

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
JUMPS = [(days * DAY, said) for days in (-30, 30) for said in (True, False, None)] + [
    (3 * HOUR, None),
    (-3 * HOUR, None),
]


def collect() -> Child:
    with transaction.atomic():
        child = children.collect(consent=ConsentGiven.now())
    children.keep_for_order(child)
    vault.put(child, Kind.PERSONALISATION, 1, b"Ada")
    return child


def readable(child: Child) -> bool:
    try:
        return (
            vault.read(child, Kind.PERSONALISATION, 1, purpose=Purpose.PREVIEW, actor=Actor.parent()).reveal() == b"Ada"
        )
    except vault.Forgotten:
        return False


def key_is_there(child: Child) -> bool:
    try:
        keystore.current().get(child.pk, keystore.hour_of(child.collected_at))
    except keystore.KeyGone:
        return False
    return True


class Watch:
    """Collects a family day by day while the clock is right, then counts what goes wrong with each of its members."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.revived = self.early = 0
        self.dues: list[tuple[Child, datetime]] = []
        for _ in range(8):
            self.dues.append((collect(), machine.true + settings.CHILD_RETENTION))
            retention.purge()
            machine.wait(2 * DAY)

    def look(self) -> None:
        rows = Child.objects.in_bulk()
        for child, due in self.dues:
            there = key_is_there(child)
            # What `vault.read` asks, without the row it writes for each look.
            self.revived += self.machine.true >= due and there and children.is_open(rows[child.pk])
            self.early += self.machine.true < due and not there


def run(watch: Watch, span: timedelta, step: timedelta = timedelta(hours=13)) -> list[str]:
    """Purges go on as they do, and after each one everybody is looked at. Returns the troubles reported."""
    said = []
    for _ in range(int(span / step)):
        watch.look()
        said += retention.purge().problems
        watch.look()
        watch.machine.wait(step)
    return said


@pytest.mark.parametrize("jump, synchronised", JUMPS, ids=str)
def test_f8_a_jump_of_a_running_machine(machine: Machine, jump: timedelta, synchronised: bool | None) -> None:
    machine.synchronised = synchronised
    watch = Watch(machine)
    machine.set_clock(jump)
    assert len(run(watch, 3 * DAY)) == 5
    assert monitor.problems()
    machine.set_clock(timedelta(0))
    assert run(watch, 13 * DAY) == []
    assert (watch.revived, watch.early) == (0, 0)
    assert not any(key_is_there(child) for child, _ in watch.dues)
    assert Child.objects.filter(purged_at=None).count() == 0


@pytest.mark.parametrize("jump", [-30 * DAY, -3 * HOUR], ids=str)
@pytest.mark.parametrize("synchronised", [False, None])
def test_f8_back_while_the_machine_was_off(machine: Machine, jump: timedelta, synchronised: bool | None) -> None:
    """The machine's own battery is flat: it starts with a time that is over."""
    machine.synchronised = synchronised
    watch = Watch(machine)
    retention.purge()
    machine.wrong = jump
    machine.restart()
    assert run(watch, 20 * DAY)
    assert (watch.revived, watch.early) == (0, 0)
    machine.set_clock(timedelta(0))
    machine.synchronised = True
    run(watch, HOUR, step=HOUR)
    assert Child.objects.filter(purged_at=None).count() == 0
    assert (watch.revived, watch.early) == (0, 0)


def test_f8_ahead_while_the_machine_was_off_is_held_until_the_time_daemon_has_put_it_right(machine: Machine) -> None:
    machine.synchronised = False
    watch = Watch(machine)
    retention.purge()
    machine.wrong = timedelta(days=30)
    machine.restart(5 * HOUR)
    said = run(watch, timedelta(minutes=55), step=timedelta(minutes=5))
    assert len([line for line in said if "not synchronised" in line]) == 11
    assert not any(readable(child) for child, _ in watch.dues)
    assert any("not synchronised" in line for line in monitor.problems())
    machine.set_clock(timedelta(0))
    machine.synchronised = True
    assert run(watch, 15 * DAY) == []
    assert (watch.revived, watch.early) == (0, 0)
    assert Child.objects.filter(purged_at=None).count() == 0


@pytest.mark.parametrize("off", [10 * timedelta(minutes=1), 3 * DAY, 40 * DAY], ids=str)
@pytest.mark.parametrize("synchronised", [True, None])
def test_f8_an_honest_pause_delays_nothing(machine: Machine, off: timedelta, synchronised: bool | None) -> None:
    """Asleep, or off: the first purge afterwards destroys what is due, and only that."""
    machine.synchronised = synchronised
    for pause in (machine.wait, machine.restart):
        watch = Watch(machine)
        pause(off)
        assert retention.purge().problems == []
        watch.look()
        assert (watch.revived, watch.early) == (0, 0)
        due = [child for child, at in watch.dues if machine.true >= at]
        assert not any(key_is_there(child) for child in due)


def test_f8_an_unsynchronised_machine_is_believed_after_an_hour(machine: Machine) -> None:
    """A shop without a time daemon that was off for weeks forgets an hour after its start, and reads nothing before."""
    machine.synchronised = False
    watch = Watch(machine)
    machine.restart(20 * DAY)
    assert retention.purge().problems
    watch.look()
    assert not any(readable(child) for child, _ in watch.dues)
    machine.wait(HOUR)
    assert retention.purge().problems == []
    assert Child.objects.filter(purged_at=None).count() == 0
    assert watch.revived == 0


def test_f8_what_was_collected_while_the_clock_ran_ahead_stays_no_longer(machine: Machine) -> None:
    retention.purge()
    machine.wait(HOUR)
    machine.set_clock(timedelta(days=30))
    with pytest.raises(Forgotten):
        collect()
    machine.set_clock(timedelta(0))
    for child in Child.objects.all():
        assert child.expires_at == machine.true + settings.CHILD_RETENTION
    # A machine that was never right before: only its correction shows it.
    machine.set_clock(timedelta(days=30))
    machine.restart()
    child = collect()
    machine.set_clock(timedelta(0))
    machine.synchronised = True
    assert retention.purge().shortened == 1
    child.refresh_from_db()
    assert readable(child)
    assert child.expires_at <= machine.true + settings.CHILD_RETENTION
    machine.wait(settings.CHILD_RETENTION)
    assert not readable(child)
    retention.purge()
    assert not key_is_there(child)


@pytest.mark.parametrize(
    "change", [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)], ids=["spring", "autumn"]
)
@pytest.mark.parametrize("side", ["collected", "forgotten"])
def test_f8_summer_time_changes_nothing(machine: Machine, change: datetime, side: str) -> None:
    """Two weeks are two weeks, also across the hour that is left out or comes twice; hour keys are named in UTC."""
    begin = change - (settings.CHILD_RETENTION if side == "forgotten" else timedelta(0)) - timedelta(minutes=90)
    machine.wait(begin - machine.true)
    retention.purge()
    watch = []
    for _ in range(18):
        watch.append((collect(), machine.true + settings.CHILD_RETENTION))
        machine.wait(timedelta(minutes=10))
    assert len(keystore.current().hours()) == 4
    machine.wait(settings.CHILD_RETENTION - 3 * HOUR - timedelta(seconds=1))
    wrong = 0
    for child, due in watch:
        assert machine.true == due - timedelta(seconds=1)
        wrong += not readable(child)
        machine.wait(timedelta(seconds=1))
        wrong += readable(child)
        assert retention.purge().problems == []
        machine.wait(timedelta(minutes=10) - timedelta(seconds=1))
    assert wrong == 0


def test_f8_an_operator_who_knows_that_the_clock_is_right(machine: Machine) -> None:
    """A virtual machine was frozen for three days, its count with it: late, and loudly so, until somebody says."""
    machine.synchronised = True
    watch = Watch(machine)
    retention.purge()
    before = keystore.current().hours()
    machine.set_clock(3 * DAY)
    with pytest.raises(CommandError, match="Not everything"):
        call_command("purge")
    assert keystore.current().hours() == before
    call_command("purge", "--clock-is-right")
    assert before[0] not in keystore.current().hours()
    assert monitor.problems() == []
    open_ones = [child for child, due in watch.dues if due > machine.true + 3 * DAY]
    assert [child for child, _ in watch.dues if readable(child)] == open_ones
