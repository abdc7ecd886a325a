"""Whether the storybook portrait keeps the tone of the skin: of every skin we draw, before and after, in CIELAB.

A variant that prints with few inks was rejected because it paled brown-skinned children. So each tone has a limit, and
how differently tones are treated has one too: fair is not only close, but alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from books import drawn_photos, palette
from books.colour_space import lab, lab_of
from books.faces import Detector, Pixels
from books.looks import Looks
from books.painting import easel

# CIE76. 2.3 is what an eye just notices between two flat areas side by side (Mahy and others, 1994).
JUST_NOTICEABLE = 2.3
FARTHEST = 4.0  # any tone from itself: seen only side by side with the photo; 2.1 is the most that was measured
UNALIKE = JUST_NOTICEABLE  # in lightness and in all, the tones may move no more differently than this

STYLES = ("bob", "curly-short", "crop", "afro", "braids-two", "straight-long", "coils", "locs", "pixie", "twists")
HAIR = "dark-brown"
LIKE_THE_SWATCH = 22.0  # blush, freckles and hair that changes with the skin are further from it
INSIDE = 0.45  # of the side: what the frame shows

Painter = Callable[[Pixels], Pixels]


@dataclass(frozen=True)
class Tone:
    """Mean L, a, b of the skin's pixels in a photo and in its portrait."""

    skin: str
    before: tuple[float, float, float]
    after: tuple[float, float, float]

    @property
    def moved(self) -> float:
        """How far, in CIELAB."""
        return float(np.linalg.norm(np.subtract(self.after, self.before)))

    @property
    def lighter(self) -> float:
        """By how much, in L; darker is negative."""
        return self.after[0] - self.before[0]


def painter(detector: Detector) -> Painter:
    """As the shop paints."""
    return lambda pixels: np.frombuffer(
        easel.paint(pixels.tobytes(), pixels.shape[1], pixels.shape[0], detector), np.uint8
    ).reshape(pixels.shape)


def measure(paint: Painter, *, side: int = 590, as_photo: bool = True) -> list[Tone]:
    """Of a drawn child of every skin, each with another hairstyle."""
    skins = palette.load().skins
    measured = []
    for number, skin in enumerate(skins):
        other = skins[(number + len(skins) // 2) % len(skins)]
        drawn, changed = (_drawn(key, number, side) for key in (skin.key, other.key))
        mask = _skin(np.asarray(drawn), np.asarray(changed), skin.swatch)
        seen = np.asarray(drawn_photos.as_photo(drawn) if as_photo else drawn)
        before, after = (lab(pixels[mask]).mean(0).tolist() for pixels in (seen, paint(seen)))
        measured.append(Tone(skin.key, tuple(before), tuple(after)))
    return measured


def unfair(tones: Sequence[Tone]) -> list[str]:
    """What is wrong, in words; nothing if every tone stays what it is and none is favoured."""
    found = [f"skin {tone.skin} moves by {tone.moved:.1f}" for tone in tones if tone.moved > FARTHEST]
    for name, values in (("lightness", [tone.lighter for tone in tones]), ("tone", [tone.moved for tone in tones])):
        if max(values) - min(values) > UNALIKE:
            found.append(f"{name} moves by {min(values):.1f} to {max(values):.1f}, not alike for all")
    return found


def _drawn(skin: str, number: int, side: int) -> Image.Image:
    looks = Looks(skin, STYLES[number % len(STYLES)], HAIR, "hazel", (), "sky", "raincoat")
    return drawn_photos.portrait(looks, wall=drawn_photos.WALLS[number % len(drawn_photos.WALLS)], side=side)


def _skin(drawn: Pixels, changed: Pixels, swatch: str) -> Pixels:
    """Where the skin is: what changes with it, is of its colour, and is inside the frame."""
    side = drawn.shape[0]
    line = (np.arange(side) + 0.5) / side - 0.5
    differ = np.abs(drawn.astype(int) - changed).max(-1) > 12
    like = np.linalg.norm(lab(drawn) - lab_of(swatch), axis=-1) < LIKE_THE_SWATCH
    inside = line[None, :] ** 2 + line[:, None] ** 2 < INSIDE**2
    mask: Pixels = differ & like & inside
    return mask
