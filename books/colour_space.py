"""CIELAB, in which distances between colours are about as large as they look."""

import numpy as np
import numpy.typing as npt

Colours = npt.NDArray[np.float32]

_TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32
) / np.array([[0.95047], [1.0], [1.08883]], np.float32)


def lab(rgb: npt.ArrayLike) -> Colours:
    """sRGB (0 to 255, last axis of three) as L, a, b under D65."""
    values = np.asarray(rgb, np.float32) / 255
    linear = np.where(values > 0.04045, ((values + 0.055) / 1.055) ** 2.4, values / 12.92)
    xyz = linear @ _TO_XYZ.T
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    found = np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)
    return found.astype(np.float32)


def lab_of(colour: str) -> Colours:
    """Of `#rrggbb`."""
    return lab([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
