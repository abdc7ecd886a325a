"""Several processes at once: nothing about a child outlives its forgetting (P8)."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from privacy import children, receipts, vault
from privacy.consent import ConsentGiven
from privacy.models import Child, Receipt, VaultAccess, VaultItem
from privacy.purposes import Actor, Kind, Purpose

pytestmark = pytest.mark.django_db(transaction=True)
LARGE = bytes(vault.IN_ROW + 1)


def collect() -> Child:
    with transaction.atomic():
        return children.collect(consent=ConsentGiven.now())


def at_once(*jobs: Callable[[], object]) -> list[BaseException]:
    """Run these in threads of their own; returns what they raised."""
    raised: list[BaseException] = []
    ready = threading.Barrier(len(jobs))

    def run(job: Callable[[], object]) -> None:
        ready.wait()
        try:
            job()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_p8_a_worker_that_stores_pages_while_the_parent_deletes() -> None:
    for _ in range(8):
        child = collect()

        def store(number: int, child: Child = child) -> None:
            for step in range(6):
                vault.put(child, Kind.PREVIEW_PAGE, 10 * number + step, LARGE)

        raised = at_once(
            lambda: store(1),
            lambda: store(2),
            lambda child=child: children.forget(child, reason=Child.End.DELETED),  # type: ignore[misc]
        )
        assert {type(error) for error in raised} <= {vault.Forgotten}
        assert VaultItem.objects.count() == 0
    left = [path for path in Path(settings.BLOB_DIR).rglob("*") if path.is_file()]
    assert left == []
    assert receipts.verify().sound


def test_p8_parallel_clicks_make_one_receipt() -> None:
    child = collect()
    vault.put(child, Kind.PERSONALISATION, 1, b"Ada")
    found: list[Receipt] = []
    raised = at_once(*[lambda: found.append(children.forget(child, reason=Child.End.DELETED))] * 6)
    assert raised == []
    assert len(set(found)) == 1
    assert Receipt.objects.count() == 1


def test_p12_parallel_looks_are_all_counted() -> None:
    child = collect()
    vault.put(child, Kind.PERSONALISATION, 1, b"Ada")

    def look() -> None:
        for _ in range(10):
            vault.read(child, Kind.PERSONALISATION, 1, purpose=Purpose.PREVIEW, actor=Actor.parent())

    assert at_once(*[look] * 5) == []
    assert sum(VaultAccess.objects.values_list("count", flat=True)) == 50


def test_parallel_puts_of_the_same_place_leave_one_thing_and_one_file() -> None:
    child = collect()
    jobs = [lambda n=n: vault.put(child, Kind.PHOTO, 1, bytes([n]) * len(LARGE)) for n in range(5)]
    assert at_once(*jobs) == []
    read = vault.read(child, Kind.PHOTO, 1, purpose=Purpose.PREVIEW, actor=Actor.parent()).reveal()
    assert len(set(read)) == 1
    assert len([path for path in Path(settings.BLOB_DIR).rglob("*") if path.is_file()]) == 1
