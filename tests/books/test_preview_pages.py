"""The whole book on the screen, kept out of caches, gone on the second (P10, P12, P21)."""

import io
import re
from datetime import datetime, timedelta

import numpy as np
import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from PIL import Image

from books import artwork, character, editions, palette, preview, revisions
from books.models import Revision
from books.story import Story
from books.views import preview as views
from privacy import children, vault
from privacy.models import Child, VaultAccess
from privacy.purposes import Actor, Kind, Purpose
from tests.books.making import ADDRESS, NAME, made, personalised, story

__all__ = ["story"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("story")]
PARENT = Actor.parent()
START = datetime.fromisoformat("2026-11-22T10:00:00+00:00")


def test_the_preview_is_a_list_of_all_pages_without_the_name_in_a_word(client: Client) -> None:
    edition = personalised(client)
    answer = client.get(reverse("books:preview", args=[edition.pk]))
    page = answer.content.decode()
    images = re.findall(r'<img src="(/books/[^"]+)" srcset="[^"]+" sizes="[^"]+" alt="([^"]+)"', page)
    assert [alt for _, alt in images] == ["Front cover", *(f"Page {n}" for n in range(1, 7)), "Back cover"]
    assert [src for src, _ in images] == [reverse("books:page", args=[edition.pk, 1, n]) for n in range(8)]
    assert NAME not in page
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["X-Robots-Tag"] == "noindex"


def test_the_preview_says_to_the_minute_when_the_child_is_forgotten(client: Client) -> None:
    with time_machine.travel(START, tick=False):
        edition = personalised(client)
        page = client.get(reverse("books:preview", args=[edition.pk])).content.decode()
        assert "Tuesday 24 November at 11:00" in page  # 48 hours later, in Copenhagen
        assert "Sunday 6 December at 11:00" in page
        assert reverse("privacy:forget", args=[edition.pk]) in page
        assert reverse("books:edit", args=[edition.pk]) in page
        children.keep_for_order(edition.child)
        page = client.get(reverse("books:preview", args=[edition.pk])).content.decode()
        assert "24 November" not in page
        assert "Sunday 6 December at 11:00" in page


def test_the_first_pages_are_there_before_the_answer_to_the_form(client: Client) -> None:
    edition = personalised(client)
    assert vault.numbers(edition.child, Kind.PREVIEW_PAGE)[:2] == [1000, 1001]


def test_every_page_is_served_though_no_worker_runs(client: Client) -> None:
    edition = personalised(client)
    for number in range(8):
        answer = client.get(reverse("books:page", args=[edition.pk, 1, number]))
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
        assert answer["Cache-Control"] == "no-store, private"
        with Image.open(io.BytesIO(answer.content)) as image:
            assert image.size == (1000, 1000)
    assert vault.numbers(edition.child, Kind.PREVIEW_PAGE) == list(range(1000, 1008))
    assert editions.latest(edition).state == Revision.State.NEW


@pytest.mark.parametrize(("width", "kept"), [(720, True), (1000, True), (1600, False)])
def test_p21_a_page_comes_in_every_width_with_its_watermark(client: Client, width: int, kept: bool) -> None:
    edition = personalised(client)
    before = vault.numbers(edition.child, Kind.PREVIEW_PAGE)
    answer = client.get(reverse("books:page_at", args=[edition.pk, 1, 2, width]))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store, private")
    content = editions.content(editions.latest(edition), purpose=Purpose.PREVIEW, actor=PARENT).reveal()
    story = revisions.story_of(edition)
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == (width, width)
        shown = np.asarray(image.resize((1000, 1000), Image.Resampling.BICUBIC)).astype(int)
    difference = {}
    for watermark in (True, False):
        ((_, jpeg),) = preview.render(story, content, [2], watermark=watermark)
        with Image.open(io.BytesIO(jpeg)) as drawn:
            difference[watermark] = np.abs(np.asarray(drawn).astype(int) - shown).mean()
    assert difference[True] < 3
    assert difference[True] * 1.5 < difference[False]
    # Only the preview's own width is kept, and what is kept goes with the revision and the child.
    assert vault.numbers(edition.child, Kind.PREVIEW_PAGE) == sorted({*before, *([1002] if kept else [])})
    assert vault.numbers(edition.child, Kind.FULL_PAGE) == []


@pytest.mark.parametrize("width", [0, 1, 719, 999, 1601, 10**9])
def test_nobody_chooses_other_widths(client: Client, width: int) -> None:
    edition = personalised(client)
    assert client.get(reverse("books:page_at", args=[edition.pk, 1, 2, width])).status_code == 404


def test_p53_sharp_pages_that_are_not_kept_are_limited(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(views, "OLD_PAGES_PER_HOUR", 1)
    edition = personalised(client)
    sharp = reverse("books:page_at", args=[edition.pk, 1, 2, 1600])
    assert [client.get(sharp).status_code for _ in range(2)] == [200, 429]
    assert client.get(reverse("books:page_at", args=[edition.pk, 1, 2, 720])).status_code == 200
    editions.want_full(editions.latest(edition))  # ordered: from now on they are kept
    assert [client.get(sharp).status_code for _ in range(2)] == [200, 200]
    assert vault.numbers(edition.child, Kind.FULL_PAGE) == [1002]
    cache.clear()


def test_p21_an_approved_copy_is_clean_in_every_width(story: Story) -> None:
    edition = made(story)
    editions.want_full(editions.latest(edition))
    small = {
        approved: [
            editions.page_image(revision, 2, full=True, actor=PARENT, width=width).reveal() for width in (720, 1000)
        ]
        for approved in (False, True)
        if not approved or editions.lock(edition) is None
        for revision in [editions.latest(edition)]
    }
    # Until then the preview's picture serves; afterwards what is reduced is the clean one.
    assert vault.numbers(edition.child, Kind.FULL_PAGE) == [1502]
    content = editions.content(editions.latest(edition), purpose=Purpose.PREVIEW, actor=PARENT).reveal()
    for approved, images in small.items():
        for width, jpeg in zip((720, 1000), images, strict=True):
            distances = {}
            for watermark in (True, False):
                ((_, drawn),) = preview.render(story, content, [2], watermark=watermark)
                with Image.open(io.BytesIO(jpeg)) as shown, Image.open(io.BytesIO(drawn)) as picture:
                    there = np.asarray(picture.resize((width, width), Image.Resampling.BICUBIC)).astype(int)
                    distances[watermark] = np.abs(np.asarray(shown).astype(int) - there).mean()
            assert distances[not approved] * 1.5 < distances[approved], (approved, width, distances)


def test_p10_a_forgotten_child_has_no_picture_in_any_width(client: Client) -> None:
    edition = personalised(client)
    children.forget(edition.child, reason=Child.End.DELETED)
    for width in (720, 1000, 1600):
        assert client.get(reverse("books:page_at", args=[edition.pk, 1, 0, width])).status_code == 410


def test_a_page_is_drawn_once_and_then_read(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    revision = editions.latest(made(story))
    first = editions.page_image(revision, 3, full=False, actor=PARENT)
    monkeypatch.setattr(preview, "render", None)
    assert editions.page_image(revision, 3, full=False, actor=PARENT) == first


def test_a_preview_shows_a_watermark_and_the_name(story: Story) -> None:
    revision = editions.latest(made(story))
    marked = editions.page_image(revision, 2, full=False, actor=PARENT).reveal()
    content = editions.content(revision, purpose=Purpose.PREVIEW, actor=PARENT).reveal()
    ((_, clean),) = preview.render(story, content, [2], watermark=False)
    assert marked != clean


def test_p21_full_pages_carry_a_watermark_until_the_book_is_approved(story: Story) -> None:
    edition = made(story)
    revision = editions.latest(edition)
    before = editions.page_image(revision, 2, full=True, actor=PARENT).reveal()
    with Image.open(io.BytesIO(before)) as image:
        assert image.size == (1600, 1600)
    assert vault.numbers(edition.child, Kind.FULL_PAGE) == [1002]
    editions.lock(edition)
    assert vault.numbers(edition.child, Kind.FULL_PAGE) == []
    revision = editions.latest(edition)
    after = editions.page_image(revision, 2, full=True, actor=PARENT).reveal()
    assert vault.numbers(edition.child, Kind.FULL_PAGE) == [1502]
    assert before != after


@pytest.mark.parametrize("page", [8, 500, 10**9])
def test_a_page_that_the_book_does_not_have_is_not_found(client: Client, page: int) -> None:
    edition = personalised(client)
    assert client.get(reverse("books:page", args=[edition.pk, 1, page])).status_code == 404
    assert client.get(reverse("books:page", args=[edition.pk, 2, 0])).status_code == 404


@pytest.mark.parametrize(("ordered", "life"), [(False, settings.ABANDONED_RETENTION), (True, settings.CHILD_RETENTION)])
def test_p10_the_last_second_is_readable_and_the_next_is_410(client: Client, ordered: bool, life: timedelta) -> None:
    with time_machine.travel(START, tick=False) as clock:
        edition = personalised(client)
        revision = editions.latest(edition)
        if ordered:
            children.keep_for_order(edition.child)
            editions.want_full(revision)
            # The session lives as long as the child; here it is used on the way, as a parent does.
            clock.move_to(START + timedelta(days=7))
            client.session.save()
        pages = [
            reverse("books:preview", args=[edition.pk]),
            reverse("books:edit", args=[edition.pk]),
            reverse("books:page", args=[edition.pk, 1, 0]),
            reverse("books:page", args=[edition.pk, 1, 5]),
            *([reverse("books:digital_copy", args=[edition.pk, 1])] if ordered else []),
            *([reverse("books:full_page", args=[edition.pk, 1, 1])] if ordered else []),
        ]
        clock.move_to(START + life - timedelta(seconds=1))
        assert [client.get(address).status_code for address in pages] == [200] * len(pages)
        clock.move_to(START + life)
        for address in pages:
            answer = client.get(address)
            assert answer.status_code == 410, address
            assert NAME.encode() not in answer.content
        assert "no-store" in client.get(pages[0])["Cache-Control"]


def test_p12_what_was_looked_at_is_logged_without_a_name(client: Client) -> None:
    edition = personalised(client)
    client.get(reverse("books:page", args=[edition.pk, 1, 0]))
    seen = VaultAccess.objects.filter(child=edition.child).values_list("actor", "purpose")
    assert set(seen) == {("parent", "preview")}


def test_the_digital_copy_is_named_after_the_story(client: Client) -> None:
    edition = personalised(client)
    editions.want_full(editions.latest(edition))
    answer = client.get(reverse("books:digital_copy", args=[edition.pk, 1]))
    assert answer["Content-Disposition"] == 'inline; filename="moon-wave-digital-copy.pdf"'
    assert answer["Cache-Control"] == "no-store, private"
    assert answer.content.startswith(b"%PDF")


def test_the_drawn_child_is_public_and_immutable(client: Client) -> None:
    version = artwork.parts().version
    answer = client.get(reverse("books:child_parts", args=[version]), headers={"Accept-Encoding": "gzip"})
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["Content-Encoding"] == "gzip"
    assert len(answer.content) < 200_000
    plain = client.get(reverse("books:child_parts", args=[version]))
    assert plain.json()["heads"].keys() == {"wave", "hold"}
    old = client.get(reverse("books:child_parts", args=["0123456789ab"]))
    assert old["Cache-Control"] == "public, max-age=60"
    assert old.content == plain.content


def test_every_option_has_a_picture_for_browsers_without_scripts(client: Client) -> None:
    version = artwork.parts().version
    page = client.get(ADDRESS).content.decode()
    for table, options in (("hairstyles", palette.load().hairstyles), ("extras", palette.load().extras)):
        for option in options:
            address = reverse("books:option_picture", args=[table, option.key, version])
            assert f'<noscript><img src="{address}" alt=""' in page
            answer = client.get(address)
            assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
            assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
            assert character.PAPER["skin"].encode() in answer.content  # nobody's skin is guessed
    for table, key in (("hairstyles", "nope"), ("skins", "1"), ("extras", "bob"), ("load", "bob")):
        assert client.get(reverse("books:option_picture", args=[table, key, version])).status_code == 404


def test_the_cover_comes_in_layers_with_the_childs_place_between(client: Client, story: Story) -> None:
    cover = artwork.live_cover(story)
    assert [slot["pose"] for slot in cover.data["children"]] == ["wave"]
    assert [(slot["pose"], slot["child"]) for slot in cover.data["two_children"]] == [("wave", 1), ("hold", 2)]
    assert cover.data["lettering"][0]["words"]["3-5"] == "{first} and the Moon"
    assert cover.data["lettering"][0]["words_of_two"]["3-5"] == "{first} and {second} and the Moon"
    assert cover.data["lettering"][0]["box"] == [40, 40, 170, 50]
    answer = client.get(cover.background)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
    assert answer.content.startswith(b"<svg")
    assert b"immutable" in answer["Cache-Control"].encode()
    assert client.get(cover.foreground).status_code == 200
    assert client.get(cover.background.replace("background", "photo")).status_code == 404
    assert client.get("/stories/nowhere/cover-background.0123456789ab.svg").status_code == 404


def test_methods_that_make_no_sense_are_refused(client: Client) -> None:
    edition = personalised(client)
    assert client.delete(ADDRESS).status_code == 405
    assert client.post(reverse("books:preview", args=[edition.pk])).status_code == 405
    assert client.post(reverse("books:page", args=[edition.pk, 1, 0])).status_code == 405
