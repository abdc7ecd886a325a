"""A book's life: started, changed, approved, printed; what the vault holds at each step (P7, P10, P22)."""

import io
from datetime import datetime, timedelta

import pikepdf
import pytest
import time_machine
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from books import composing, editions, page_images, photo, preflight, print_files, revisions
from books.editions import EditionLocked, PreflightFailed
from books.models import Edition, Revision
from books.personalisation import Crop, Personalisation
from books.preflight import Problem
from books.print_profiles import PROFILES
from books.story import Story
from privacy import vault
from privacy.consent import ConsentGiven
from privacy.models import VaultAccess
from privacy.purposes import Actor, Kind, Purpose
from tests.books import making
from tests.books.making import LOOKS, NAME, answers, made, personalised, story

__all__ = ["story"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("story")]
PARENT = Actor.parent()


def said(edition: Edition, number: int) -> Personalisation:
    return editions.personalisation(edition, number, purpose=Purpose.PREVIEW, actor=PARENT).reveal()


def with_photo(story: Story) -> Edition:
    return editions.start(
        story=story,
        personalisation=Personalisation(name=NAME, age=4, looks=LOOKS, crop=Crop(0.1, 0.1, 0.5)),
        photo=photo.sanitise(making.photo()),
        consent=ConsentGiven.now(),
    )


def test_starting_a_book_draws_nothing(story: Story) -> None:
    edition = made(story)
    assert (edition.story, edition.story_version) == (story.slug, story.version)
    assert [r.number for r in edition.revisions.all()] == [1]
    assert editions.latest(edition).state == Revision.State.NEW
    assert vault.numbers(edition.child, Kind.PERSONALISATION) == [1]
    assert vault.numbers(edition.child, Kind.PREVIEW_PAGE) == []


def test_starting_a_book_leaves_nothing_behind_when_it_fails(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise OSError

    monkeypatch.setattr(vault, "put", broken)
    with pytest.raises(OSError):
        made(story)
    assert Edition.objects.count() == 0


def test_p22_each_change_is_a_new_revision_and_the_old_words_stay_readable(story: Story) -> None:
    edition = made(story)
    revision = editions.revise(edition, personalisation=Personalisation(name="Ada", age=9, looks=LOOKS))
    assert revision.number == 2
    assert editions.latest(edition) == revision
    assert (said(edition, 1).name, said(edition, 2).name) == (NAME, "Ada")


def test_two_changes_can_never_get_the_same_number(story: Story) -> None:
    edition = made(story)
    with pytest.raises(IntegrityError), transaction.atomic():
        edition.revisions.create(number=1)


def test_p7_changing_a_book_does_not_keep_the_child_longer(client: Client) -> None:
    start = datetime.fromisoformat("2026-11-22T10:00:00+00:00")
    with time_machine.travel(start, tick=False) as clock:
        edition = personalised(client)
        before = (edition.child.collected_at, edition.child.expires_at, edition.child.abandoned_at)
        clock.move_to(start + timedelta(hours=40))
        answer = client.post(reverse("books:edit", args=[edition.pk]), answers(name="Ada"))
        assert answer.status_code == 302
        edition.child.refresh_from_db()
        assert (edition.child.collected_at, edition.child.expires_at, edition.child.abandoned_at) == before
        assert said(edition, 2).name == "Ada"
        clock.move_to(start + timedelta(hours=48))
        assert client.get(reverse("books:edit", args=[edition.pk])).status_code == 410


def test_p7_an_approved_book_is_not_changed_any_more(story: Story, client: Client) -> None:
    edition = personalised(client)
    editions.lock(edition)
    with pytest.raises(EditionLocked):
        editions.revise(edition, personalisation=Personalisation(name="Ada", age=4, looks=LOOKS))
    for answer in (
        client.get(reverse("books:edit", args=[edition.pk])),
        client.post(reverse("books:edit", args=[edition.pk]), answers(name="Ada")),
    ):
        assert answer.status_code == 409
        assert "can no longer be changed" in answer.content.decode()
    assert editions.latest(edition).number == 1


def test_locking_names_the_revision_that_was_approved(story: Story) -> None:
    edition = made(story)
    editions.revise(edition, personalisation=Personalisation(name="Ada", age=4, looks=LOOKS))
    with pytest.raises(EditionLocked):
        editions.lock(edition, number=1)
    editions.lock(edition, number=2)
    first = edition.locked_at
    editions.lock(edition, number=2)
    assert edition.locked_at == first


def test_a_superseded_revision_loses_its_images_and_keeps_its_words(story: Story) -> None:
    edition = made(story)
    page_images.make_first(editions.latest(edition), actor=PARENT)
    assert vault.numbers(edition.child, Kind.PREVIEW_PAGE) == [1000, 1001]
    first = editions.latest(edition)
    editions.revise(edition, personalisation=said(edition, 1))
    assert vault.numbers(edition.child, Kind.PREVIEW_PAGE) == []
    assert vault.numbers(edition.child, Kind.PERSONALISATION) == [1, 2]
    # A tab that still shows the old one gets its pages, but they are not kept.
    assert editions.page_image(first, 0, full=False, actor=PARENT).reveal()[:2] == b"\xff\xd8"
    assert vault.numbers(edition.child, Kind.PREVIEW_PAGE) == []


def test_the_photo_stays_when_something_else_is_changed_and_goes_when_taken_out(story: Story) -> None:
    edition = with_photo(story)
    kept = said(edition, 1)
    assert kept.photo == 1
    editions.revise(edition, personalisation=Personalisation(NAME, 5, LOOKS, photo=1, crop=kept.crop))
    second = revisions.photo(edition, 2, purpose=Purpose.PREVIEW, actor=PARENT)
    assert second is not None
    editions.revise(
        edition,
        personalisation=Personalisation(NAME, 5, LOOKS, crop=kept.crop),
        photo=photo.sanitise(making.photo("#203040")),
    )
    assert said(edition, 3).photo == 3
    third = revisions.photo(edition, 3, purpose=Purpose.PREVIEW, actor=PARENT)
    assert third is not None
    assert third.reveal() != second.reveal()
    editions.revise(edition, personalisation=Personalisation(NAME, 5, LOOKS))
    assert revisions.photo(edition, 4, purpose=Purpose.PREVIEW, actor=PARENT) is None


def test_the_form_keeps_replaces_and_removes_the_photo(client: Client) -> None:
    edition = personalised(client, photo=making.photo(), crop_x="0.1", crop_y="0.2", crop_size="0.5")
    address = reverse("books:edit", args=[edition.pk])
    page = client.get(address).content.decode()
    assert f'data-kept="/books/{edition.pk}/1/photo.jpg"' in page
    assert 'name="guardian"' not in page  # given already
    crop = {"crop_x": "0.2", "crop_y": "0.2", "crop_size": "0.5"}
    client.post(address, answers(guardian=None, consent=None, **crop))
    assert (said(edition, 2).photo, said(edition, 2).crop) == (1, Crop(0.2, 0.2, 0.5))
    client.post(address, answers(photo=making.photo("#203040")))
    assert said(edition, 3).photo == 3
    client.post(address, answers(remove_photo="on"))
    assert (said(edition, 4).photo, said(edition, 4).crop) == (None, None)


def test_the_form_for_changing_shows_what_the_vault_has(client: Client) -> None:
    edition = personalised(client)
    answer = client.get(reverse("books:edit", args=[edition.pk]))
    page = answer.content.decode()
    assert f'value="{NAME}"' in page
    assert answer["Cache-Control"] == "no-store, private"
    for field, key in {
        "skin": "7",
        "hair_colour": "black",
        "glasses": "glasses-round",
        "outfit": "raincoat-red",
    }.items():
        assert f'name="{field}" value="{key}" checked' in page
    assert 'name="extras" value="freckles" checked' in page


def test_an_ordered_book_that_is_changed_gets_a_new_digital_copy(story: Story) -> None:
    edition = made(story)
    editions.want_full(editions.latest(edition))
    revision = editions.revise(edition, personalisation=Personalisation(name="Ada", age=4, looks=LOOKS))
    assert revision.full_wanted
    assert revision.full_ready_at is None


def test_p10_nothing_can_be_changed_or_drawn_after_the_childs_time(story: Story) -> None:
    start = datetime.fromisoformat("2026-11-22T10:00:00+00:00")
    with time_machine.travel(start, tick=False) as clock:
        edition = made(story)
        revision = editions.latest(edition)
        clock.move_to(start + settings.ABANDONED_RETENTION)
        for attempt in (
            lambda: editions.revise(edition, personalisation=Personalisation(name="Ada", age=4, looks=LOOKS)),
            lambda: editions.page_image(revision, 0, full=False, actor=PARENT),
            lambda: editions.digital_copy(revision, actor=PARENT),
            lambda: editions.content(revision, purpose=Purpose.PREVIEW, actor=PARENT),
            lambda: print_files.print_files(edition, 1, PROFILES["house"], "softcover"),
        ):
            with pytest.raises(vault.Forgotten):
                attempt()
        assert edition.revisions.count() == 1


def test_print_files_are_stored_for_print_only_after_they_were_checked(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    edition = made(story)
    monkeypatch.setattr(composing, "interior", lambda *_args, **_kwargs: b"%PDF inside")
    monkeypatch.setattr(composing, "cover", lambda *_args, **_kwargs: b"%PDF cover")
    problem = Problem.__new__(Problem)
    monkeypatch.setattr(preflight, "check_interior", lambda *_args, **_kwargs: [problem])
    monkeypatch.setattr(preflight, "check_cover", lambda *_args, **_kwargs: [])
    with pytest.raises(PreflightFailed) as failed:
        editions.print_files(edition, 1, PROFILES["house"], "hardcover")
    assert failed.value.problems == (problem,)
    assert vault.numbers(edition.child, Kind.INTERIOR) == vault.numbers(edition.child, Kind.COVER) == []
    monkeypatch.setattr(preflight, "check_interior", lambda *_args, **_kwargs: [])
    files = editions.print_files(edition, 1, PROFILES["house"], "hardcover")
    assert (files.interior.reveal(), files.cover.reveal()) == (b"%PDF inside", b"%PDF cover")
    assert files.page_count == PROFILES["house"].printed_pages(story.page_count, "hardcover")
    kept = vault.read(edition.child, Kind.INTERIOR, 1, purpose=Purpose.PRINT, actor=Actor.printer())
    assert kept.reveal() == b"%PDF inside"
    assert VaultAccess.objects.filter(child=edition.child, purpose="print", actor="system:print").exists()


@pytest.mark.parametrize("binding", ["softcover", "hardcover"])
def test_print_files_of_a_real_book_pass_the_real_preflight(story: Story, binding: str) -> None:
    edition = made(story)
    files = editions.print_files(edition, 1, PROFILES["house"], binding)
    with pikepdf.open(io.BytesIO(files.interior.reveal())) as interior:
        assert len(interior.pages) == files.page_count
    with pikepdf.open(io.BytesIO(files.cover.reveal())) as cover:
        assert len(cover.pages) == 1
    for kind, made_file in ((Kind.INTERIOR, files.interior), (Kind.COVER, files.cover)):
        assert vault.read(edition.child, kind, 1, purpose=Purpose.PRINT, actor=Actor.printer()) == made_file
