"""Drawn children on a plain wall, as pictures: what benchmarks and tests show to `books.likeness` in place of photos,
so that no photo of a real child is needed."""

import base64
import io

import numpy as np
import pypdfium2
from PIL import Image

from books import character
from books.looks import Looks

WALLS = ("#cfe0d8", "#d9d4e8", "#f3e7d2", "#b8c8d8")


def portrait(looks: Looks, *, wall: str = WALLS[0], side: int = 800) -> Image.Image:
    """Head and shoulders, `side` pixels square."""
    import weasyprint

    drawn = base64.b64encode(character.svg(looks, pose="wave", mood="smile", outfit="raincoat").encode()).decode()
    page = (
        "<style>@page{size:200mm 200mm;margin:0}"
        f"body{{margin:0;background:{wall}}}img{{position:absolute;left:-35mm;top:-70mm;width:270mm}}</style>"
        f'<img src="data:image/svg+xml;base64,{drawn}">'
    )
    pdf = pypdfium2.PdfDocument(weasyprint.HTML(string=page).write_pdf())
    drawing = pdf[0]
    picture: Image.Image = drawing.render(scale=side / drawing.get_width()).to_pil().convert("RGB")
    pdf.close()
    return picture


def as_photo(picture: Image.Image) -> Image.Image:
    """The drawing as a camera would see it: light from the left, less of it on the right, and a sensor's noise."""
    pixels = np.asarray(picture).astype(np.float32)
    across = np.linspace(1.06, 0.72, pixels.shape[1], dtype=np.float32)[None, :, None]
    noise = np.random.default_rng(7).normal(0, 4, pixels.shape[:2]).astype(np.float32)[..., None]
    return Image.fromarray(np.clip(pixels * across + noise, 0, 255).astype(np.uint8))


def group(portraits: list[Image.Image], *, wall: str = WALLS[0]) -> Image.Image:
    """Several beside each other."""
    side = portraits[0].height
    whole = Image.new("RGB", (side * len(portraits), side), wall)
    for number, picture in enumerate(portraits):
        whole.paste(picture, (side * number, 0))
    return whole


def jpeg(picture: Image.Image) -> bytes:
    """As a phone would send it."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
