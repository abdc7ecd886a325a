"""The record of processing comes from the claims, in three forms (P36)."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django import Settings

from privacy import inventory, register


def printed(form: str) -> str:
    out = StringIO()
    call_command("register", format=form, stdout=out)
    return out.getvalue()


def test_p36_the_record_has_every_activity_and_what_article_30_asks_for(settings: Settings) -> None:
    record = json.loads(printed("json"))
    assert record["controller"] == settings.CONTROLLER
    assert [row["data"] for row in record["activities"]] == [
        one.data for one in inventory.records() if one.ground is not None
    ]
    for row in record["activities"]:
        assert all(row[name] for name in ("about", "purpose", "ground", "kept", "erased by", "copy"))
        assert set(row["passed on to"]) <= {role.key for role in register.ROLES}
    child = record["activities"][0]
    assert child["tables"] == {"privacy.VaultItem": ["ciphertext"]}
    assert child["ground"].endswith("(GDPR 6(1)(a))")
    assert {row["about"] for row in record["activities"]} == {"child", "customer", "staff", "nobody"}
    assert record["recipients"]
    assert record["safeguards"]


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_p36_each_form_says_the_numbers_of_the_constants(form: str, settings: Settings) -> None:
    settings.MAIL_BODY_RETENTION = timedelta(days=23)
    said = printed(form)
    for words in ("23 days", "accounts.mail.forget_bodies", "Bookkeeping"):
        assert words in said


def test_p36_the_markdown_is_one_table() -> None:
    rows = [line for line in printed("markdown").splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {10}
    assert len(rows) == 2 + sum(1 for one in inventory.records() if one.ground is not None)
