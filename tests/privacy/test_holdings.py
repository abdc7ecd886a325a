"""What is held, in words, each with the day it is forgotten (P6, P10); and how long it is until then."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from privacy import children, holdings, vault
from privacy.models import Child, VaultAccess
from privacy.purposes import Kind

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (timedelta(days=11, hours=4, minutes=59), "in 11 days 4 hours"),
        (timedelta(days=14), "in 14 days"),
        (timedelta(days=1, minutes=5), "in 1 day"),
        (timedelta(hours=23, minutes=59, seconds=59), "in 23 hours 59 minutes"),
        (timedelta(hours=1, seconds=30), "in 1 hour"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(seconds=59), "in less than a minute"),
        (timedelta(0), "now"),
        (timedelta(days=-3), "now"),
    ],
)
def test_p10_the_time_left_in_words(after: timedelta, said: str) -> None:
    assert holdings.left(NOW + after, NOW) == said


def test_p6_every_kind_in_the_vault_is_something_a_parent_is_told_about(child: Child) -> None:
    for kind in Kind:
        vault.put(child, kind, 1, b"x")
    held = holdings.forgotten_with(child)
    assert {kind for group in holdings._GROUPS for kind in group.kinds} == set(Kind)
    assert [one.name for one in held] == [group.name for group in holdings._GROUPS]
    assert all(one.since and one.says and not one.stays for one in held)


def test_p6_what_is_not_there_is_not_listed(child: Child) -> None:
    vault.put(child, Kind.PERSONALISATION, 1, b"x")
    assert [one.name for one in holdings.forgotten_with(child)] == ["Name, age, looks and dedication"]


def test_p10_everything_is_forgotten_on_one_day_which_an_order_moves_and_nothing_else(child: Child) -> None:
    vault.put(child, Kind.PERSONALISATION, 1, b"x")
    vault.put(child, Kind.PHOTO, 1, b"x")
    assert {one.until for one in holdings.forgotten_with(child)} == {child.collected_at + timedelta(hours=48)}
    children.keep_for_order(child)
    assert {one.until for one in holdings.forgotten_with(child)} == {child.collected_at + timedelta(days=14)}
    # A later date written into the row is not believed, here as little as in the vault.
    child.expires_at += timedelta(days=30)
    assert holdings.until(child) == child.collected_at + timedelta(days=14)


def test_p35_what_stays_says_how_long_and_why(child: Child) -> None:
    VaultAccess.objects.create(child=child, kind="photo", purpose="preview", actor="parent", hour=child.collected_at)
    stays = {one.name: one for one in holdings.staying(child)}
    assert list(stays) == ["Your consent", "Who looked", "A receipt"]
    assert all(one.until is None and one.stays for one in stays.values())
    assert "90 days" in stays["Who looked"].stays
    assert stays["A receipt"].since is None
    receipt = children.forget(child, reason=Child.End.DELETED)
    assert {one.name: one for one in holdings.staying(child)}["A receipt"].since == receipt.at


@pytest.mark.urls("tests.privacy.urlconf")
def test_p10_the_page_says_the_day_and_the_time_left_without_scripts(
    client: Client, child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "_finders", [lambda request, uuid: Child.objects.filter(pk=uuid).first()])
    vault.put(child, Kind.PHOTO, 1, b"x")
    address = f"/my-book/{child.pk}/data/"
    page = client.get(address)
    assert "no-store" in page.headers["Cache-Control"]
    assert page.text.count("in 1 day 23 hours") == 2  # the clock and the photo
    assert "we forget it 48 hours after" in page.text
    children.keep_for_order(child)
    page = client.get(address)
    assert page.text.count("in 13 days 23 hours") == 2
    assert "48 hours" not in page.text
    # The countdown is no live region: nobody is read the time every second.
    assert "aria-live" not in page.text
