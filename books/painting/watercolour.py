"""The storybook portrait: a square of a photo as a watercolour with pencil lines on paper.

The skin keeps the tone that the photo has: whatever the brush does there, its mean over a wide neighbourhood is put
back (`_tone_kept`), so that nobody is painted paler or darker than they are (tests/books/test_portrait_tone.py).

Lengths are those of a portrait of 1181 pixels (10 cm in print); `unit` is how much of that this one has.
"""

from collections.abc import Sequence

import numpy as np
from PIL.Image import Resampling

from books.faces import Face, Pixels
from books.painting import colours, figure, paper
from books.painting.filters import Plane, blurred, brushed, noise, resized, warped
from books.painting.skin import skin_of

SIDE = 1181
PENCIL = np.array([74, 50, 46], np.float32) / 255
SEED = 20  # of all that looks like chance: the same photo always becomes the same portrait
AREAS = np.array([1, 0.7, 0.7], np.float32)  # by what areas are told apart: by light more than by hue
STEP = 13.0  # of light, in L


def paint(pixels: Pixels, faces: Sequence[Face]) -> Pixels:
    """A watercolour of a square picture, as large as it is. Without a face the whole of it is painted alike."""
    side = pixels.shape[0]
    unit = side / SIDE
    photo = colours.to_lab(pixels)
    people = [figure.find(pixels, face) for face in faces]
    share = np.maximum.reduce([person.share for person in people]) if people else np.ones((side, side), np.float32)
    skin = np.zeros((side, side), np.float32)
    for face in faces:
        skin = np.maximum(skin, skin_of(photo, face, share))
    lively = _lively(side, faces)

    flat = _posterised(_flat(photo, unit, lively), skin, lively, unit)
    flat = _wobbling(_airy(flat, photo, skin, unit), unit, lively)
    flat = _tone_kept(flat, photo, skin, unit)
    person = _pigment(colours.to_rgb(flat), flat, unit, lively)

    shown = share[..., None]
    painted = paper.background(photo, share, unit, SEED + 5) * (1 - shown) + person * shown
    whole = not people or any(person.cut for person in people)
    edge = np.ones((side, side), np.float32) if whole else paper.edge(share, SEED + 7)
    painted = paper.on_paper(painted, edge, share, unit, SEED + 9)
    lines = (_pencil(photo, share, skin, lively, unit) * edge)[..., None]
    painted = painted * (1 - lines) + PENCIL * lines
    done: Pixels = (np.clip(painted, 0, 1) * 255 + 0.5).astype(np.uint8)
    return done


def _lively(side: int, faces: Sequence[Face]) -> Plane:
    """1 on eyes and mouths, which are painted with the finest brush."""
    mask = np.zeros((side, side), np.float32)
    line = np.arange(side, dtype=np.float32)
    for face in faces:
        left, right, _, mouth = face.points[:4]
        apart = max(float(np.linalg.norm(right - left)), 1.0)
        for middle, width, height in ((left, 0.42, 0.34), (right, 0.42, 0.34), (mouth, 0.6, 0.36)):
            x, y = (line[None, :] - middle[0]) / (apart * width), (line[:, None] - middle[1]) / (apart * height)
            mask = np.maximum(mask, np.clip(1.6 - np.sqrt(x * x + y * y), 0, 0.6) / 0.6)
    return mask


def _flat(photo: Plane, unit: float, lively: Plane) -> Plane:
    """Areas as a brush leaves them: broad ones, and fine ones where the face lives."""
    fine = brushed(photo, photo * AREAS, max(1.5, 4 * unit))
    broad = brushed(fine, fine * AREAS, max(2.0, 11 * unit))
    keep = lively[..., None]
    mixed: Plane = broad * (1 - keep) + (fine * 0.6 + photo * 0.4) * keep
    return mixed


def _posterised(flat: Plane, skin: Plane, lively: Plane, unit: float) -> Plane:
    """Light in steps, with soft shoulders; hardly on skin. Colours a little fuller than a camera's."""
    light = blurred(flat[..., 0], 2 * unit)
    nearest = np.round(light / STEP) * STEP
    stepped = nearest + STEP / 2 * np.tanh((light - nearest) / STEP * 5) / np.tanh(2.5)
    share = 0.75 * (1 - 0.9 * skin) * (1 - lively)
    out = flat.copy()
    out[..., 0] = flat[..., 0] * (1 - share) + stepped * share
    out[..., 1:] *= 1.1
    return out


def _airy(flat: Plane, photo: Plane, skin: Plane, unit: float) -> Plane:
    """Paint is never as black as a photo: what is darkest becomes a deep violet, with its strands and folds drawn a
    little clearer than they were. Not on skin."""
    deep = np.clip((36 - flat[..., 0]) / 36, 0, 1) * (1 - skin)
    strands = blurred(photo[..., 0], 1.2 * unit) - blurred(photo[..., 0], 9 * unit)
    out = flat.copy()
    out[..., 0] += (11 + np.clip(1.5 * strands, -11, 14)) * deep
    out[..., 1] += 1.5 * deep
    out[..., 2] -= 3 * deep
    return out


def _wobbling(flat: Plane, unit: float, lively: Plane) -> Plane:
    """A hand does not follow edges to the pixel."""
    side = flat.shape[0]
    calm = 1 - 0.85 * lively
    across, down = (noise(side, [(70 * unit, 1.0), (22 * unit, 0.5)], SEED + at) * 3.2 * unit * calm for at in (0, 1))
    return warped(flat, across, down)


def _tone_kept(flat: Plane, photo: Plane, skin: Plane, unit: float) -> Plane:
    """Give the skin the photo's mean tone again, over a neighbourhood."""
    side = flat.shape[0]
    small = max(64, side // 6)
    sigma = 40 * unit * small / side

    def mean(image: Plane) -> Plane:
        return blurred(resized(np.ascontiguousarray(image * skin[..., None]), (small, small), Resampling.BOX), sigma)

    weight = blurred(resized(skin, (small, small), Resampling.BOX), sigma)
    drift = (mean(photo) - mean(flat)) / (weight[..., None] + 0.02)
    kept: Plane = flat + resized(drift.astype(np.float32), (side, side), Resampling.BICUBIC) * skin[..., None]
    return kept


def _pigment(paint: Plane, flat: Plane, unit: float, lively: Plane) -> Plane:
    """Paint is denser here than there, and gathers at the edges of an area."""
    light = flat[..., 0]
    pooled = np.clip((blurred(light, 5 * unit) - light) / 40, -0.15, 0.5)  # on the darker side of an edge
    cloud = noise(paint.shape[0], [(260 * unit, 1.0), (90 * unit, 0.7), (30 * unit, 0.35)], SEED + 2)
    return paper.denser(paint, 1 + 0.17 * cloud * (1 - 0.6 * lively) + 0.5 * pooled * (1 - lively))


def _pencil(photo: Plane, share: Plane, skin: Plane, lively: Plane, unit: float) -> Plane:
    """Lines of a soft pencil, from 0 to 1 (a difference of Gaussians, as Winnemöller and others draw): strongest on the
    person, few on skin, faint behind."""
    sigma = max(0.7, 1.8 * unit)
    fine = blurred(photo[..., 0], sigma)
    line = np.clip(-np.tanh((fine - 0.985 * blurred(fine, sigma * 1.6) - 0.35) * 0.55), 0, 1)
    line = blurred(line, max(0.5, 0.9 * unit))
    grain = noise(photo.shape[0], [(4 * unit, 1.0), (2, 0.6)], SEED + 11)
    strength = 0.62 * (0.07 + 0.93 * share) * (1 - 0.6 * skin * (1 - lively))
    return np.clip(line * strength * (1 + 0.28 * grain), 0, 0.85)
