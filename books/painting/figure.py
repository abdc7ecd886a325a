"""Who stands before what: how much each pixel belongs to the person whose face was found.

No model tells it; colours do. What must be the person (the face, the chest) and what must be behind (the sides above
the shoulders) give colours to compare with, and the picture's edges say where one becomes the other. It is a
painter's guess, and what is made of it (a paler, looser background) forgives mistakes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL.Image import Resampling

from books.colour_space import lab
from books.faces import Face, Pixels
from books.painting.filters import Plane, blurred, guided, resized

Mask = npt.NDArray[np.bool_]

SIDE = 192  # pixels: where colours are compared
BINS = (12, 10, 10)  # of L, a, b
EDGES = np.array([1.0, 1.6, 0.4], np.float32)  # of L, a, b: where a person ends shows in red, too
ROUNDS = 4
CERTAIN = 5.0  # in logits


@dataclass(frozen=True)
class Figure:
    """`share`: from 0 (behind) to 1 (the person). `certain`: how well the two were told apart, from 0 to 1. `cut`: the
    hair goes beyond the upper edge or the upper half of the sides."""

    share: Plane
    certain: float
    cut: bool


def find(pixels: Pixels, face: Face) -> Figure:
    """The person of a square picture."""
    side = pixels.shape[0]
    scale = SIDE / side
    small = resized(pixels.astype(np.float32), (SIDE, SIDE), Resampling.BOX)
    colours = lab(small)
    where = _Where(face, scale)
    before, behind = where.surely_person, where.surely_behind
    belief = where.belief
    told = 0.0
    if before.sum() > 30 and behind.sum() > 60:
        guide = (colours @ EDGES) / 100
        for _ in range(ROUNDS):
            person, rest = belief > 0.8, belief < -0.8
            evidence = _evidence(colours, person | before, (rest | behind) & ~before)
            told = float(np.tanh(np.abs(evidence[~before & ~behind]).mean() / 2))
            belief = where.belief * 0.8 + evidence
            belief[before], belief[behind] = CERTAIN, -CERTAIN
            belief = guided(guide, np.clip(belief, -CERTAIN, CERTAIN).astype(np.float32), 3.0, 2e-3)
    share = 1 / (1 + np.exp(-1.4 * belief))
    share = np.clip((share - 0.12) / 0.76, 0, 1).astype(np.float32)
    share *= _joined(share > 0.4, before)
    share = np.maximum(share, _enclosed(share > 0.5) * where.head)
    large = resized(share, (side, side), Resampling.BICUBIC)
    seen = resized(colours @ EDGES / 100, (side, side), Resampling.BICUBIC)
    grey = pixels.astype(np.float32).mean(-1) / 255
    fine = np.clip(guided(grey, guided(seen, large, side / 90, 4e-4), side / 90, 8e-4), 0, 1)
    return Figure(np.clip((fine - 0.15) / 0.7, 0, 1), told, _cut(share, face, scale))


class _Where:
    """What the place of a face tells before any colour is looked at. In faces from the middle of the face."""

    def __init__(self, face: Face, scale: float) -> None:
        middle, width = face.middle * scale, face.width * scale
        line = np.arange(SIDE, dtype=np.float32) + 0.5
        x, y = (line[None, :] - middle[0]) / width, (line[:, None] - middle[1]) / width
        head = np.sqrt((x / 0.85) ** 2 + ((y + 0.12) / 1.02) ** 2)  # 1 at the outline of usual hair
        shoulders = 0.45 + 1.15 * np.clip(y - 0.55, 0, 0.75) ** 0.8
        body = np.where(y > 0.55, shoulders - abs(x), -9.0)
        inside = np.maximum(1 - head, body * 0.9)
        self.belief = (4.5 * np.clip(inside, -0.65, 0.5)).astype(np.float32)
        self.head = np.clip((1.15 - head) / 0.15, 0, 1)  # where a gap is no gap but a gleam in the hair
        face_itself = (x / 0.46) ** 2 + ((y + 0.02) / 0.62) ** 2 < 1
        chest = (y > 0.95) & (abs(x) < 0.32 + 0.3 * np.clip(y - 0.95, 0, 1))
        self.surely_person = face_itself | chest
        border = max(2, SIDE // 40)
        edge = np.zeros((SIDE, SIDE), bool)
        edge[:border], edge[:, :border], edge[:, -border:] = True, True, True
        far = (head > 2.1) & (y < 0.5) & (abs(x) > 1.2)
        self.surely_behind = (far | (edge & (head > 1.5) & (y < 0.6))) & ~self.surely_person


def _evidence(colours: Plane, person: Mask, behind: Mask) -> Plane:
    """For each pixel, the logarithm of how much likelier its colour is before than behind."""
    bins = np.array(BINS)
    scaled = (colours + np.array([0, 64, 64], np.float32)) / np.array([100, 128, 128], np.float32)
    cells = np.clip((scaled * bins).astype(np.int32), 0, bins - 1)
    flat = (cells[..., 0] * BINS[1] + cells[..., 1]) * BINS[2] + cells[..., 2]

    def density(mask: Mask) -> Plane:
        counted = np.bincount(flat[mask], minlength=int(np.prod(BINS))).astype(np.float32).reshape(BINS)
        for axis in range(3):  # neighbouring colours count too
            padded = np.pad(counted, [(1, 1) if at == axis else (0, 0) for at in range(3)])
            low, high = (np.take(padded, np.arange(BINS[axis]) + step, axis) for step in (0, 2))
            counted = counted * 0.5 + (low + high) * 0.25
        shares: Plane = counted / counted.sum() + 2e-4
        found: Plane = shares.reshape(-1)[flat]
        return found

    likelier: Plane = np.clip(np.log(density(person) / density(behind)), -2.5, 2.5)
    return likelier.astype(np.float32)


def _joined(mask: Mask, start: Mask) -> Plane:
    """Only what hangs together with the person, softly: patches elsewhere that look alike are left out."""
    found: Plane = np.clip(blurred(_reached(mask, start & mask).astype(np.float32), 2.0) * 2.2, 0, 1)
    return found


def _enclosed(mask: Mask) -> Plane:
    """Gaps that the mask encloses."""
    border = np.zeros_like(mask)
    border[0], border[-1], border[:, 0], border[:, -1] = True, True, True, True
    return blurred((~mask & ~_reached(~mask, border & ~mask)).astype(np.float32), 1.0)


def _reached(mask: Mask, reached: Mask) -> Mask:
    """The parts of `mask` that hang together with `reached`."""
    while True:
        grown = reached.copy()
        for axis in (0, 1):
            for step in (-1, 1):
                moved = np.roll(reached, step, axis)
                if axis == 0:
                    moved[0 if step == 1 else -1] = False
                else:
                    moved[:, 0 if step == 1 else -1] = False
                grown |= moved
        grown &= mask
        if (grown == reached).all():
            return reached
        reached = grown


def _cut(share: Plane, face: Face, scale: float) -> bool:
    """Whether hair reaches the picture's upper edge, or its sides above the shoulders."""
    chin = int(np.clip(face.bottom * scale, 1, SIDE))
    top = float((share[:3].max(0) > 0.5).mean())
    sides = max(float((share[:chin, edge].max(1) > 0.5).mean()) for edge in (slice(0, 3), slice(-3, None)))
    return top > 0.06 or sides > 0.35
