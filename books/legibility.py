"""Words against what they stand on: measured on the drawn pages, because pictures are not one colour."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from books import preview
from books.drawing import Fault
from books.personalisation import BANDS
from books.stamping import Content
from books.story import TRIM, Box, Words
from books.templates_store import PIXELS, Template
from books.typesetting import Setter

LEAST, LEAST_LARGE = 7.0, 4.5  # contrast of words to read, and of lettering in letters as high as a thumbnail
LARGE = 24.0  # points
WORST = 10  # percent of the ground under a line may be worse: an edge, a star


def faults(template: Template, content: Content) -> Iterator[Fault]:
    """Words that are hard to read on their page, with the line that sets them."""
    story = template.story
    sheet = story.folder / "story.toml"
    places: list[int | str] = template.places()
    for place, ground in zip(places, preview.without_words(template, content, places), strict=True):
        scene = story.scene_of(place) if isinstance(place, int) else None
        for words in scene.words if scene else story.cover:
            if words.place != place or not words.meant(len(content.children)):
                continue
            found = _least(template, words, content.personalisation.names, ground)
            if found < (LEAST_LARGE if words.display else LEAST):
                wanted = LEAST_LARGE if words.display else LEAST
                yield Fault(
                    sheet,
                    words.line,
                    f"page {place}: the contrast of {words.ink} with the picture is {found:.1f}, less than {wanted:g}: "
                    "take a lighter or darker ink, or calm the picture there",
                )


def _least(template: Template, words: Words, names: Sequence[str], ground: npt.NDArray[np.uint8]) -> float:
    """The contrast under the worst line of any age."""
    setter = Setter(template.story, *names)
    ink = _luminance(np.array([[int(words.ink[at : at + 2], 16) for at in (1, 3, 5)]], dtype=np.uint8))[0]
    least = 99.0
    for band in BANDS:
        for box in setter.fit(words.at(band), words.words.get(band, "")).rectangles():
            pixels = _under(ground, box, words)
            if pixels.size:
                light = _luminance(pixels)
                contrast = (np.maximum(light, ink) + 0.05) / (np.minimum(light, ink) + 0.05)
                least = min(least, float(np.percentile(contrast, WORST)))
    return least


def _under(ground: npt.NDArray[np.uint8], line: Box, words: Words) -> npt.NDArray[np.uint8]:
    """The pixels (RGB) under a line, every other one; the box may be turned about its middle."""
    box = words.box
    x, y = np.meshgrid(np.arange(line.x, line.x + line.width, 0.5), np.arange(line.y, line.y + line.height, 0.5))
    angle = np.radians(words.rotate)
    middle = (box.x + box.width / 2, box.y + box.height / 2)
    across, down = x.ravel() - middle[0], y.ravel() - middle[1]
    turned = (
        middle[0] + across * np.cos(angle) - down * np.sin(angle),
        middle[1] + across * np.sin(angle) + down * np.cos(angle),
    )
    column, row = ((side / TRIM * PIXELS).astype(int) for side in turned)
    inside = (column >= 0) & (column < PIXELS) & (row >= 0) & (row < PIXELS)
    found: npt.NDArray[np.uint8] = ground[row[inside], column[inside]][:, 2::-1]
    return found


def _luminance(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """As the Web Content Accessibility Guidelines count it."""
    share = pixels / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array((0.2126, 0.7152, 0.0722)))
