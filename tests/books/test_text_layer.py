"""Words on the page: what WeasyPrint would draw, with fonts embedded and words that can be found again."""

import io
from html import escape

import numpy as np
import numpy.typing as npt
import pikepdf
import pypdfium2
import pytest
import weasyprint

from books import fonts
from books.fonts import DISPLAY, TEXT
from books.geometry import MM
from books.preview import rasterise
from books.story import TRIM, Box, Story, Words
from books.text_layer import TextLayer, own_faces
from books.typesetting import LINE_HEIGHT, Setter, Setting

BANDS = ("0-2", "3-5", "6-8", "9-12")


def setting(story: Story, name: str, text: str, *, personal: bool = False, **changes: object) -> Setting:
    options: dict[str, object] = {
        "place": 2,
        "box": Box(20, 60, 170, 60),
        "words": dict.fromkeys(BANDS, "" if personal else text),
        "ink": "#000000",
        "size": 24.0,
        **changes,
    }
    return Setter(story, name).fit(Words(**options), text, personal=personal)  # type: ignore[arg-type]


def written(*settings: Setting) -> bytes:
    pdf = pikepdf.Pdf.new()
    layer = TextLayer(own_faces("literata", "fraunces"))
    content = layer.draw(settings)
    pdf.add_blank_page(page_size=(TRIM * MM, TRIM * MM))
    pdf.pages[0].obj.Contents = pdf.make_stream(content)
    pdf.pages[0].obj.Resources = layer.resources(pdf)
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def read(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    text: str = document[0].get_textpage().get_text_range()
    document.close()
    return text.replace("\r\n", "\n")


def reference(text: str, name: str, *, role: str = TEXT, size: float, rtl: bool = False) -> bytes:
    """The same words in the same place, laid out by WeasyPrint on Pango."""
    face = fonts.face_for(name, role)
    assert face
    faces = "".join(
        f"@font-face{{font-family:{f.family};src:url({fonts.file(f).as_uri()})}}" for f in fonts.chain(role)
    )
    isolated = f'<bdi style="font-family:{face.family};line-height:0" lang="{face.language}">{escape(name)}</bdi>'
    leading = LINE_HEIGHT[role] * size
    families = ",".join(f.family for f in fonts.chain(role))
    html = (
        f"<style>{faces}@page{{size:{TRIM}mm;margin:0}}body{{margin:0}}"
        f"div{{position:absolute;left:20mm;width:170mm;top:{60 * MM + (60 * MM - leading) / 2}pt;text-align:center;"
        f"font:{size}pt/{leading}pt {families};white-space:pre}}span{{line-height:0}}</style>"
        f'<div dir="{"rtl" if rtl else "ltr"}">{escape(text, quote=False).replace("{name}", isolated)}</div>'
    )
    return bytes(weasyprint.HTML(string=html).write_pdf())


def ink(data: bytes) -> npt.NDArray[np.float64]:
    """How dark the page is, in blocks of 8 x 8 pixels."""
    pixels = next(iter(rasterise(data, 1200)))[:, :, 1].astype(float)
    blocks: npt.NDArray[np.float64] = (255 - pixels).reshape(150, 8, 150, 8).mean(axis=(1, 3))
    return blocks


@pytest.mark.parametrize("name", ["Zoë", "O’Malley", "Nguyễn Ánh", "سارا علي", "साक्षी", "ณัฐวุฒิ", "Ольга", "Sara سارا"])
@pytest.mark.parametrize("role", [TEXT, DISPLAY])
def test_words_stand_where_weasyprint_would_put_them(small_story: Story, name: str, role: str) -> None:
    text = "Dear {name}, hello!" if role == TEXT else "{name}"
    ours = setting(small_story, name, text, display=role == DISPLAY, lines=1)
    if role == DISPLAY and ours.leading != LINE_HEIGHT[role]:
        ours = Setting(ours.words, ours.role, ours.size, LINE_HEIGHT[role], ours.lines, ours.gaps)
    mine, theirs = ink(written(ours)), ink(reference(text, name, role=role, size=ours.size))
    assert mine.sum() == pytest.approx(theirs.sum(), rel=0.03)
    assert np.abs(mine - theirs).max() < 90, "letters stand elsewhere"
    assert np.abs(mine - theirs).sum() < 0.2 * theirs.sum()


@pytest.mark.parametrize("text", ["إلى سارا، مع الحب from Mum (2026)!", "For سارا, with love (2026)."])
def test_dedications_in_two_directions_read_as_weasyprint_writes_them(small_story: Story, text: str) -> None:
    ours = setting(small_story, "Zoë", text, personal=True, size=16.0)
    mine, theirs = ink(written(ours)), ink(reference(text, "Zoë", size=16, rtl=not text.startswith("For")))
    assert np.abs(mine - theirs).sum() < 0.25 * theirs.sum()


def test_words_can_be_found_again(small_story: Story) -> None:
    found = read(written(setting(small_story, "Zoë", "Difficult offices: {name} waved at the Moon — twice.")))
    assert " ".join(found.split()) == "Difficult offices: Zoë waved at the Moon — twice."


def test_fonts_are_embedded_subsets_of_the_right_weight(small_story: Story) -> None:
    from fontTools.ttLib import TTFont

    data = written(
        setting(small_story, "سارا", "Hello {name}"), setting(small_story, "Zoë", "{name}", display=True, lines=1)
    )
    with pikepdf.open(io.BytesIO(data)) as pdf:
        used = pdf.pages[0].obj.Resources.Font
        families = {str(font.BaseFont).split("+")[1] for font in used.values()}
        assert families == {"text-literata", "text-noto-sans-arabic", "display-fraunces"}
        for font in used.values():
            program = font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes()
            assert len(program) < 40_000
    for face in fonts.every_face():
        static = TTFont(fonts.file(face))
        assert "fvar" not in static
        assert static["OS/2"].usWeightClass == face.weight


def test_lettering_turns_about_the_middle_of_its_box(small_story: Story) -> None:
    straight = setting(small_story, "Zoë", "{name}", display=True, lines=1, box=Box(80, 90, 50, 30))
    turned = setting(small_story, "Zoë", "{name}", display=True, lines=1, box=Box(80, 90, 50, 30), rotate=180.0)
    quarter = setting(small_story, "Zoë", "{name}", display=True, lines=1, box=Box(80, 90, 50, 30), rotate=90.0)
    middle = []
    for one in (straight, turned, quarter):
        dark = ink(written(one))
        rows, columns = np.nonzero(dark > 10)
        middle.append((rows.mean() / 150 * TRIM, columns.mean() / 150 * TRIM))
        if one is quarter:  # clockwise: the word reads downwards
            assert np.ptp(rows) > np.ptp(columns)
    for row, column in middle:
        assert abs(row - 105) < 4
        assert abs(column - 105) < 4
