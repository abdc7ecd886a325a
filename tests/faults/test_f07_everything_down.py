"""F7: everything is down over the expiry: what is due is forgotten before the first request is served."""

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from privacy import children, keystore, retention, vault
from privacy.consent import ConsentGiven
from privacy.models import Child, Receipt, VaultItem
from privacy.purposes import Kind
from tests.faults import processes

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]

SERVE = """
from littledreamers.wsgi import application
from django.conf import settings
from django.db import connection
from pathlib import Path

def left():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM privacy_vaultitem")
        rows = cursor.fetchone()[0]
    keys = len(list(Path(settings.KEY_STORE_DIR).rglob("*.key")))
    blobs = len([path for path in Path(settings.BLOB_DIR).rglob("*") if path.is_file()])
    return rows, keys, blobs

before = left()
from django.test import RequestFactory
answers = []
environ = RequestFactory().get("/healthz/forgetting", headers={"host": "127.0.0.1"}).environ
body = b"".join(application(environ, lambda status, headers, *_: answers.append(status)))
print(before, answers[0], body.decode().strip(), flush=True)
import os
os._exit(0)  # without waiting for the fonts that are loaded in the background
"""


def family(count: int) -> list[Child]:
    made = []
    for _ in range(count):
        with transaction.atomic():
            child = children.collect(consent=ConsentGiven.now())
        children.keep_for_order(child)
        vault.put(child, Kind.PERSONALISATION, 1, b"Ada")
        vault.put(child, Kind.PHOTO, 1, bytes(vault.IN_ROW + 1))
        made.append(child)
    return made


def test_f7_a_real_start_of_the_web_server_purges_before_its_first_answer(tmp_path: Path) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=15)):
        family(3)
    processes.true_mark(days_ago=15)
    done = processes.run(SERVE, tmp_path / "data")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "(0, 0, 0) 200 OK ok"
    assert set(Child.objects.values_list("end_reason", flat=True)) == {"expired"}
    assert Receipt.objects.get().counts == {"children": 3, "keys": 3, "rows": 6, "files": 3}


def test_f7_and_nothing_else(tmp_path: Path) -> None:
    """The other way round: a child whose time has not come is there after the start."""
    with time_machine.travel(timezone.now() - timedelta(days=13, hours=22)):
        family(1)
    processes.true_mark(days_ago=13)
    done = processes.run(SERVE, tmp_path / "data")
    assert done.stdout.strip() == "(2, 2, 1) 200 OK ok", done.stderr


@pytest.mark.parametrize("where", ["privacy.receipts.append", "privacy.blobs.delete_all"])
def test_f7_a_purge_killed_between_keys_and_rows_is_finished_by_the_next(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL, once after the keys and before the rows, once after the rows and before the files."""
    with time_machine.travel(timezone.now() - timedelta(days=14, minutes=10)):
        family(2)
    rows = VaultItem.objects.count()
    connection.close()
    pid = os.fork()
    if not pid:
        monkeypatch.setattr(where, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        try:
            retention.purge()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    for child in Child.objects.all():
        with pytest.raises(keystore.KeyGone):
            keystore.current().get(child.pk, keystore.hour_of(child.collected_at))
    assert VaultItem.objects.count() == (rows if "receipts" in where else 0)
    assert Child.objects.filter(purged_at=None).count() == 2
    report = retention.purge()
    assert report.problems == []
    assert (report.expired, report.unfinished) == ((2, 0) if "receipts" in where else (0, 2))
    assert VaultItem.objects.count() == 0
    assert Child.objects.filter(purged_at=None).count() == 0
    assert [path for path in Path(settings.BLOB_DIR).rglob("*") if path.is_file()] == []
    assert Receipt.objects.count() == 1
