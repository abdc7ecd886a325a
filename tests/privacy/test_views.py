"""What a parent sees when something is gone, and the button that makes it go (P5, P8, P10, P12)."""

from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from privacy import children, vault
from privacy.models import Child, Receipt, VaultAccess, VaultItem
from privacy.purposes import Actor, Kind, Purpose

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.privacy.urlconf")]


@pytest.fixture
def mine(child: Child, monkeypatch: pytest.MonkeyPatch) -> Child:
    """The visitor may decide about this child."""
    monkeypatch.setattr(children, "_finders", [lambda request, uuid: Child.objects.filter(pk=uuid).first()])
    vault.put(child, Kind.PERSONALISATION, 1, b"Ada")
    return child


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("expired", "14 days have passed"),
        ("abandoned", "was not ordered"),
        ("deleted", "at a parent’s wish"),
        ("withdrawn", "at a parent’s wish"),
        ("lost", "no longer with us"),
    ],
)
def test_p10_forgotten_is_a_friendly_410(client: Client, reason: str, says: str) -> None:
    answer = client.get(f"/gone/{reason}/")
    assert answer.status_code == 410
    assert answer.headers["Cache-Control"] == "no-store"
    text = answer.content.decode()
    assert says in text
    for part in ("What is gone", "What stays", "Making the book again"):
        assert part in text


def test_not_in_the_vault_is_the_404_of_everything_else(client: Client) -> None:
    missing, unknown = client.get("/missing/"), client.get("/nothing/here/")
    assert (missing.status_code, unknown.status_code) == (404, 404)
    assert "Zephyrine" not in missing.content.decode()


def test_p12_refused_is_a_403(client: Client) -> None:
    assert client.get("/refused/").status_code == 403


def test_p8_the_button_deletes_at_once_and_shows_the_receipt(client: Client, mine: Child) -> None:
    page = client.get(f"/my-book/{mine.pk}/data/")
    assert page.status_code == 200
    assert "Delete everything now" in page.content.decode()
    assert VaultItem.objects.exists()
    answer = client.post(f"/my-book/{mine.pk}/data/", follow=True)
    receipt = Receipt.objects.get()
    assert answer.redirect_chain == [(f"/receipts/{receipt.sha256}/", 302)]
    text = answer.content.decode()
    assert receipt.sha256 in text
    assert "1 key, 1 encrypted record and 0 encrypted files, of 1 child" in text
    assert "A parent asked for it." in text
    assert not VaultItem.objects.exists()
    with pytest.raises(vault.Forgotten):
        vault.read(mine, Kind.PERSONALISATION, 1, purpose=Purpose.PREVIEW, actor=Actor.parent())
    # A second click, or a second visit, shows the same receipt.
    for again in (client.post(f"/my-book/{mine.pk}/data/"), client.get(f"/my-book/{mine.pk}/data/")):
        assert again.headers["Location"] == f"/receipts/{receipt.sha256}/"


def test_p8_the_button_needs_our_own_form(mine: Child) -> None:
    answer = Client(enforce_csrf_checks=True).post(f"/my-book/{mine.pk}/data/")
    assert answer.status_code == 403
    assert VaultItem.objects.exists()


def test_f20_strangers_see_the_same_404(client: Client, child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "_finders", [lambda request, uuid: None])
    for method in (client.get, client.post):
        assert method(f"/my-book/{child.pk}/data/").status_code == 404
        assert method(f"/my-book/{uuid4()}/data/").status_code == 404
    assert children.is_open(Child.objects.get())


def test_p10_after_the_time_the_page_is_a_410(client: Client, mine: Child) -> None:
    with time_machine.travel(mine.collected_at + settings.ABANDONED_RETENTION, tick=False):
        assert client.get(f"/my-book/{mine.pk}/data/").status_code == 410


def test_p12_the_parent_sees_who_looked_when_and_why(client: Client, mine: Child) -> None:
    vault.read(mine, Kind.PERSONALISATION, 1, purpose=Purpose.RENDER, actor=Actor.system("render"))
    VaultAccess.objects.create(
        child=mine,
        kind="photo",
        purpose="preview",
        actor="staff:12",
        reason="You asked about the <hat>",
        hour=mine.collected_at.replace(minute=0, second=0, microsecond=0),
        count=3,
    )
    text = client.get(f"/my-book/{mine.pk}/data/").content.decode()
    for shown in ("Our machine, by itself", "to draw your book", "Our staff (no. 12)", "photo (3 times)"):
        assert shown in text
    assert "You asked about the &lt;hat&gt;" in text


def test_an_unknown_receipt_is_not_found(client: Client) -> None:
    assert client.get(f"/receipts/{'0' * 64}/").status_code == 404
