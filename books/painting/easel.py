"""From the bytes of a photo's square to those of its watercolour. Runs in the process of `books.likeness_worker`."""

import numpy as np
from PIL import Image
from PIL.Image import Resampling

from books.faces import Detector, Face, Pixels
from books.painting import watercolour

LOOKED_AT = 512  # pixels: where faces are looked for
AS_LARGE = 0.55  # of the largest face: smaller ones stand behind
MOST = 4


def paint(data: bytes, width: int, height: int, detector: Detector | None) -> bytes:
    """RGB pixels in, RGB pixels of the same size out. `width` and `height` are alike."""
    pixels = np.frombuffer(data, np.uint8).reshape(height, width, 3)
    return watercolour.paint(pixels, faces_of(pixels, detector)).tobytes()


def faces_of(pixels: Pixels, detector: Detector | None) -> list[Face]:
    """Those who are painted, the largest first."""
    if detector is None:
        return []
    scale = pixels.shape[0] / LOOKED_AT
    small = np.asarray(Image.fromarray(pixels).resize((LOOKED_AT, LOOKED_AT), Resampling.BOX))
    found = detector.find(small)[:MOST]
    return [face.scaled(scale) for face in found if face.width > AS_LARGE * found[0].width]
