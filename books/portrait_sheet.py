"""Storybook portraits of drawn children on one sheet, each with the picture it was painted from.

To be looked at whenever the painter changes. What is looked for: pale or muddy skin, smeared eyes, hair cut off or lost
in the background.
"""

from collections.abc import Iterator

from PIL import Image, ImageDraw

from books import drawn_photos, palette, portraits
from books.looks import Looks
from books.personalisation import Crop

COLUMNS = 5
TILE, SMALL = 300, 96  # pixels
STYLES = (
    *("straight-long", "curly-short", "crop", "afro", "braids-two"),
    *("curly-long", "coils", "locs", "headscarf", "twists"),
)
HAIR = ("golden-blonde", "ginger", "brown", "espresso", "black", "dark-brown", "black", "black", "black", "black")
EXTRAS: tuple[tuple[str, ...], ...] = (
    (),
    ("freckles",),
    ("glasses-round",),
    (),
    ("glasses-round",),
    (),
    (),
    (),
    (),
    (),
)
EYES = ("blue", "green", "hazel", "brown", "brown", "hazel", "brown", "hazel", "brown", "brown")
SQUARES = (Crop(0.06, 0.0, 0.86), Crop(0.16, 0.06, 0.66))  # with room around the head, and close by
_PAPER = "#fff8ec"


def children() -> Iterator[tuple[Image.Image, Crop]]:
    """A photo-like picture of a child of every skin, and the square that is painted."""
    for number, skin in enumerate(palette.load().skins):
        looks = Looks(skin.key, STYLES[number], HAIR[number], EYES[number], EXTRAS[number], "rose")
        wall = drawn_photos.WALLS[number % len(drawn_photos.WALLS)]
        drawn = drawn_photos.portrait(looks, wall=wall, side=1400)
        yield drawn_photos.as_photo(drawn), SQUARES[number % 4 == 3]


def sheet() -> Image.Image:
    """Raises RuntimeError where nothing can be painted."""
    made = []
    for picture, square in children():
        painted = portraits.painted(drawn_photos.jpeg(picture), square)
        if painted is None:
            raise RuntimeError("nothing was painted")
        left, top, side = square.x * picture.width, square.y * picture.height, square.size * picture.width
        made.append((painted, picture.crop((round(left), round(top), round(left + side), round(top + side)))))
    whole = Image.new("RGB", (TILE * COLUMNS, TILE * (len(made) // COLUMNS)), _PAPER)
    for number, (painted, photo) in enumerate(made):
        x, y = TILE * (number % COLUMNS), TILE * (number // COLUMNS)
        _lay(whole, painted, x + 10, y + 10, TILE - 20)
        _lay(whole, photo, x + TILE - SMALL - 6, y + TILE - SMALL - 6, SMALL)
    return whole


def _lay(whole: Image.Image, picture: Image.Image, x: int, y: int, side: int) -> None:
    """In a round frame."""
    mask = Image.new("L", (side * 3, side * 3), 0)
    ImageDraw.Draw(mask).ellipse((0, 0, side * 3 - 1, side * 3 - 1), fill=255)
    ring = Image.new("RGB", (side, side), "#8d6a4c")
    whole.paste(ring, (x, y), mask.resize((side, side), Image.Resampling.LANCZOS))
    inner = side - 8
    small = picture.convert("RGB").resize((inner, inner), Image.Resampling.LANCZOS)
    whole.paste(small, (x + 4, y + 4), mask.resize((inner, inner), Image.Resampling.LANCZOS))
