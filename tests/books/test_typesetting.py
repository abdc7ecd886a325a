"""Words in their boxes: as large as they fit, whatever the child is called."""

from dataclasses import replace

import pytest

from books.geometry import MM
from books.story import SMALLEST_TEXT, Box, Story, Words
from books.typesetting import PROBES, Setter, Setting

BANDS = ("0-2", "3-5", "6-8", "9-12")
LONGEST = ["W" * 40, "Wolfeschlegelsteinhausenbergerdorffmmmmm", "Wilhelmina-Mwamba Wojciechowska-Hammonds", "ณ" * 40]


def words(text: str = "{name}", *, box: tuple[float, ...] = (20, 20, 160, 50), **changes: object) -> Words:
    made = Words(
        place=2,
        box=Box(*box),
        words=dict.fromkeys(BANDS, text),
        ink="#000000",
        size=19,
        align="center",
        valign="middle",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def said(setting: Setting) -> list[str]:
    return [
        "".join(
            (" " if word.space and index else "") + "".join(f.text for f in word.fragments)
            for index, word in enumerate(line)
        )
        for line in setting.lines
    ]


def inside(setting: Setting) -> bool:
    box = setting.words.box
    return setting.height <= box.height * MM + 0.1 and setting.width() <= box.width * MM


@pytest.mark.parametrize("name", ["A", "Zoë", "سارا علي", "साक्षी", *LONGEST])
@pytest.mark.parametrize("band", BANDS)
def test_no_name_leaves_its_box(small_story: Story, name: str, band: str) -> None:
    setter = Setter(small_story, name)
    for scene in small_story.scenes:
        for block in filter(lambda block: block.meant(1), scene.words):
            setting = setter.fit(block, block.words[band])
            assert inside(setting), (name, block.line)
            if not block.display and name in PROBES:
                assert setting.size >= SMALLEST_TEXT


def test_short_words_are_as_large_as_allowed(small_story: Story) -> None:
    setting = Setter(small_story, "Zoë").fit(words(), "Hello {name}.")
    assert setting.size == 19
    assert said(setting) == ["Hello Zoë."]


def test_long_words_get_smaller_until_they_fit(small_story: Story) -> None:
    text = "The Moon was very large that night, and {name} was very small. " * 4
    setting = Setter(small_story, "Zoë").fit(words(box=(20, 20, 100, 40)), text)
    assert SMALLEST_TEXT <= setting.size < 19
    assert inside(setting)
    larger = Setter(small_story, "Zoë").fit(words(box=(20, 20, 100, 46)), text)
    assert larger.size > setting.size


@pytest.mark.parametrize("align", ["left", "center"])
def test_lines_are_of_like_length(small_story: Story, align: str) -> None:
    text = "Every evening {name} waved at the Moon, and tonight the Moon waved back at last."
    setting = Setter(small_story, "Zoë").fit(words(box=(20, 20, 120, 50), align=align), text)
    widths = [sum(word.width for word in line) for line in setting.lines]
    assert len(widths) > 1
    assert min(widths) > 0.7 * max(widths)


def test_verse_keeps_its_lines_and_paragraphs_their_gap(small_story: Story) -> None:
    setting = Setter(small_story, "Zoë").fit(words(), "Step and skip,\nhop, hop, hop!\n\nThe Night Post does not stop.")
    assert said(setting) == ["Step and skip,", "hop, hop, hop!", "The Night Post does not stop."]
    assert setting.gaps == {2}


def test_lines_break_after_hyphens_and_not_within_words(small_story: Story) -> None:
    setting = Setter(small_story, "Anne-Marie").fit(
        words(box=(20, 20, 32, 90), size=24, align="left"), "{name} Johansson"
    )
    assert said(setting) == ["Anne-", "Marie", "Johansson"]


def test_lettering_fills_its_box(small_story: Story) -> None:
    wide = Setter(small_story, "Bo").fit(words(display=True, lines=1, size=96, box=(10, 10, 150, 12)), "{name}")
    assert wide.height == pytest.approx(12 * MM, rel=0.01)
    narrow = Setter(small_story, "Maximiliana").fit(
        words(display=True, lines=1, size=96, box=(10, 10, 30, 30)), "{name}"
    )
    assert narrow.width() == pytest.approx(30 * MM, rel=0.01)


def test_a_long_name_takes_a_second_line_when_that_helps(small_story: Story) -> None:
    box = words(display=True, lines=1, size=96, box=(10, 10, 40, 24))
    assert said(Setter(small_story, "Wilhelmina Wojciechowska").fit(box, "{name}")) == ["Wilhelmina", "Wojciechowska"]
    assert said(Setter(small_story, "Bo").fit(box, "{name}")) == ["Bo"]


def test_the_title_uses_both_its_lines(small_story: Story) -> None:
    title = words(display=True, lines=2, size=96, box=(20, 20, 170, 50))
    assert said(Setter(small_story, "Zoë").fit(title, "{name} and the Night Post")) == ["Zoë and the", "Night Post"]


def test_a_dedication_may_name_a_brace(small_story: Story) -> None:
    setting = Setter(small_story, "Zoë").fit(words(""), "For you :-)", personal=True)
    assert setting.personal
    assert said(setting) == ["For you :-)"]


def test_p03_nothing_of_a_child_stays_in_the_cache_of_widths(small_story: Story) -> None:
    from books import fonts

    fonts._static_advance.cache_clear()
    Setter(small_story, "Xaviera").fit(words(), "Dear {name}")
    before = fonts._static_advance.cache_info().currsize
    Setter(small_story, "Yolanda").fit(words(), "Dear {name}")
    Setter(small_story, "Yolanda").fit(words(""), "Quite other words", personal=True)
    assert fonts._static_advance.cache_info().currsize == before
