"""Preflight: a good file passes, and every check refuses a file that is broken in its own way."""

import io
from collections.abc import Callable

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from books import composing, preflight
from books.geometry import MM
from books.print_profiles import PROFILES
from books.story import Story
from tests.books.small_story import content, portrait

HOUSE = PROFILES["house"]


@pytest.fixture
def interior(small_story: Story) -> bytes:
    return composing.interior(small_story, content(photo=portrait()), HOUSE)


def changed(data: bytes, change: Callable[[Pdf], None], **save: object) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        change(pdf)
        pdf.save(out, **save)  # type: ignore[arg-type]
    return out.getvalue()


def found(data: bytes, story: Story, profile: str = "house") -> str:
    return "\n".join(str(problem) for problem in preflight.check_interior(data, PROFILES[profile], story))


@pytest.mark.parametrize("profile", ["house", "lulu-8.5", "gelato"])
def test_what_we_make_passes(small_story: Story, profile: str) -> None:
    made = content(photo=portrait())
    assert (
        preflight.check_interior(
            composing.interior(small_story, made, PROFILES[profile]), PROFILES[profile], small_story
        )
        == []
    )
    for binding in ("softcover", "hardcover"):
        cover = composing.cover(small_story, made, PROFILES[profile], binding=binding)
        assert preflight.check_cover(cover, PROFILES[profile], small_story, binding=binding) == []


def _no_trim(pdf: Pdf) -> None:
    del pdf.pages[1].obj["/TrimBox"]


def _small_bleed(pdf: Pdf) -> None:
    pdf.pages[2].obj.TrimBox = Array([MM, MM, 215 * MM, 215 * MM])


def _rotated(pdf: Pdf) -> None:
    pdf.pages[0].obj.Rotate = 90


def _annotated(pdf: Pdf) -> None:
    pdf.pages[0].obj.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=[0, 0, 9, 9])])


def _one_page_less(pdf: Pdf) -> None:
    del pdf.pages[-1]


def _four_pages_less(pdf: Pdf) -> None:
    for _ in range(4):
        del pdf.pages[-1]


def _fonts_of(pdf: Pdf) -> pikepdf.Object:
    return pdf.pages[0].obj.Resources.XObject.T.Resources.Font


def _no_font(pdf: Pdf) -> None:
    font = next(iter(_fonts_of(pdf).values()))
    del font.DescendantFonts[0].FontDescriptor["/FontFile2"]


def _no_rgb(pdf: Pdf) -> None:
    del pdf.pages[1].obj.Resources.XObject.B.Resources["/ColorSpace"]
    pdf.pages[1].obj.Resources.XObject.B.write(b"1 0 0 rg 0 0 700 700 re f")


def _gradient(pdf: Pdf) -> None:
    for thing in pdf.objects:
        if isinstance(thing, Dictionary) and "/ShadingType" in thing and isinstance(thing.ColorSpace, Array):
            thing.ColorSpace = Name.DeviceRGB


def _blend(pdf: Pdf) -> None:
    pdf.pages[1].obj.Resources.XObject.B.Resources.ExtGState = Dictionary(M=Dictionary(BM=Name.Multiply))


def _bare_edge(pdf: Pdf) -> None:
    pdf.pages[3].obj.Contents = pdf.make_stream(b"q 0.98 0 0 0.98 2 2 cm /B Do Q")


def _no_intent(pdf: Pdf) -> None:
    del pdf.Root["/OutputIntents"]


def _wrong_intent(pdf: Pdf) -> None:
    profile = pdf.make_stream(bytes(12) + b"mntrRGB XYZ " + bytes(104))
    pdf.Root.OutputIntents[0].DestOutputProfile = profile


def _unnamed_intent(pdf: Pdf) -> None:
    del pdf.Root.OutputIntents[0]["/RegistryName"]


def _untrapped(pdf: Pdf) -> None:
    del pdf.docinfo["/Trapped"]


def _script(pdf: Pdf) -> None:
    pdf.Root.Names = Dictionary(JavaScript=Dictionary())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_no_trim, "page 2: there is no TrimBox"),
        (_small_bleed, "page 3: the TrimBox is 1.0 1.0 215.0 215.0 mm, not 3.0 3.0 213.0 213.0 mm"),
        (_rotated, "page 1: the page is rotated"),
        (_annotated, "page 1: the page has annotations"),
        (_one_page_less, "23 pages are not a multiple of 4"),
        (_four_pages_less, "20 pages: the printer binds 24 to 96"),
        (_no_font, "is not embedded"),
        (_no_rgb, "page 2: colours are in RGB without saying which"),
        (_gradient, "page 1: a gradient is in RGB without saying which"),
        (_blend, "page 2: blending mode Multiply"),
        (_bare_edge, "page 4: colour does not reach the edge of the bleed"),
        (_no_intent, "does not name one printing condition"),
        (_wrong_intent, "not a CMYK printer profile"),
        (_unnamed_intent, "names no registered printing condition"),
        (_untrapped, "whether it is trapped"),
        (_script, "carries JavaScript"),
    ],
)
def test_broken_files_are_refused(
    small_story: Story, interior: bytes, change: Callable[[Pdf], None], message: str
) -> None:
    assert message not in found(interior, small_story)
    assert message in found(changed(interior, change), small_story)


def test_coarse_photos_are_refused(small_story: Story) -> None:
    coarse = composing.interior(small_story, content(photo=portrait(600)), HOUSE)
    assert "page 1: an image has 169 dpi where it is printed; 300 are needed" in found(coarse, small_story)


def test_encrypted_files_are_refused(small_story: Story, interior: bytes) -> None:
    lock = pikepdf.Encryption(owner="owner", user="", R=6)
    assert "the file is encrypted" in found(changed(interior, lambda _pdf: None, encryption=lock), small_story)
    closed = pikepdf.Encryption(owner="owner", user="user", R=6)
    assert "password to open it" in found(changed(interior, lambda _pdf: None, encryption=closed), small_story)


def test_files_of_a_newer_version_are_refused(small_story: Story, interior: bytes) -> None:
    newer = changed(interior, lambda _pdf: None, force_version="2.0")
    assert "PDF 2.0 is newer than the printer reads" in found(newer, small_story)


def test_what_is_no_pdf_is_refused(small_story: Story) -> None:
    assert found(b"hello", small_story) == "the file is not a PDF"


def test_a_profile_that_wants_flattened_cmyk_refuses_what_we_make(small_story: Story, interior: bytes) -> None:
    assert "IngramSpark, 8.5 in square asks for PDF/X-1A" in found(interior, small_story, "ingram")


def test_a_cover_for_another_binding_is_refused(small_story: Story) -> None:
    soft = composing.cover(small_story, content(), HOUSE, binding="softcover")
    problems = "\n".join(map(str, preflight.check_cover(soft, HOUSE, small_story, binding="hardcover")))
    assert "the spine is 2.4 mm wide instead of 7.8 mm" in problems
    assert "MediaBox" in problems


def test_a_cover_is_one_page(small_story: Story, interior: bytes) -> None:
    problems = preflight.check_cover(interior, HOUSE, small_story, binding="softcover")
    assert "a cover is one page, this file has 24" in str(problems[0])
