"""Lines that mix directions, by Unicode's bidirectional algorithm. Capitals stand for Hebrew letters."""

import pytest

from books import bidi


def shown(text: str, paragraph: int) -> str:
    """The line as it stands from left to right."""
    real = "".join(chr(0x5D0 + ord(c) - 65) if "A" <= c <= "Z" else c for c in text)
    found = bidi.levels(real, paragraph)
    # Brackets in words that run backwards are turned round by the font's shaper.
    turned = str.maketrans("()", ")(")
    return "".join(text[i].translate(turned) if found[i] % 2 else text[i] for i in bidi.visual(found))


@pytest.mark.parametrize(
    ("text", "paragraph", "expected"),
    [
        ("car means CAR.", 0, "car means RAC."),
        ("car means CAR.", 1, ".RAC car means"),
        ("he said ABC, DEF!", 0, "he said FED ,CBA!"),
        ("ABC 123 DEF", 1, "FED 123 CBA"),
        ("ABC 12.5 DEF", 1, "FED 12.5 CBA"),
        ("ABC (de) FGH", 1, "HGF (de) CBA"),
        ("ABC from us (2026)!", 1, "!from us (2026) CBA"),
        ("ab (CD) ef", 0, "ab (DC) ef"),
        ("ABC  ", 1, "  CBA"),
        ("plain", 0, "plain"),
        ("", 0, ""),
    ],
)
def test_lines_are_put_in_order(text: str, paragraph: int, expected: str) -> None:
    assert shown(text, paragraph) == expected


def test_marks_stay_with_their_letter() -> None:
    assert bidi.levels("א\u05b0a", 0) == [1, 1, 0]


def test_digits_among_arabic_letters() -> None:
    assert bidi.levels("سا 12", 1) == [1, 1, 1, 2, 2]


def test_the_first_letter_decides() -> None:
    assert bidi.base("123 سارا") == 1
    assert bidi.base("(Zoë) سارا") == 0
    assert bidi.base("123") == 0


def test_plain_text_needs_no_levels() -> None:
    assert bidi.is_plain("Zoë – 12!")
    assert not bidi.is_plain("Zoë سارا")
