"""Words into lines: the largest size at which a text fits its box, and where its lines break.

Widths come from HarfBuzz, so a size is known before anything is drawn. The lines are broken here and only placed by
the PDF writer: what was measured is what is printed. Nothing about a child is kept in memory afterwards.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from books import fonts, wording
from books.fonts import DISPLAY, TEXT, Face
from books.geometry import MM
from books.story import SMALLEST_TEXT, Box, Story, Words

LINE_HEIGHT = {TEXT: 1.38, DISPLAY: 1.16}
TALL_LINE = 1.5  # lettering in scripts that reach further up and down than Latin
PARAGRAPH_GAP = 0.45  # of a line
FLOOR = 3.0  # points; only a name of forty wide letters in a small box comes near
STEP = 0.5
VERSE_SHARE = 0.72  # verse keeps its own lines as long as that costs no more of the size
SECOND_LINE = 1.35  # a second line is worth its looks from this much gain in size
TOLERANCE = 0.997  # of the box's width: advances are rounded when they are written
PROBES = ("Wilhelmina-Mwamba Wojciechowska-Hammonds", "Wolfeschlegelsteinhausenbergerdorffmmmmm", "I", "Ng")


@dataclass(frozen=True, repr=False)
class Fragment:
    """Letters in one face.

    `name`: part of the child's name, isolated from the direction of what stands around it. `private`: a parent's or
    the child's, so its width is not kept in memory.
    """

    text: str
    face: Face
    name: bool = False
    private: bool = False


@dataclass(frozen=True, repr=False)
class Word:
    """What stays together on a line. `width` in em; `space`: a space stands before it unless it begins the line.

    `gap`: the width of that space, known once, because lines are tried many times.
    """

    fragments: tuple[Fragment, ...]
    width: float
    space: bool
    gap: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "gap", _space(self.fragments[0].face) if self.space else 0.0)


@dataclass(frozen=True, repr=False)
class Setting:
    """Words with their size (points) and lines, ready to be placed.

    `gaps`: indices of lines that begin a paragraph. `personal`: a parent's own words, in a direction of their own.
    """

    words: Words
    role: str
    size: float
    leading: float
    lines: tuple[tuple[Word, ...], ...]
    gaps: frozenset[int]
    personal: bool = False

    @property
    def height(self) -> float:
        """Points from the top of the first line to the bottom of the last."""
        return (len(self.lines) + PARAGRAPH_GAP * len(self.gaps)) * self.leading * self.size

    def rectangles(self) -> list[Box]:
        """Where each line stands, in mm from the page's trimmed top left corner, before the box is turned."""
        box, leading = self.words.box, self.leading * self.size / MM
        spare = box.height - self.height / MM
        top = box.y + {"top": 0.0, "middle": spare / 2, "bottom": spare}[self.words.valign]
        found = []
        for index, line in enumerate(self.lines):
            if index in self.gaps:
                top += PARAGRAPH_GAP * leading
            width = _width(line) * self.size / MM
            shift = {"left": 0.0, "center": (box.width - width) / 2, "right": box.width - width}[self.words.align]
            found.append(Box(box.x + shift, top, width, leading))
            top += leading
        return found

    def width(self) -> float:
        """Points of the widest line."""
        return max((_width(line) for line in self.lines), default=0.0) * self.size


def _advance(fragment: Fragment) -> float:
    # Only the story's own words are kept in the cache of widths.
    return fonts.advance(fragment.face, fragment.text, cached=not fragment.private)


@lru_cache(maxsize=16)
def _space(face: Face) -> float:
    return fonts.advance(face, " ")


def _width(line: Sequence[Word]) -> float:
    return sum(word.width for word in line) + sum(word.gap for word in line[1:])


def _clusters(text: str) -> list[str]:
    found: list[str] = []
    for character in text:
        joined = unicodedata.category(character) in ("Mn", "Mc", "Me") or character in fonts.JOINERS
        if found and (joined or found[-1][-1] in fonts.JOINERS):
            found[-1] += character
        else:
            found.append(character)
    return found


class Setter:
    """Sets texts in the fonts of one story for one child. Make a new one for each child."""

    def __init__(self, story: Story, *names: str) -> None:
        """`names`: of the child, or of both."""
        self.names = [unicodedata.normalize("NFC", name) for name in names]
        self.families = {TEXT: story.text_font, DISPLAY: story.display_font}
        self._name_faces = {
            role: [fonts.face_for(name, role, family) for name in self.names] for role, family in self.families.items()
        }

    def fit(self, words: Words, text: str, *, personal: bool = False) -> Setting:
        """Lines for `text` (with names as in `wording`) in its box, at the largest size that fits.

        `personal`: the text itself is a parent's, and nothing is filled in. A text too long even for the smallest size
        gets smaller still rather than leave its box; publishing refuses a story where that could happen
        (`SMALLEST_TEXT`).
        """
        role = DISPLAY if words.display else TEXT
        if not personal:
            text = wording.for_children(text, len(self.names))
        paragraphs = [
            [self._words(line, role, personal=personal) for line in paragraph.split("\n")]
            for paragraph in text.strip("\n").split("\n\n")
        ]
        leading = LINE_HEIGHT[role]
        if words.display and any(face.language for face in self._faces(paragraphs)):
            leading = TALL_LINE
        fitting = _Fitting(words, role, leading, paragraphs)
        found = fitting.lettering() if words.display else fitting.text()
        return replace(found, personal=personal)

    @staticmethod
    def _faces(paragraphs: list[list[list[Word]]]) -> set[Face]:
        return {f.face for lines in paragraphs for line in lines for word in line for f in word.fragments}

    def _fragments(self, text: str, role: str, *, personal: bool) -> list[Fragment]:
        own = fonts.chain(role, self.families[role])[0]
        found: list[Fragment] = []
        for piece in [text] if personal else wording.pieces(text):
            if isinstance(piece, int):
                if face := self._name_faces[role][piece]:
                    found.append(Fragment(self.names[piece], face, name=True, private=True))
                continue
            for run, other in fonts.runs(piece, role, self.families[role]):
                found.append(Fragment(run, other or own, private=personal))
        return found

    def _words(self, line: str, role: str, *, personal: bool) -> list[Word]:
        """Words may break at spaces and after hyphens and dashes."""
        words: list[list[Fragment]] = [[]]
        spaces = [False]
        for fragment in self._fragments(line, role, personal=personal):
            for index, chunk in enumerate(fragment.text.split(" ")):
                if index:
                    words.append([])
                    spaces.append(True)
                for part in _breakable(chunk):
                    if words[-1] and words[-1][-1].text[-1] in "-–—":
                        words.append([])
                        spaces.append(False)
                    words[-1].append(replace(fragment, text=part))
        return [
            Word(tuple(fragments), sum(map(_advance, fragments)), space)
            for fragments, space in zip(words, spaces, strict=True)
            if fragments
        ]


def _breakable(chunk: str) -> list[str]:
    parts: list[str] = []
    start = 0
    for index, character in enumerate(chunk[:-1]):
        if character in "-–—" and index > start:
            parts.append(chunk[start : index + 1])
            start = index + 1
    return [*parts, chunk[start:]] if chunk[start:] else parts


class _Fitting:
    """One search for a size."""

    def __init__(self, words: Words, role: str, leading: float, paragraphs: list[list[list[Word]]]) -> None:
        self.words, self.role, self.leading, self.paragraphs = words, role, leading, paragraphs
        self.width = words.box.width * MM * TOLERANCE
        self.height = words.box.height * MM + 0.01

    def text(self) -> Setting:
        """Story text and dedication: whole words first, then a smaller size, and only then words broken anywhere."""
        largest, smallest = self.words.size, min(self.words.size, SMALLEST_TEXT)
        if any(len(paragraph) > 1 for paragraph in self.paragraphs):
            verse = self._search(largest, max(smallest, largest * VERSE_SHARE), wrap=False)
            if verse:
                return verse
        found = self._search(largest, smallest)
        if found is None:
            found = self._search(largest, FLOOR, broken=True) or self._at(FLOOR, broken=True)
        return self._balanced(found)

    def lettering(self) -> Setting:
        """Display lines, never broken within a word: as large as the box allows on as few lines as the story says.

        A long name may take a second line where one line was meant, if that makes it a good deal larger.
        """
        words = [word for paragraph in self.paragraphs for line in paragraph for word in line]
        best = self._on_lines(words, 1)
        for count in range(2, max(2, self.words.lines) + 1):
            tried = self._on_lines(words, count)
            if tried.size > best.size * (1.0 if count <= self.words.lines else SECOND_LINE):
                best = tried
        return best

    def _on_lines(self, words: Sequence[Word], count: int) -> Setting:
        lines = tuple(_narrowest(words, count))
        widest = max(map(_width, lines))
        size = min(self.words.size, self.width / widest, self.height / (len(lines) * self.leading))
        return Setting(self.words, self.role, size, self.leading, lines, frozenset())

    def _search(self, largest: float, smallest: float, *, wrap: bool = True, broken: bool = False) -> Setting | None:
        """The largest size in half points that fits, by bisection."""
        low, high = 0, int((largest - smallest) / STEP + 1e-6)
        best: Setting | None = None
        while low <= high:
            middle = (low + high) // 2
            tried = self._at(largest - middle * STEP, wrap=wrap, broken=broken)
            if self.fits(tried):
                best, high = tried, middle - 1
            else:
                low = middle + 1
        return best

    def fits(self, tried: Setting) -> bool:
        few_enough = not self.words.lines or len(tried.lines) <= self.words.lines
        return few_enough and tried.height <= self.height and tried.width() <= self.width

    def _at(self, size: float, *, wrap: bool = True, broken: bool = False) -> Setting:
        limit = self.width / size if wrap else float("inf")
        lines: list[tuple[Word, ...]] = []
        gaps: set[int] = set()
        for index, paragraph in enumerate(self.paragraphs):
            if index:
                gaps.add(len(lines))
            for words in paragraph:
                lines += _greedy(_split(words, limit) if broken else words, limit) or [()]
        return Setting(self.words, self.role, size, self.leading, tuple(lines), frozenset(gaps))

    def _balanced(self, found: Setting) -> Setting:
        """The same number of lines, of like length: no lonely word on the last one."""
        limit = self.width / found.size
        lines: list[tuple[Word, ...]] = []
        gaps: set[int] = set()
        for index, paragraph in enumerate(self.paragraphs):
            if index:
                gaps.add(len(lines))
            for whole in paragraph:
                words = _split(whole, limit)
                lines += _narrowest(words, len(_greedy(words, limit))) or [()]
        return Setting(found.words, found.role, found.size, found.leading, tuple(lines), frozenset(gaps))


def _greedy(words: Sequence[Word], limit: float) -> list[tuple[Word, ...]]:
    lines: list[tuple[Word, ...]] = []
    line: list[Word] = []
    width = 0.0
    for word in words:
        added = word.gap + word.width
        if line and width + added > limit:
            lines.append(tuple(line))
            line, width = [word], word.width
        else:
            width += added if line else word.width
            line.append(word)
    return [*lines, tuple(line)] if line else lines


def _narrowest(words: Sequence[Word], count: int) -> list[tuple[Word, ...]]:
    """The words on at most `count` lines, the widest of them as narrow as can be."""
    if count <= 1 or len(words) <= 1:
        return [tuple(words)] if words else []
    low, high = max(word.width for word in words), _width(words)
    for _ in range(12):
        middle = (low + high) / 2
        if len(_greedy(words, middle)) <= count:
            high = middle
        else:
            low = middle
    return _greedy(words, high)


def _split(words: Sequence[Word], limit: float) -> list[Word]:
    """Words that are wider than a line, cut between letters. For names without any place to break."""
    cut: list[Word] = []
    for word in words:
        if word.width <= limit:
            cut.append(word)
            continue
        space = word.space
        for fragment in word.fragments:
            start = ""
            for cluster in _clusters(fragment.text):
                wider = replace(fragment, text=start + cluster)
                if start and _advance(wider) > limit:
                    piece = replace(fragment, text=start)
                    cut.append(Word((piece,), _advance(piece), space))
                    start, space = cluster, False
                else:
                    start += cluster
            piece = replace(fragment, text=start)
            cut.append(Word((piece,), _advance(piece), space))
            space = False
    return cut
