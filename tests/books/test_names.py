"""Names and dedications: printed as typed, or refused with words that help."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books import fonts, names


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Zoë", "Zoë"),
        ("Zoe\u0308", "Zoë"),
        ("O'Malley", "O’Malley"),
        ("D`Arcy", "D’Arcy"),
        ("  Anna \t Maria ", "Anna Maria"),
        ("Łucja-Şeyma Őz", "Łucja-Şeyma Őz"),
        ("Nguyễn Ánh", "Nguyễn Ánh"),
        ("A", "A"),
        ("x" * 40, "x" * 40),
        ("سارا", "سارا"),
        ("साक्षी", "साक्षी"),
        ("ณัฐวุฒิ", "ณัฐวุฒิ"),
        ("Ольга", "Ольга"),
        ("Ελένη", "Ελένη"),
        ("\u202eBob\u202c", "Bob"),
        ("Bo\u0000b\u200b", "Bob"),
        ("An\u200dna", "Anna"),
        ("مه\u200cسا", "مه\u200cسا"),
    ],
)
def test_names_are_printed_as_typed(typed: str, printed: str) -> None:
    assert names.clean(typed) == printed


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("", "type the child’s name"),
        ("   \u200b", "type the child’s name"),
        ("x" * 41, "shorten the name to 40"),
        ("Lily 🦄", "leave out the emoji"),
        ("❤", "leave out the emoji"),
        ("小明", "our fonts cannot print this name"),
        ("さくら", "our fonts cannot print this name"),
        ("נועה", "our fonts cannot print this name"),
        ("Ольга سارا", "our fonts cannot print this name"),
        ("<b>Bob</b>", "only letters"),
        ("{name}", "only letters"),
        ("1234", "at least one letter"),
        ("a\u0301\u0302\u0303\u0304\u0305", "too many marks"),
    ],
)
def test_other_names_are_refused_kindly(typed: str, hint: str) -> None:
    with pytest.raises(names.UnprintableName) as refusal:
        names.clean(typed)
    assert hint in str(refusal.value)
    assert not typed.strip() or typed not in str(refusal.value)


@given(st.text(max_size=60))
def test_whatever_is_typed_is_clean_or_refused(typed: str) -> None:
    try:
        name = names.clean(typed)
    except names.UnprintableName:
        return
    assert names.clean(name) == name
    assert 1 <= len(name) <= names.MAX_NAME
    for role in (fonts.TEXT, fonts.DISPLAY):
        face = fonts.face_for(name, role)
        assert face is not None
        assert fonts.covers(face, name)


def test_a_name_is_set_in_one_font() -> None:
    latin = fonts.face_for("Zoë", fonts.DISPLAY)
    cyrillic = fonts.face_for("Зоя", fonts.DISPLAY)
    arabic = fonts.face_for("سارا", fonts.DISPLAY)
    assert latin
    assert cyrillic
    assert arabic
    assert (latin.family, cyrillic.family) == ("display-fraunces", "display-literata")
    assert (arabic.package, arabic.language) == ("noto-sans-arabic", "ar")


def test_dedications_keep_their_lines() -> None:
    assert names.clean_dedication(" For you,\r\n\r\n with  love\x07 ") == "For you,\nwith love"
    assert names.clean_dedication("") == ""


def test_dedications_may_mix_scripts() -> None:
    text = "For سارا, from Ольга & नाना."
    assert names.clean_dedication(text) == text


@pytest.mark.parametrize(
    ("typed", "hint"),
    [("x" * 301, "it now has 301"), ("a\n" * 7 + "b", "at most six lines"), ("love ❤", "these characters: ❤")],
)
def test_other_dedications_are_refused_kindly(typed: str, hint: str) -> None:
    with pytest.raises(names.UnprintableName, match=hint):
        names.clean_dedication(typed)
