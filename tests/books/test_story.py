"""Reading a story and saying, with file and line, what is wrong with it."""

import re
from pathlib import Path

import pytest
from pytest_django import Settings

from books import story as stories
from books import story_checks
from books.story import Story
from tests.books import small_story as small


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """A copy of the small story that a test may spoil."""
    settings.STORIES_DIR = tmp_path / "stories"
    settings.PUBLISHED_DIR = tmp_path / "published"
    return small.write(settings.STORIES_DIR)


def spoil(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


def test_the_small_story_is_read_and_fine(folder: Path) -> None:
    story = stories.load("moon-wave")
    assert (story.page_count, story.ages, story.sample_pages) == (6, (0, 12), (2, 3))
    assert story.title_for("Zoë") == "Zoë and the Moon"
    assert story.scene_of(5).pages == (4, 5)
    assert story_checks.check(story) == []
    assert not story.is_published
    assert stories.published() == ()


def test_the_version_follows_every_drawing_and_word(folder: Path) -> None:
    first = stories.load("moon-wave").version
    assert stories.load("moon-wave").version == first
    spoil(folder / "scenes" / "03-background.svg", "#174b57", "#184b57")
    second = stories.load("moon-wave").version
    spoil(folder / "story.toml", "waved back", "winked back")
    assert len({first, second, stories.load("moon-wave").version}) == 3


def test_a_draft_that_cannot_be_read_does_not_close_the_shop(folder: Path) -> None:
    broken = folder.parent / "draft"
    broken.mkdir()
    (broken / "story.toml").write_text("title =")
    assert [story.slug for story in stories.every()] == ["moon-wave"]
    with pytest.raises(stories.StoryError, match=r"draft/story.toml"):
        stories.load("draft")


@pytest.mark.parametrize("slug", ["nowhere", "../moon-wave", ""])
def test_unknown_stories(folder: Path, slug: str) -> None:
    with pytest.raises(stories.UnknownStory):
        stories.load(slug)


@pytest.mark.parametrize(
    ("before", "after", "line", "message"),
    [
        ("box = [20, 20, 160, 50]", "box = [20, 20, 160]", 52, "four numbers"),
        ('ink = "#fff8ec"\n  size', 'ink = "cream"\n  size', 52, "a colour like"),
        ('align = "left"', 'align = "start"', 90, "“align” is left"),
        ("pages = [2, 3]", 'pages = "2-3"', 47, "“pages” should be list"),
        ('shape = "circle"', 'shape = "star"', 24, "“shape” is circle or rounded"),
        ('summary = "A child', 'summry = "A child', 0, "“summary” is missing"),
        ('when = "one"\n  text', 'when = "three"\n  text', 62, "“when” is one or two (children)"),
        ("  lines = 2\n", '  lines = 2\n  when = "two"\n', 0, "not on covers"),
    ],
)
def test_story_files_that_cannot_be_understood(folder: Path, before: str, after: str, line: int, message: str) -> None:
    spoil(folder / "story.toml", before, after)
    with pytest.raises(stories.StoryError) as problem:
        stories.load("moon-wave")
    assert message in str(problem.value)
    assert (f"story.toml:{line}:" if line else "story.toml:") in str(problem.value)


@pytest.mark.parametrize(
    ("before", "after", "line", "message"),
    [
        ('"3-5" = "{name} {waves|wave} at', '"3-4" = "{name} {waves|wave} at', 52, "there is no text for the ages 3-5"),
        ("{name} {waves|wave}.", "{child} waves.", 52, "{child} means nothing"),
        ("{name} {waves|wave}.", "{name} waves. " * 60, 52, "the words do not fit their box"),
        ("{name} {waves|wave}.", "{name} ა", 52, "no font has ა"),
        ('when = "two"\n  text = "{second}"', 'text = "{second}"', 78, "{second} means nothing"),
        ("box = [20, 20, 160, 50]", "box = [5, 20, 160, 50]", 52, "10 mm inside the page"),
        ("box = [20, 20, 160, 50]", "box = [5, 20, 160, 50]", 52, "box = [10, 20, 155, 50] would"),
        ("box = [20, 20, 160, 50]", "box = [20, 80, 160, 40]", 52, "ages 0-2: the words lie over the child’s face"),
        ("box = [20, 20, 160, 50]", "box = [45, 20, 160, 50]", 52, "8 mm from the fold"),
        ("box = [120, 96, 60, 14]", "box = [120, 96, 9, 14]", 62, "would be set in"),
        ("page = 3", "page = 4", 62, "is not in this scene"),
        ("pages = [2, 3]", "pages = [3, 2]", 47, "do not face each other"),
        ("pages = [6]", "pages = [5]", 101, "page 5 is in scene 3 too"),
        ("pages = [6]", "pages = [8]", 0, "page 6 is in no scene"),
        ('outfit = "raincoat"', 'outfit = "tutu"', 0, "no outfit “tutu”"),
        ('slug = "moon-wave"', 'slug = "sun-wave"', 0, "the folder is “moon-wave”"),
        ('ink = "#2e1a33"', 'text_font = "arial"\nink = "#2e1a33"', 0, "no text font “arial”"),
        ("sample_scenes = [2]", "sample_scenes = [9]", 0, "names no scene"),
        ('panel = "front"', 'panel = "back"', 0, "the front cover has no lettering"),
    ],
)
def test_stories_that_would_print_wrong(folder: Path, before: str, after: str, line: int, message: str) -> None:
    spoil(folder / "story.toml", before, after)
    found = [str(fault) for fault in story_checks.check(stories.load("moon-wave"))]
    place = f"story.toml:{line}: " if line else "story.toml: "
    assert any(place in fault and message in fault for fault in found), found


@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        ("scenes/02-background.svg", "wave", "levitate", r"02-background.svg:17: nobody has drawn the pose “levitate”"),
        ("scenes/02-background.svg", "smile", "grumpy", r"02-background.svg:17: nobody has drawn the mood “grumpy”"),
        ("scenes/02-background.svg", "scale(0.2 0.2)", "scale(0)", r":17: the child’s transform makes it vanish"),
        ("scenes/02-background.svg", ' data-pose="wave"', "", r":17: the child's place has no data-pose"),
        ("scenes/02-background.svg", "#c8453f", "#01fe08", r":13: this green marks colours"),
        ("scenes/02-background.svg", "#c8453f", "#39ff14", r":13: #39ff14 is brighter than ink on paper can be"),
        ("scenes/03-background.svg", "translate(145", "translate(170", r":17: the child’s face falls into the fold"),
        ("scenes/03-background.svg", "translate(145", "translate(170", r"move it aside by \d+ mm"),
        ("scenes/02-background.svg", '<g opacity="0.6"', '<g filter="url(#blur)"', r"filter is not allowed"),
        ("scenes/02-background.svg", '<g opacity="0.6"', '<g mask="url(#moon)"', r"mask is not allowed"),
        ("scenes/02-background.svg", "userSpaceOnUse", "objectBoundingBox", r":3: gradients need"),
        ("scenes/02-background.svg", '<g opacity="0.6"', '<g data-when="six"', r':14: data-when="one" or "two"'),
        ("scenes/02-background.svg", "<circle", '<circle data-when="two"', r":\d+: data-when=.*belongs on a <g>"),
        ("cover/front-background.svg", '<g opacity="0.6"', '<g data-when="two"', r"the front cover has one drawing"),
        ("scenes/02-background.svg", "</svg>", "", r"02-background.svg:\d+: not well-formed"),
        ("scenes/01-foreground.svg", "</svg>", small.SLOT.format(x=1, scale=1) + "</svg>", r":3: the child stands in"),
    ],
)
def test_drawings_that_would_print_wrong(folder: Path, file: str, before: str, after: str, message: str) -> None:
    spoil(folder / file, before, after)
    found = [str(fault) for fault in story_checks.check(stories.load("moon-wave"))]
    assert any(re.search(message, fault) for fault in found), found


def test_missing_drawings_are_named(folder: Path) -> None:
    (folder / "scenes" / "03-background.svg").unlink()
    (folder / "scenes" / "03-foreground.svg").unlink()
    (folder / "cover" / "back-background.svg").unlink()
    found = [fault.path.name for fault in story_checks.check(stories.load("moon-wave"))]
    assert found == ["03-background.svg", "back-background.svg"]


def test_published_stories_are_for_sale(small_story: Story) -> None:
    assert stories.published() == (small_story,)
