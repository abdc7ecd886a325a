"""sRGB to CIELAB and back, fast enough for whole pictures."""

import numpy as np

from books.colour_space import lab
from books.faces import Pixels
from books.painting.filters import Plane

_STEPS = 4096
_FROM_XYZ = np.linalg.inv(
    np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
).astype(np.float32)
_WHITE = np.array([0.95047, 1.0, 1.08883], np.float32)


def _encoding() -> Plane:
    linear = np.arange(_STEPS + 1) / _STEPS
    return np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear).astype(np.float32)


_ENCODED = _encoding()


def to_lab(rgb: Pixels) -> Plane:
    """Pixels as L, a, b."""
    return lab(rgb)


def to_rgb(colours: Plane) -> Plane:
    """L, a, b as sRGB from 0 to 1; what no screen can show is cut off."""
    f = (colours[..., 0] + 16) / 116
    parts = np.stack([f + colours[..., 1] / 500, f, f - colours[..., 2] / 200], -1)
    xyz = np.where(parts > 0.20689, parts**3, (parts - 16 / 116) / 7.787) * _WHITE
    linear = np.clip(xyz @ _FROM_XYZ.T, 0, 1)
    encoded: Plane = _ENCODED[(linear * _STEPS + 0.5).astype(np.int32)]
    return encoded
