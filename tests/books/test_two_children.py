"""A book about two: both names, both faces, words for two, and each child in a vault of its own (P1, P4, P8)."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from books import (
    access,
    composing,
    data_export,
    differences,
    editions,
    photo,
    preview,
    revisions,
    story_faces,
    templates_store,
)
from books.models import Edition
from books.personalisation import OLDER, Crop, Personalisation
from books.print_profiles import PROFILES
from books.stamping import Content, settings_of
from books.story import Story
from privacy import children, keystore, together, vault
from privacy.consent import ConsentGiven, ConsentMissing
from privacy.models import Child, Consent
from privacy.purposes import Actor, Kind, Purpose
from tests.books import making
from tests.books.small_story import content, of_two, portrait
from tests.books.test_composing import text_of

PARENT = Actor.parent()
HOUSE = PROFILES["house"]
SAID = of_two(content("Zoë", age=7)).personalisation


def started(story: Story, *, with_photos: bool = False) -> Edition:
    picture = photo.sanitise(making.photo()) if with_photos else None
    other = photo.sanitise(making.photo("#4060c0")) if with_photos else None
    crop = Crop(0.1, 0.1, 0.5) if with_photos else None
    assert SAID.sibling is not None
    return editions.start(
        story=story,
        personalisation=replace(SAID, crop=crop, sibling=replace(SAID.sibling, crop=crop)),
        photo=picture,
        sibling_photo=other,
        consent=ConsentGiven.now(),
        sibling_consent=ConsentGiven.now(),
    )


def test_both_are_named_everywhere(small_story: Story) -> None:
    pages = text_of(composing.interior(small_story, of_two(content("Zoë", age=7)), HOUSE))
    assert "Zoë and Ida" in pages[0]
    assert pages[1] == "Zoë and Ida wave."  # the younger one's words: Ida is two
    assert "Zoë, Ida and the Moon" in text_of(composing.cover(small_story, of_two(), HOUSE, binding="hardcover"))[0]


def test_the_parent_says_for_whose_age_it_is_written(small_story: Story) -> None:
    older = replace(SAID, told_to=OLDER)
    assert (SAID.band, older.band) == ("0-2", "6-8")
    assert text_of(composing.interior(small_story, Content(older), HOUSE))[1].startswith("Every evening Zoë and Ida")


def test_the_second_child_is_drawn_beside_the_first_and_only_in_books_about_two(small_story: Story) -> None:
    def drawn(book: Content) -> np.ndarray:
        ((_, jpeg),) = preview.render(small_story, book, [6], watermark=False)
        return np.frombuffer(jpeg, np.uint8)

    one, two = content(), of_two(content())
    alike = replace(two, personalisation=replace(two.personalisation, sibling=replace(two.children[0], dedication="")))
    pictures = [drawn(one).tobytes(), drawn(two).tobytes(), drawn(alike).tobytes()]
    assert len(set(pictures)) == 3  # in her own looks, not in the first one's


def test_scenery_and_words_of_two_are_in_no_other_book(small_story: Story) -> None:
    bench = int((193 - 3) / 210 * 1000), int((72 - 3) / 210 * 1000)  # row and column on page 4

    def colour(book: Content) -> tuple[int, ...]:
        (pixels,) = preview.without_words(templates_store.template_for(small_story), book, [4])
        return tuple(int(part) for part in pixels[bench][2::-1])

    assert colour(of_two()) == (0xEE, 0x82, 0x70)
    assert colour(content()) != (0xEE, 0x82, 0x70)
    # The print file draws it too, not only the preview's own pixels.
    for book, drawn in ((of_two(), True), (content(), False)):
        data = composing.interior(small_story, book, HOUSE)
        page = list(preview.rasterise(data, 432))[3]
        assert ((page[386, 144, 2::-1] == (0xEE, 0x82, 0x70)).all()) == drawn
    said = [
        [setting.words.box.y for setting in settings_of(small_story, book, [3])[0]] for book in (content(), of_two())
    ]
    assert said == [[96.0], [66.0, 96.0]]


def test_a_template_from_before_scenery_could_differ_is_read(small_story: Story, tmp_path: Path) -> None:
    folder = tmp_path / "older"
    shutil.copytree(small_story.template_folder, folder)
    index = json.loads((folder / "index.json").read_text())
    for art in index["art"].values():
        del art["background_of_two"], art["foreground_of_two"]
    (folder / "index.json").write_text(json.dumps(index))
    template = templates_store.read(small_story, folder)
    assert template.art[4].layers(2) == template.art[4].layers(1) == ("b3", "f3")
    assert (template.background(4, 2) == template.background(4)).all()


def test_each_child_has_a_frame_of_its_own(small_story: Story) -> None:
    red, blue = (portrait(side) for side in (400, 500))
    pair = replace(of_two(), portrait=red, sibling_portrait=blue)
    pdf = composing.digital_copy(small_story, pair, watermark=False)
    assert red in pdf
    assert blue in pdf
    assert blue not in composing.digital_copy(small_story, replace(content(), portrait=red), watermark=False)


def test_long_names_of_two_stay_on_their_page(small_story: Story) -> None:
    name = "Wilhelmina-Mwamba Wojciechowska-Hammonds"
    pair = of_two(content(name, age=12), sibling=name, age=12)
    for page, blocks in enumerate(settings_of(small_story, pair, range(1, 7)), 1):
        for setting in blocks:
            assert setting.width() <= setting.words.box.width * 72 / 25.4 + 0.1, page
            assert setting.height <= setting.words.box.height * 72 / 25.4 + 0.1, page


def test_the_checks_know_both_faces(small_story: Story) -> None:
    scene = small_story.scene_of(4)
    assert [face.child for face in story_faces.faces(small_story, scene, 1)] == [1]
    assert sorted(face.child for face in story_faces.faces(small_story, scene, 2)) == [1, 2]
    path = small_story.folder / scene.file("background")
    kept = path.read_text()
    try:
        path.write_text(kept.replace('data-child="2"', 'data-child="2" data-when="one"'))
        messages = [fault.message for fault in story_faces.faults(small_story, scene)]
        assert any("the second child is missing here" in message for message in messages)
        path.write_text(kept.replace("translate(20 68)", "translate(145 68)"))
        messages = [fault.message for fault in story_faces.faults(small_story, scene)]
        assert any("in front of the other’s" in message for message in messages)
    finally:
        path.write_text(kept)
    assert list(story_faces.faults(small_story, scene)) == []


def test_p22_what_changes_about_the_second_child_is_told(small_story: Story) -> None:
    assert SAID.sibling is not None
    other = replace(SAID, sibling=replace(SAID.sibling, looks=replace(SAID.sibling.looks, hairstyle="afro")))
    pages = differences.changed_pages(small_story, SAID, other)
    drawn = [dict(preview.render(small_story, Content(said), range(8), watermark=False)) for said in (SAID, other)]
    differ = [page for page in range(8) if drawn[0][page] != drawn[1][page]]
    assert set(differ) <= set(pages)
    assert differ
    assert differences.changed_answers(SAID, other) == ["the second child’s hairstyle"]


@pytest.mark.django_db
def test_p4_each_child_has_a_key_and_a_consent_of_its_own(small_story: Story) -> None:
    edition = started(small_story, with_photos=True)
    first, second = revisions.children(edition)
    assert Consent.objects.filter(child=first).count() == Consent.objects.filter(child=second).count() == 1
    assert (first.collected_at, first.expires_at) == (second.collected_at, second.expires_at)
    lies = vault.read(first, Kind.PERSONALISATION, 1, purpose=Purpose.PREVIEW, actor=PARENT).reveal()
    assert "Zoë" in lies.decode()
    assert "Ida" not in lies.decode()
    lies = vault.read(second, Kind.PERSONALISATION, 1, purpose=Purpose.PREVIEW, actor=PARENT).reveal()
    assert "Ida" in lies.decode()
    assert "Zoë" not in lies.decode()
    assert vault.numbers(first, Kind.PHOTO) == vault.numbers(second, Kind.PHOTO) == [1]
    said = editions.personalisation(edition, 1, purpose=Purpose.PREVIEW, actor=PARENT).reveal()
    assert said.names == ("Zoë", "Ida")
    made = revisions.content(editions.latest(edition), purpose=Purpose.PREVIEW, actor=PARENT).reveal()
    assert None not in made.portraits
    assert made.portrait != made.sibling_portrait


@pytest.mark.django_db
def test_p4_nothing_is_collected_when_one_consent_is_missing(small_story: Story) -> None:
    with pytest.raises(ConsentMissing):
        editions.start(story=small_story, personalisation=SAID, photo=None, consent=ConsentGiven.now())
    assert Child.objects.count() == 0


@pytest.mark.django_db
def test_a_story_about_one_child_takes_no_second(small_story: Story) -> None:
    with pytest.raises(ValueError, match="about one child"):
        editions.start(
            story=replace(small_story, children=1),
            personalisation=SAID,
            photo=None,
            consent=ConsentGiven.now(),
            sibling_consent=ConsentGiven.now(),
        )
    assert Child.objects.count() == 0


@pytest.mark.django_db
def test_p22_a_change_keeps_both_and_their_photos(small_story: Story) -> None:
    edition = started(small_story, with_photos=True)
    said = editions.personalisation(edition, 1, purpose=Purpose.PREVIEW, actor=PARENT).reveal()
    assert said.sibling is not None
    editions.revise(edition, personalisation=replace(said, sibling=replace(said.sibling, name="Ada"), told_to=OLDER))
    now = editions.personalisation(edition, 2, purpose=Purpose.PREVIEW, actor=PARENT).reveal()
    assert now.names == ("Zoë", "Ada")
    assert now.told_to == OLDER
    assert [child.photo for child in now.children] == [1, 1]
    with pytest.raises(ValueError, match="how many children"):
        editions.revise(edition, personalisation=replace(said, sibling=None))


@pytest.mark.django_db
@pytest.mark.parametrize("which", [0, 1])
def test_p8_whoever_forgets_one_child_of_a_book_forgets_the_other(small_story: Story, which: int) -> None:
    edition, other = started(small_story), making.made(small_story)
    both = revisions.children(edition)
    receipt = children.forget(both[which], reason=Child.End.DELETED)
    assert receipt.counts["children"] == receipt.counts["keys"] == 2
    for child in both:
        child.refresh_from_db()
        assert child.receipt == receipt
        assert vault.numbers(child, Kind.PERSONALISATION) == []
        with pytest.raises(keystore.KeyGone):
            keystore.current().get(child.pk, keystore.hour_of(child.collected_at))
    assert Consent.objects.filter(child__in=both, withdrawn_at=None).count() == 0
    assert vault.numbers(other.child, Kind.PERSONALISATION) == [1]


@pytest.mark.django_db
def test_p10_both_are_kept_for_an_order_and_released_together(small_story: Story) -> None:
    edition = started(small_story)
    children.keep_for_order(edition.child)
    first, second = revisions.children(edition)
    second.refresh_from_db()
    assert not any(Child.objects.values_list("abandoned_at", flat=True))
    children.release(first)
    second.refresh_from_db()
    assert second.abandoned_at == first.abandoned_at
    assert second.abandoned_at
    children.keep_for_order(first)
    with time_machine.travel(first.collected_at + settings.CHILD_RETENTION - timedelta(seconds=1), tick=False):
        assert editions.personalisation(edition, 1, purpose=Purpose.PREVIEW, actor=PARENT).reveal().names
    with (
        time_machine.travel(first.collected_at + settings.CHILD_RETENTION, tick=False),
        pytest.raises(vault.Forgotten),
    ):
        vault.read(second, Kind.PERSONALISATION, 1, purpose=Purpose.PREVIEW, actor=PARENT)


@pytest.mark.django_db
def test_p6_the_copy_for_the_parent_has_both(small_story: Story) -> None:
    edition = started(small_story, with_photos=True)
    part = data_export.part(edition.child)
    assert part is not None
    version = part.data.reveal()["versions"][0]
    assert (version["name"], version["second_child"]["name"]) == ("Zoë", "Ida")
    names = [file.name for file in part.files]
    assert {"photo-1.jpg", "second-child-photo-1.jpg"} <= set(names)
    assert data_export.part(revisions.children(edition)[1]) is None  # it is in the first one's


@pytest.mark.django_db
def test_nobody_is_together_with_whoever_was_collected_beside_them(small_story: Story) -> None:
    with transaction.atomic():
        alone = children.collect(consent=ConsentGiven.now())
    edition = started(small_story)
    assert together.everyone(alone) == [alone]
    assert together.complete([alone, edition.child]) == [alone, *revisions.children(edition)]


@pytest.mark.django_db
def test_p5_p8_the_parents_page_says_that_both_go_together(small_story: Story, client: Client) -> None:
    edition = started(small_story, with_photos=True)
    session = client.session
    session[access.SESSION_KEY] = [str(edition.pk)]
    session.save()
    data, forget = (reverse(f"privacy:{name}", args=[edition.pk]) for name in ("data", "forget"))
    page = client.get(data).content.decode()
    assert "What we hold about your children" in page
    assert "they are forgotten together" in page
    assert "2 photos you sent" in page
    assert "What you typed and chose.<" in page  # one version, although both have a part of it
    assert "Your consent for each child" in page
    assert "Both names, ages and looks" in client.get(forget).content.decode()
    client.post(forget)
    assert "about the two children of the book The Moon. The keys are destroyed" in client.get(data).content.decode()
    assert all(child.receipt for child in Child.objects.all())


def test_a_personalisation_from_before_is_read(small_story: Story) -> None:
    stored = content().personalisation.to_bytes()
    assert b"told_to" not in stored
    assert Personalisation.from_bytes(stored) == content().personalisation
