"""F10: the disk is full or read-only during a purge: an alarm within 5 minutes, reads still refused, and it recovers by
itself."""

import errno
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import OutgoingMail
from privacy import blobs, children, keystore, retention, vault
from privacy.consent import ConsentGiven
from privacy.models import Child, Receipt, VaultItem
from privacy.purposes import Actor, Kind, Purpose
from tests.faults import processes

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
Break = Callable[[pytest.MonkeyPatch], None]


def collect() -> Child:
    with transaction.atomic():
        child = children.collect(consent=ConsentGiven.now())
    children.keep_for_order(child)
    vault.put(child, Kind.PERSONALISATION, 1, b"Ada")
    vault.put(child, Kind.PHOTO, 1, bytes(vault.IN_ROW + 1))
    return child


@pytest.fixture
def due() -> Iterator[Child]:
    """A child whose time is just over, though its hour key has a while to go."""
    with time_machine.travel("2026-03-01T10:00:00+00:00", tick=False) as clock:
        child = collect()
        clock.move_to(child.expires_at - timedelta(minutes=2))
        retention.purge()
        clock.move_to(child.expires_at + timedelta(minutes=3))
        yield child


def refuse(place: Path, number: int, *calls: str) -> Break:
    """These calls of the operating system fail for everything below a folder."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        opened: set[int] = set()

        def refusing(whole: Callable[..., Any], name: str) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                first = args[0]
                inside = first in opened if isinstance(first, int) else str(first).startswith(str(place))
                writing = name != "open" or args[1] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
                if inside and writing and name in calls:
                    raise OSError(number, os.strerror(number))
                done = whole(*args, **kwargs)
                if name == "open" and inside:
                    opened.add(done)
                return done

            return call

        for name in {*calls, "open"}:
            patch.setattr(os, name, refusing(getattr(os, name), name))

    return apply


def database_refuses(patch: pytest.MonkeyPatch) -> None:
    """Really: the database itself is told to take nothing any more."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only=ON" if sqlite else "SET default_transaction_read_only = on")


def database_takes() -> None:
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only=OFF" if sqlite else "SET default_transaction_read_only = off")


def breaks() -> dict[str, tuple[Break, str, bool]]:
    """What breaks, what the alarm says, and whether the key can be destroyed all the same."""
    keys, files = Path(settings.KEY_STORE_DIR), Path(settings.BLOB_DIR)
    return {
        "keys, read-only": (
            refuse(keys, errno.EROFS, "open", "unlink", "rename", "replace"),
            "keys of 1 expired children could not be destroyed",
            False,
        ),
        "keys, full": (refuse(keys, errno.ENOSPC, "write"), "The time could not be noted", True),
        "files, read-only": (refuse(files, errno.EROFS, "unlink", "rmdir"), "files of 1 expired children", True),
        "database, read-only": (database_refuses, "Purging expired children failed", True),
    }


@pytest.mark.parametrize("what", ["keys, read-only", "keys, full", "files, read-only", "database, read-only"])
def test_f10_an_alarm_and_no_reading_until_it_is_over(
    due: Child, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, client: Client, what: str
) -> None:
    apply, words, key_goes = breaks()[what]
    assert client.get("/healthz/forgetting").status_code == 200
    with monkeypatch.context() as patch:
        apply(patch)
        try:
            report = retention.purge()
            health = client.get("/healthz/forgetting")
        finally:
            database_takes()
    assert any(words in problem for problem in report.problems), report.problems
    assert [record for record in caplog.records if record.levelname == "ERROR"]
    if what not in ("keys, read-only", "keys, full"):
        assert (health.status_code, words in health.text) == (503, True)
    if what != "database, read-only":
        mail = OutgoingMail.objects.get(template="forgetting_alarm")
        assert (mail.recipient, words in mail.text) == (settings.CONTROLLER["email"], True)
    with pytest.raises(keystore.KeyGone) if key_goes else pytest.MonkeyPatch.context():
        keystore.current().get(due.pk, keystore.hour_of(due.collected_at))
    with pytest.raises(vault.Forgotten):
        vault.read(due, Kind.PERSONALISATION, 1, purpose=Purpose.PREVIEW, actor=Actor.parent())
    if what in ("keys, read-only", "files, read-only"):
        # Not hidden: the child counts as unfinished, and the receipt counts only keys that are gone.
        assert Child.objects.get().purged_at is None
        assert Receipt.objects.get().counts["keys"] == key_goes
    # The disk works again: nobody has to do anything.
    report = retention.purge()
    assert report.problems == []
    with pytest.raises(keystore.KeyGone):
        keystore.current().get(due.pk, keystore.hour_of(due.collected_at))
    assert Child.objects.get().purged_at is not None
    assert VaultItem.objects.count() == 0
    assert not blobs.child_folder(due).exists()
    assert client.get("/healthz/forgetting").status_code == 200
    assert sum(receipt.counts["keys"] for receipt in Receipt.objects.all()) == 1


def test_f10_delete_now_on_a_read_only_key_store_ends_reading_and_is_finished_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    child = collect()
    with monkeypatch.context() as patch:
        refuse(Path(settings.KEY_STORE_DIR), errno.EROFS, "open", "unlink")(patch)
        assert children.forget(child, reason=Child.End.DELETED).counts["keys"] == 0
    assert keystore.current().get(child.pk, keystore.hour_of(child.collected_at))
    assert not children.is_open(Child.objects.get())
    assert VaultItem.objects.count() == 0
    assert retention.purge().unfinished == 1
    with pytest.raises(keystore.KeyGone):
        keystore.current().get(child.pk, keystore.hour_of(child.collected_at))
    assert [receipt.counts["keys"] for receipt in Receipt.objects.all()] == [0, 1]
    assert retention.purge().unfinished == 0


def test_f10_an_hour_key_that_would_not_go_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with time_machine.travel("2026-03-01T10:00:00+00:00", tick=False) as clock:
        collect()
        retention.purge()
        clock.shift(timedelta(days=15))
        with monkeypatch.context() as patch:
            refuse(Path(settings.KEY_STORE_DIR), errno.EROFS, "open", "unlink")(patch)
            report = retention.purge()
            assert (report.hour_keys, "2 keys of hours that are over" in report.problems[1]) == (0, True)
        assert len(keystore.current().hours()) == 1
        with monkeypatch.context() as patch:
            refuse(Path(settings.KEY_STORE_DIR), errno.EROFS, "open", "unlink")(patch)
            with pytest.raises(CommandError):
                call_command("purge")
        report = retention.purge()
        assert (report.hour_keys, report.problems) == (1, [])
        assert keystore.current().hours() == []


# --- real disks -------------------------------------------------------------------------------------------------------

PURGE = """
import django; django.setup()
from privacy import monitor, retention
report = retention.purge()
print("purged", report.expired, len(report.problems))
print("seen", [line for line in monitor.problems() if line.startswith("The disk of the keys")])
"""


def expired_child() -> Child:
    with time_machine.travel(timezone.now() - timedelta(days=14, minutes=2)):
        child = collect()
    processes.true_mark(days_ago=14)
    return child


def test_f10_a_process_that_may_write_nothing_still_unlinks_keys(tmp_path: Path) -> None:
    """RLIMIT_FSIZE 0 on the key store's own disk: every write really fails."""
    child = expired_child()
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, {resource.RLIM_INFINITY}))\n"
    limit += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    store = "from uuid import UUID\nfrom django.conf import settings\nsettings.configure()\n"
    store += "from privacy.keystore import *\n"
    store += f"FolderKeyStore(Path({str(settings.KEY_STORE_DIR)!r})).destroy([(UUID({child.pk.hex!r}), hour_of("
    store += f"datetime.fromisoformat({child.collected_at.isoformat()!r})))])"
    done = processes.run(limit + store, tmp_path / "data")
    assert done.returncode == 0, done.stderr
    assert "could not be overwritten" in done.stdout + done.stderr
    assert list((Path(settings.KEY_STORE_DIR) / "children").rglob("*.key")) == []


# Mounts of its own for one process; who is not root becomes it there.
OWN_MOUNTS = ("unshare", "-m") if os.geteuid() == 0 else ("unshare", "-rm")


def may_mount() -> bool:
    if not shutil.which("unshare"):
        return False
    tried = subprocess.run([*OWN_MOUNTS, "mount", "-t", "tmpfs", "x", "/mnt"], capture_output=True, check=False)
    return tried.returncode == 0


@pytest.mark.parametrize("state", ["full", "read-only"])
def test_f10_a_real_small_disk(tmp_path: Path, state: str) -> None:
    if not may_mount():
        assert "CI" not in os.environ, "CI must be able to mount a small disk"
        pytest.skip("this system lets nobody mount a small disk of their own")
    expired_child()
    keys, script = Path(settings.KEY_STORE_DIR), tmp_path / "disk.sh"
    spoil = "dd if=/dev/zero of=%s/filler bs=4k 2>/dev/null" if state == "full" else "mount -o remount,ro %s"
    heal = "rm %s/filler" if state == "full" else "mount -o remount,rw %s"
    script.write_text(
        f"cp -r {keys} {tmp_path}/kept\nmount -t tmpfs -o size=256k keys {keys}\ncp -r {tmp_path}/kept/. {keys}\n"
        f'{spoil % keys}\n"$@"\necho left $(find {keys} -name "*.key" -path "*children*" | wc -l)\n'
        f'{heal % keys}\n"$@"\necho left $(find {keys} -name "*.key" -path "*children*" | wc -l)\n'
    )
    done = processes.run(PURGE, tmp_path / "data", before=(*OWN_MOUNTS, "sh", str(script)))
    lines = done.stdout.splitlines()
    spoiled, healed = lines[:3], lines[3:]
    assert healed == ["purged 0 0", "seen []", "left 0"], done.stderr
    assert spoiled[0].startswith("purged 1 ")
    assert spoiled[0] != "purged 1 0"
    assert spoiled[1:] == [f"seen ['The disk of the keys is {state}.']", f"left {int(state == 'read-only')}"]
