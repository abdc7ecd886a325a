"""What is written in the file: version, description, printing condition, page counts and boxes."""

from collections.abc import Iterator

from pikepdf import Dictionary, Name, Pdf

from books.geometry import MM
from books.preflight.problems import Problem
from books.print_profiles import PrintProfile
from books.story import Story

TOLERANCE = 0.1  # mm
NEWEST = {"x-1a": "1.4", "x-4": "1.6", "rgb": "1.7"}


def whole(pdf: Pdf, profile: PrintProfile) -> Iterator[Problem]:
    """The file as such."""
    if pdf.is_encrypted:
        yield Problem(0, "the file is encrypted: print files are protected by what carries them")
    if pdf.pdf_version > NEWEST[profile.pdf_kind]:
        yield Problem(0, f"PDF {pdf.pdf_version} is newer than the printer reads")
    for key in ("/JavaScript", "/EmbeddedFiles"):
        if key in pdf.Root.get("/Names", Dictionary()):
            yield Problem(0, f"the file carries {key[1:]}")
    if "/OpenAction" in pdf.Root or "/AA" in pdf.Root:
        yield Problem(0, "the file does something when it is opened")
    if "/OCProperties" in pdf.Root:
        yield Problem(0, "the file has layers that can be switched off")
    if "/AcroForm" in pdf.Root:
        yield Problem(0, "the file is a form to fill in")
    if "/ID" not in pdf.trailer:
        yield Problem(0, "the file has no identifier (/ID)")
    if "/Metadata" not in pdf.Root:
        yield Problem(0, "the file does not describe itself (XMP)")
    if profile.pdf_kind != "rgb":
        yield from _standard(pdf, profile)


def _standard(pdf: Pdf, profile: PrintProfile) -> Iterator[Problem]:
    """What the family of PDF/X asks for."""
    if pdf.docinfo.get("/Trapped") not in (Name("/False"), Name("/True")):
        yield Problem(0, "the file does not say whether it is trapped")
    for key in ("/Title", "/CreationDate", "/ModDate"):
        if not str(pdf.docinfo.get(key, "")):
            yield Problem(0, f"the file’s {key[1:]} is missing")
    if profile.pdf_kind == "x-1a" and not str(pdf.docinfo.get("/GTS_PDFXVersion", "")).startswith("PDF/X-1"):
        yield Problem(0, "the file does not say that it is PDF/X-1a")
    yield from _intent(pdf, embedded=profile.inks)


def _intent(pdf: Pdf, *, embedded: bool) -> Iterator[Problem]:
    intents = [one for one in pdf.Root.get("/OutputIntents", []) if one.get("/S") == Name.GTS_PDFX]
    if len(intents) != 1:
        yield Problem(0, "the file does not name one printing condition (GTS_PDFX output intent)")
        return
    profile = intents[0].get("/DestOutputProfile")
    if profile is not None:
        header = profile.read_bytes()[12:20]
        if header != b"prtrCMYK":
            yield Problem(0, "the output intent's profile is not a CMYK printer profile")
    elif embedded:
        yield Problem(0, "the output intent does not carry the printer’s profile, which the inks were made for")
    elif not str(intents[0].get("/OutputConditionIdentifier", "")) or "/RegistryName" not in intents[0]:
        yield Problem(0, "the output intent names no registered printing condition")


def pages(pdf: Pdf, profile: PrintProfile, story: Story, binding: str) -> Iterator[Problem]:
    """How many there are."""
    count, least = len(pdf.pages), profile.minimum_pages[binding]
    if count % profile.multiple:
        yield Problem(0, f"{count} pages are not a multiple of {profile.multiple}")
    if not least <= count <= profile.maximum_pages:
        yield Problem(0, f"{count} pages: the printer binds {least} to {profile.maximum_pages}")
    wanted = profile.printed_pages(story.page_count, binding)
    if count != wanted:
        yield Problem(0, f"{count} pages instead of {wanted}")


def spine(pdf: Pdf, profile: PrintProfile, story: Story, binding: str) -> Iterator[Problem]:
    """Whether the cover leaves room for the back of the book."""
    trim = pdf.pages[0].obj.get("/TrimBox", pdf.pages[0].obj.MediaBox)
    spine = (float(trim[2]) - float(trim[0])) / MM - 2 * profile.trim
    wanted = profile.spine(story.page_count, binding)
    if abs(spine - wanted) > TOLERANCE:
        yield Problem(1, f"the spine is {spine:.1f} mm wide instead of {wanted:.1f} mm")


def boxes(pdf: Pdf, size: tuple[float, float], bleed: float) -> Iterator[Problem]:
    """Size, bleed and trim of every page (mm), and what would turn or scale it."""
    wanted = {
        "MediaBox": (0.0, 0.0, size[0], size[1]),
        "BleedBox": (0.0, 0.0, size[0], size[1]),
        "TrimBox": (bleed, bleed, size[0] - bleed, size[1] - bleed),
    }
    for number, page in enumerate(pdf.pages, 1):
        for name, box in wanted.items():
            found = page.obj.get(f"/{name}")
            if found is None:
                yield Problem(number, f"there is no {name}")
            elif any(abs(float(f) / MM - w) > TOLERANCE for f, w in zip(found, box, strict=True)):
                millimetres = " ".join(f"{float(f) / MM:.1f}" for f in found)
                yield Problem(number, f"the {name} is {millimetres} mm, not {' '.join(f'{w:.1f}' for w in box)} mm")
        if "/CropBox" in page.obj and any(
            abs(float(f) / MM - w) > TOLERANCE for f, w in zip(page.obj.CropBox, wanted["MediaBox"], strict=True)
        ):
            yield Problem(number, "the CropBox cuts into the page")
        if float(page.obj.get("/UserUnit", 1)) != 1:
            yield Problem(number, "the page counts in units of its own (UserUnit)")
        if "/Rotate" in page.obj and int(page.obj.Rotate) % 360:
            yield Problem(number, "the page is rotated")
        if "/Annots" in page.obj and len(page.obj.Annots):
            yield Problem(number, "the page has annotations")
