"""Policies: published once, never changed, older ones readable, the numbers those of the code (P31, P32, P36)."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from privacy import checks, policies, register
from privacy.models import PolicyVersion

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.privacy.urlconf")]
SLUGS = ("privacy", "refunds", "cookies")


def new_version(slug: str, effective_from: date) -> PolicyVersion:
    return PolicyVersion.objects.create(
        slug=slug,
        version="3",
        effective_from=effective_from,
        html="<p>Second text</p>",
        sha256="2" * 64,
        published_at=timezone.now(),
    )


def test_every_policy_is_published_with_the_tables() -> None:
    assert set(PolicyVersion.objects.values_list("slug", flat=True)) == set(SLUGS)
    assert policies.publish() == []
    for version in PolicyVersion.objects.all():
        assert len(version.html) > 1000


def test_p31_a_changed_text_is_refused_loudly() -> None:
    PolicyVersion.objects.filter(slug="privacy").update(sha256="0" * 64)
    PolicyVersion.objects.filter(slug="cookies").delete()
    with pytest.raises(policies.PolicyChanged, match="privacy version 2"):
        policies.publish()
    assert not PolicyVersion.objects.filter(slug="cookies").exists()


def test_p31_other_numbers_are_another_text(settings: Settings) -> None:
    settings.CHILD_RETENTION = timedelta(days=15)
    with pytest.raises(policies.PolicyChanged):
        policies.publish()


def test_a_new_version_is_published_beside_the_old(monkeypatch: pytest.MonkeyPatch) -> None:
    first = policies.current("cookies")
    second = replace(policies.POLICIES[2], version="2", effective_from=timezone.localdate())
    monkeypatch.setattr(policies, "POLICIES", (*policies.POLICIES, second))
    assert [version.version for version in policies.publish()] == ["2"]
    assert policies.current("cookies").version == "2"
    first.refresh_from_db()
    assert first.version == "1"


def test_which_version_is_in_force() -> None:
    first = policies.current("privacy")
    today = timezone.localdate()
    second = new_version("privacy", today + timedelta(days=7))
    assert policies.current("privacy") == first
    assert policies.current("privacy", today + timedelta(days=6)) == first
    assert policies.current("privacy", today + timedelta(days=7)) == second
    assert policies.current("privacy", date(2020, 1, 1)) == first
    with pytest.raises(policies.NoSuchPolicy):
        policies.current("terms")


def test_an_empty_table_publishes_itself() -> None:
    PolicyVersion.objects.all().delete()
    assert policies.current("refunds").version == policies.POLICIES[1].version


@pytest.mark.parametrize("slug", SLUGS)
def test_p31_p44_the_page_has_its_date_and_the_controller(client: Client, slug: str) -> None:
    page = client.get(f"/policies/{slug}/")
    assert page.status_code == 200
    text = page.content.decode()
    effective = policies.current(slug).effective_from
    assert f'<time datetime="{effective.isoformat()}">' in text
    for value in settings.CONTROLLER.values():
        assert value in text
    assert "In one minute" in text
    assert policies.current(slug).sha256 in text


def test_p31_p32_older_versions_stay_readable(client: Client) -> None:
    first = policies.current("privacy")
    new_version("privacy", first.effective_from + timedelta(days=0))
    now, before = client.get("/policies/privacy/"), client.get(f"/policies/privacy/{first.version}/")
    assert "Second text" in now.content.decode()
    assert f'href="/policies/privacy/{first.version}/"' in now.content.decode()
    assert "This is an earlier version" in before.content.decode()
    assert first.html in before.content.decode()
    assert client.get("/policies/privacy/3/").status_code == 200


def test_p32_a_coming_version_is_announced_and_not_in_force(client: Client) -> None:
    new_version("privacy", timezone.localdate() + timedelta(days=30))
    assert "Second text" not in client.get("/policies/privacy/").content.decode()
    assert 'href="/policies/privacy/3/"' in client.get("/policies/privacy/").content.decode()
    assert "not in force yet" in client.get("/policies/privacy/3/").content.decode()


@pytest.mark.parametrize("path", ["/policies/terms/", "/policies/privacy/7/", "/policies/terms/1/"])
def test_other_policies_are_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_p10_p24_p29_p36_the_texts_use_the_numbers_of_the_code() -> None:
    def words(slug: str) -> str:
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", policies.current(slug).html))

    assert "14 days after you send them we delete all of it" in words("privacy")
    assert "If you do not order, we delete it after 48 hours" in words("privacy")
    assert "Tell us within 7 days of receiving it" in words("refunds")
    assert "within 10 to 14 business days" in words("refunds")
    for row in register.purposes():
        for part in (row.data, row.why, row.how_long, row.ground.words, row.ground.article):
            assert part in words("privacy")
    for role in register.ROLES:
        assert role.gets in words("privacy")
        assert role.never_gets in words("privacy")


def test_p56_the_cookie_page_lists_what_a_visit_sets(client: Client) -> None:
    client.get("/contact/")
    listed = {cookie.name for cookie in register.cookies()}
    assert {name.removeprefix("__Host-") for name in client.cookies} <= listed
    assert {"session", "csrf"} == listed
    assert {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME} == listed


def test_no_policy_loads_anything_from_elsewhere() -> None:
    for version in PolicyVersion.objects.all():
        assert not re.search(r"https?://|style=|<script", version.html)


def test_p33_a_policy_nobody_has_read_for_a_year_turns_red(monkeypatch: pytest.MonkeyPatch) -> None:
    day = max(policy.effective_from for policy in policies.POLICIES)
    alike = tuple(replace(policy, effective_from=day) for policy in policies.POLICIES)
    monkeypatch.setattr(checks, "POLICIES", alike)
    with time_machine.travel(datetime.combine(day + timedelta(days=365), time(12), UTC), tick=False) as clock:
        assert checks.policies_reviewed() == []
        clock.shift(timedelta(days=1))
        assert [message.id for message in checks.policies_reviewed()] == ["privacy.W001"] * 3
        reviewed = tuple(replace(policy, reviewed_on=day + timedelta(days=2)) for policy in policies.POLICIES)
        monkeypatch.setattr(checks, "POLICIES", reviewed)
        assert checks.policies_reviewed() == []
