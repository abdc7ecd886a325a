"""Published templates as they lie on disk: one folder for each version of a story.

template.pdf      every scene, cover panel, part of the child and mark as a form; no pages
overlay.pdf       the same without backgrounds and colour profiles, for previews
backgrounds.raw   the pages' backgrounds as pixels (BGRX), mapped into memory and shared by all processes
large/<row>.z     the same backgrounds for sharp screens, deflated: raw they would be three times as much again
index.json        where the child stands, what each form is called
sample/<n>.jpg    pages of an invented child's book for the shop window; pair-<n>.jpg of a book about two
all-pages.png     every page with three very different children, for whoever publishes
story.toml, palette.toml    the words and colours of this version: books that began with it keep them
"""

import io
import json
import mmap
import threading
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pikepdf

from books import palette as palettes
from books import story as stories
from books.geometry import Matrix, transform
from books.palette import Palette
from books.story import ALWAYS, BACK, FRONT, Story, meant

STORY_KEPT, PALETTE_KEPT = stories.KEPT, "palette.toml"
PIXELS = 1000  # width and height of a page in a preview
LARGE = 1600  # of a page for sharp screens
LARGE_FOLDER = "large"

KEPT = 8  # templates in memory: a few megabytes each, the pixels are shared

_lock = threading.Lock()
_templates: dict[Path, "Template"] = {}
_sheets: dict[tuple[Path, frozenset[str]], bytes] = {}


class NotPublished(LookupError):
    """The story has no template yet: `manage.py publish_story <slug>`."""


@dataclass(frozen=True)
class Slot:
    """A child's place in a scene. `matrix` maps the child's canvas to the scene's millimetres.

    `child`: 1, or 2 for the sibling; `when`: in books about "one" child, "two", or "always".
    """

    pose: str
    mood: str
    matrix: Matrix
    child: int = 1
    when: str = ALWAYS

    def meant(self, count: int) -> bool:
        """Whether it is there in a book about `count` children."""
        return meant(self.child, self.when, count)


@dataclass(frozen=True)
class Art:
    """What one page or cover panel shows. `background`, `foreground`: names of forms ("" for none), and what stands in
    their place in books about two children.

    `size`: of the whole drawing in mm; `offset`: where this page begins in it; `margin`: what lies beyond the trim.
    """

    background: str
    foreground: str
    slots: tuple[Slot, ...]
    size: tuple[float, float]
    offset: float
    margin: float
    background_of_two: str
    foreground_of_two: str

    def layers(self, count: int) -> tuple[str, str]:
        """The names of background and foreground in a book about `count` children."""
        return (self.background, self.foreground) if count == 1 else (self.background_of_two, self.foreground_of_two)


@dataclass(frozen=True)
class Template:
    """A published story, read into memory once in a process."""

    story: Story
    folder: Path
    art: dict[int | str, Art]
    parts: dict[str, tuple[str, dict[str, int]]]
    heads: dict[str, Matrix]
    data: bytes
    overlay: bytes
    rows: dict[tuple[int | str, int], int]
    pixels: npt.NDArray[np.uint8]
    palette: Palette
    made: datetime

    def background(self, place: int | str, count: int = 1) -> npt.NDArray[np.uint8]:
        """The pixels of a page's background (PIXELS x PIXELS x 4) in a book about `count` children, not to be written
        to."""
        pixels: npt.NDArray[np.uint8] = self.pixels[self.rows[place, count]]
        return pixels

    def draws_at(self, width: int) -> bool:
        """Whether the backgrounds are kept in pixels of that size."""
        return width == PIXELS or (width == LARGE and (self.folder / LARGE_FOLDER).exists())

    def paper(self, place: int | str, width: int, count: int = 1) -> npt.NDArray[np.uint8]:
        """A page's background `width` pixels square (see `draws_at`), as `background`, but a copy to draw on."""
        if width == PIXELS:
            return self.background(place, count).copy()
        deflated = (self.folder / LARGE_FOLDER / f"{self.rows[place, count]}.z").read_bytes()
        return np.frombuffer(bytearray(zlib.decompress(deflated)), np.uint8).reshape(width, width, 4)

    def sheet(self, places: Iterable[int | str], count: int) -> bytes:
        """`template.pdf` with no other scenes than those of `places` in a book about `count` children: reading what a
        file does not show takes longer than writing it. Made once in a process; nothing in it is anybody's."""
        names = frozenset(name for place in places for name in self.art[place].layers(count) if name)
        with _lock:
            known = _sheets.get((self.folder, names))
            if known is None:
                known = _without_other_scenes(self.data, names)
                while len(_sheets) >= 4 * KEPT:
                    del _sheets[next(iter(_sheets))]
                _sheets[self.folder, names] = known
        return known

    def places(self) -> list[int | str]:
        """Front panel, pages, back panel: the order of a leafing reader."""
        return [FRONT, *range(1, self.story.page_count + 1), BACK]


def _without_other_scenes(data: bytes, names: frozenset[str]) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        scenes = pdf.Root.Book.Scenes
        for key in set(dict(scenes)) - {f"/{name}" for name in names}:
            del scenes[key]
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def place_of(page: int, page_count: int) -> int | str:
    """The place of a preview's page number: 0 is the front cover, page_count + 1 the back. Raises KeyError."""
    if not 0 <= page <= page_count + 1:
        raise KeyError(page)
    return FRONT if page == 0 else BACK if page == page_count + 1 else page


def describe(art: dict[int | str, Art]) -> dict[str, Any]:
    """`art` as JSON-able data for index.json."""
    return {
        str(place): {
            "background": one.background,
            "foreground": one.foreground,
            "slots": [asdict(slot) for slot in one.slots],
            "size": list(one.size),
            "offset": one.offset,
            "margin": one.margin,
            "background_of_two": one.background_of_two,
            "foreground_of_two": one.foreground_of_two,
        }
        for place, one in art.items()
    }


def _art(data: dict[str, Any]) -> Art:
    slots = tuple(Slot(**{**slot, "matrix": tuple(slot["matrix"])}) for slot in data["slots"])
    size = (data["size"][0], data["size"][1])
    under, over = data["background"], data["foreground"]
    two = (data.get("background_of_two", under), data.get("foreground_of_two", over))
    return Art(under, over, slots, size, data["offset"], data["margin"], *two)


def backgrounds(art: Mapping[int | str, Art]) -> list[tuple[int | str, int]]:
    """What lies in backgrounds.raw: places with the number of children. Those that differ for two follow the others."""
    differing = [place for place, one in art.items() if one.background_of_two != one.background]
    return [*((place, 1) for place in art), *((place, 2) for place in differing)]


def read(story: Story, folder: Path) -> Template:
    """The template in `folder`. Raises NotPublished when there is none."""
    try:
        index = json.loads((folder / "index.json").read_bytes())
    except FileNotFoundError:
        raise NotPublished(story.slug) from None
    art = {int(key) if key.isdigit() else key: _art(data) for key, data in index["art"].items()}
    with (folder / "backgrounds.raw").open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    pixels = np.frombuffer(mapped, dtype=np.uint8).reshape(-1, PIXELS, PIXELS, 4)
    return Template(
        story=story,
        folder=folder,
        art=art,
        parts={key: (name, counts) for key, (name, counts) in index["parts"].items()},
        heads={pose: transform(text) for pose, text in index["heads"].items()},
        data=(folder / "template.pdf").read_bytes(),
        overlay=(folder / "overlay.pdf").read_bytes(),
        rows=_rows(art),
        pixels=pixels,
        palette=palettes.read(folder / PALETTE_KEPT) if (folder / PALETTE_KEPT).exists() else palettes.load(),
        made=datetime.fromtimestamp(int((folder / "index.json").stat().st_mtime), UTC),
    )


def _rows(art: Mapping[int | str, Art]) -> dict[tuple[int | str, int], int]:
    rows = {key: row for row, key in enumerate(backgrounds(art))}
    return {(place, count): rows.get((place, count), rows[place, 1]) for place in art for count in (1, 2)}


def published_template(slug: str) -> Template:
    """The template of the story as its folder is now. Raises NotPublished, story.UnknownStory."""
    return template_for(stories.load(slug))


def template_for(story: Story) -> Template:
    """The template of this version of a story, kept in memory. Raises NotPublished."""
    with _lock:
        known = _templates.get(story.template_folder)
        if known is None:
            known = read(story, story.template_folder)
            while len(_templates) >= KEPT:
                del _templates[next(iter(_templates))]
            _templates[story.template_folder] = known
        return known
