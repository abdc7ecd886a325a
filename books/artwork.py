"""Drawings that browsers get, without any child in them, and where on a cover the living child and its name belong."""

import gzip
import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from django.urls import reverse

from books import character, drawing, palette, wording
from books import story as stories
from books.drawing import Element
from books.looks import DEFAULT, Looks
from books.palette import CHARACTER_DIR
from books.story import ALWAYS, FRONT, PANEL, PANEL_MARGIN, TRIM, Story, meant

LAYERS = ("background", "foreground")
LIVING_POSE = "wave"  # how the child stands beside its book while the parent chooses


@dataclass(frozen=True)
class Art:
    """A file made of drawings; `version` changes with its content."""

    plain: bytes

    @cached_property
    def version(self) -> str:
        return hashlib.sha256(self.plain).hexdigest()[:12]

    @cached_property
    def packed(self) -> bytes:
        return gzip.compress(self.plain, 9, mtime=0)


@dataclass(frozen=True)
class LiveCover:
    """The front cover for the browser: two layers of art, and what goes between and above them (JSON-able)."""

    background: str
    foreground: str
    view_box: str
    data: dict[str, Any]


_NOTHING = Art(drawing.svg((), (0, 0, PANEL, PANEL)).encode())


def parts() -> Art:
    """What the browser draws the living child from, in the poses that the form shows, as JSON."""
    poses = {LIVING_POSE, *(slot["pose"] for story in stories.published() for slot in _slots(story, story.children))}
    return _parts(tuple(sorted(poses)), _state(_part_files()))


def option_picture(table: str, key: str) -> Art:
    """A child of paper with one hairstyle (`table`: "hairstyles") or extra. Raises KeyError for anything else."""
    looks = {"hairstyles": replace(DEFAULT, hairstyle=key), "extras": replace(DEFAULT, extras=(key,))}[table]
    palette.load().find(table, key)
    return _option_picture(looks, _state(_part_files()))


def cover_layer(story: Story, layer: str) -> Art:
    """The front cover's background or foreground as SVG: an empty drawing where nobody has drawn one."""
    path = _cover_file(story, layer)
    return _layer(path, _state([path])) if path.exists() else _NOTHING


def live_cover(story: Story) -> LiveCover:
    """Everything the form needs to show the cover as it changes."""
    urls = {
        layer: reverse("books:cover_art", args=[story.slug, layer, cover_layer(story, layer).version])
        for layer in LAYERS
    }
    lettering = [
        {
            # Boxes start at the trimmed corner, the drawing at the edge of its margin.
            "box": [words.box.x + PANEL_MARGIN, words.box.y + PANEL_MARGIN, words.box.width, words.box.height],
            "words": {band: wording.for_children(text, 1) for band, text in words.words.items()},
            "words_of_two": {band: wording.for_children(text, 2) for band, text in words.words.items()},
            "ink": words.ink,
            "size": words.size,
            "align": words.align,
            "valign": words.valign,
            "rotate": words.rotate,
            "lines": words.lines,
            "display": words.display,
        }
        for words in story.cover
        if words.place == FRONT
    ]
    return LiveCover(
        background=urls["background"],
        foreground=urls["foreground"],
        view_box=f"{PANEL_MARGIN:g} {PANEL_MARGIN:g} {TRIM:g} {TRIM:g}",
        data={
            "children": _slots(story, 1),
            "two_children": _slots(story, 2) if story.children == 2 else [],
            "lettering": lettering,
            "pose": LIVING_POSE,
        },
    )


def _slots(story: Story, count: int) -> list[dict[str, Any]]:
    """Where children stand on the front cover of a book about `count`, in the order in which they are drawn."""
    path = _cover_file(story, "background")
    return [
        {
            "pose": found.get("data-pose"),
            "mood": found.get("data-mood"),
            "transform": found.get("transform"),
            "child": int(found.get("data-child", "1")),
        }
        for found in _drawing(path, _state([path])).walk()
        if found.tag == "g"
        and found.get("class") == "child"
        and meant(int(found.get("data-child", "1")), found.get("data-when", ALWAYS), count)
    ]


def _cover_file(story: Story, layer: str) -> Path:
    return story.folder / "cover" / f"front-{layer}.svg"


def _state(files: list[Path]) -> tuple[int, int]:
    """Changes when a file is added, taken away or written."""
    return len(files), max(path.stat().st_mtime_ns for path in files)


def _part_files() -> list[Path]:
    return [path for _, _, path in character.files()] + [CHARACTER_DIR / "palette.toml"]


@lru_cache(maxsize=16)
def _drawing(path: Path, _state: tuple[int, int]) -> Element:
    return drawing.read(path)


@lru_cache(maxsize=16)
def _layer(path: Path, state: tuple[int, int]) -> Art:
    root = drawing.bare(_drawing(path, state), prefix="")
    return Art(drawing.svg(root.children, (0, 0, PANEL, PANEL)).encode())


@lru_cache(maxsize=2)
def _parts(poses: tuple[str, ...], _state: tuple[int, int]) -> Art:
    return Art(json.dumps(character.browser_parts(poses=poses), separators=(",", ":")).encode())


@lru_cache(maxsize=64)
def _option_picture(looks: Looks, _state: tuple[int, int]) -> Art:
    return Art(character.paper_head(looks).encode())
