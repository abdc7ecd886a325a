"""F9: 1,000 random moments; a second before the end readable, at the end and a second later not: 0 wrong."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings

from littledreamers import crowd
from privacy import children, vault
from privacy.models import Child
from privacy.purposes import Kind
from tests.privacy.conftest import Collect, collect
from tests.privacy.test_vault import read

pytestmark = pytest.mark.fault
__all__ = ["collect"]


@pytest.fixture(autouse=True)
def keys_in_memory(scratch_installation: None) -> Iterator[None]:
    with crowd.key_store_in_memory():
        yield


@pytest.mark.parametrize("ordered", [True, False])
def test_f9_p10_the_exact_second_at_random_times(collect: Collect, ordered: bool) -> None:
    """t+14d-1s (ordered) and t+48h-1s (not ordered) readable, one second later not; no worker runs."""
    chance = random.Random(14)
    life = settings.CHILD_RETENTION if ordered else settings.ABANDONED_RETENTION
    wrong = 0
    for _ in range(500):
        start = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(microseconds=chance.randrange(3 * 365 * 86400 * 10**6))
        with time_machine.travel(start, tick=False) as clock:
            child = collect()
            vault.put(child, Kind.PERSONALISATION, 1, b"x")
            if ordered:
                children.keep_for_order(child)
            clock.move_to(start + life - timedelta(seconds=1))
            wrong += read(child) != b"x"
            for late in (timedelta(0), timedelta(seconds=1)):
                clock.move_to(start + life + late)
                try:
                    read(child)
                    wrong += 1
                except vault.Forgotten as error:
                    wrong += error.reason != (Child.End.EXPIRED if ordered else Child.End.ABANDONED)
                with pytest.raises(vault.Forgotten):
                    vault.put(child, Kind.PERSONALISATION, 2, b"x")
    assert wrong == 0
