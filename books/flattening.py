"""Pages for printers that take inks only: the art as one picture at printing resolution, the words as letters over it.

Transparency that is blended in inks looks different from what a parent approved. So the art is drawn in sRGB, by the
renderer that draws the previews, and only then becomes inks. Words stay outlines of their fonts, sharp at any size.
"""

import io
import re

import numpy as np
import pikepdf
import pypdfium2
from pikepdf import Array, Dictionary, Name, Pdf, Stream
from PIL import Image

from books import preview
from books.inks import Inks

RESOLUTION = 300  # dots per inch
QUALITY = 92
_FILL = re.compile(rb"(?<![\d.])([\d.]+) ([\d.]+) ([\d.]+) rg(?=\s|$)")


def lay_under(words: Pdf, art: bytes, inks: Inks) -> None:
    """Put the pages of `art` (a PDF in sRGB) as pictures in CMYK under those of `words`, and its words into CMYK.

    Both have the same pages; one without a drawing stays bare paper.
    """
    with preview.opened(art) as drawn:
        for index, page in enumerate(words.pages):
            _in_inks(words, page.obj, inks)
            if picture := _picture(drawn, index, inks):
                width, height = (float(number) for number in page.obj.MediaBox[2:])
                image = _image(words, *picture)
                page.obj.Resources.XObject.A = image
                below = f"q {width:.3f} 0 0 {height:.3f} 0 0 cm /A Do Q\n".encode()
                page.obj.Contents = words.make_stream(below + page.obj.Contents.read_bytes())


def _picture(drawn: pypdfium2.PdfDocument, index: int, inks: Inks) -> tuple[bytes, int, int] | None:
    pixels = preview.drawn_at(drawn, index, RESOLUTION)
    if pixels.min() == 255:
        return None
    colours = pixels[:, :, 2::-1]
    out = io.BytesIO()
    # Colour is not sampled down: a thin red line on blue stays red.
    inks.picture(Image.fromarray(np.ascontiguousarray(colours))).save(out, "JPEG", quality=QUALITY, subsampling=0)
    return out.getvalue(), pixels.shape[1], pixels.shape[0]


def _image(pdf: Pdf, jpeg: bytes, width: int, height: int) -> pikepdf.Object:
    image = Stream(pdf, jpeg)
    image.Type, image.Subtype, image.Filter = Name.XObject, Name.Image, Name.DCTDecode
    image.Width, image.Height, image.BitsPerComponent, image.ColorSpace = width, height, 8, Name.DeviceCMYK
    image.Decode = Array([1, 0, 1, 0, 1, 0, 1, 0])  # Pillow writes the inks of a JPEG the way Adobe does, upside down
    return pdf.make_indirect(image)


def _in_inks(pdf: Pdf, page: pikepdf.Object, inks: Inks) -> None:
    """The page's own content and its forms with words, `r g b rg` exchanged for `c m y k k`."""

    def exchanged(match: re.Match[bytes]) -> bytes:
        return " ".join(f"{one:.4g}" for one in inks.of(*(float(n) for n in match.groups()))).encode() + b" k"

    page.Contents = pdf.make_stream(_FILL.sub(exchanged, page.Contents.read_bytes()))
    for form in page.Resources.get("/XObject", Dictionary()).values():
        if form.get("/Subtype") == Name.Form:
            form.write(_FILL.sub(exchanged, form.read_bytes()))
