"""Colour, length and curls of the hair around a face, measured in the photo's colours. No shape of the face is kept.

Runs in the process of `books.likeness_worker` and imports nothing of the shop.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.Image import Resampling, Transform

from books.colour_space import Colours, lab
from books.faces import Face, Pixels

Mask = npt.NDArray[np.bool_]

# The head is looked at upright in a square of SIDE pixels, SPAN faces wide, the eyes 1.6 faces below its upper edge.
SIDE = 160
SPAN = 4.0
ABOVE = 1.6
PER_FACE = SIDE / SPAN
HAIRLINE = -0.38  # faces from the eyes
CHIN = 1.95  # from the eyes, in distances from eyes to mouth
WEIGHTS = np.array([0.8, 1.3, 1.3], np.float32)  # light changes within hair more than hue does

# Distances in weighted CIELAB.
UNLIKE_BACKGROUND = 7.0
UNLIKE_SKIN = 5.0
ONE_HEAD_OF_HAIR = 24.0
SAME_HAIR = 9.0

LEAST_SHARE = 0.25  # of the crown; with less the head is bald, or nothing can be said
MOST_AREA = 2.6  # square faces; more is no hair but what stands behind it
LONG, MEDIUM = 0.05, -0.38  # where hair ends below the chin, in heights of the face
CURLY = 0.6  # how much neighbouring edges agree: straight hair 0.8 and more
LEAST_CURLS = 0.35  # square faces of hair in which curls can be told


@dataclass(frozen=True)
class Hair:
    """`colour`: its L, a, b. `length`: "bald", "short", "medium", "long", or empty if it cannot be told."""

    colour: tuple[float, float, float] | None
    length: str
    curly: bool = False


def look(pixels: Pixels, face: Face) -> Hair | None:
    """What can be told of the hair, or None."""
    return _Head(pixels, face).hair()


class _Head:
    """The upright square around a head. `x`, `y`: in widths of the face from the middle of the eyes, y downwards."""

    def __init__(self, pixels: Pixels, face: Face) -> None:
        square, self.inside, mouth = _upright(pixels, face)
        self.colours = lab(square) * WEIGHTS
        across, down = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
        self.x = (across + 0.5) / PER_FACE - SPAN / 2
        self.y = (down + 0.5) / PER_FACE - ABOVE
        self.mouth = mouth
        self.chin = CHIN * mouth
        self.height = self.chin - HAIRLINE

    def hair(self) -> Hair | None:
        cheeks = self.inside & (abs(self.x) > 0.08) & (abs(self.x) < 0.33)
        cheeks &= (self.y > 0.25 * self.mouth) & (self.y < 0.8 * self.mouth)
        if cheeks.sum() < 10:
            return None
        skin = np.median(_without_extremes(self.colours[cheeks], 20, 85), 0)
        behind = self._behind()
        crown = self.inside & ~self._oval(1.12) & ((self.x / 0.68) ** 2 + (self.y / 0.74) ** 2 < 1) & (self.y < -0.1)
        candidates = crown & (behind > UNLIKE_BACKGROUND)
        if candidates.sum() < 80:
            return None
        groups, shares = _groups(self.colours[candidates], 4)
        kept = np.linalg.norm(groups - skin, axis=1) > UNLIKE_SKIN
        if shares[kept].sum() < LEAST_SHARE:
            return Hair(None, "bald") if candidates.sum() > 0.6 * crown.sum() else None
        groups, shares = groups[kept], shares[kept]
        main = groups[shares.argmax()]
        groups = groups[np.linalg.norm(groups - main, axis=1) < ONE_HEAD_OF_HAIR]
        like_hair = _distance(self.colours, groups)
        seen = _without_extremes(self.colours[candidates & (like_hair < SAME_HAIR)], 15, 85)
        light, red, yellow = (float(number) for number in np.median(seen, 0) / WEIGHTS)
        whole = self._grown(
            candidates,
            self.inside
            & (like_hair < SAME_HAIR)
            & (behind > UNLIKE_SKIN)
            & (like_hair < np.linalg.norm(self.colours - skin, axis=-1))
            & ~(self._oval(0.95) & (self.y > -0.25))
            & ~((self.y > self.chin) & (abs(self.x) < 0.3)),
        )
        area = whole.sum() / PER_FACE**2
        if area > MOST_AREA:
            return None
        end = max(self._end(whole, side) for side in (-1, 1))
        length = "long" if end > LONG else "medium" if end > MEDIUM else "short"
        curly = bool(area > LEAST_CURLS) and self._agreement(whole) < CURLY
        return Hair((light, red, yellow), length, curly)

    def _oval(self, size: float) -> Mask:
        """The face itself, `size` times as large."""
        down = np.where(self.y < 0, self.y / (0.42 * size), self.y / (self.chin * size))
        oval: Mask = (self.x / (0.5 * size)) ** 2 + down**2 < 1
        return oval

    def _behind(self) -> Colours:
        """How unlike each pixel is to what stands behind the head; large where that cannot be seen."""
        far = self.inside & ((self.y < -1.25) | ((abs(self.x) > 1.3) & (self.y < 0.1)))
        if far.sum() < 60:
            return np.full(far.shape, 99, np.float32)
        groups, shares = _groups(self.colours[far], 3)
        return _distance(self.colours, groups[shares > 0.05])

    def _grown(self, start: Mask, allowed: Mask) -> Mask:
        """Everything allowed that hangs together with the start."""
        grown = start & allowed
        while True:
            more = grown.copy()
            more[1:] |= grown[:-1]
            more[:-1] |= grown[1:]
            more[:, 1:] |= grown[:, :-1]
            more[:, :-1] |= grown[:, 1:]
            more &= allowed
            if more.sum() == grown.sum():
                return grown
            grown = more

    def _end(self, hair: Mask, side: int) -> float:
        """How far below the chin the hair on one side of the face ends, in heights of the face."""
        band = hair & (self.x * side > 0.32) & (self.x * side < 1.1)
        first = last = int((0.1 + ABOVE) * PER_FACE)
        for row in range(first, SIDE):
            if band[row].sum() / PER_FACE > 0.05:
                last = row
            elif row - last > 0.15 * self.height * PER_FACE:
                break
        return float((last / PER_FACE - ABOVE - self.chin) / self.height)

    def _agreement(self, hair: Mask) -> float:
        """How much neighbouring edges within the hair run the same way, from 0 to 1."""
        down, across = np.gradient(self.colours[..., 0])
        xx, yy, xy = _blurred(across * across), _blurred(down * down), _blurred(across * down)
        agreement = np.sqrt((xx - yy) ** 2 + 4 * xy**2) / (xx + yy + 1e-3)
        inner = hair.copy()
        for _ in range(3):
            edge = inner.copy()
            edge[1:] &= inner[:-1]
            edge[:-1] &= inner[1:]
            edge[:, 1:] &= inner[:, :-1]
            edge[:, :-1] &= inner[:, 1:]
            inner = edge
        return float(np.median(agreement[inner])) if inner.sum() > 50 else 1.0


def _upright(pixels: Pixels, face: Face) -> tuple[Pixels, Mask, float]:
    """The square around a head, which of it lies inside the photo, and how far the mouth is from the eyes."""
    left, right, _, mouth = face.points[:4]
    eyes, along = (left + right) / 2, right - left
    along = along / max(1e-6, float(np.linalg.norm(along)))
    below = np.array([-along[1], along[0]])
    scale = face.width / PER_FACE
    image = Image.fromarray(pixels)
    smaller = max(1, int(scale))
    image = image.reduce(smaller)
    (a, d), (b, e) = along * scale / smaller, below * scale / smaller
    c, f = eyes / smaller - np.array([a, d]) * SIDE / 2 - np.array([b, e]) * ABOVE * PER_FACE
    numbers = tuple(float(number) for number in (a, b, c, d, e, f))
    square = image.transform((SIDE, SIDE), Transform.AFFINE, numbers, Resampling.BILINEAR)
    inside = Image.new("L", image.size, 1).transform((SIDE, SIDE), Transform.AFFINE, numbers, Resampling.NEAREST)
    distance = max(0.15, float((mouth - eyes) @ below) / face.width)
    return np.asarray(square), np.asarray(inside) > 0, distance


def _groups(colours: Colours, count: int) -> tuple[Colours, Colours]:
    """The colours gathered around a few of them (k-means), and the share of each group."""
    chance = np.random.default_rng(0)
    if len(colours) > 3000:
        colours = colours[chance.choice(len(colours), 3000, replace=False)]
    groups = colours[:1]
    for _ in range(count - 1):
        distances = _distance(colours, groups) ** 2 * np.sqrt(chance.random(len(colours)))
        groups = np.concatenate([groups, colours[distances.argmax()][None]])
    for _ in range(12):
        nearest = np.linalg.norm(colours[:, None] - groups, axis=2).argmin(1)
        groups = np.stack(
            [colours[nearest == at].mean(0) if (nearest == at).any() else groups[at] for at in range(count)]
        )
    return groups, (np.bincount(nearest, minlength=count) / len(nearest)).astype(np.float32)


def _distance(colours: Colours, groups: Colours) -> Colours:
    """To the nearest of the groups."""
    nearest = np.min([np.linalg.norm(colours - group, axis=-1) for group in groups], 0)
    found: Colours = nearest.astype(np.float32)
    return found


def _without_extremes(colours: Colours, low: float, high: float) -> Colours:
    """Without the darkest and the lightest, given as percentiles."""
    light = colours[:, 0]
    least, most = (float(edge) for edge in np.percentile(light, [low, high]))
    kept: Mask = (light >= least) & (light <= most)
    return colours[kept]


def _blurred(values: Colours) -> Colours:
    quarter = np.float32(0.25)
    for axis in (0, 1):
        for _ in range(3):
            values = (np.roll(values, 1, axis) + values * 2 + np.roll(values, -1, axis)) * quarter
    return values
