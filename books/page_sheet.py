"""All pages of a story with three very different children on one picture, to be looked at before it is sold."""

from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from books import preview
from books.looks import Looks
from books.personalisation import Personalisation
from books.stamping import Content
from books.templates_store import Template

TILE, GAP, COLUMNS = 240, 6, 9  # pixels; pages in a row, the covers among them
_PAPER = "#fff8ec"
# From the shortest name to the longest, from the youngest to the oldest, and nothing alike in between.
CHILDREN = (
    Content(
        Personalisation("Jo", 1, Looks("1", "baby-fuzz", "pale-blonde", "blue", (), "rose", "raincoat"), dedication="")
    ),
    Content(
        Personalisation(
            "سارا",
            5,
            Looks("10", "afro", "black", "brown", ("glasses-round",), "teal", "raincoat-red"),
            dedication="For you, with love, from all of us",
        )
    ),
    Content(
        Personalisation(
            "Wilhelmina-Mwamba Wojciechowska-Hammonds",
            12,
            Looks("5", "ponytail", "ginger", "green", ("freckles",), "sky", "raincoat"),
            dedication="For our Wilhelmina, who reads on when the lamp is out.\nWith all our love, always.",
        )
    ),
)


TWO = tuple(
    replace(one, personalisation=replace(one.personalisation, sibling=other.personalisation))
    for one, other in zip(CHILDREN, CHILDREN[1:] + CHILDREN[:1], strict=True)
)


def drawn(template: Template, children: Sequence[Content] = ()) -> Image.Image:
    """One block of rows for each book: front cover, pages, back cover. Without `children`: with three, and in stories
    that can be about two, with three pairs of them."""
    children = children or (*CHILDREN, *(TWO if template.story.children == 2 else ()))
    pages = range(template.story.page_count + 2)
    rows = -(-len(pages) // COLUMNS)
    step = TILE + GAP
    sheet = Image.new("RGB", (COLUMNS * step + GAP, len(children) * (rows * step + 3 * GAP)), _PAPER)
    for block, child in enumerate(children):
        for page, pixels in zip(pages, preview.without_marks(template, child, pages), strict=True):
            tile = Image.frombuffer("RGB", pixels.shape[1::-1], pixels.tobytes(), "raw", "BGRX", 0, 1)
            left = GAP + page % COLUMNS * step
            top = GAP + block * (rows * step + 3 * GAP) + page // COLUMNS * step
            sheet.paste(tile.resize((TILE, TILE), Image.Resampling.BOX), (left, top))
    return sheet.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
