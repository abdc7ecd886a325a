"""Many invented children on one sheet, to be looked at whenever a part of the drawn child changes.

Chance decides who stands there, the seed decides chance; every skin, hair colour, hairstyle, pose, mood and extra is
there as often as the others of its kind. What is looked for: hair through glasses, ears that are missing, colours
that vanish.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from books import character, drawing, palette, preview, svg_forms
from books.looks import Looks
from books.palette import Option

COUNT, COLUMNS = 60, 10
TILE = 280  # pixels
VIEW = (-140.0, -50.0, 680.0, 680.0)  # of the canvas: room for the widest pose
_PAPERS = ("#fff8ec", "#efe6f4", "#e6f1ee", "#fdeee0")
_INK = "#6b5a70"
_COLOURS = 256  # of the picture: it is for looking at, not for printing

# Two poses are drawn for a bed and a boat, which a story brings along.
_BED = """<g><path fill="#c9b7dd" d="M-140,600 L540,600 L540,760 L-140,760 Z"/>
<path fill="#ffffff" d="M-72,452 C-76,400 0,384 110,392 C196,396 206,430 202,520 C202,606 184,626 70,624
C-44,626 -74,606 -72,548 Z"/></g>"""
_BLANKET = """<g><path fill="#8a7cc0" d="M300,396 C360,380 470,384 540,396 L540,760 L300,760
C288,560 288,470 300,396 Z"/>
<path fill="#a99cd6" d="M300,396 C312,393 324,391 338,390 C326,470 326,560 338,760 L300,760
C288,560 288,470 300,396 Z"/></g>"""
_BOAT = """<g><path fill="#9c5b3c" d="M-30,540 C80,560 320,560 430,540 C420,600 380,626 320,626 L80,626
C20,626 -20,600 -30,540 Z"/><path fill="#7d4530" d="M-26,562 C80,582 320,582 426,562 C424,572 420,580 416,588
C320,604 80,604 -16,588 C-20,580 -24,572 -26,562 Z"/></g>"""
_BEHIND = {"sleep": _BED}
_BEFORE = {"sleep": _BLANKET, "paddle": _BOAT}
_LOWER = {"sleep": 130.0}  # units of the canvas


@dataclass(frozen=True)
class Invented:
    """A child that does not exist, in a pose and a mood."""

    looks: Looks
    pose: str
    mood: str

    def __str__(self) -> str:
        looks = self.looks
        words = [self.pose, self.mood, looks.hairstyle, looks.hair_colour, f"skin {looks.skin}", looks.eyes]
        return ", ".join([*words, *looks.extras])


def children(seed: int, count: int = COUNT) -> list[Invented]:
    """The same children for the same seed."""
    chance = random.Random(seed)
    options = palette.load()

    def dealt(choices: Sequence[Option]) -> list[str]:
        """A key for every child, each as often as the others."""
        keys = [choices[index % len(choices)].key for index in range(count)]
        chance.shuffle(keys)
        return keys

    awake = [mood for mood in options.moods if not mood.hides]
    glasses = [extra for extra in options.extras if extra.kind == "glasses"]
    others = [extra for extra in options.extras if extra.kind != "glasses"]
    poses, moods, spectacles = dealt(options.poses), dealt(awake), dealt(glasses)
    skins, hair, styles = dealt(options.skins), dealt(options.hair_colours), dealt(options.hairstyles)
    eyes, wraps, outfits = dealt(options.eyes), dealt(options.wraps), dealt(options.outfits)
    found = []
    for index in range(count):
        extras = [spectacles[index]] if chance.random() < 0.45 else []
        extras += [extra.key for extra in others if chance.random() < 0.3]
        looks = Looks(
            skin=skins[index],
            hairstyle=styles[index],
            hair_colour=hair[index],
            eyes=eyes[index],
            extras=tuple(extras),
            wrap=wraps[index],
            outfit=outfits[index],
        )
        looks.validate()
        found.append(Invented(looks, poses[index], "sleep" if poses[index] == "sleep" else moods[index]))
    return found


def drawn(invented: Sequence[Invented]) -> Image.Image:
    """The sheet, numbered from 1 in the order of `invented`; drawn as books are, by way of PDF."""
    sheets = [svg_forms.Sheet(_svg(one, index), TILE, TILE) for index, one in enumerate(invented)]
    rows = -(-len(sheets) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * TILE, rows * TILE), _PAPERS[0])
    font = ImageFont.load_default(TILE / 16)
    for index, tile in enumerate(_tiles(sheets)):
        ImageDraw.Draw(tile).text((TILE / 28, TILE / 36), str(index + 1), fill=_INK, font=font)
        sheet.paste(tile, (index % COLUMNS * TILE, index // COLUMNS * TILE))
    return sheet.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def _tiles(sheets: Sequence[svg_forms.Sheet]) -> Iterator[Image.Image]:
    data = svg_forms.document(sheets)
    for pixels in preview.rasterise(data, TILE):
        yield Image.frombuffer("RGB", (TILE, TILE), pixels.tobytes(), "raw", "BGRX", 0, 1).copy()


def _svg(one: Invented, index: int) -> str:
    paper = _PAPERS[(index + index // COLUMNS) % len(_PAPERS)]
    child = drawing.parse(character.svg(one.looks, pose=one.pose, mood=one.mood).encode()).children
    view = (VIEW[0], VIEW[1] + _LOWER.get(one.pose, 0.0), VIEW[2], VIEW[3])
    x, y, width, height = (f"{number:g}" for number in view)
    ground = drawing.Element("rect", {"x": x, "y": y, "width": width, "height": height, "fill": paper})
    behind, before = (
        (drawing.parse(sets[one.pose].encode()),) if one.pose in sets else () for sets in (_BEHIND, _BEFORE)
    )
    return drawing.svg((ground, *behind, *child, *before), view)
