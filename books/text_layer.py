"""All the words of a book as content of its pages: shaped by HarfBuzz, written as PDF text.

The lines are known (`typesetting`), so nothing is laid out here: letters are put where they belong. It takes a tenth
of the time of laying out the same words with WeasyPrint, which the tests compare it with.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import uharfbuzz
from pikepdf import Dictionary, Pdf

from books import bidi, embedding, fonts
from books.embedding import EmbeddedFont
from books.fonts import Face
from books.geometry import MM, Matrix, operands, times
from books.recolouring import operands as colour_operands
from books.story import TRIM
from books.typesetting import PARAGRAPH_GAP, Fragment, Setting, Word

_OBJECT = "\ufffc"  # stands for an isolated name while the line around it is put in order


@dataclass(frozen=True, repr=False)
class _Letters:
    """Letters of one face and one direction, in the order in which they are spoken."""

    text: str
    face: Face
    backwards: bool


class TextLayer:
    """Words for one document. Draw every place first, then take `resources` once."""

    def __init__(self, own: dict[str, Face]) -> None:
        """`own`: the story's face for each role; its ascent places the baseline, whatever else stands on the line."""
        self._own = own
        self._fonts: dict[Face, tuple[str, EmbeddedFont]] = {}

    def resources(self, pdf: Pdf) -> Dictionary:
        """The fonts as the forms of `draw` name them."""
        return Dictionary(Font=Dictionary({f"/{name}": font.write(pdf) for name, font in self._fonts.values()}))

    def draw(self, settings: Sequence[Setting]) -> bytes:
        """Content for one place, in points from the bottom left corner of the trimmed page."""
        return "\n".join(line for setting in settings for line in self._setting(setting)).encode()

    def _setting(self, setting: Setting) -> Iterator[str]:
        words, box, size = setting.words, setting.words.box, setting.size
        width, height, leading = box.width * MM, box.height * MM, setting.leading * size
        spare = height - setting.height
        top = {"top": 0.0, "middle": spare / 2, "bottom": spare}[words.valign]
        face, font = embedding.source(fonts.file(self._own[setting.role]))
        extents = font.get_font_extents("ltr")
        ascent, descent = extents.ascender / face.upem * size, -extents.descender / face.upem * size
        baseline = height - top - (leading - ascent - descent) / 2 - ascent
        yield f"q {colour_operands(words.ink).decode()} rg {operands(_place(setting))} cm BT"
        paragraph = bidi.base("".join(f.text for line in setting.lines for w in line for f in w.fragments))
        direction = paragraph if setting.personal else 0
        for index, line in enumerate(setting.lines):
            if index in setting.gaps:
                baseline -= PARAGRAPH_GAP * leading
            runs = [(self._font(piece.face), *_shaped(piece)) for piece in _ordered(line, direction)]
            length = sum(glyph.advance for _, _, glyphs in runs for glyph in glyphs) * size
            x = {"left": 0.0, "center": (width - length) / 2, "right": width - length}[words.align]
            for (name, embedded), _, glyphs in runs:
                yield f"/{name} {size:.2f} Tf"
                yield from _written(embedded, glyphs, x, baseline, size)
                x += sum(glyph.advance for glyph in glyphs) * size
            baseline -= leading
        yield "ET Q"

    def _font(self, face: Face) -> tuple[str, EmbeddedFont]:
        if face not in self._fonts:
            self._fonts[face] = (f"T{len(self._fonts)}", EmbeddedFont(face))
        return self._fonts[face]


def _place(setting: Setting) -> Matrix:
    """From the box's bottom left corner to the page, turned clockwise about the box's middle."""
    box, angle = setting.words.box, setting.words.rotate
    corner: Matrix = (1.0, 0.0, 0.0, 1.0, box.x * MM, (TRIM - box.y - box.height) * MM)
    if not angle:
        return corner
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    middle = (box.width * MM / 2, box.height * MM / 2)
    to_middle: Matrix = (1.0, 0.0, 0.0, 1.0, *middle)
    back: Matrix = (1.0, 0.0, 0.0, 1.0, -middle[0], -middle[1])
    return times(corner, times(to_middle, times((cos, -sin, sin, cos, 0.0, 0.0), back)))


def _joined(line: Sequence[Word]) -> list[Fragment]:
    """The line's fragments with the spaces between words; a name of several words becomes one fragment again."""
    joined: list[Fragment] = []
    for index, word in enumerate(line):
        for position, fragment in enumerate(word.fragments):
            gap = " " if index and position == 0 and word.space else ""
            last = joined[-1] if joined else None
            if last and last.face == fragment.face and last.name == fragment.name:
                joined[-1] = replace(last, text=last.text + gap + fragment.text)
                continue
            if gap and last and not last.name:
                joined[-1] = replace(last, text=last.text + gap)
            elif gap and not fragment.name:
                fragment = replace(fragment, text=gap + fragment.text)
            elif gap and last:
                joined.append(Fragment(gap, last.face))
            joined.append(fragment)
    return joined


def _ordered(line: Sequence[Word], paragraph: int) -> list[_Letters]:
    """The line's letters from left to right. A name keeps its own direction and turns nothing around it (isolation)."""
    fragments = _joined(line)
    if not paragraph and all(bidi.is_plain(fragment.text) for fragment in fragments):
        return [_Letters(fragment.text, fragment.face, backwards=False) for fragment in fragments]
    text = "".join(_OBJECT if fragment.name else fragment.text for fragment in fragments)
    owners = [fragment for fragment in fragments for _ in (_OBJECT if fragment.name else fragment.text)]
    found: list[_Letters] = []
    for start, end, level in _stretches(bidi.levels(text, paragraph), owners):
        fragment = owners[start]
        if fragment.name:
            found += _isolated(fragment)
        else:
            found.append(_Letters(text[start:end], fragment.face, backwards=bool(level % 2)))
    return found


def _isolated(fragment: Fragment) -> list[_Letters]:
    own = bidi.levels(fragment.text, bidi.base(fragment.text))
    return [
        _Letters(fragment.text[start:end], fragment.face, backwards=bool(level % 2))
        for start, end, level in _stretches(own, [fragment] * len(own))
    ]


def _stretches(found: list[int], owners: Sequence[Fragment]) -> list[tuple[int, int, int]]:
    """Stretches (start, end, level) of one level and one fragment, in their order on the line."""
    pieces: list[tuple[int, int, int]] = []
    start = 0
    for index in range(1, len(found) + 1):
        if index == len(found) or found[index] != found[start] or owners[index] is not owners[start]:
            pieces.append((start, index, found[start]))
            start = index
    return [pieces[index] for index in bidi.visual([level for _, _, level in pieces])]


@dataclass(frozen=True)
class _Glyph:
    """Lengths in em. `text`: what it stands for."""

    number: int
    text: str
    advance: float
    nominal: float
    dx: float
    dy: float


def _shaped(piece: _Letters) -> tuple[Face, list[_Glyph]]:
    face, font = embedding.source(fonts.file(piece.face))
    buffer = uharfbuzz.Buffer()
    buffer.add_str(piece.text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if piece.backwards else "ltr"
    if piece.face.language:
        buffer.language = piece.face.language
    uharfbuzz.shape(font, buffer)
    units = face.upem
    infos, positions = buffer.glyph_infos, buffer.glyph_positions
    starts = sorted({info.cluster for info in infos})
    ends = dict(zip(starts, [*starts[1:], len(piece.text)], strict=True))
    seen: set[int] = set()
    glyphs = []
    for info, position in zip(infos, positions, strict=True):
        text = "" if info.cluster in seen else piece.text[info.cluster : ends[info.cluster]]
        seen.add(info.cluster)
        glyphs.append(
            _Glyph(
                info.codepoint,
                text,
                position.x_advance / units,
                font.get_glyph_h_advance(info.codepoint) / units,
                position.x_offset / units,
                position.y_offset / units,
            )
        )
    return piece.face, glyphs


def _written(font: EmbeddedFont, glyphs: Sequence[_Glyph], x: float, y: float, size: float) -> Iterator[str]:
    """Text operators. Glyphs that stand on their advance go into one string; marks are placed one by one."""
    parts: list[str] = []
    start = pen = x
    for glyph in glyphs:
        font.use(glyph.number, glyph.text)
        if glyph.dx or glyph.dy:
            if parts:
                yield f"1 0 0 1 {start:.3f} {y:.3f} Tm [{''.join(parts)}] TJ"
            yield f"1 0 0 1 {pen + glyph.dx * size:.3f} {y + glyph.dy * size:.3f} Tm <{glyph.number:04x}> Tj"
            pen += glyph.advance * size
            parts, start = [], pen
            continue
        parts.append(f"<{glyph.number:04x}>")
        if correction := round((glyph.nominal - glyph.advance) * 1000, 1):
            parts.append(f"{correction:g}")
        pen += glyph.advance * size
    if parts:
        content = "".join(parts).replace("><", "")
        yield f"1 0 0 1 {start:.3f} {y:.3f} Tm [{content}] TJ"


def own_faces(text_font: str, display_font: str) -> dict[str, Face]:
    """The story's faces by role."""
    return {
        fonts.TEXT: fonts.chain(fonts.TEXT, text_font)[0],
        fonts.DISPLAY: fonts.chain(fonts.DISPLAY, display_font)[0],
    }
