"""Every field of every table is claimed, and whoever claims it says what erases it (P36)."""

import inspect
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from pytest_django import Settings

from accounts.claims import TECHNICAL, About, Claim, Export, Record, Runs
from littledreamers.celery import app as celery
from privacy import erasing, inventory, register


@pytest.fixture
def fresh() -> Iterator[None]:
    """Claims are read once per process; a test that changes them reads them anew, before and after."""
    for cached in (inventory.claims, inventory.records):
        cached.cache_clear()
    yield
    for cached in (inventory.claims, inventory.records):
        cached.cache_clear()


def test_p36_every_field_of_every_table_is_claimed_once_and_exists() -> None:
    assert inventory.unclaimed() == []
    assert inventory.unknown() == []
    claimed = [claim.model for claim in inventory.claims()]
    assert len(claimed) == len(set(claimed))
    assert len(list(inventory.fields())) > 200


def test_p36_a_field_that_nobody_claims_shows(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from books import personal_data

    fewer = Claim("books.Edition", {TECHNICAL: "id child story story_version created_at nickname"})
    monkeypatch.setattr(personal_data, "CLAIMS", (fewer, *personal_data.CLAIMS[1:]))
    assert inventory.unclaimed() == ["books.Edition.locked_at"]
    assert inventory.unknown() == ["books.Edition.nickname"]


def test_p1_p3_what_is_about_a_child_is_ciphertext_and_nothing_else() -> None:
    about_children = {
        (table, name)
        for record in inventory.records()
        if record.about is About.CHILD
        for table, names in inventory.tables_of(record).items()
        for name in names
    }
    assert about_children == {("privacy.VaultItem", "ciphertext")}
    # Nor does a column of another table sound like a child's.
    for table, name in set(inventory.fields()) - about_children:
        assert not re.search(r"child_?name|birth|^age|photo|dedication|looks|skin|hair", name), f"{table}.{name}"


def test_p1_a_field_of_two_records_is_the_ciphertext_only() -> None:
    for claim in inventory.claims():
        names = [name for name, _ in claim.names()]
        twice = {name for name in names if names.count(name) > 1}
        assert twice <= ({"ciphertext"} if claim.model == "privacy.VaultItem" else set())


@pytest.mark.parametrize("record", inventory.records(), ids=lambda record: record.data[:30])
def test_p36_every_record_says_why_on_which_ground_and_what_erases_it(record: Record) -> None:
    if record.about is About.NOBODY:
        assert not record.erased_by
        return
    assert record.why
    assert record.kept
    assert record.ground is not None
    assert record.ground.article.startswith("6(1)")
    assert callable(inventory.eraser(record))
    assert record.export is not Export.NONE or record.runs is Runs.EXPIRY
    assert set(record.shared_with) <= {role.key for role in register.ROLES}
    words = inventory.how_long(record)
    assert "{" not in words
    if record.runs in (Runs.SWEEP, Runs.PURGE):
        assert re.search(r"\d", words), "a record that a machine erases is kept for a number of days or years"
        assert "{" in record.kept, "the number comes from the constant that the purge uses"


def test_p10_whatever_erases_is_run_by_beat() -> None:
    beat = {entry["task"]: entry["schedule"] for entry in celery.conf.beat_schedule.values()}
    assert beat["privacy.purge"] == 300
    assert beat["privacy.erase_due"] == 3600
    swept = {record.erased_by for record in inventory.records() if record.runs is Runs.SWEEP and record.erased_by}
    assert set(erasing.erasers()) == swept
    for path, function in erasing.erasers().items():
        assert {"now", "batch"} <= set(inspect.signature(function).parameters), path
    purged = {record.erased_by for record in inventory.records() if record.runs is Runs.PURGE}
    assert purged == {"privacy.retention.purge"}


def test_p36_the_numbers_are_those_of_the_constants(settings: Settings) -> None:
    before = inventory.numbers()
    settings.MAIL_BODY_RETENTION = timedelta(days=3)
    settings.LOGIN_ATTEMPT_RETENTION = timedelta(hours=5)
    after = inventory.numbers()
    changed = {name: after[name] for name in after if after[name] != before[name]}
    assert changed == {"mail_days": 3, "login_attempt_hours": 5}
    said = {row.data: row.how_long for row in register.purposes()}
    assert said["The text of mails we sent you, and the address they went to"] == "3 days"


def test_p36_the_public_table_has_every_record_about_customers_and_children() -> None:
    shown = {row.data for row in register.purposes()}
    for record in inventory.records():
        if record.about is About.CHILD:
            assert record.data in shown
    assert not any(record.data in shown for record in inventory.records() if record.about is About.STAFF)


def test_an_eraser_that_fails_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    ran = []

    def fails(*, now: Any, batch: int) -> int:
        raise ValueError("karen@example.com")

    def works(*, now: Any, batch: int) -> int:
        ran.append(batch)
        return batch if len(ran) < 3 else 1

    monkeypatch.setattr(erasing, "erasers", lambda: {"a": fails, "b": works})
    assert erasing.erase_due(batch=10) == {"b": 21}
    assert ran == [10, 10, 10]
    assert "a (ValueError)" in caplog.text
    assert "karen" not in caplog.text
    ran.clear()
    assert erasing.erase_due(batch=10, rounds=2) == {"b": 20}


def test_p58_nothing_notes_who_signed_in_from_where() -> None:
    assert settings.AXES_DISABLE_ACCESS_LOG
    assert settings.AXES_CLIENT_IP_CALLABLE == "privacy.rate_limits.stand_in_address"
    assert apps.is_installed("axes")
