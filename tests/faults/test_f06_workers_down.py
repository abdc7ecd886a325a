"""F6: all workers are down for three days: reads are refused at the second, keys are gone at most 5 minutes after."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from littledreamers import crowd
from littledreamers.celery import app
from privacy import keystore, monitor, retention, tasks
from privacy.models import Child, VaultItem
from tests.privacy.conftest import Collect, collect
from tests.privacy.test_retention import START, files, filled, readable

pytestmark = pytest.mark.fault
__all__ = ["collect"]
Commit = Callable[..., AbstractContextManager[object]]


@pytest.fixture(autouse=True)
def keys_in_memory(scratch_installation: None) -> Iterator[None]:
    with crowd.key_store_in_memory():
        yield


def test_f6_reads_are_refused_at_the_second_and_the_first_task_catches_up(
    collect: Collect, django_capture_on_commit_callbacks: Commit
) -> None:
    family = []
    late = 0
    with time_machine.travel(START, tick=False) as clock:
        with django_capture_on_commit_callbacks(execute=True):
            for _ in range(72):
                child = filled(collect)
                family.append((child, child.collected_at))
                clock.shift(timedelta(hours=1))
        retention.purge()
        # From here on nobody purges. The 72 children end within three days.
        for child, collected in family:
            end = collected + settings.CHILD_RETENTION
            clock.move_to(end - timedelta(seconds=1))
            late += not readable(child)
            clock.move_to(end)
            late += readable(child)
        assert late == 0
        assert VaultItem.objects.count() == 144
        assert "The last purge is not as recent as it should be." in monitor.problems()
        clock.move_to("2026-03-20T10:30:00+00:00")
        with django_capture_on_commit_callbacks(execute=True):
            tasks.purge.delay()
        assert keystore.current().hours() == []
        assert monitor.problems() == []
    assert VaultItem.objects.count() == 0
    assert files(Path(settings.BLOB_DIR)) == []
    left = {path.name for path in files(Path(settings.KEY_STORE_DIR))}
    assert left == {"clock", "last-purge", "receipts-head"}
    assert set(Child.objects.values_list("end_reason", flat=True)) == {"expired"}


def test_f6_the_task_comes_at_most_every_five_minutes() -> None:
    (entry,) = [entry for entry in app.conf.beat_schedule.values() if entry["task"] == tasks.purge.name]
    assert entry["schedule"] <= 300
    assert entry["options"]["expires"] >= entry["schedule"]


def test_f6_a_monitor_sees_that_nobody_purges(client: Client, db: None) -> None:
    with time_machine.travel(START, tick=False) as clock:
        assert client.get("/healthz/forgetting").status_code == 503
        retention.purge()
        clock.shift(timedelta(minutes=10))
        assert client.get("/healthz/forgetting").status_code == 200
        clock.shift(timedelta(minutes=2))
        answer = client.get("/healthz/forgetting")
        assert (answer.status_code, answer.text) == (503, "The last purge is not as recent as it should be.\n")
        assert client.get("/healthz").status_code == 200
        assert "no-store" in answer.headers["Cache-Control"]


def test_p10_at_most_337_hour_keys_are_alive() -> None:
    """One an hour for 14 days and an hour."""
    store = keystore.FolderKeyStore(Path(settings.KEY_STORE_DIR))
    most = 0
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(16 * 24):
            store._hour_key(keystore.hour_of(timezone.now()))
            for hour in store.hours():
                if keystore.hour_due(hour, timezone.now()):
                    store.destroy_hour(hour)
            most = max(most, len(store.hours()))
            clock.shift(timedelta(hours=1))
    assert most == 337
