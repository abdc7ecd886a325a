"""What is around the painted person: the wash behind, its ragged edge, splashes, and the grain of the paper."""

import numpy as np
from PIL.Image import Resampling

from books.painting import colours
from books.painting.filters import Plane, blurred, brushed, noise, resized

PAPER = np.array([253, 249, 240], np.float32) / 255
REACH, RAGGED = 0.44, 0.016  # of the wash, and how far its edge strays, as shares of the side
DROPS = 16


def denser(paint: Plane, density: Plane) -> Plane:
    """Thicker or thinner paint: its hue stays, and so do white and black (Bousseau and others, 2006)."""
    out: Plane = paint - (paint - paint * paint) * (density[..., None] - 1)
    return out


def background(photo: Plane, share: Plane, unit: float, seed: int) -> Plane:
    """Loose and pale: the photo's own colours as a wash. `photo` in L, a, b; sRGB from 0 to 1 comes out."""
    side = photo.shape[0]
    small = max(48, side // 8)
    behind = resized(np.ascontiguousarray(photo * (1 - share)[..., None]), (small, small), Resampling.BOX)
    weight = resized(1 - share, (small, small), Resampling.BOX)[..., None]
    usual = behind.sum((0, 1)) / (weight.sum() + 1e-3)
    sigma = 26 * unit * small / side
    loose = (blurred(behind, sigma) + 0.02 * usual) / (blurred(weight, sigma) + 0.02)
    loose = brushed(loose, loose, max(1.5, 30 * unit * small / side), 4.0)
    loose = resized(loose.astype(np.float32), (side, side), Resampling.BICUBIC)
    loose[..., 0] = 100 - (100 - loose[..., 0]) * 0.45
    loose[..., 1:] *= 0.85
    cloud = noise(side, [(300 * unit, 1.0), (110 * unit, 0.9), (40 * unit, 0.4)], seed)
    return denser(colours.to_rgb(loose), 1 + 0.45 * cloud)


def edge(share: Plane, seed: int) -> Plane:
    """Where there is paint: 1 inside, 0 on bare paper. The wash ends raggedly before the frame, the person does not."""
    side = share.shape[0]
    line = (np.arange(side, dtype=np.float32) + 0.5) / side - 0.5
    radius = np.sqrt(line[None, :] ** 2 + line[:, None] ** 2)
    reach = REACH + RAGGED * noise(side, [(side / 7, 1.0), (side / 18, 0.55), (side / 60, 0.22)], seed)
    reach = np.maximum(reach, _drops(radius, seed + 1))
    wash: Plane = 1 / (1 + np.exp(-np.clip((reach - radius) / 0.003, -30, 30)))
    return np.maximum(wash, share).astype(np.float32)


def _drops(radius: Plane, seed: int) -> Plane:
    """A few splashes: as far from the middle as paint reaches where one lies, 0 elsewhere."""
    side = radius.shape[0]
    chance = np.random.default_rng(seed)
    reach = np.zeros_like(radius)
    for turn, away, size in chance.random((DROPS, 3)):
        angle, distance = turn * 2 * np.pi, 0.462 + 0.03 * away
        x, y = (0.5 + distance * np.cos(angle)) * side, (0.5 + distance * np.sin(angle)) * side
        r = (0.0012 + 0.0042 * size**3) * side
        rows, columns = (slice(max(0, int(middle - r - 2)), int(middle + r + 3)) for middle in (y, x))
        place = reach[rows, columns]
        down, across = np.ogrid[
            rows.start : rows.start + place.shape[0], columns.start : columns.start + place.shape[1]
        ]
        inside = r - np.hypot(across - x, down - y)
        np.maximum(place, np.where(inside > -1.5, radius[rows, columns] + inside / side, 0), out=place)
    return reach


def on_paper(paint: Plane, edge: Plane, share: Plane, unit: float, seed: int) -> Plane:
    """On rough paper, with a rim where the wash dried."""
    rim = np.clip(blurred(edge, 7 * unit) - blurred(edge, 16 * unit), 0, 1) * (1 - share)
    paint = denser(paint, 1 + 2.2 * rim)
    out: Plane = PAPER * (1 - edge[..., None]) + paint * edge[..., None]
    grain = noise(paint.shape[0], [(7 * unit, 1.0), (3 * unit, 0.8), (2, 0.5)], seed)
    out = denser(out, 1 + 0.11 * grain * (0.2 + 0.8 * edge))
    grained: Plane = out * (1 + 0.012 * grain[..., None])
    return grained
