"""Filters that painting is made of. Images are float32, height x width or height x width x channels; sigmas and
radii are in pixels. Everything is computed in a fixed order, so that the same picture gives the same numbers."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.Image import Resampling

Plane = npt.NDArray[np.floating]

SMALL_SIGMA = 2.5  # larger ones are blurred on a smaller copy, where it looks the same and costs little


def blurred(image: Plane, sigma: float) -> Plane:
    """Gaussian blur; edges are continued."""
    if sigma < 0.3:
        return image
    shrink = 1
    while sigma / shrink > 2 * SMALL_SIGMA and min(image.shape[:2]) // (shrink * 2) >= 8:
        shrink *= 2
    if shrink == 1:
        return _convolved(image, sigma)
    height, width = image.shape[:2]
    size = max(2, -(-width // shrink)), max(2, -(-height // shrink))
    small = resized(image, size, Resampling.BOX)
    return resized(_convolved(small, sigma / shrink), (width, height), Resampling.BICUBIC)


def _convolved(image: Plane, sigma: float) -> Plane:
    reach = max(1, round(2.6 * sigma))
    steps = np.arange(-reach, reach + 1)
    weights = np.exp(-((steps / sigma) ** 2) / 2)
    weights = (weights / weights.sum()).astype(np.float32)
    for axis in (0, 1):
        length = image.shape[axis]
        around = np.pad(image, [(reach, reach) if at == axis else (0, 0) for at in range(image.ndim)], mode="edge")
        total = np.zeros_like(image)
        for at, weight in enumerate(weights):
            part = around[at : at + length] if axis == 0 else around[:, at : at + length]
            total += part * weight
        image = total
    return image


def resized(image: Plane, size: tuple[int, int], how: Resampling) -> Plane:
    """To `size` (width, height)."""
    if image.ndim == 2:
        return np.asarray(Image.fromarray(image).resize(size, how))
    return np.stack([resized(np.ascontiguousarray(image[..., at]), size, how) for at in range(image.shape[-1])], -1)


def brushed(image: Plane, guide: Plane, radius: float, sharpness: float = 6.0) -> Plane:
    """Strokes of a broad brush (a generalised Kuwahara filter): every pixel takes the mean of the calmest of eight
    places around it, as told by `guide`, so that areas become flat and edges stay."""
    sigma = radius * 0.5
    mean = blurred(image, sigma)
    light = blurred(guide, sigma)
    unrest = np.maximum(blurred(guide * guide, sigma) - light * light, 0)
    if unrest.ndim == 3:
        unrest = unrest.sum(-1)
    weight = (1e-3 + unrest) ** np.float32(-sharpness / 2)
    # Channel by channel, on copies with continued edges: slices of these cost nothing.
    channels = mean.shape[2] if mean.ndim == 3 else 1
    height, width = weight.shape
    reach = round(radius * 0.8) + 1
    around = np.pad(weight, reach, mode="edge")
    parts = np.empty((channels, *around.shape), np.float32)
    for at in range(channels):
        plane = mean[..., at] if mean.ndim == 3 else mean
        np.multiply(np.pad(plane, reach, mode="edge"), around, out=parts[at])
    total = np.zeros((channels, height, width), np.float32)
    weights = np.zeros((height, width), np.float32)
    for turn in np.arange(8) * (np.pi / 4):
        down, across = (reach + round(radius * 0.8 * side) for side in (np.sin(turn), np.cos(turn)))
        total += parts[:, down : down + height, across : across + width]
        weights += around[down : down + height, across : across + width]
    total /= weights
    return np.ascontiguousarray(np.moveaxis(total, 0, -1)) if mean.ndim == 3 else total[0]


def guided(guide: Plane, image: Plane, radius: float, calm: float) -> Plane:
    """`image` smoothed along the edges of `guide` (He, Sun and Tang's guided filter, one channel each). `calm`: the
    variance below which the guide counts as flat."""
    mean_guide, mean_image = blurred(guide, radius), blurred(image, radius)
    covariance = blurred(guide * image, radius) - mean_guide * mean_image
    variance = blurred(guide * guide, radius) - mean_guide * mean_guide
    slope = covariance / (np.maximum(variance, 0) + calm)
    shift = mean_image - slope * mean_guide
    return blurred(slope, radius) * guide + blurred(shift, radius)


def noise(side: int, grains: Sequence[tuple[float, float]], seed: int) -> Plane:
    """Unevenness of mean 0 and deviation 1: the sum of patterns, each with the size of its grain and its share."""
    chance = np.random.default_rng(seed)
    total = np.zeros((side, side), np.float32)
    for grain, share in grains:
        cells = max(3, int(np.ceil(side / max(grain, 1.0))) + 2)
        cells = min(cells, side)
        pattern = chance.standard_normal((cells, cells)).astype(np.float32)
        pattern = resized(pattern, (side, side), Resampling.BICUBIC)
        total += pattern * (share / pattern.std())
    even: Plane = (total - total.mean()) / total.std()
    return even


def warped(image: Plane, across: Plane, down: Plane) -> Plane:
    """Each pixel taken from `across`, `down` away, bilinearly, edges continued."""
    height, width = image.shape[:2]
    x = np.clip(np.arange(width, dtype=np.float32) + across, 0, width - 1.001)
    y = np.clip(np.arange(height, dtype=np.float32)[:, None] + down, 0, height - 1.001)
    left, top = x.astype(np.int32), y.astype(np.int32)
    fx, fy = x - left, y - top
    at = top * width + left
    shares = ((0, (1 - fx) * (1 - fy)), (1, fx * (1 - fy)), (width, (1 - fx) * fy), (width + 1, fx * fy))
    out = np.empty_like(image)
    for channel in range(image.shape[2]):
        flat = np.ascontiguousarray(image[..., channel]).reshape(-1)
        out[..., channel] = sum(np.take(flat, at + step) * share for step, share in shares)
    return out
