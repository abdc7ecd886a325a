"""Whether the light of a photo lets hair be seen in its own colour.

Judged by the photo, never by how dark a face is: dark skin in good light is no dark photo.
Runs in the process of `books.likeness_worker` and imports nothing of the shop.
"""

import numpy as np

from books.colour_space import lab
from books.faces import Face, Pixels

DARK = 45  # L of the lightest hundredth of a photo; three stops too dark gives 39
COLOURED = (
    25  # chroma of the most neutral fiftieth of a face (white of the eyes, teeth, shine); a warm evening gives 22
)
GREY = 4


def trouble(pixels: Pixels, face: Face) -> str:
    """ "dark", "coloured", "grey", or nothing."""
    whole = lab(pixels[::4, ::4]).reshape(-1, 3)
    if np.percentile(whole[:, 0], 99) < DARK:
        return "dark"
    if np.percentile(np.hypot(whole[:, 1], whole[:, 2]), 90) < GREY:
        return "grey"
    top, left = max(0, int(face.top)), max(0, int(face.left))
    inside = lab(pixels[top : int(face.bottom), left : int(face.right)][::2, ::2]).reshape(-1, 3)
    lit = inside[inside[:, 0] > 30]
    if len(lit) < 100:
        return ""
    # Under blue light skin turns grey, but never yellow as skin is.
    blue = np.median(lit[:, 2]) < 0
    return "coloured" if blue or np.percentile(np.hypot(lit[:, 1], lit[:, 2]), 2) > COLOURED else ""
