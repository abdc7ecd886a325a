"""Which pages of two versions differ: exactly those that are drawn differently (P22)."""

from dataclasses import replace

import pytest

from books import differences, preview
from books.personalisation import Crop, Personalisation
from books.stamping import Content
from books.story import Story
from tests.books.small_story import content, portrait

SAID = content().personalisation
OTHER = {
    "nothing": SAID,
    "name": replace(SAID, name="Ida"),
    "age in the same band": replace(SAID, age=8),
    "age in another band": replace(SAID, age=4),
    "dedication": replace(SAID, dedication="For you, with love"),
    "no dedication": replace(SAID, dedication=""),
    "skin": replace(SAID, looks=replace(SAID.looks, skin="2")),
    "hairstyle": replace(SAID, looks=replace(SAID.looks, hairstyle="bob")),
    "extras": replace(SAID, looks=replace(SAID.looks, extras=())),
    "outfit": replace(SAID, looks=replace(SAID.looks, outfit="raincoat")),
}
ANSWERS = {
    "nothing": [],
    "age in the same band": ["age"],
    "age in another band": ["age"],
    "no dedication": ["dedication"],
    "outfit": ["clothes"],
}


def drawn(story: Story, said: Personalisation, photo: bytes | None = None) -> dict[int, bytes]:
    return dict(preview.render(story, Content(said, photo), range(8), watermark=False))


@pytest.mark.parametrize("what", OTHER)
def test_p22_a_page_is_called_changed_when_it_is_drawn_differently(small_story: Story, what: str) -> None:
    before, after = drawn(small_story, SAID), drawn(small_story, OTHER[what])
    differ = [page for page in range(8) if before[page] != after[page]]
    said = differences.changed_pages(small_story, SAID, OTHER[what])
    # A page onto which only a sleeve reaches is called changed with the face; the other way round nothing is missed.
    assert set(said) - set(differ) <= ({5} if what == "extras" else set())
    assert set(differ) <= set(said)
    assert bool(differ) == (what not in ("nothing", "age in the same band"))
    assert differences.changed_answers(SAID, OTHER[what]) == ANSWERS.get(what, [what])


def test_p22_a_photo_changes_the_page_with_the_frame(small_story: Story) -> None:
    framed = replace(SAID, photo=1, crop=Crop(x=0.0, y=0.0, size=0.5))
    moved = replace(framed, crop=Crop(x=0.1, y=0.0, size=0.5))
    bare, with_photo = drawn(small_story, SAID), drawn(small_story, framed, portrait(400))
    differ = [page for page in range(8) if bare[page] != with_photo[page]]
    assert len(differ) == 1
    for left, right in ((SAID, framed), (framed, moved), (moved, SAID)):
        assert differences.changed_pages(small_story, left, right) == differ
        assert differences.changed_answers(left, right) == ["photo"]
    assert differences.changed_pages(small_story, moved, replace(moved)) == []


def test_a_comparison_says_nothing_of_the_child(small_story: Story) -> None:
    """Its values may stand in a page for staff, in a log line or in an error."""
    told = repr((differences.changed_answers(SAID, OTHER["name"]), differences.changed_pages(small_story, SAID, SAID)))
    assert "Ida" not in told
    assert "Zoë" not in told
