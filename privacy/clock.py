"""What time it is, on a machine whose clock may be wrong (P10, F8).

A promise that ends at a second needs a clock, and a clock can be set. So every purge leaves a *mark* in the key store:
the time it believed, the seconds since the machine was started, and which start that was. The kernel's count of
seconds cannot be set and goes on through suspend, so mark and count together say what time it must be (the
*reckoning*), whatever the wall clock says. Two questions get two answers:

- *May this still be read?* `latest()`: the later of wall clock and reckoning. A clock that is set back revives nothing.
- *May this be destroyed?* `Reading.earliest`: what both agree on, else the reckoning from a mark that the kernel
  vouched for, else the earlier of the two. A clock that runs ahead destroys nothing early.

After a restart of the machine nobody knows how long it was off. The wall clock is believed then, unless the kernel says
that it is not synchronised and it is more than a day ahead of the mark: destruction is held until the kernel says
that it is, or for the first hour, in which a time daemon has its chance. Whenever wall clock and reckoning disagree,
`Reading.trouble` says so, and the purge raises an alarm.

A wrong mark heals: one that the kernel did not vouch for gives way as soon as the kernel vouches for the wall clock. In
all other cases a person decides with `manage.py purge --clock-is-right`.
"""

import ctypes
import json
import math
import os
import secrets
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from privacy.keystore import sync_folder

NAME = "clock"
STEP = 2 * 60.0  # seconds: corrections smaller than this are a time daemon's everyday work
JITTER = 1.0  # seconds: rounding, and the moment between two readings
FAR_AHEAD = 24 * 3600.0  # seconds
SETTLING = 3600.0  # seconds after a start in which a time daemon has its chance
YEAR_3000 = 32503680000.0
KEPT = 32  # marks of other machines and earlier starts
TIME_ERROR = 5  # <sys/timex.h>: the clock is not synchronised


@dataclass(frozen=True)
class Mark:
    """It was `wall` (seconds since 1970) when the machine had been up for `up` seconds."""

    wall: float
    up: float
    # The kernel said, then or earlier in the same count, that the clock is synchronised.
    sure: bool = False
    # Nobody believed the wall clock: this is only the earliest that it can have been.
    guess: bool = False


@dataclass(frozen=True)
class Reading:
    """One look at the clocks."""

    now: datetime  # the best guess: for what begins now
    earliest: datetime  # what is due at this moment may be destroyed
    trouble: str  # what disagrees, in words for the operator; empty if the clock is believed
    mark: Mark  # what to note for this start of the machine


def since_boot() -> float:
    """Seconds since the machine was started, time asleep included. Nobody can set them."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def boot_id() -> str:
    """Which start of the machine this is."""
    return _boot_id()


def synchronised() -> bool | None:
    """Whether the kernel says that a time daemon keeps its clock right; None where it cannot be asked."""
    if sys.platform != "linux":
        return None
    try:
        # `struct timex` with modes = 0 only asks. It has 208 bytes on 64-bit machines.
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != TIME_ERROR


def latest() -> datetime:
    """The time by which reading is refused: the later of wall clock and reckoning. Cheap: one `stat`."""
    wall = timezone.now()
    floor = _floor(_marks())
    return wall if floor - wall.timestamp() <= JITTER else _moment(floor)


def now() -> datetime:
    """The best guess of the time, for what begins now: a child that comes while the clock is ahead stays no longer."""
    return read().now


def read(*, evidence: datetime | None = None) -> Reading:
    """Compare the clocks. `evidence`: a moment that is known to be over, used when there is no mark."""
    wall, up, boot = time_now(), since_boot(), boot_id()
    marks = _marks()
    if not marks and evidence is not None:
        marks = {"": Mark(evidence.timestamp(), 0)}
    own = _own(marks)
    if own is not None and not own.guess:
        return _with_anchor(wall, up, own, others={name: mark for name, mark in marks.items() if name != boot})
    return _without_anchor(wall, up, marks)


def _with_anchor(wall: float, up: float, own: Mark, *, others: Mapping[str, Mark]) -> Reading:
    """This start of the machine has a mark: the time since then is known for certain."""
    reckoned = own.wall + up - own.up
    in_step = abs(wall - reckoned) <= STEP
    vouched = synchronised() is True
    if not in_step and not (vouched and not own.sure):
        way = "ahead of" if wall > reckoned else "behind"
        return Reading(
            now=_moment(reckoned),
            earliest=_moment(reckoned if own.sure else min(wall, reckoned)),
            trouble=f"The clock is {_span(wall - reckoned)} {way} what this machine has counted since it was right.",
            mark=Mark(reckoned, up, sure=own.sure),
        )
    # Only the kernel's word turns a mark back; a step of a minute by hand must not give a minute of reading.
    at = wall if vouched or abs(wall - reckoned) <= JITTER else max(wall, reckoned)
    elsewhere = max((mark.wall for mark in others.values() if mark.sure or not vouched), default=0.0) - wall
    return Reading(
        now=_moment(wall),
        earliest=_moment(wall),
        trouble=f"The clock is {_span(elsewhere)} behind that of another machine." if elsewhere > STEP else "",
        mark=Mark(at, up, sure=vouched or (own.sure and in_step)),
    )


def _without_anchor(wall: float, up: float, marks: Mapping[str, Mark]) -> Reading:
    """The machine has been started since the last mark, or there never was one."""
    vouch = synchronised()
    believed = Reading(_moment(wall), _moment(wall), "", Mark(wall, up, sure=vouch is True))
    if not marks:
        return believed
    floor = _floor(marks)
    guess = Mark(floor, up, guess=True)
    if wall - floor > FAR_AHEAD and vouch is False and up < SETTLING:
        return Reading(
            now=_moment(wall),
            earliest=_moment(floor),
            trouble=f"The machine was started {_span(up)} ago, its clock is not synchronised yet and"
            f" {_span(wall - floor)} ahead of the last mark.",
            mark=guess,
        )
    last_is_sure = any(mark.sure and mark.wall - wall > STEP for mark in marks.values())
    if floor - wall <= STEP or (vouch is True and not last_is_sure):
        return believed
    return Reading(
        now=_moment(floor),
        earliest=_moment(wall),
        trouble=f"The clock is {_span(floor - wall)} behind a time that is over.",
        mark=guess,
    )


def renew(reading: Reading) -> None:
    """Note the time: that of the wall clock, or that of the reckoning if it was not believed. Raises OSError."""
    mark, boot = reading.mark, boot_id()
    others = {name: other for name, other in _marks().items() if name != boot}
    if mark.sure and not reading.trouble and synchronised():
        # The kernel vouches for this clock and did not for theirs: what is ahead of it was wrong.
        others = {name: other for name, other in others.items() if other.sure or other.wall - mark.wall <= STEP}
    newest = sorted(others.items(), key=lambda item: item[1].wall)[-(KEPT - 1) :]
    _write({**dict(newest), boot: mark})


def trust() -> None:
    """Believe the wall clock, because a person says that it is right. Raises OSError."""
    _write({boot_id(): Mark(time_now(), since_boot(), sure=True)})


def time_now() -> float:
    """The wall clock, in seconds since 1970."""
    return timezone.now().timestamp()


def path() -> Path:
    """Where the marks lie: beside the keys, in no backup, shared by every machine that shares the keys."""
    return Path(settings.KEY_STORE_DIR) / NAME


def _own(marks: Mapping[str, Mark]) -> Mark | None:
    """The mark of this start of the machine. A count that went back belongs to another start."""
    mark = marks.get(boot_id())
    return mark if mark is not None and mark.up <= since_boot() + JITTER else None


def _floor(marks: Mapping[str, Mark]) -> float:
    """The earliest that it can be, if the marks are right (seconds since 1970; 0 without marks)."""
    floor = max((mark.wall for mark in marks.values()), default=0.0)
    own = _own(marks)
    return floor if own is None else max(floor, own.wall + since_boot() - own.up)


_seen: tuple[tuple[str, int, int, int], dict[str, Mark]] | None = None


def _marks() -> dict[str, Mark]:
    """The marks as they are noted; none if there are none or they cannot be read."""
    global _seen
    file = path()
    try:
        stat = file.stat()
        version = (str(file), stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if _seen is None or _seen[0] != version:
            _seen = (version, _parsed(file.read_text()))
    except OSError:
        return {}
    return _seen[1]


def _parsed(text: str) -> dict[str, Mark]:
    """Marks that make sense; a damaged file holds none, and the next purge writes it anew."""
    marks = {}
    with suppress(ValueError, TypeError, AttributeError):
        for name, fields in json.loads(text).items():
            wall, up = float(fields["wall"]), float(fields["up"])
            if math.isfinite(up) and 0 < wall < YEAR_3000:
                marks[str(name)] = Mark(wall, up, sure=fields["sure"] is True, guess=fields["guess"] is True)
    return marks


def _write(marks: Mapping[str, Mark]) -> None:
    """Replace the file of marks whole."""
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{NAME}.{secrets.token_hex(8)}")
    text = json.dumps({name: asdict(mark) for name, mark in marks.items()})
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, text.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        draft.replace(file)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    sync_folder(file.parent)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _span(seconds: float) -> str:
    """A length of time in words: days, hours or minutes."""
    span = abs(seconds)
    for size, word in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if span >= 2 * size:
            return f"{span / size:.0f} {word}"
    return f"{span:.0f} seconds"


@cache
def _boot_id() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    with suppress(OSError, AttributeError):  # macOS
        answer, size = ctypes.create_string_buffer(64), ctypes.c_size_t(64)
        if ctypes.CDLL(None).sysctlbyname(b"kern.bootsessionuuid", answer, ctypes.byref(size), None, 0) == 0:
            return answer.value.decode()
    # A count that goes back still shows that the machine was started again.
    return "unknown"
