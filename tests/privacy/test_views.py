"""What a parent sees of a child's data, the button that makes it go, and what is seen then (P5, P8, P10, P12)."""

import hashlib
import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from privacy import access_log, children, keystore, retention, vault
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


def data(child: Child, what: str = "") -> str:
    return f"/my-book/{child.pk}/data/{what}"


@pytest.mark.parametrize(
    ("what", "reason", "says"),
    [
        ("delete/", Child.End.DELETED, "A parent asked for it."),
        ("withdraw/", Child.End.WITHDRAWN, "A parent withdrew consent."),
    ],
)
def test_p5_p8_one_click_forgets_at_once_and_the_page_shows_the_receipt(
    client: Client, mine: Child, what: str, reason: Child.End, says: str
) -> None:
    asked = client.get(data(mine, what)).text
    assert "What goes" in asked
    assert f'href="{data(mine)}"' in asked
    assert VaultItem.objects.exists()  # asking does nothing
    answer = client.post(data(mine, what), follow=True)
    receipt = Receipt.objects.get()
    assert answer.redirect_chain == [(data(mine), 302)]
    for shown in (receipt.sha256, "1 key, 1 encrypted record and 0 encrypted files, of 1 child", says):
        assert shown in answer.text
    assert not VaultItem.objects.exists()
    with pytest.raises(vault.Forgotten):
        vault.read(mine, Kind.PERSONALISATION, 1, purpose=Purpose.PREVIEW, actor=Actor.parent())
    child = Child.objects.get()
    assert child.end_reason == reason
    assert child.consents.get().withdrawn_at == child.ended_at
    # A second click, on either button, and a later visit find the same receipt.
    for again in (client.post(data(mine, "delete/")), client.get(data(mine, "withdraw/"))):
        assert again.headers["Location"] == data(mine)
    assert receipt.sha256 in client.get(data(mine)).text
    assert Child.objects.get().end_reason == reason
    assert Receipt.objects.count() == 1


def test_p8_the_receipts_number_can_be_computed_again_from_what_the_page_shows(client: Client, mine: Child) -> None:
    receipt = children.forget(mine, reason=Child.End.DELETED)
    page = html.unescape(client.get(f"/receipts/{receipt.sha256}/").text)
    (line,) = re.findall(r"<code>(\{.*?\})</code>", page)
    assert hashlib.sha256(line.encode()).hexdigest() == receipt.sha256
    assert receipt.previous in line


def test_looking_never_changes_anything(client: Client, mine: Child) -> None:
    assert client.post(data(mine)).status_code == 405
    assert client.get(data(mine, "download/")).status_code == 405
    assert VaultItem.objects.exists()


def test_p8_the_button_needs_our_own_form(mine: Child) -> None:
    for what in ("delete/", "withdraw/", "download/"):
        assert Client(enforce_csrf_checks=True).post(data(mine, what)).status_code == 403
    assert VaultItem.objects.exists()


@pytest.mark.parametrize("what", ["", "download/", "delete/", "withdraw/"])
def test_f20_strangers_get_the_404_of_nothing_to_the_byte(
    client: Client, child: Child, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(children, "_finders", [lambda request, uuid: None])
    method = client.post if what == "download/" else client.get
    theirs, nobodys = method(data(child, what)), method(f"/my-book/{uuid4()}/data/{what}")
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.content == nobodys.content
    assert theirs.headers.keys() == nobodys.headers.keys()
    if what in ("delete/", "withdraw/"):
        assert client.post(data(child, what)).content == nobodys.content
    assert children.is_open(Child.objects.get())


def test_p10_after_the_time_the_page_is_a_410(client: Client, mine: Child) -> None:
    with time_machine.travel(mine.collected_at + settings.ABANDONED_RETENTION, tick=False):
        for what in ("", "delete/", "withdraw/"):
            assert client.get(data(mine, what)).status_code == 410
        assert client.post(data(mine, "download/")).status_code == 410
        retention.purge()
        late = client.get(data(mine))
    assert late.status_code == 200
    assert "The book was not ordered." in late.text


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
    text = client.get(data(mine)).text
    for shown in ("Our machine, by itself", "to draw your book", "Our staff (no. 12)", "your photo (3 times)"):
        assert shown in text
    assert "No person has looked" not in text
    assert "You asked about the &lt;hat&gt;" in text


def look(
    child: Child, actor: str, *, kind: str = "photo", purpose: str = "preview", reason: str = "", n: int = 1
) -> None:
    VaultAccess.objects.create(
        child=child,
        kind=kind,
        purpose=purpose,
        actor=actor,
        reason=reason,
        hour=keystore.hour_of(timezone.now()),
        count=n,
    )


def test_p12_staff_are_never_folded_away_and_the_machine_is(client: Client, mine: Child) -> None:
    for kind in Kind:
        look(mine, "system:render", kind=kind, purpose="render", n=40)
        look(mine, "parent", kind=kind)
    assert "No person has looked at it but you." in client.get(data(mine)).text
    look(mine, "staff:7", reason="The parent asked about page five")
    look(mine, "printer", kind="interior", purpose="print")
    text = client.get(data(mine)).text
    folded = "".join(re.findall(r"<details.*?</details>", text, re.DOTALL))
    open_ = re.sub(r"<details.*?</details>", "", text, flags=re.DOTALL)
    for shown in ("Our staff (no. 7)", "The parent asked about page five", "The printer"):
        assert shown in open_
        assert shown not in folded
    assert f"Our machine, by itself, to make your book: {40 * len(Kind)} times" in folded
    assert "Our machine" not in open_
    assert ">You<" not in open_


def test_p12_messages_were_not_opened_to_draw_the_book(client: Client, mine: Child) -> None:
    look(mine, "staff:7", kind="message", purpose="render")
    text = client.get(data(mine)).text
    assert "messages between you and us" in text
    assert "to talk with you about your book" in text
    assert "to draw your book" not in text


def test_p12_a_staff_look_is_shown_however_many_others_came_after(client: Client, mine: Child) -> None:
    look(mine, "staff:7", reason="The first of all looks")
    with time_machine.travel(mine.collected_at + timedelta(hours=1), tick=False):
        for number in range(access_log.MOST + 5):
            look(mine, "system:preview", reason=f"look {number}")
    assert "The first of all looks" in client.get(data(mine)).text


def test_p12_after_forgetting_the_log_still_shows_and_no_typed_reason(client: Client, mine: Child) -> None:
    look(mine, "staff:7", reason="Ada asked about the hat")
    children.forget(mine, reason=Child.End.DELETED)
    text = client.get(data(mine)).text
    assert "Our staff (no. 7)" in text
    assert access_log.FORGOTTEN_REASON in text
    assert "Ada asked" not in text


def test_an_unknown_receipt_is_not_found(client: Client) -> None:
    assert client.get(f"/receipts/{'0' * 64}/").status_code == 404
