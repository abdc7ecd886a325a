"""Which colours coated paper can show: the ones that an offset press mixes from its inks.

Measured colours of the solid inks and of their overprints (ISO 12647-2:2004, paper type 1) are mixed by the Neugebauer
equations. That is a model and not a press, so only colours far outside are called unprintable.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from books.colours import lab

FARTHEST = 22.0  # in CIELAB, from the nearest colour that can be printed
_STEPS = 13
_D50 = np.array((0.9642, 1.0, 0.8249))
# Paper, cyan, magenta, blue, yellow, green, red, all three: in the order of the bits of yellow, magenta and cyan.
_SOLIDS = np.array(
    [(95, 0, -2), (55, -37, -50), (48, 74, -3), (24, 22, -46), (91, -5, 93), (50, -68, 33), (47, 68, 48), (23, 0, 0)],
    dtype=float,
)
_BLACK = (16.0, 0.0, 0.0)


def _xyz(colour: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    middle = (colour[..., 0] + 16) / 116
    parts = np.stack([middle + colour[..., 1] / 500, middle, middle - colour[..., 2] / 200], axis=-1)
    cubed: npt.NDArray[np.float64] = np.where(parts > 6 / 29, parts**3, 3 * (6 / 29) ** 2 * (parts - 4 / 29)) * _D50
    return cubed


def _lab(xyz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    parts = xyz / _D50
    roots = np.where(parts > (6 / 29) ** 3, np.cbrt(parts), parts / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack(
        [116 * roots[..., 1] - 16, 500 * (roots[..., 0] - roots[..., 1]), 200 * (roots[..., 1] - roots[..., 2])],
        axis=-1,
    )


@lru_cache(maxsize=1)
def _printable() -> npt.NDArray[np.float64]:
    """CIELAB of everything that the four inks make, in steps."""
    share = np.linspace(0, 1, _STEPS)
    cyan, magenta, yellow, black = (
        one.ravel()[:, None] for one in np.meshgrid(share, share, share, np.linspace(0, 1, 6), indexing="ij")
    )
    mixed = np.zeros((cyan.shape[0], 3))
    for index, solid in enumerate(_xyz(_SOLIDS)):
        weight = np.ones_like(cyan)
        for bit, ink in enumerate((cyan, magenta, yellow)):
            weight = weight * (ink if index >> bit & 1 else 1 - ink)
        mixed += weight * solid
    return _lab(mixed * (1 - black) + _xyz(np.array(_BLACK)) * black)


@lru_cache(maxsize=4096)
def distance(colour: str) -> float:
    """How far `#rrggbb` is from the nearest colour that can be printed, in CIELAB."""
    return float(np.sqrt(((_printable() - np.array(lab(colour))) ** 2).sum(axis=1).min()))
