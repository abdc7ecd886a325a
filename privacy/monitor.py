"""Whether forgetting works: what a monitor asks, and how the owner hears of it (F10).

The vault refuses by itself, so nothing here protects a child; it makes sure that a purge that cannot do its work is
known within minutes. It looks at the thing itself (what is overdue, whether the disks can be written to) and at the
word of the last purge.
"""

import json
import os
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from accounts import mail
from privacy import clock, keystore
from privacy.models import Child

log = structlog.get_logger("littledreamers.privacy")

LATE = timedelta(minutes=11)  # two purges that did not come, and a minute
LEAST_FREE = 4 * 1024 * 1024  # bytes, or a fiftieth of a small disk
_NOTE_BYTES = 1024


def problems() -> list[str]:
    """What is wrong with the forgetting, in words without paths or names; empty if all is well."""
    found = []
    reading = clock.read()
    if reading.trouble:
        found.append(reading.trouble)
    found += _storage()
    found += _last_purge()
    for overdue in (_overdue_keys, _overdue_children):
        try:
            found += overdue(reading)
        except (DatabaseError, OSError) as error:
            found.append(f"What is due cannot be looked up ({type(error).__name__}).")
    return list(dict.fromkeys(found))


def finished(problems: list[str]) -> None:
    """A purge is over. Notes how it went for `problems`, and mails the owner, at most once a day, if it went wrong."""
    try:
        _note(problems)
    except OSError:
        log.exception("the end of a purge could not be noted beside the keys")
    if not problems:
        return
    log.error("forgetting needs a person", problems=problems)
    with suppress(DatabaseError):  # the database may be what fails; the log and the monitor have it
        day = clock.now().date().isoformat()
        mail.queue(
            key=f"forgetting:{day}",
            template="forgetting_alarm",
            to=settings.CONTROLLER["email"],
            context={"problems": problems, "address": f"{settings.SITE_URL}/healthz/forgetting"},
        )


def _note(problems: list[str]) -> None:
    """Always as long as before and written in place: a full disk takes it."""
    text = json.dumps({"at": time.time(), "problems": problems[:5]}).encode()
    if len(text) > _NOTE_BYTES:
        text = json.dumps({"at": time.time(), "problems": ["Several things failed; see the log."]}).encode()
    path = _note_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, text.ljust(_NOTE_BYTES))
    finally:
        os.close(descriptor)


def _last_purge() -> list[str]:
    try:
        note = json.loads(_note_path().read_text())
        age = time.time() - float(note["at"])
        said = [str(problem) for problem in note["problems"]]
    except (OSError, ValueError, TypeError, KeyError):
        return ["No purge has been noted beside the keys yet."]
    late = age > LATE.total_seconds() or age < -clock.STEP
    return said + (["The last purge is not as recent as it should be."] if late else [])


def _storage() -> list[str]:
    """A disk that is full or read-only is known before the first purge fails on it."""
    places = {"keys": Path(settings.KEY_STORE_DIR), "encrypted files": Path(settings.BLOB_DIR)}
    if connection.vendor == "sqlite":
        places["database"] = Path(connection.settings_dict["NAME"]).parent
    found = []
    for name, folder in places.items():
        try:
            state = os.statvfs(folder)
        except FileNotFoundError:
            continue  # made when first needed
        except OSError as error:
            found.append(f"The disk of the {name} does not answer ({type(error).__name__}).")
            continue
        if state.f_flag & os.ST_RDONLY:
            found.append(f"The disk of the {name} is read-only.")
        elif state.f_bavail * state.f_frsize < min(LEAST_FREE, state.f_blocks * state.f_frsize / 50) or (
            state.f_files and not state.f_favail
        ):
            found.append(f"The disk of the {name} is full.")
    return found


def _overdue_keys(reading: clock.Reading) -> list[str]:
    first = next(iter(keystore.current().hours()), None)
    overdue = first is not None and keystore.hour_due(first, reading.earliest - LATE)
    return ["Keys are overdue for destruction."] if overdue else []


def _overdue_children(reading: clock.Reading) -> list[str]:
    due = Child.objects.filter(purged_at=None, expires_at__lte=reading.earliest - LATE)
    return ["Children are overdue to be forgotten."] if due.exists() else []


def _note_path() -> Path:
    return Path(settings.KEY_STORE_DIR) / "last-purge"
