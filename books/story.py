"""A story as its folder says it: pages, words for every age, and where everything stands.

The format is described in `docs/adding-a-story.md`. Lengths are millimetres, sizes points; boxes start at the
trimmed top left corner of their page. Nothing here is personal.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings

from books import wording
from books.palette import CHARACTER_DIR
from books.personalisation import BANDS
from books.toml_tables import Tables

log = structlog.get_logger("littledreamers.stories")

TRIM = 210.0
BLEED = 3.0
PAGE = TRIM + 2 * BLEED
SPREAD = 2 * TRIM + 2 * BLEED
PANEL = 250.0
PANEL_MARGIN = 20.0
SMALLEST_TEXT = 11.0
# Raised when publishing changes what it makes of the same drawings, so that every story is published again.
PIPELINE = 6
KEPT = "story.toml"  # a published version's own copy, in the folder of its template
FRONT, BACK = "front", "back"
ALWAYS, ONE, TWO = "always", "one", "two"  # in which books something is drawn: with one child, or with two


class StoryError(Exception):
    """The story's folder is wrong; the message names file and line."""


class UnknownStory(LookupError):
    """No story of that name."""


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Words:
    """One block of text, lettering or dedication. `place`: the page number, or the cover panel.

    `words`: by age band. `size`: largest size in points, unless `sizes` names another for the band: the youngest read
    along from a lap, the oldest alone. `lines`: at most so many (0: as many as fit). `when`: in books about "one"
    child, "two", or "always".
    """

    place: int | str
    box: Box
    words: Mapping[str, str]
    ink: str
    size: float
    align: str = "center"
    valign: str = "middle"
    rotate: float = 0.0
    lines: int = 0
    display: bool = False
    line: int = 0
    sizes: Mapping[str, float] = field(default_factory=dict)
    when: str = ALWAYS

    def meant(self, count: int) -> bool:
        """Whether it is said in a book about `count` children."""
        return meant(1, self.when, count)

    def at(self, band: str) -> "Words":
        """These words with the largest size of one age band."""
        return replace(self, size=self.sizes[band]) if band in self.sizes else self


@dataclass(frozen=True)
class Photo:
    """The frame of a portrait. `child`: 1, or 2 for the sibling; `when`: in books about "one", "two", or "always"."""

    place: int
    box: Box
    shape: str
    line: int = 0
    child: int = 1
    when: str = ALWAYS

    def meant(self, count: int) -> bool:
        """Whether it is there in a book about `count` children."""
        return meant(self.child, self.when, count)


@dataclass(frozen=True)
class Scene:
    """`pages`: one page, or the two facing pages of a spread. `alt`: what is seen there, for who cannot see it."""

    number: int
    pages: tuple[int, ...]
    words: tuple[Words, ...]
    photos: tuple[Photo, ...]
    dedication: Words | None
    line: int = 0
    alt: str = ""

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the drawing in millimetres, bleed included."""
        return (SPREAD if len(self.pages) == 2 else PAGE, PAGE)

    def file(self, layer: str) -> str:
        """Where the drawing of `layer` ("background", "foreground") lies in the story's folder."""
        return f"scenes/{self.number:02d}-{layer}.svg"


@dataclass(frozen=True)
class Story:
    slug: str
    title: str
    short_title: str
    summary: str
    ages: tuple[int, int]
    scenes: tuple[Scene, ...]
    cover: tuple[Words, ...]
    sample_pages: tuple[int, ...]
    display_font: str
    text_font: str
    ink: str
    outfit: str
    spine_fill: str
    spine_ink: str
    folder: Path
    version: str
    children: int = 1  # the most that a book is about

    @property
    def page_count(self) -> int:
        return max((page for scene in self.scenes for page in scene.pages), default=0)

    def title_for(self, *names: str) -> str:
        """The title with the child's name, or both: child data, never to be stored outside the vault."""
        return wording.filled(self.title, names)

    def scene_of(self, page: int) -> Scene:
        """The scene that shows `page`. Raises KeyError."""
        for scene in self.scenes:
            if page in scene.pages:
                return scene
        raise KeyError(page)

    @property
    def template_folder(self) -> Path:
        """Where the published template of this version of the story lies."""
        return Path(settings.PUBLISHED_DIR) / f"{self.slug}-{self.version}"

    @property
    def counts(self) -> tuple[int, ...]:
        """How many children a book of it can be about."""
        return (1, 2)[: self.children]

    @property
    def pair_pages(self) -> tuple[int, ...]:
        """Which pages of a book about two the shop window shows: the cover (0) and one spread of the samples."""
        if self.children == 1:
            return ()
        spreads = [page for page in self.sample_pages if page % 2 == 0 and page + 1 in self.sample_pages]
        middle = spreads[len(spreads) // 2 :][:1]
        return (0, *(page for left in middle for page in (left, left + 1)))

    @property
    def is_published(self) -> bool:
        return (self.template_folder / "index.json").exists()


def meant(child: int, when: str, count: int) -> bool:
    """Whether what belongs to `child` (1 or 2) and is drawn `when` is there in a book about `count` children."""
    return child <= count and when in (ALWAYS, ONE if count == 1 else TWO)


def stories_dir() -> Path:
    return Path(getattr(settings, "STORIES_DIR", None) or Path(settings.BASE_DIR) / "books" / "stories")


def _sources(folder: Path) -> Iterator[Path]:
    for root, patterns in (
        (folder, ("story.toml", "scenes/*.svg", "cover/*.svg")),
        (CHARACTER_DIR, ("*.toml", "**/*.svg")),
    ):
        for pattern in patterns:
            yield from sorted(root.glob(pattern))


class _Reader(Tables):
    """Turns the tables of one story.toml into dataclasses."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, StoryError)

    def box(self, table: Mapping[str, Any], line: int) -> Box:
        numbers = self.take(table, "box", list, line)
        if len(numbers) != 4 or not all(isinstance(n, int | float) for n in numbers):
            raise self.wrong(line, "“box” needs four numbers: x, y, width and height in mm")
        return Box(*(float(number) for number in numbers))

    def words(self, table: Mapping[str, Any], line: int, *, kind: str, ink: str) -> Words:
        display = kind == "lettering"
        bands = {band: str(table[band]) for band in BANDS if band in table}
        if "text" in table:
            bands = dict.fromkeys(BANDS, str(table["text"]))
        if kind == "dedication":
            bands = dict.fromkeys(BANDS, "")
        place = table.get("page", table.get("panel"))
        if not isinstance(place, int) and place not in (FRONT, BACK):
            raise self.wrong(line, "“page” (a number) or “panel” (front or back) is missing")
        align = self.take(table, "align", str, line, "center")
        valign = self.take(table, "valign", str, line, "middle")
        if align not in ("left", "center", "right") or valign not in ("top", "middle", "bottom"):
            raise self.wrong(line, "“align” is left, center or right; “valign” is top, middle or bottom")
        when = self.take(table, "when", str, line, ALWAYS)
        if when not in (ALWAYS, ONE, TWO) or (when != ALWAYS and not isinstance(place, int)):
            raise self.wrong(line, "“when” is one or two (children), and not on covers")
        return Words(
            place=place,
            box=self.box(table, line),
            words=bands,
            ink=self.colour(table, "ink", line, ink),
            size=self.take(table, "size", float, line, 96.0 if display else 16.0 if kind == "dedication" else 19.0),
            align=align,
            valign=valign,
            rotate=self.take(table, "rotate", float, line, 0.0),
            lines=self.take(table, "lines", int, line, 1 if display else 0),
            display=display,
            line=line,
            sizes=self.sizes if kind == "text" and "size" not in table else {},
            when=when,
        )

    @property
    def sizes(self) -> dict[str, float]:
        """The story's own largest sizes by age band."""
        table = self.take(self.data, "sizes", dict, 0, {})
        if not set(table) <= set(BANDS) or not all(isinstance(size, int | float) for size in table.values()):
            raise self.wrong(0, "“sizes” gives a size in points for some of the ages " + ", ".join(BANDS))
        return {band: float(size) for band, size in table.items()}

    def scene(self, table: Mapping[str, Any], ink: str) -> Scene:
        line = self.line("scene")
        pages = tuple(self.take(table, "pages", list, line))
        if len(pages) not in (1, 2) or not all(isinstance(page, int) for page in pages):
            raise self.wrong(line, "“pages” lists one page or two facing pages")
        words: list[Words] = []
        for kind in ("text", "lettering"):
            blocks = table.get(kind, [])
            words += [self.words(block, self.line(f"scene.{kind}"), kind=kind, ink=ink) for block in blocks]
        photos, dedications = [], []
        for block in table.get("photo", []):
            at = self.line("scene.photo")
            shape = self.take(block, "shape", str, at, "circle")
            if shape not in ("circle", "rounded"):
                raise self.wrong(at, "“shape” is circle or rounded")
            child, when = self.take(block, "child", int, at, 1), self.take(block, "when", str, at, ALWAYS)
            if child not in (1, 2) or when not in (ALWAYS, ONE, TWO):
                raise self.wrong(at, "“child” is 1 or 2; “when” is one or two (children)")
            photos.append(Photo(self.take(block, "page", int, at), self.box(block, at), shape, at, child, when))
        for block in table.get("dedication", []):
            at = self.line("scene.dedication")
            dedications.append(self.words(block, at, kind="dedication", ink=ink))
        of_each = [[photo.child for photo in photos if photo.meant(count)] for count in (1, 2)]
        if any(len(set(found)) < len(found) for found in of_each) or len(dedications) > 1:
            raise self.wrong(line, "a scene has at most one photo of each child and one dedication")
        return Scene(
            number=self.take(table, "number", int, line),
            pages=pages,
            words=tuple(words),
            photos=tuple(photos),
            dedication=dedications[0] if dedications else None,
            line=line,
            alt=self.take(table, "alt", str, line, ""),
        )

    def story(self, version: str) -> Story:
        data = self.data
        ink = self.colour(data, "ink", 0)
        scenes = tuple(self.scene(table, ink) for table in data.get("scene", []))
        cover = [
            self.words(block, self.line(f"cover.{kind}"), kind=kind, ink=ink)
            for kind in ("text", "lettering")
            for block in data.get("cover", {}).get(kind, [])
        ]
        ages = self.take(data, "ages", list, 0)
        if len(ages) != 2:
            raise self.wrong(0, "“ages” needs two numbers")
        samples = set(self.take(data, "sample_scenes", list, 0, []))
        children = self.take(data, "children", int, 0, 1)
        if children not in (1, 2):
            raise self.wrong(0, "“children” is 1 or 2: how many a book can be about")
        texts = {name: self.take(data, name, str, 0) for name in ("slug", "title", "short_title", "summary")}
        return Story(
            **texts,
            ages=(ages[0], ages[1]),
            scenes=scenes,
            cover=tuple(cover),
            sample_pages=tuple(page for scene in scenes if scene.number in samples for page in scene.pages),
            display_font=self.take(data, "display_font", str, 0, "fraunces"),
            text_font=self.take(data, "text_font", str, 0, "literata"),
            ink=ink,
            outfit=self.take(data, "outfit", str, 0, ""),
            spine_fill=self.colour(data, "spine_fill", 0, ink),
            spine_ink=self.colour(data, "spine_ink", 0, "#ffffff"),
            folder=self.path.parent,
            version=version,
            children=children,
        )


def _version(sources: list[Path]) -> str:
    digest = hashlib.sha256(f"pipeline {PIPELINE}".encode())
    for path in sources:
        content = path.read_bytes()
        digest.update(f"\n{path.parent.name}/{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:12]


@lru_cache(maxsize=32)
def _cached(folder: Path, _state: tuple[tuple[str, int, int], ...]) -> Story:
    sources = list(_sources(folder))
    return _Reader(folder / "story.toml").story(_version(sources))


def load(slug: str) -> Story:
    """The story `slug`, read again when a file of it or of the drawn child changes.

    Raises UnknownStory, and StoryError when its story.toml cannot be understood.
    """
    folder = stories_dir() / slug
    if not re.fullmatch(r"[a-z0-9-]+", slug) or not (folder / "story.toml").exists():
        raise UnknownStory(slug)
    stats = [(path.name, path.stat()) for path in _sources(folder)]
    return _cached(folder, tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats))


@lru_cache(maxsize=32)
def _kept(folder: Path, version: str) -> Story:
    return _Reader(folder / KEPT).story(version)


def of_version(slug: str, version: str) -> Story:
    """The story as it was published as `version`; as it is now where that template is no longer there.

    Raises UnknownStory when there is neither.
    """
    folder = Path(settings.PUBLISHED_DIR) / f"{slug}-{version}"
    try:
        current = load(slug)
    except (UnknownStory, StoryError):
        if (folder / KEPT).exists():
            return _kept(folder, version)
        raise
    if current.version == version or not (folder / KEPT).exists():
        return current
    return _kept(folder, version)


def every() -> tuple[Story, ...]:
    """All stories in the folder that can be read, published or not, in the order of their slugs."""
    found = []
    for path in sorted(stories_dir().glob("*/story.toml")):
        try:
            found.append(load(path.parent.name))
        except StoryError as problem:  # a draft must not close the shop; `publish_story` says the same
            log.warning("story left out", problem=str(problem))
    return tuple(found)


def published() -> tuple[Story, ...]:
    """The stories whose template is ready: what the shop can sell."""
    return tuple(story for story in every() if story.is_published)
