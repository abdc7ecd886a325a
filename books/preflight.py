"""Looks into a file before it goes to a printer, and says everything that would print wrong.

Nothing is taken from what `composing` meant to do: boxes, fonts, colours, images and the drawn edge are read from the
file itself.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pikepdf
from pikepdf import Dictionary, Name, Pdf, Stream

from books import preview
from books.geometry import MM
from books.print_profiles import PrintProfile
from books.story import Story

TOLERANCE = 0.1  # mm
RESOLUTION = 300  # dots per inch, of images at the size they are printed
RIM_PIXELS = 432
_RGB_OPERATOR = re.compile(rb"(?:^|\s)(?:rg|RG)(?=\s|$)")
_DRAW = re.compile(rb"((?:[-+\d.eE]+\s+){6})cm|/([^\s/\[\]<>()]+)\s+Do|(?:^|\s)(q|Q)(?=\s|$)")


@dataclass(frozen=True)
class Problem:
    """`page` counts from 1; 0 is the file as a whole."""

    page: int
    message: str

    def __str__(self) -> str:
        return f"page {self.page}: {self.message}" if self.page else self.message


def check_interior(pdf: bytes, profile: PrintProfile, story: Story) -> list[Problem]:
    """What keeps an interior from being printed by `profile`. Empty: it is fine."""
    side = profile.trim + 2 * profile.bleed
    with _opened(pdf) as opened:
        if isinstance(opened, Problem):
            return [opened]
        return [
            *_file(opened, profile),
            *_pages(opened, profile, story),
            *_boxes(opened, (side, side), profile.bleed),
            *_contents(opened),
            *_rim(pdf, len(opened.pages), printed=story.page_count),
        ]


def check_cover(pdf: bytes, profile: PrintProfile, story: Story, *, binding: str) -> list[Problem]:
    """What keeps a cover wrap from being printed by `profile` in `binding`. Empty: it is fine."""
    with _opened(pdf) as opened:
        if isinstance(opened, Problem):
            return [opened]
        problems = [*_file(opened, profile)]
        if len(opened.pages) != 1:
            problems.append(Problem(0, f"a cover is one page, this file has {len(opened.pages)}"))
        size = profile.wrap(story.page_count, binding)
        problems += _spine(opened, profile, story, binding)
        problems += _boxes(opened, size, profile.margin(binding))
        problems += _contents(opened)
        return [*problems, *_rim(pdf, len(opened.pages), printed=1)]


class _opened:  # noqa: N801 - used as a function
    """The document, or the problem that it cannot be read."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._pdf: Pdf | None = None

    def __enter__(self) -> Pdf | Problem:
        try:
            self._pdf = pikepdf.open(io.BytesIO(self._data))
        except pikepdf.PasswordError:
            return Problem(0, "the file is encrypted with a password to open it")
        except pikepdf.PdfError:
            return Problem(0, "the file is not a PDF")
        return self._pdf

    def __exit__(self, *_details: object) -> None:
        if self._pdf is not None:
            self._pdf.close()


def _file(pdf: Pdf, profile: PrintProfile) -> Iterator[Problem]:
    if pdf.is_encrypted:
        yield Problem(0, "the file is encrypted: print files are protected by what carries them")
    if profile.pdf_kind not in ("x-4", "rgb"):
        yield Problem(0, f"{profile.label} asks for PDF/{profile.pdf_kind.upper()}, which this file is not")
    elif pdf.pdf_version > ("1.6" if profile.pdf_kind == "x-4" else "1.7"):
        yield Problem(0, f"PDF {pdf.pdf_version} is newer than the printer reads")
    for key in ("/JavaScript", "/EmbeddedFiles"):
        if key in pdf.Root.get("/Names", Dictionary()):
            yield Problem(0, f"the file carries {key[1:]}")
    if "/ID" not in pdf.trailer:
        yield Problem(0, "the file has no identifier (/ID)")
    if profile.pdf_kind == "x-4":
        if pdf.docinfo.get("/Trapped") not in (Name("/False"), Name("/True")):
            yield Problem(0, "the file does not say whether it is trapped")
        yield from _intent(pdf)


def _intent(pdf: Pdf) -> Iterator[Problem]:
    intents = [one for one in pdf.Root.get("/OutputIntents", []) if one.get("/S") == Name.GTS_PDFX]
    if len(intents) != 1:
        yield Problem(0, "the file does not name one printing condition (GTS_PDFX output intent)")
        return
    profile = intents[0].get("/DestOutputProfile")
    if profile is not None:
        header = profile.read_bytes()[12:20]
        if header != b"prtrCMYK":
            yield Problem(0, "the output intent's profile is not a CMYK printer profile")
    elif not str(intents[0].get("/OutputConditionIdentifier", "")) or "/RegistryName" not in intents[0]:
        yield Problem(0, "the output intent names no registered printing condition")


def _pages(pdf: Pdf, profile: PrintProfile, story: Story) -> Iterator[Problem]:
    count = len(pdf.pages)
    if count % profile.multiple:
        yield Problem(0, f"{count} pages are not a multiple of {profile.multiple}")
    if not min(profile.minimum_pages.values()) <= count <= profile.maximum_pages:
        least = min(profile.minimum_pages.values())
        yield Problem(0, f"{count} pages: the printer binds {least} to {profile.maximum_pages}")
    if count != profile.printed_pages(story.page_count):
        yield Problem(0, f"{count} pages instead of {profile.printed_pages(story.page_count)}")


def _spine(pdf: Pdf, profile: PrintProfile, story: Story, binding: str) -> Iterator[Problem]:
    trim = pdf.pages[0].obj.get("/TrimBox", pdf.pages[0].obj.MediaBox)
    spine = (float(trim[2]) - float(trim[0])) / MM - 2 * profile.trim
    wanted = profile.spine(story.page_count, binding)
    if abs(spine - wanted) > TOLERANCE:
        yield Problem(1, f"the spine is {spine:.1f} mm wide instead of {wanted:.1f} mm")


def _boxes(pdf: Pdf, size: tuple[float, float], bleed: float) -> Iterator[Problem]:
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
        if "/Rotate" in page.obj and int(page.obj.Rotate) % 360:
            yield Problem(number, "the page is rotated")
        if "/Annots" in page.obj and len(page.obj.Annots):
            yield Problem(number, "the page has annotations")


def _contents(pdf: Pdf) -> Iterator[Problem]:
    """Fonts, colours and images, wherever they are used."""
    seen: set[tuple[int, int]] = set()
    for number, page in enumerate(pdf.pages, 1):
        content = b"\n".join(part.read_bytes() for part in _streams(page.obj.get("/Contents")))
        yield from _drawn(number, content, page.obj.get("/Resources", Dictionary()), (1, 0, 0, 1, 0, 0), seen)


def _streams(contents: pikepdf.Object | None) -> list[pikepdf.Object]:
    if contents is None:
        return []
    return [contents] if isinstance(contents, Stream) else list(contents)


def _drawn(
    page: int,
    content: bytes,
    resources: pikepdf.Object,
    matrix: tuple[float, ...],
    seen: set[tuple[int, int]],
) -> Iterator[Problem]:
    spaces = resources.get("/ColorSpace", Dictionary())
    if _RGB_OPERATOR.search(content) and "/DefaultRGB" not in spaces:
        yield Problem(page, "colours are in RGB without saying which (DefaultRGB)")
    for name, font in resources.get("/Font", Dictionary()).items():
        if not _embedded(font):
            yield Problem(page, f"the font {font.get('/BaseFont', name)} is not embedded")
    patterns = list(resources.get("/Pattern", Dictionary()).values())
    shadings = [*resources.get("/Shading", Dictionary()).values(), *(p.Shading for p in patterns if "/Shading" in p)]
    if any(shading.get("/ColorSpace") == Name.DeviceRGB for shading in shadings):
        yield Problem(page, "a gradient is in RGB without saying which")
    states = list(resources.get("/ExtGState", Dictionary()).values())
    for state in states:
        if str(state.get("/BM", "/Normal")) not in ("/Normal", "/Compatible"):
            yield Problem(page, f"blending mode {str(state.BM)[1:]} prints differently everywhere")
    masks = [state.SMask.G for state in states if isinstance(state.get("/SMask"), Dictionary)]
    for drawn in (*masks, *(pattern for pattern in patterns if "/Resources" in pattern)):
        if drawn.objgen not in seen:
            seen.add(drawn.objgen)
            yield from _drawn(page, drawn.read_bytes(), drawn.get("/Resources", Dictionary()), matrix, seen)
    objects = resources.get("/XObject", Dictionary())
    stack: list[tuple[float, ...]] = []
    now = matrix
    for match in _DRAW.finditer(content):
        if match[1]:
            now = _times(now, [float(n) for n in match[1].split()])
        elif match[3] == b"q":
            stack.append(now)
        elif match[3] == b"Q":
            now = stack.pop() if stack else matrix
        elif match[2] and (thing := objects.get(f"/{match[2].decode()}")) is not None:
            if thing.get("/Subtype") == Name.Image:
                yield from _image(page, thing, now, spaces)
            elif thing.objgen not in seen or not thing.is_indirect:
                seen.add(thing.objgen)
                inner = _times(now, [float(n) for n in thing.get("/Matrix", (1, 0, 0, 1, 0, 0))])
                yield from _drawn(page, thing.read_bytes(), thing.get("/Resources", Dictionary()), inner, seen)


def _times(outer: tuple[float, ...], n: list[float]) -> tuple[float, ...]:
    a, b, c, d, e, f = outer
    return (
        a * n[0] + c * n[1],
        b * n[0] + d * n[1],
        a * n[2] + c * n[3],
        b * n[2] + d * n[3],
        a * n[4] + c * n[5] + e,
        b * n[4] + d * n[5] + f,
    )


def _embedded(font: pikepdf.Object) -> bool:
    if font.get("/Subtype") == Name.Type3:
        return True
    described = font.DescendantFonts[0] if "/DescendantFonts" in font else font
    descriptor = described.get("/FontDescriptor", Dictionary())
    return any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))


def _image(page: int, image: pikepdf.Object, matrix: tuple[float, ...], spaces: pikepdf.Object) -> Iterator[Problem]:
    a, b, c, d = matrix[:4]
    width, height = (a * a + b * b) ** 0.5 / 72, (c * c + d * d) ** 0.5 / 72
    resolution = min(int(image.Width) / max(width, 1e-6), int(image.Height) / max(height, 1e-6))
    if resolution < RESOLUTION - 1:
        yield Problem(page, f"an image has {resolution:.0f} dpi where it is printed; {RESOLUTION} are needed")
    if image.get("/ColorSpace") == Name.DeviceRGB and "/DefaultRGB" not in spaces:
        yield Problem(page, "an image is in RGB without saying which")


def _rim(data: bytes, count: int, *, printed: int) -> Iterator[Problem]:
    """Pages whose outermost strip is bare paper: drawn on white and on black, a covered rim looks the same."""
    try:
        papers = zip(
            preview.rasterise(data, RIM_PIXELS, paper=255), preview.rasterise(data, RIM_PIXELS, paper=0), strict=True
        )
        for number, (white, black) in enumerate(papers, 1):
            if number > min(printed, count):
                return
            through = np.abs(white[:, :, :3].astype(int) - black[:, :, :3]).max(axis=2) > 3
            if through[0].any() or through[-1].any() or through[:, 0].any() or through[:, -1].any():
                yield Problem(number, "colour does not reach the edge of the bleed")
    except Exception as problem:  # pdfium raises its own errors, whatever is wrong with the file
        yield Problem(0, f"the file cannot be drawn ({type(problem).__name__})")
