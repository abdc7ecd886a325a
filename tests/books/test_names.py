"""Names and dedications: printed as typed, or refused with words that help."""

import io
import re
import unicodedata

import numpy as np
import pikepdf
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from books import composing, fonts, names, preview
from books.print_profiles import PROFILES
from books.story import Story
from books.typesetting import PROBES
from tests.books import names_of_the_world
from tests.books.small_story import content


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
        ("נועה", "נועה"),
        ("ג'ורג'", "ג’ורג’"),
        ("小明", "小明"),
        ("メアリー・アン", "メアリー・アン"),
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
        ("ალექსანდრე", "our fonts cannot print this name"),
        ("ᓄᓇᕗᑦ", "our fonts cannot print this name"),
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


def test_two_hundred_names_of_more_than_25_languages_are_accepted_as_typed() -> None:
    every = names_of_the_world.every()
    assert len(names_of_the_world.NAMES) >= 25
    assert len({name for _, name in every}) >= 200
    for language, name in every:
        assert names.clean(name) == unicodedata.normalize("NFC", name), language


def test_no_glyph_is_missing_in_two_hundred_names(small_story: Story) -> None:
    """Each is set on the cover and in the text; the letters are counted in the file, where 0 is the empty box."""
    for language, name in names_of_the_world.every():
        data = composing.cover(small_story, content(name), PROFILES["house"], binding="softcover")
        with pikepdf.open(io.BytesIO(data)) as pdf:
            words = pdf.pages[0].obj.Resources.XObject.frontT
            shown = b"".join(re.findall(rb"<([0-9a-f]+)>", words.read_bytes())).decode()
            assert shown, language
            assert "0000" not in {shown[at : at + 4] for at in range(0, len(shown), 4)}, (language, name)
            named = [str(font.BaseFont).partition("+")[2] for font in words.Resources.Font.values()]
        for role in (fonts.TEXT, fonts.DISPLAY):  # the story's own font, and one for the name
            assert sum(one.startswith(role) for one in named) <= 2, (language, name, named)


@pytest.mark.parametrize(
    ("name", "package", "language"),
    [
        ("נועה", "frank-ruhl-libre", "he"),
        ("小明", fonts.CJK_PACKAGE, "zh-Hans"),
        ("小さな", fonts.CJK_PACKAGE, "ja"),
        ("김小明", fonts.CJK_PACKAGE, "ko"),
    ],
)
def test_han_letters_are_drawn_as_the_name_s_language_draws_them(name: str, package: str, language: str) -> None:
    for role in (fonts.TEXT, fonts.DISPLAY):
        face = fonts.face_for(name, role)
        assert face is not None
        assert (face.package, face.language) == (package, language)


def test_no_name_is_wider_than_those_that_stories_are_checked_with() -> None:
    """Forty letters of East Asia would be twice as wide as forty of ours."""
    for role in (fonts.TEXT, fonts.DISPLAY):
        face = fonts.chain(role)[0]
        assert max(fonts.advance(face, probe) for probe in PROBES) <= names.MAX_WIDTH
    assert names.clean("明" * 25) == "明" * 25
    with pytest.raises(names.UnprintableName, match="its letters are wide"):
        names.clean("明" * 26)
    with pytest.raises(names.UnprintableName, match="its letters are wide"):
        names.clean("W" * 40)


def test_accents_stand_on_their_letters() -> None:
    """Fraunces has the accents of Yoruba and no places for them: such a name is set in Literata as a whole."""
    for name, family in (("Fẹmi", "display-fraunces"), ("Fẹ́mi", "display-literata"), ("Adébáyọ̀", "display-literata")):
        face = fonts.face_for(name, fonts.DISPLAY)
        assert face is not None
        assert face.family == family


def test_letters_with_postscript_outlines_are_drawn_like_the_others(small_story: Story) -> None:
    """The fonts of East Asia have another kind of outline, which a PDF embeds in another way."""
    data = composing.digital_copy(small_story, content("小明", dedication=""), watermark=False)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        fonts_of = pdf.pages[2].obj.Resources.XObject.T.Resources.Font.values()
        east = [one.DescendantFonts[0] for one in fonts_of if "cjk" in str(one.BaseFont)]
        assert [str(font.Subtype) for font in east] == ["/CIDFontType0"] * 2  # in the text and in the lettering
        assert {str(font.FontDescriptor.FontFile3.Subtype) for font in east} == {"/CIDFontType0C"}
    with pypdfium2.PdfDocument(data) as document:
        assert "小明" in document[2].get_textpage().get_text_range()
    empty = composing.digital_copy(small_story, content("I", dedication=""), watermark=False)
    one, other = (list(preview.rasterise(pdf, 420))[3] for pdf in (data, empty))
    assert (np.abs(one.astype(int) - other) > 25).sum() > 200  # the name stands on page 3 and is drawn


def test_without_the_extra_such_a_name_is_refused_kindly(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = {role: tuple(f for f in faces if f.package != fonts.CJK_PACKAGE) for role, faces in fonts.FALLBACKS.items()}
    monkeypatch.setattr(fonts, "FALLBACKS", fewer)
    for name in ("小明", "さくら", "서연"):
        with pytest.raises(names.UnprintableName, match="our fonts cannot print this name") as refusal:
            names.clean(name)
        assert "Hebrew, Devanagari and Thai letters" in str(refusal.value)
