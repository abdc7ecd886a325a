"""Everything about a child as one ZIP (P6), and correcting it (P7), from an order, a session and for strangers."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pikepdf
import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse
from PIL import Image

from books import editions
from books.models import Edition
from books.story import Story
from orders.models import Order
from privacy import children, data_views, holdings, policies, vault
from privacy.models import Child, VaultAccess
from privacy.purposes import Actor, Kind, Purpose
from refunds import changes
from tests.books.making import DEDICATION, NAME, answers, personalised, photo
from tests.orders.factories import CANARY, make_line, make_order
from tests.orders.jobs import approve, in_review
from tests.orders.test_review import opened
from tests.refunds.staff import member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_story")]
PARENT = Actor.parent()


@pytest.fixture
def stopped_clock() -> Iterator[None]:
    """A PDF holds the second in which it was made: two that are to be compared need the same one."""
    with time_machine.travel(datetime.now(UTC), tick=False):
        yield


def download(client: Client, edition: Edition) -> zipfile.ZipFile:
    answer = client.post(reverse("privacy:download", args=[edition.pk]))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Disposition"] == 'attachment; filename="childs-data.zip"'
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive


def data_in(archive: zipfile.ZipFile) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(archive.read("data.json"))
    return data


def book_of(order: Order) -> Edition:
    return Edition.objects.select_related("child").get(order_line__order=order)


def files_below(folder: Path) -> Iterator[bytes]:
    return (path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_p6_an_unordered_book_with_its_photo_and_every_page(client: Client) -> None:
    edition = personalised(client, photo=photo())
    archive = download(client, edition)
    names = archive.namelist()
    assert names == ["README.txt", "data.json", "photo-1.jpg", *(f"book/page-{n:02}.jpg" for n in range(8))]
    data = data_in(archive)
    (version,) = data["book"]["versions"]
    assert (version["name"], version["age"], version["dedication"], version["photo"]) == (NAME, 4, DEDICATION, 1)
    assert version["looks"]["eyes"] == "hazel"
    assert set(version["crop"]) == {"x", "y", "size"}
    stored = vault.read(edition.child, Kind.PHOTO, 1, purpose=Purpose.PREVIEW, actor=PARENT)
    assert archive.read("photo-1.jpg") == stored.reveal()
    for number in range(8):
        with Image.open(io.BytesIO(archive.read(f"book/page-{number:02}.jpg"))) as image:
            assert image.size == (1000, 1000)
    # The pages as the screen shows them, watermark and all, drawn on the spot or kept.
    for number in (0, 5):
        shown = client.get(reverse("books:page", args=[edition.pk, 1, number])).content
        assert archive.read(f"book/page-{number:02}.jpg") == shown
    (consent,) = data["child"]["consents"]
    assert "I agree that" in consent["wording"]
    assert (consent["policy_version"], consent["withdrawn_at"]) == (policies.current("privacy").version, None)
    assert data["child"]["forgotten_at"] == holdings.until(edition.child).isoformat()
    assert "order" not in data
    # Every key is explained, every file named, and nobody's name stands on the outside.
    readme = archive.read("README.txt").decode()
    assert all(f"  {key}:" in readme for key in data)
    assert all(name in readme for name in names[1:])
    assert NAME not in readme
    assert not any(NAME in name for name in names)


def test_p12_the_download_is_itself_a_look_that_is_logged_and_in_the_log_it_holds(client: Client) -> None:
    edition = personalised(client, photo=photo())
    VaultAccess.objects.all().delete()
    looks = data_in(download(client, edition))["who_looked"]
    rows = VaultAccess.objects.values_list("actor", "kind", "purpose")
    assert {(actor, purpose) for actor, _, purpose in rows} == {("parent", "rights")}
    assert {kind for _, kind, _ in rows} == {"personalisation", "photo", "preview page"}
    assert sorted(look["what"] for look in looks) == sorted(kind for _, kind, _ in rows)
    page = client.get(reverse("privacy:data", args=[edition.pk])).text
    assert "to give you the copy you asked for" in page


def test_p6_making_the_zip_keeps_nothing_and_writes_no_plaintext(client: Client, tmp_path: Path) -> None:
    edition = personalised(client, photo=photo())
    before = set(vault.numbers(edition.child, Kind.PREVIEW_PAGE))
    archive = download(client, edition)
    assert set(vault.numbers(edition.child, Kind.PREVIEW_PAGE)) == before
    for canary in (NAME.encode(), b"JFIF", b"PK\x03\x04", archive.read("photo-1.jpg")[:40]):
        assert not any(canary in content for content in files_below(tmp_path))


@pytest.mark.usefixtures("stopped_clock")
def test_p6_an_order_in_review_with_messages_versions_and_the_watermarked_pdf(small_story: Story) -> None:
    order = in_review(small_story)
    edition, line = book_of(order), order.lines.get()
    request = changes.ask(line, f"{CANARY} has curls")
    changes.answer(request, staff=member("privacy.view_child_data"), text="We have drawn them.")
    said = editions.personalisation(edition, 1, purpose=Purpose.PREVIEW, actor=PARENT).reveal()
    editions.revise(edition, personalisation=said)
    archive = download(opened(order), edition)
    data = data_in(archive)
    assert [one["version"] for one in data["book"]["versions"]] == [1, 2]
    assert [(one["from"], one["text"]) for one in data["messages"]] == [
        ("you", f"{CANARY} has curls"),
        ("us", "We have drawn them."),
    ]
    assert f"{CANARY} has curls" in archive.read("messages.txt").decode()
    assert (data["order"]["number"], data["order"]["to"]["name"]) == (order.number, order.name)
    assert not any(name.startswith(("print/", "book/", "photo")) for name in archive.namelist())
    with pikepdf.open(io.BytesIO(archive.read("book.pdf"))) as pdf:
        assert len(pdf.pages) == 8
    shown = opened(order).get(reverse("books:digital_copy", args=[edition.pk, 2])).content
    assert archive.read("book.pdf") == shown  # made on the spot, with the watermark
    assert vault.numbers(edition.child, Kind.DIGITAL_COPY) == [2000]  # watermarked: below the clean ones
    assert download(opened(order), edition).read("book.pdf") == shown


@pytest.mark.usefixtures("stopped_clock")
def test_p6_p21_after_approval_the_copy_is_clean_and_the_print_files_are_there(small_story: Story) -> None:
    order = in_review(small_story)
    edition = book_of(order)
    approve(order)
    for kind in (Kind.INTERIOR, Kind.COVER):
        vault.put(edition.child, kind, 1, b"%PDF-" + str(kind).encode())
    archive = download(opened(order), edition)
    assert archive.read("print/interior-1.pdf") == b"%PDF-interior"
    assert archive.read("print/cover-1.pdf") == b"%PDF-cover"
    clean = opened(order).get(reverse("books:digital_copy", args=[edition.pk, 1])).content
    assert archive.read("book.pdf") == clean  # made on the spot, without
    assert vault.numbers(edition.child, Kind.DIGITAL_COPY) == [1500]
    assert download(opened(order), edition).read("book.pdf") == clean


def test_f20_another_parents_download_is_the_404_of_nothing(client: Client, small_story: Story) -> None:
    mine, theirs = personalised(client), book_of(in_review(small_story))
    stranger = opened(make_order())
    for edition in (mine, theirs):
        answer = stranger.post(reverse("privacy:download", args=[edition.pk]))
        nothing = stranger.post(reverse("privacy:download", args=[uuid4()]))
        assert (answer.status_code, answer.content) == (404, nothing.content)
    assert not VaultAccess.objects.filter(purpose="rights").exists()


def test_p53_downloads_are_limited_and_the_page_stays(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = personalised(client)
    monkeypatch.setattr(data_views, "DOWNLOADS_PER_HOUR", 2)
    for _ in range(2):
        download(client, edition)
    answer = client.post(reverse("privacy:download", args=[edition.pk]))
    assert answer.status_code == 429
    assert "a lot of downloads" in answer.text
    assert "What we hold about your child" in answer.text


@pytest.mark.parametrize("late", [False, True])
def test_p10_a_forgotten_child_cannot_be_downloaded(client: Client, late: bool) -> None:
    edition = personalised(client)
    if not late:
        children.forget(edition.child, reason=Child.End.DELETED)
    with time_machine.travel(edition.child.collected_at + settings.ABANDONED_RETENTION * late, tick=not late):
        answer = client.post(reverse("privacy:download", args=[edition.pk]))
    assert answer.status_code == 410
    assert not answer["Content-Type"].startswith("application/zip")


# --- correcting -------------------------------------------------------------------------------------------------------


def test_p7_a_correction_makes_a_new_version_and_does_not_move_the_clock(client: Client) -> None:
    edition = personalised(client)
    before = Child.objects.values("collected_at", "expires_at", "abandoned_at").get()
    with time_machine.travel(edition.child.collected_at + timedelta(hours=30), tick=True):
        page = client.get(reverse("privacy:data", args=[edition.pk])).text
        address = reverse("books:edit", args=[edition.pk])
        assert f'href="{address}"' in page
        assert client.post(address, answers(name="Zephyr")).status_code == 302
        page = client.get(reverse("privacy:data", args=[edition.pk])).text
        assert "in 2 versions" in page
        assert "in 17 hours" in page
        versions = data_in(download(client, edition))["book"]["versions"]
    assert [one["name"] for one in versions] == [NAME, "Zephyr"]
    assert Child.objects.values("collected_at", "expires_at", "abandoned_at").get() == before


def test_p7_in_review_the_page_leads_to_the_form_and_to_us_and_locked_it_says_whom_to_ask(small_story: Story) -> None:
    order = in_review(small_story)
    edition, line = book_of(order), order.lines.get()
    client = opened(order)
    address, edit = reverse("privacy:data", args=[edition.pk]), reverse("books:edit", args=[edition.pk])
    page = client.get(address).text
    assert edit in page
    assert reverse("orders:review", args=[order.number, line.pk]) in page
    approve(order)
    page = client.get(address).text
    assert edit not in page
    assert "can no longer be changed" in page
    assert f"/contact/?topic=order&amp;order_number={order.number}" in page


def test_the_way_back_is_the_order_of_an_ordered_book_and_the_book_of_another(
    client: Client, small_story: Story
) -> None:
    edition = personalised(client)
    book = reverse("books:preview", args=[edition.pk])
    for what in ("data", "forget", "withdraw"):
        assert f'href="{book}"' in client.get(reverse(f"privacy:{what}", args=[edition.pk])).text
    children.keep_for_order(edition.child)
    order = make_order()
    make_line(order, edition=edition)
    page = client.get(reverse("privacy:forget", args=[edition.pk])).text
    assert f'href="{reverse("orders:order", args=[order.number])}"' in page
    assert f'href="{book}"' not in page
