"""F5: a backup of day 13 is restored on day 15: 0 of 10,000 readable."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings

from littledreamers import crowd
from privacy import children, keystore, receipts, retention, vault
from privacy.models import Child, VaultItem
from privacy.purposes import Actor, Kind, Purpose
from tests.faults import backup

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
FAMILY = 10_000
SAMPLE = 100
START = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = [START + timedelta(hours=hour) for hour in range(24)]


def opened(rows: list[Child]) -> int:
    """How many of them the vault itself reads."""
    count = 0
    for child in rows:
        try:
            vault.read(child, Kind.PERSONALISATION, 1, purpose=Purpose.PREVIEW, actor=Actor.parent())
        except vault.Forgotten:
            continue
        count += 1
    return count


def test_f5_nothing_of_a_restored_backup_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "_hooks", [])  # these children have no books: nobody has to be told
    with crowd.key_store_in_memory() as keys, time_machine.travel(START + timedelta(days=1), tick=False) as clock:
        crowd.collect(FAMILY, HOURS)
        retention.purge()
        clock.move_to(START + timedelta(days=13))
        # The way of looking finds what is there to be found.
        assert crowd.readable() == FAMILY
        assert opened(list(Child.objects.order_by("pk")[:SAMPLE])) == SAMPLE
        early = Child.objects.order_by("-pk")[0]
        restore = backup.take(tmp_path)
        children.forget(early, reason=Child.End.DELETED)

        clock.move_to(START + timedelta(days=15, hours=1))
        while retention.purge(batch=1000).remaining:
            pass
        assert VaultItem.objects.count() == 0
        assert keystore.current().hours() == []

        restore()
        assert VaultItem.objects.count() == FAMILY
        assert Child.objects.filter(ended_at=None).count() == FAMILY
        assert not receipts.verify().sound
        assert crowd.readable() == 0
        sample = list(Child.objects.order_by("-pk")[:SAMPLE])
        assert opened(sample) == 0
        # Nor with the clock at the day of the backup, nor with dates that were changed in it.
        clock.move_to(START + timedelta(days=13))
        assert opened(sample) == 0
        Child.objects.update(expires_at=START + timedelta(days=365))
        assert (opened(sample), crowd.readable()) == (0, 0)
        # What was restored is forgotten again by the next purge.
        clock.move_to(START + timedelta(days=15, hours=2))
        assert retention.purge().expired == 0
        Child.objects.update(expires_at=START + settings.CHILD_RETENTION)
        while retention.purge(batch=1000).remaining:
            pass
        assert VaultItem.objects.count() == 0
        assert [path.name for path in keys.rglob("*.key")] == []
