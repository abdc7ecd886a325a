"""What would be wrong with a story's book, found before it is published, with file and line.

`check` reads; `look` looks at the drawn pages: does colour reach the paper's edge, do two renderers agree?
"""

import io
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from books import character, drawing, fonts, gamut, palette, recolouring, story_faces, wording
from books.drawing import DrawingError, Element, Fault
from books.fonts import DISPLAY, TEXT
from books.geometry import transform
from books.personalisation import BANDS
from books.story import BACK, FRONT, PAGE, PANEL, SMALLEST_TEXT, TRIM, Box, Scene, Story, Words
from books.story_faces import probes
from books.typesetting import Setter

SMALLEST_LETTERING = 4.5  # points, for a single word of forty letters; other names come out far larger
SMALLEST_LETTERING_OF_TWO = 3.0  # points, for two of them
EDGE, FOLD = 10.0, 8.0  # mm that words keep from the trim and from the fold
MOST_SHAPES = 1200
LARGEST_DIFFERENCE = 48  # of 255, between two renderers in any block of 5 x 5 mm


def check(story: Story) -> list[Fault]:
    """Everything wrong with the story's file, drawings and words. An empty list: it can be published."""
    return [
        *_plan(story),
        *(fault for scene in story.scenes for fault in _scene(story, scene)),
        *(fault for words in story.cover for fault in _words(story, words, [FRONT, BACK])),
        *_drawings(story),
        *_character(),
    ]


def _toml(story: Story, line: int, message: str) -> Fault:
    return Fault(story.folder / "story.toml", line, message)


def _plan(story: Story) -> Iterator[Fault]:
    if story.slug != story.folder.name:
        yield _toml(story, 0, f"slug is “{story.slug}” but the folder is “{story.folder.name}”")
    for role, family in ((DISPLAY, story.display_font), (TEXT, story.text_font)):
        if (role, family) not in fonts.BOOK_FONTS:
            yield _toml(story, 0, f"there is no {role} font “{family}”")
    if story.outfit and story.outfit not in {option.key for option in palette.load().outfits}:
        yield _toml(story, 0, f"there is no outfit “{story.outfit}” in the palette")
    seen: dict[int, int] = {}
    numbers: set[int] = set()
    for scene in story.scenes:
        if scene.number in numbers:
            yield _toml(story, scene.line, f"scene {scene.number} is there twice")
        numbers.add(scene.number)
        facing = len(scene.pages) == 1 or (scene.pages[0] % 2 == 0 and scene.pages[1] == scene.pages[0] + 1)
        if not facing:
            yield _toml(story, scene.line, f"pages {list(scene.pages)} do not face each other: a spread begins even")
        for page in scene.pages:
            if page in seen:
                yield _toml(story, scene.line, f"page {page} is in scene {seen[page]} too")
            seen[page] = scene.number
    for page in range(1, story.page_count + 1):
        if page not in seen:
            yield _toml(story, 0, f"page {page} is in no scene")
    if not story.sample_pages:
        yield _toml(story, 0, "“sample_scenes” names no scene of the book")
    if not any(words.place == FRONT for words in story.cover):
        yield _toml(story, 0, "the front cover has no lettering: the title would be missing")


def _scene(story: Story, scene: Scene) -> Iterator[Fault]:
    for words in scene.words:
        yield from _words(story, words, scene.pages)
    for photo in scene.photos:
        if photo.place not in scene.pages:
            yield _toml(story, photo.line, f"page {photo.place} is not in this scene")
    framed = [len([photo for photo in scene.photos if photo.meant(count)]) for count in story.counts]
    if framed not in ([0], [1], [0, 0], [1, 2]):
        yield _toml(story, scene.photos[0].line, "every child of a book needs one frame, the second child too")
    if unknown := wording.unknown(scene.alt):
        yield _toml(story, scene.line, f"{unknown[0]} means nothing in “alt”")
    if scene.dedication:
        yield from _box(story, scene.dedication, scene.pages)
    if _known_fonts(story):
        yield from story_faces.faults(story, scene)


def _box(story: Story, words: Words, places: Sequence[int | str]) -> Iterator[Fault]:
    if words.place not in places:
        yield _toml(story, words.line, f"“{words.place}” is not in this scene")
        return
    box = words.box
    if words.display and not any(wording.names_child(text) for text in words.words.values()):
        # Words that are only part of the picture may lie where pictures lie, as long as they are on the page.
        if box.x < 0 or box.y < 0 or box.x + box.width > TRIM or box.y + box.height > TRIM:
            yield _toml(story, words.line, "the box must lie on the page")
        return
    left = right = EDGE
    if isinstance(words.place, int) and len(places) == 2:
        left, right = (FOLD, EDGE) if words.place % 2 else (EDGE, FOLD)
    limits = (left, EDGE, TRIM - right, TRIM - EDGE)
    if box.x < limits[0] or box.y < limits[1] or box.x + box.width > limits[2] or box.y + box.height > limits[3]:
        yield _toml(
            story,
            words.line,
            f"the box must stay {EDGE:g} mm inside the page and {FOLD:g} mm from the fold: {_cure(box, limits)}",
        )


def _cure(box: Box, limits: tuple[float, float, float, float]) -> str:
    left, top = max(box.x, limits[0]), max(box.y, limits[1])
    right, bottom = min(box.x + box.width, limits[2]), min(box.y + box.height, limits[3])
    return f"box = [{left:g}, {top:g}, {right - left:g}, {bottom - top:g}] would"


def _words(story: Story, words: Words, places: Sequence[int | str]) -> Iterator[Fault]:
    yield from _box(story, words, places)
    role, family = (DISPLAY, story.display_font) if words.display else (TEXT, story.text_font)
    if not _known_fonts(story):
        return  # said once, for the story
    counts = [count for count in story.counts if words.meant(count)]
    for band in BANDS:
        text = words.words.get(band, "")
        if not text.strip():
            yield _toml(story, words.line, f'there is no text for the ages {band}: add a line "{band}" = "..." here')
            continue
        if unknown := wording.unknown(text, counts):
            yield _toml(
                story,
                words.line,
                f"{unknown[0]} means nothing: only {{name}} is filled in, {{first}} and {{second}} in books about two, "
                "and {one|two} chooses",
            )
            continue
        plain = " ".join(wording.filled(text, [""] * count) for count in counts).replace("\n", " ")
        missing = {c for piece, face in fonts.runs(plain, role, family) if face is None for c in piece}
        if missing:
            yield _toml(story, words.line, f"no font has {' '.join(sorted(missing))}: please write it in other letters")
        elif fault := _too_long(story, words.at(band), text):
            yield _toml(story, words.line, f"ages {band}: {fault}")
        if text == words.words.get("0-2") == words.words.get("9-12"):
            return  # the same words for every age: once is enough


def _known_fonts(story: Story) -> bool:
    return {(DISPLAY, story.display_font), (TEXT, story.text_font)} <= fonts.BOOK_FONTS.keys()


def _too_long(story: Story, words: Words, text: str) -> str:
    smallest = SMALLEST_LETTERING if words.display else min(words.size, SMALLEST_TEXT)
    named = wording.names_child(text)
    for names in probes(story, words, text):
        setting = Setter(story, *names).fit(words, text)
        if setting.size < (smallest if len(names) == 1 or not words.display else SMALLEST_LETTERING_OF_TWO):
            long = f" with a name like “{names[0]}”" if named else ""
            two = " twice" if named and len(names) == 2 else ""
            size = f"they would be set in {setting.size:.1f} pt"
            return f"the words do not fit their box{long}{two}: {size}. Enlarge the box or shorten them"
    return ""


def _read(path: Path) -> tuple[Element | None, list[Fault]]:
    try:
        return drawing.read(path), []
    except DrawingError as problem:
        line = re.search(r":(\d+): (.*)", str(problem))
        return None, [Fault(path, int(line[1]), line[2]) if line else Fault(path, 0, str(problem))]


def _drawings(story: Story) -> Iterator[Fault]:
    wanted: list[tuple[str, tuple[float, float], bool]] = []
    for scene in story.scenes:
        wanted.append((scene.file("background"), scene.size, True))
        wanted.append((scene.file("foreground"), scene.size, False))
    for name, needed in (("front-background", True), ("front-foreground", False), ("back-background", True)):
        wanted.append((f"cover/{name}.svg", (PANEL, PANEL), needed))
    for file, size, needed in wanted:
        path = story.folder / file
        if not path.exists():
            if needed:
                yield Fault(path, 0, "this drawing is missing")
            continue
        root, faults = _read(path)
        yield from faults
        if root is None:
            continue
        yield from drawing.faults(root, path, size=size)
        yield from _paints(root, path)
        if file.startswith("cover/front") and drawing.varies(root):
            yield Fault(path, 0, "the front cover has one drawing for all, the form shows it: only children may differ")
        for element in root.walk():
            if element.get("class") == "child":
                yield from _slot(element, path, allowed=needed)


def _paints(root: Element, path: Path) -> Iterator[Fault]:
    taken = set(recolouring.SENTINELS.values())
    shapes = 0
    for element in root.walk():
        shapes += element.tag in drawing.SHAPES
        if {element.get("fill").lower(), element.get("stroke").lower()} & taken:
            yield Fault(path, element.line, "this green marks colours that are exchanged: please take another one")
        yield from _unprintable(element, path)
    if shapes > MOST_SHAPES:
        yield Fault(path, 0, f"{shapes} shapes make the page slow to draw: please join some (at most {MOST_SHAPES})")


def _unprintable(element: Element, path: Path) -> Iterator[Fault]:
    for name in ("fill", "stroke", "stop-color"):
        colour = element.get(name)
        if re.fullmatch("#[0-9a-fA-F]{6}", colour) and gamut.distance(colour.lower()) > gamut.FARTHEST:
            yield Fault(
                path, element.line, f"{colour} is brighter than ink on paper can be: please take a calmer colour"
            )


def _slot(element: Element, path: Path, *, allowed: bool) -> Iterator[Fault]:
    if not allowed:
        yield Fault(path, element.line, "the child stands in the background drawing, not in the foreground")
        return
    drawn = character.parts()
    if (pose := element.get("data-pose")) and pose not in drawn.heads:
        yield Fault(path, element.line, f"nobody has drawn the pose “{pose}”")
    if (mood := element.get("data-mood")) and f"mood/{mood}" not in drawn.drawings:
        yield Fault(path, element.line, f"nobody has drawn the mood “{mood}”")
    try:
        a, b, c, d, _, _ = transform(element.get("transform"))
    except ValueError:
        yield Fault(path, element.line, "the child’s transform cannot be read")
        return
    if abs(a * d - b * c) < 1e-6:
        yield Fault(path, element.line, "the child’s transform makes it vanish")


def _character() -> Iterator[Fault]:
    for kind, _, path in character.files():
        root, faults = _read(path)
        yield from faults
        if root is None:
            continue
        yield from drawing.faults(root, path, size=character.CANVAS, classes=True)
        yield from _paints(root, path)
        if kind == "pose":
            slots = [child for child in root.children if child.get("id") == "head"]
            if len(slots) != 1:
                yield Fault(path, root.line, 'a pose has one empty <g id="head"> that says where the head goes')
    options = palette.load()
    drawn = character.parts()
    sheet = palette.CHARACTER_DIR / "palette.toml"
    for table in palette.NEEDED:
        for option in getattr(options, table):
            for colour in option.colours.values():
                if gamut.distance(colour.lower()) > gamut.FARTHEST:
                    yield Fault(sheet, 0, f"{table} “{option.key}”: {colour} is brighter than ink on paper can be")
    for table, prefix in (("moods", "mood/"), ("extras", "extra/"), ("poses", "pose/"), ("hairstyles", "hair/")):
        keys = {key.split("/")[1] for key in drawn.drawings if key.startswith(prefix)}
        for option in getattr(options, table):
            if option.key not in keys:
                yield Fault(sheet, 0, f"nobody has drawn {table} “{option.key}”")


def uncovered(on_white: npt.NDArray[np.uint8], on_black: npt.NDArray[np.uint8]) -> bool:
    """Whether bare paper shows at the edge of a page: drawn on white and on black paper, its rim must be the same."""
    through = np.abs(on_white[:, :, :3].astype(int) - on_black[:, :, :3]).max(axis=2) > 3
    return bool(through[0].any() or through[-1].any() or through[:, 0].any() or through[:, -1].any())


def renderers_differ(data: bytes, drawn: Sequence[npt.NDArray[np.uint8]]) -> list[int] | None:
    """Indices of pages that Poppler draws differently from `drawn`, or None when Poppler is not installed."""
    poppler = shutil.which("pdftoppm")
    if poppler is None:
        return None
    side = drawn[0].shape[0]
    differing: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "pages.pdf"
        source.write_bytes(data)
        command = [poppler, "-scale-to", str(side), "-png", str(source), str(Path(folder) / "page")]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        for index, path in enumerate(sorted(Path(folder).glob("page-*.png"))):
            other = np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB").resize((side, side)))
            ours = drawn[index][:, :, 2::-1]
            if _largest_difference(ours, other) > LARGEST_DIFFERENCE:
                differing.append(index)
    return differing


def _largest_difference(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> float:
    """The largest difference of the mean colour of any block of 5 x 5 mm: edges may differ by a pixel, areas not."""
    blocks = int(PAGE // 5)
    first, second = (
        np.asarray(Image.fromarray(np.ascontiguousarray(p)).resize((blocks, blocks), Image.Resampling.BOX)).astype(int)
        for p in (one, other)
    )
    return float(np.abs(first - second).max())
