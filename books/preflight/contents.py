"""What pages are drawn with: fonts, colours, images and transparency, wherever they are used."""

import io
import re
from collections.abc import Iterator

import numpy as np
import pikepdf
from pikepdf import Dictionary, Name, Pdf, Stream
from PIL import Image, UnidentifiedImageError

from books.preflight.problems import Problem
from books.print_profiles import PrintProfile

RESOLUTION = 300  # dots per inch, of images at the size they are printed
SPARE_INK = 6  # percent that the edges of a compressed image may have too much
_RGB_OPERATOR = re.compile(rb"(?:^|\s)(?:rg|RG)(?=\s|$)")
_DRAW = re.compile(rb"((?:[-+\d.eE]+\s+){6})cm|/([^\s/\[\]<>()]+)\s+Do|(?:^|\s)(q|Q)(?=\s|$)")
_RGB_SPACES = ("/DeviceRGB", "/CalRGB", "/Lab")


def problems(pdf: Pdf, profile: PrintProfile) -> Iterator[Problem]:
    """Every fault once, on the page where it is met first."""
    for number, page in enumerate(pdf.pages, 1):
        yield from _blending(number, page.obj, profile)
    walk = _Walk(profile)
    for number, page in enumerate(pdf.pages, 1):
        content = b"\n".join(part.read_bytes() for part in _streams(page.obj.get("/Contents")))
        yield from walk.drawn(number, content, page.obj.get("/Resources", Dictionary()), (1, 0, 0, 1, 0, 0))


def _blending(number: int, page: pikepdf.Object, profile: PrintProfile) -> Iterator[Problem]:
    """Transparency of the page as a whole: forbidden in PDF/X-1a, and elsewhere in a colour space that is named."""
    group = page.get("/Group", Dictionary())
    if profile.pdf_kind == "x-1a":
        if group.get("/S") == Name.Transparency:
            yield Problem(number, "the page has transparency, which this kind of file has not")
    elif not profile.inks and _see_through(page.get("/Resources", Dictionary()), set()) and "/CS" not in group:
        yield Problem(number, "transparency is blended in no particular colours (a Group with CS)")


def _see_through(resources: pikepdf.Object, seen: set[tuple[int, int]]) -> bool:
    """Whether anything below these resources is translucent."""
    if any(_translucent(state) for state in resources.get("/ExtGState", Dictionary()).values()):
        return True
    for thing in resources.get("/XObject", Dictionary()).values():
        if thing.objgen in seen and thing.is_indirect:
            continue
        seen.add(thing.objgen)
        if _see_through(thing.get("/Resources", Dictionary()), seen):
            return True
    return False


def _translucent(state: pikepdf.Object) -> bool:
    faint = any(float(state.get(key, 1)) < 1 for key in ("/ca", "/CA"))
    return faint or isinstance(state.get("/SMask"), Dictionary)


def _streams(contents: pikepdf.Object | None) -> list[pikepdf.Object]:
    if contents is None:
        return []
    return [contents] if isinstance(contents, Stream) else list(contents)


class _Walk:
    """One way through everything that is drawn; what is drawn again is looked at once."""

    def __init__(self, profile: PrintProfile) -> None:
        self.profile = profile
        self.seen: set[tuple[int, int]] = set()

    def drawn(
        self, page: int, content: bytes, resources: pikepdf.Object, matrix: tuple[float, ...]
    ) -> Iterator[Problem]:
        yield from self._colours(page, content, resources)
        for name, font in resources.get("/Font", Dictionary()).items():
            if not _embedded(font):
                yield Problem(page, f"the font {font.get('/BaseFont', name)} is not embedded")
        states = list(resources.get("/ExtGState", Dictionary()).values())
        yield from self._states(page, states)
        masks = [state.SMask.G for state in states if isinstance(state.get("/SMask"), Dictionary)]
        patterns = [one for one in resources.get("/Pattern", Dictionary()).values() if "/Resources" in one]
        for inner in (*masks, *patterns):
            if inner.objgen not in self.seen:
                self.seen.add(inner.objgen)
                yield from self.drawn(page, inner.read_bytes(), inner.get("/Resources", Dictionary()), matrix)
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
                yield from self._object(page, thing, now, resources.get("/ColorSpace", Dictionary()))

    def _object(
        self, page: int, thing: pikepdf.Object, now: tuple[float, ...], spaces: pikepdf.Object
    ) -> Iterator[Problem]:
        if thing.get("/Subtype") == Name.Image:
            yield from self._image(page, thing, now, spaces)
        elif thing.get("/Subtype") == Name.PS:
            yield Problem(page, "the page carries PostScript")
        elif thing.objgen not in self.seen or not thing.is_indirect:
            self.seen.add(thing.objgen)
            if self.profile.pdf_kind == "x-1a" and "/Group" in thing:
                yield Problem(page, "a part of the page has transparency, which this kind of file has not")
            inner = _times(now, [float(n) for n in thing.get("/Matrix", (1, 0, 0, 1, 0, 0))])
            yield from self.drawn(page, thing.read_bytes(), thing.get("/Resources", Dictionary()), inner)

    def _colours(self, page: int, content: bytes, resources: pikepdf.Object) -> Iterator[Problem]:
        spaces = resources.get("/ColorSpace", Dictionary())
        patterns = resources.get("/Pattern", Dictionary()).values()
        shadings = [
            *resources.get("/Shading", Dictionary()).values(),
            *(p.Shading for p in patterns if "/Shading" in p),
        ]
        if self.profile.inks:
            found = [*spaces.values(), *(shading.get("/ColorSpace") for shading in shadings)]
            if _RGB_OPERATOR.search(content) or any(_in_rgb(space) for space in found):
                yield Problem(page, "colours are in RGB: this printer takes inks only")
            return
        if _RGB_OPERATOR.search(content) and "/DefaultRGB" not in spaces:
            yield Problem(page, "colours are in RGB without saying which (DefaultRGB)")
        if any(shading.get("/ColorSpace") == Name.DeviceRGB for shading in shadings):
            yield Problem(page, "a gradient is in RGB without saying which")

    def _states(self, page: int, states: list[pikepdf.Object]) -> Iterator[Problem]:
        for state in states:
            if str(state.get("/BM", "/Normal")) not in ("/Normal", "/Compatible"):
                yield Problem(page, f"blending mode {str(state.BM)[1:]} prints differently everywhere")
            if self.profile.pdf_kind == "x-1a" and _translucent(state):
                yield Problem(page, "something is translucent, which this kind of file has not")

    def _image(
        self, page: int, image: pikepdf.Object, matrix: tuple[float, ...], spaces: pikepdf.Object
    ) -> Iterator[Problem]:
        a, b, c, d = matrix[:4]
        width, height = (a * a + b * b) ** 0.5 / 72, (c * c + d * d) ** 0.5 / 72
        resolution = min(int(image.Width) / max(width, 1e-6), int(image.Height) / max(height, 1e-6))
        if resolution < RESOLUTION - 1:
            yield Problem(page, f"an image has {resolution:.0f} dpi where it is printed; {RESOLUTION} are needed")
        space = image.get("/ColorSpace")
        if self.profile.inks:
            if _in_rgb(space):
                yield Problem(page, "an image is in RGB: this printer takes inks only")
            elif space == Name.DeviceCMYK and image.objgen not in self.seen:
                self.seen.add(image.objgen)
                yield from self._inks(page, image)
        elif space == Name.DeviceRGB and "/DefaultRGB" not in spaces:
            yield Problem(page, "an image is in RGB without saying which")
        if self.profile.pdf_kind == "x-1a" and "/SMask" in image:
            yield Problem(page, "an image is translucent, which this kind of file has not")

    def _inks(self, page: int, image: pikepdf.Object) -> Iterator[Problem]:
        """How much ink an image asks for. Its darkest places count, not a few dots at an edge."""
        if not self.profile.ink_limit or image.get("/Filter") != Name.DCTDecode:
            return
        try:
            with Image.open(io.BytesIO(image.read_raw_bytes())) as opened:
                # Pillow turns the inks of a JPEG over, as the file's Decode does; every fourth dot tells enough.
                amounts = np.asarray(opened)[::4, ::4].astype(int).sum(axis=2) / 2.55
        except (OSError, UnidentifiedImageError):
            yield Problem(page, "an image cannot be read")
            return
        most = float(np.percentile(amounts, 99.9))
        if most > self.profile.ink_limit + SPARE_INK:
            yield Problem(page, f"{most:.0f} % of ink in one place; the printer takes {self.profile.ink_limit} %")


def _in_rgb(space: pikepdf.Object | None) -> bool:
    if space is None:
        return False
    name = str(space[0]) if isinstance(space, pikepdf.Array) else str(space)
    return name in _RGB_SPACES or (name == "/ICCBased" and int(space[1].get("/N", 0)) == 3)


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
