"""Where the children's faces are in a story's scenes, and what must not happen to them. Read, not drawn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from books import character, drawing, wording
from books.drawing import DrawingError, Fault
from books.geometry import Matrix, times, transform
from books.story import ALWAYS, BLEED, SPREAD, TRIM, Box, Scene, Story, Words, meant
from books.typesetting import PROBES, Setter

FACE = 96.0  # of the child's canvas: from the middle of the head to its edge
AT_FOLD = 4.0  # mm that the binding may take beside a face
APART = 0.85  # of both radii: heads may touch as siblings' heads do, and hide no face


@dataclass(frozen=True)
class Face:
    """A child's head in a scene, in mm of the drawing."""

    x: float
    y: float
    radius: float
    line: int
    child: int = 1


def faults(story: Story, scene: Scene) -> Iterator[Fault]:
    """Faces under words, in the fold, or behind each other; and in stories about two, a scene that has one only."""
    said: set[tuple[int, str]] = set()
    for count in story.counts:
        found = faces(story, scene, count)
        for fault in _faults(story, scene, found, count):
            # What is wrong with one child is not said again for two.
            if (fault.line, fault.message) not in said:
                said.add((fault.line, fault.message))
                yield fault


def _faults(story: Story, scene: Scene, found: Sequence[Face], count: int) -> Iterator[Fault]:
    path = story.folder / scene.file("background")
    for words in scene.words:
        yield from _over_faces(story, scene, words, found, count)
    for face in found:
        if len(scene.pages) == 2 and abs(face.x - SPREAD / 2) < face.radius + AT_FOLD:
            aside = face.radius + AT_FOLD - abs(face.x - SPREAD / 2)
            yield Fault(path, face.line, f"the child’s face falls into the fold: move it aside by {aside:.0f} mm")
    if count == 2 and [face.child for face in found].count(1) != [face.child for face in found].count(2):
        yield Fault(path, 0, 'in a book about two, the second child is missing here: add a place with data-child="2"')
    for index, one in enumerate(found):
        for other in found[index + 1 :]:
            apart = ((one.x - other.x) ** 2 + (one.y - other.y) ** 2) ** 0.5
            if one.child != other.child and apart < APART * (one.radius + other.radius):
                yield Fault(path, other.line, "one child’s face is in front of the other’s: move them apart")


def faces(story: Story, scene: Scene, count: int) -> list[Face]:
    """The faces in a book about `count` children, in the order in which they are drawn."""
    path = story.folder / scene.file("background")
    try:
        root = drawing.read(path)
    except (DrawingError, FileNotFoundError):
        return []  # said where drawings are checked
    heads = character.parts().heads
    found = []
    for element in root.walk():
        if element.get("class") != "child" or element.get("data-pose") not in heads:
            continue
        child = 2 if element.get("data-child") == "2" else 1
        if not meant(child, element.get("data-when", ALWAYS), count):
            continue
        try:
            place = times(transform(element.get("transform")), transform(heads[element.get("data-pose")]))
        except ValueError:
            continue  # said where drawings are checked
        found.append(Face(*_at(place, character.HEAD_CENTRE), _scale(place) * FACE, element.line, child))
    return found


def probes(story: Story, words: Words, text: str) -> Iterator[tuple[str, ...]]:
    """Names to try a text with: short and long ones, for one child and for two where it is said about two."""
    for count in filter(words.meant, story.counts):
        for name in PROBES if wording.names_child(text) else PROBES[:1]:
            yield (name,) * count


def _at(matrix: Matrix, point: tuple[float, float]) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * point[0] + c * point[1] + e, b * point[0] + d * point[1] + f


def _scale(matrix: Matrix) -> float:
    a, b, c, d, _, _ = matrix
    return float(abs(a * d - b * c) ** 0.5)


def _over_faces(story: Story, scene: Scene, words: Words, found: Sequence[Face], count: int) -> Iterator[Fault]:
    """Words that lie on a child's face, for any age and short or long names."""
    if words.place not in scene.pages or words.rotate or not found:
        return
    offset = TRIM * scene.pages.index(int(words.place))
    for band, text in words.words.items():
        for names in probes(story, words, text):
            if len(names) != count:
                continue
            for line in Setter(story, *names).fit(words.at(band), text).rectangles():
                box = Box(line.x + BLEED + offset, line.y + BLEED, line.width, line.height)
                if any(_touches(box, face) for face in found):
                    message = f"ages {band}: the words lie over the child’s face: move the box or the child"
                    yield Fault(story.folder / "story.toml", words.line, message)
                    return


def _touches(box: Box, face: Face) -> bool:
    across = max(box.x - face.x, face.x - box.x - box.width, 0.0)
    down = max(box.y - face.y, face.y - box.y - box.height, 0.0)
    return across**2 + down**2 < (0.9 * face.radius) ** 2
