"""Preflight: a good file passes, and every check refuses a file that is broken in its own way."""

import io
from collections.abc import Callable

import pikepdf
import pytest
from django.conf import settings
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image

from books import composing, preflight
from books.geometry import MM
from books.preflight import drawn
from books.print_profiles import PROFILES
from books.story import Story
from tests.books.small_story import content, portrait

HOUSE = PROFILES["house"]


_made: dict[str, bytes] = {}


def interior_for(story: Story, profile: str) -> bytes:
    """A good file, made once."""
    key = f"{profile} {story.template_folder} {bool(settings.PRINT_ICC)}"
    if key not in _made:
        _made[key] = composing.interior(story, content(photo=portrait()), PROFILES[profile])
    return _made[key]


def cover_for(story: Story, profile: str, binding: str) -> bytes:
    key = f"{profile} {binding} {story.template_folder} {bool(settings.PRINT_ICC)}"
    if key not in _made:
        _made[key] = composing.cover(story, content(), PROFILES[profile], binding=binding)
    return _made[key]


@pytest.fixture
def interior(small_story: Story) -> bytes:
    return interior_for(small_story, "house")


def changed(data: bytes, change: Callable[[Pdf], None], **save: object) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        change(pdf)
        pdf.save(out, **save)  # type: ignore[arg-type]
    return out.getvalue()


def found(data: bytes, story: Story, profile: str = "house") -> str:
    return "\n".join(str(problem) for problem in preflight.check_interior(data, PROFILES[profile], story))


def on_cover(data: bytes, story: Story, profile: str = "house", binding: str = "hardcover") -> str:
    problems = preflight.check_cover(data, PROFILES[profile], story, binding=binding)
    return "\n".join(str(problem) for problem in problems)


@pytest.mark.parametrize("binding", ["softcover", "hardcover"])
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_what_we_make_passes(small_story: Story, profile: str, binding: str, press_profile: bytes) -> None:
    """For every printer and binding."""
    if binding == "hardcover":
        assert found(interior_for(small_story, profile), small_story, profile) == ""
    elif not PROFILES[profile].inks:  # where pages are pictures it takes seconds, and is the same
        made = composing.interior(small_story, content(photo=portrait()), PROFILES[profile], binding=binding)
        assert preflight.check_interior(made, PROFILES[profile], small_story, binding=binding) == []
    assert on_cover(cover_for(small_story, profile, binding), small_story, profile, binding) == ""


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


def _attachment(pdf: Pdf) -> None:
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary())


def _opens(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="app.alert(1)")


def _layers(pdf: Pdf) -> None:
    pdf.Root.OCProperties = Dictionary(OCGs=Array(), D=Dictionary())


def _form(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=Array())


def _undescribed(pdf: Pdf) -> None:
    del pdf.Root["/Metadata"]


def _untitled(pdf: Pdf) -> None:
    del pdf.docinfo["/Title"]


def _no_bleed(pdf: Pdf) -> None:
    for page in pdf.pages:
        page.obj.MediaBox = page.obj.BleedBox = page.obj.TrimBox


def _cropped(pdf: Pdf) -> None:
    pdf.pages[2].obj.CropBox = pdf.pages[2].obj.TrimBox


def _own_units(pdf: Pdf) -> None:
    pdf.pages[2].obj.UserUnit = 2


def _empty(pdf: Pdf) -> None:
    pdf.pages[4].obj.Contents = pdf.make_stream(b"")


def _written_on(pdf: Pdf) -> None:
    pdf.pages[20].obj.Contents = pdf.make_stream(b"0.5 g 200 200 9 9 re f")


def _rgb_photo(pdf: Pdf) -> None:
    page = pdf.pages[0].obj
    page.Resources.XObject.I.ColorSpace = Name.DeviceRGB
    page.Resources.ColorSpace = Dictionary()


def _no_blending_space(pdf: Pdf) -> None:
    del pdf.pages[0].obj["/Group"]


def _postscript(pdf: Pdf) -> None:
    thing = pdf.make_stream(b"showpage")
    thing.Type, thing.Subtype = Name.XObject, Name.PS
    pdf.pages[1].obj.Resources.XObject.Z = thing
    pdf.pages[1].obj.Contents = pdf.make_stream(pdf.pages[1].obj.Contents.read_bytes() + b" /Z Do")


def _moved(pdf: Pdf, page: int, x: float, y: float) -> None:
    """The words of a page, moved by millimetres."""
    whole = pdf.pages[page].obj
    content = whole.Contents.read_bytes().replace(b"/T Do", f"1 0 0 1 {x * MM} {y * MM} cm /T Do".encode())
    whole.Contents = pdf.make_stream(content)


def _words_at_the_edge(pdf: Pdf) -> None:
    _moved(pdf, 1, -40, 0)


def _words_in_the_fold(pdf: Pdf) -> None:
    _moved(pdf, 1, 45, 0)


def _words_below(pdf: Pdf) -> None:
    _moved(pdf, 1, 0, -160)


BROKEN = [
    (_no_trim, "page 2: there is no TrimBox"),
    (_small_bleed, "page 3: the TrimBox is 1.0 1.0 215.0 215.0 mm, not 3.0 3.0 213.0 213.0 mm"),
    (_no_bleed, "page 1: the MediaBox is 3.0 3.0 213.0 213.0 mm, not 0.0 0.0 216.0 216.0 mm"),
    (_cropped, "page 3: the CropBox cuts into the page"),
    (_own_units, "page 3: the page counts in units of its own"),
    (_rotated, "page 1: the page is rotated"),
    (_annotated, "page 1: the page has annotations"),
    (_one_page_less, "23 pages are not a multiple of 4"),
    (_four_pages_less, "20 pages: the printer binds 24 to 96"),
    (_empty, "page 5: the page is empty"),
    (_written_on, "page 21: this page is the printer’s and must stay blank"),
    (_no_font, "is not embedded"),
    (_no_rgb, "page 2: colours are in RGB without saying which"),
    (_rgb_photo, "page 1: an image is in RGB without saying which"),
    (_gradient, "page 1: a gradient is in RGB without saying which"),
    (_blend, "page 2: blending mode Multiply"),
    (_no_blending_space, "page 1: transparency is blended in no particular colours"),
    (_bare_edge, "page 4: colour does not reach the edge of the bleed"),
    (_no_intent, "does not name one printing condition"),
    (_wrong_intent, "not a CMYK printer profile"),
    (_unnamed_intent, "names no registered printing condition"),
    (_untrapped, "whether it is trapped"),
    (_untitled, "the file’s Title is missing"),
    (_undescribed, "does not describe itself (XMP)"),
    (_script, "carries JavaScript"),
    (_attachment, "carries EmbeddedFiles"),
    (_opens, "does something when it is opened"),
    (_layers, "has layers"),
    (_form, "is a form to fill in"),
    (_postscript, "page 2: the page carries PostScript"),
    (_words_at_the_edge, "mm of the edge; 10 mm are kept free"),
    (_words_below, "mm of the edge; 10 mm are kept free"),
    (_words_in_the_fold, "mm of the binding; 4 mm are swallowed by it"),
]


@pytest.mark.parametrize(("change", "message"), BROKEN, ids=[change.__name__.strip("_") for change, _ in BROKEN])
def test_broken_files_are_refused(
    small_story: Story, interior: bytes, change: Callable[[Pdf], None], message: str
) -> None:
    assert message in found(changed(interior, change), small_story)


def test_the_same_files_unbroken_are_fine(small_story: Story, interior: bytes) -> None:
    """So that each refusal above is for what was broken."""
    assert found(changed(interior, lambda _pdf: None), small_story) == ""


def _rgb_words(pdf: Pdf) -> None:
    form = pdf.pages[0].obj.Resources.XObject.T
    form.write(form.read_bytes().replace(b" k ", b" rg ", 1))


def _rgb_picture(pdf: Pdf) -> None:
    pdf.pages[0].obj.Resources.XObject.A.ColorSpace = Name.DeviceRGB


def _other_rgb(pdf: Pdf) -> None:
    profile = pdf.make_stream(bytes(8))
    profile.N = 3
    pdf.pages[0].obj.Resources.ColorSpace = Dictionary(C=Array([Name.ICCBased, profile]))


def _faint(pdf: Pdf) -> None:
    pdf.pages[1].obj.Resources.ExtGState = Dictionary(G=Dictionary(ca=0.5))


def _group(pdf: Pdf) -> None:
    pdf.pages[1].obj.Group = Dictionary(S=Name.Transparency)


def _too_much_ink(pdf: Pdf) -> None:
    out = io.BytesIO()
    picture = pdf.pages[2].obj.Resources.XObject.A
    Image.new("CMYK", (int(picture.Width), int(picture.Height)), (255, 255, 128, 128)).save(out, "JPEG")
    picture.write(out.getvalue(), filter=Name.DCTDecode)


def _no_press(pdf: Pdf) -> None:
    del pdf.Root.OutputIntents[0]["/DestOutputProfile"]


def _unclaimed(pdf: Pdf) -> None:
    del pdf.docinfo["/GTS_PDFXVersion"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_rgb_words, "page 1: colours are in RGB: this printer takes inks only"),
        (_other_rgb, "page 1: colours are in RGB: this printer takes inks only"),
        (_rgb_picture, "page 1: an image is in RGB: this printer takes inks only"),
        (_faint, "page 2: something is translucent"),
        (_group, "page 2: the page has transparency"),
        (_too_much_ink, "page 3: 300 % of ink in one place; the printer takes 240 %"),
        (_no_press, "does not carry the printer’s profile"),
        (_unclaimed, "does not say that it is PDF/X-1a"),
    ],
)
def test_broken_files_in_inks_are_refused(
    small_story: Story,
    press_profile: bytes,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Pdf], None],
    message: str,
) -> None:
    monkeypatch.setattr(drawn, "interior", lambda *_args, **_kwargs: [])  # pages at 300 dpi take seconds to look at
    good = interior_for(small_story, "ingram")
    assert found(good, small_story, "ingram") == ""
    assert message in found(changed(good, change, force_version="1.4"), small_story, "ingram")


def test_a_newer_pdf_than_x_1a_is_refused(
    small_story: Story, press_profile: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawn, "interior", lambda *_args, **_kwargs: [])
    newer = changed(interior_for(small_story, "ingram"), lambda _pdf: None, force_version="1.6")
    assert "PDF 1.6 is newer than the printer reads" in found(newer, small_story, "ingram")


@pytest.mark.parametrize("kept", [0.5, 0.98])
def test_files_that_are_cut_off_are_refused(small_story: Story, interior: bytes, kept: float) -> None:
    assert found(interior[: int(len(interior) * kept)], small_story) == "the file is damaged or cut off"


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


def test_a_file_in_rgb_is_no_file_for_inks(small_story: Story, interior: bytes) -> None:
    said = found(interior, small_story, "ingram")
    assert "this printer takes inks only" in said
    assert "does not say that it is PDF/X-1a" in said


def test_a_softcover_needs_the_pages_of_a_softcover(small_story: Story) -> None:
    thin = composing.interior(small_story, content(), PROFILES["lulu-8.5"], binding="hardcover")
    problems = preflight.check_interior(thin, PROFILES["lulu-8.5"], small_story, binding="softcover")
    assert "24 pages: the printer binds 32 to 800" in str(problems[0])


def test_a_cover_for_another_binding_is_refused(small_story: Story) -> None:
    said = on_cover(cover_for(small_story, "house", "softcover"), small_story)
    assert "the spine is 2.4 mm wide instead of 7.8 mm" in said
    assert "MediaBox" in said


def test_a_cover_is_one_page(small_story: Story, interior: bytes) -> None:
    assert "a cover is one page, this file has 24" in on_cover(interior, small_story, binding="softcover")


def _shifted(words: bytes, x: float, y: float) -> Callable[[Pdf], None]:
    def change(pdf: Pdf) -> None:
        page = pdf.pages[0].obj
        moved = f"1 0 0 1 {x * MM} {y * MM} cm ".encode() + words
        page.Contents = pdf.make_stream(page.Contents.read_bytes().replace(words, moved))

    return change


def test_words_of_a_cover_keep_away_from_edges_and_fold(small_story: Story) -> None:
    good = cover_for(small_story, "house", "hardcover")
    assert "words on the front come within" in on_cover(changed(good, _shifted(b"/frontT Do", 25, 0)), small_story)
    assert "words on the back come within" in on_cover(changed(good, _shifted(b"/backT Do", -75, 0)), small_story)


def test_the_printers_label_has_a_white_place_without_words(small_story: Story, press_profile: bytes) -> None:
    good = cover_for(small_story, "ingram", "hardcover")
    covered = changed(good, _shifted(b"/backT Do", 60, -158), force_version="1.4")
    assert "words lie under the printer’s barcode" in on_cover(covered, small_story, "ingram")

    def painted(pdf: Pdf) -> None:
        page = pdf.pages[0].obj
        page.Contents = pdf.make_stream(page.Contents.read_bytes() + b"\n0 0.5 0.5 0 k 0 0 9999 9999 re f")

    said = on_cover(changed(good, painted, force_version="1.4"), small_story, "ingram")
    assert "the place for the printer’s barcode is not white" in said
