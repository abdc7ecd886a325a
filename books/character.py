"""The drawn child, put together from part files (`books/character/`) in the colours a parent chose.

Three readers use the same parts: `svg` draws one child as a standalone SVG, `browser_parts` lets the browser draw the
living child, and publishing turns every part into a form of the book's template.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from books import drawing, palette
from books.drawing import COLOUR_CLASSES, Element
from books.looks import Looks
from books.palette import CHARACTER_DIR, Palette

CANVAS = (400.0, 640.0)
OVERFLOW = 100.0  # drawings may leave the canvas by this much on each side
VIEW = (-OVERFLOW, -OVERFLOW, CANVAS[0] + 2 * OVERFLOW, CANVAS[1] + 2 * OVERFLOW)
HEAD_CENTRE = (200.0, 190.0)
HEAD_VIEW = (24.0, -8.0, 352.0, 372.0)
# Paper that waits for its colour: until a skin is picked, none is guessed.
PAPER = {"skin": "#ddd3e4", "skin-shade": "#bdb0c9", "skin-light": "#ebe4f0", "blush": "#dcc0d6", "lip": "#a98fae"}
FOLDERS = {"pose": "poses", "hair": "hair", "mood": "moods", "extra": "extras"}
LAYERS = {"pose": ("back", "body", "front"), "hair": ("back", "front"), "extra": ("below-hair", "above-hair")}


class MissingPart(LookupError):
    """The palette or a story names a part that nobody has drawn."""


@dataclass(frozen=True)
class Layer:
    """A part in its place. `with_head`: moves with the head of the pose."""

    part: str
    with_head: bool


@dataclass(frozen=True)
class Parts:
    """Every drawn part by key (`pose/wave/body`, `hair/bob/front`, `head`), and each pose's transform of the head."""

    drawings: dict[str, Element]
    heads: dict[str, str]


def _layer(root: Element, name: str) -> tuple[Element, ...]:
    for child in root.children:
        if child.get("id") == name:
            return child.children
    return ()


def _shared(root: Element) -> tuple[Element, ...]:
    return tuple(child for child in root.children if child.tag == "defs")


def _part(root: Element, layer: str, key: str) -> Element:
    inside = _layer(root, layer) if layer else root.children
    shared = _shared(root) if layer and inside else ()
    return drawing.bare(Element("g", {}, (*shared, *inside)), prefix=key.replace("/", "-") + "-")


def files(folder: Path = CHARACTER_DIR) -> Iterator[tuple[str, str, Path]]:
    """Every part file as (kind, name, path): `("pose", "wave", .../poses/wave.svg)`."""
    yield "head", "head", folder / "head.svg"
    for kind, name in FOLDERS.items():
        for path in sorted((folder / name).glob("*.svg")):
            yield kind, path.stem, path


def _read(folder: Path) -> Parts:
    drawings: dict[str, Element] = {}
    heads: dict[str, str] = {}
    for kind, name, path in files(folder):
        root = drawing.read(path)
        base = kind if kind == "head" else f"{kind}/{name}"
        if kind in LAYERS:
            for layer in LAYERS[kind]:
                part = _part(root, layer, f"{base}/{layer}")
                if part.children:
                    drawings[f"{base}/{layer}"] = part
        else:
            drawings[base] = _part(root, "", base)
        if kind == "pose":
            slot = next((child for child in root.children if child.get("id") == "head"), Element("g"))
            heads[name] = slot.get("transform")
    return Parts(drawings, heads)


@lru_cache(maxsize=2)
def _cached(folder: Path, _state: tuple[int, int]) -> Parts:
    return _read(folder)


def parts() -> Parts:
    """All parts; read again when a file of them changes."""
    stats = [path.stat().st_mtime_ns for _, _, path in files()]
    return _cached(CHARACTER_DIR, (len(stats), max(stats)))


def layers(
    looks: Looks, *, pose: str, mood: str, available: frozenset[str] | None = None, options: Palette | None = None
) -> list[Layer]:
    """The parts of one child from back to front.

    `available`: the keys of the drawn parts, `options`: the palette (default: those on disk). Raises MissingPart for a
    pose, mood, hairstyle or extra that does not exist.
    """
    if available is None:
        available = frozenset(parts().drawings)
    if missing := sorted({f"pose/{pose}/body", f"mood/{mood}"} - available):
        raise MissingPart(missing[0])
    hair = f"hair/{looks.hairstyle}"
    for part in (hair, *(f"extra/{key}" for key in looks.extras)):
        if not {f"{part}/{layer}" for layer in LAYERS[part.split("/")[0]]} & available:
            raise MissingPart(part)
    try:
        worn = _worn(looks, mood, options or palette.load())
    except KeyError as error:
        raise MissingPart(str(error.args[0])) from None
    below = [f"extra/{key}/below-hair" for key in worn]
    above = [f"extra/{key}/above-hair" for key in worn]
    order = [
        Layer(f"pose/{pose}/back", with_head=False),
        Layer(f"{hair}/back", with_head=True),
        Layer(f"pose/{pose}/body", with_head=False),
        *(Layer(part, with_head=True) for part in ("head", f"mood/{mood}", *below, f"{hair}/front", *above)),
        Layer(f"pose/{pose}/front", with_head=False),
    ]
    return [layer for layer in order if layer.part in available]


def _worn(looks: Looks, mood: str, options: Palette) -> list[str]:
    """The extras that are seen: a headscarf lies over a hearing aid, and nobody sleeps in glasses."""
    hidden = {*options.find("hairstyles", looks.hairstyle).hides, *options.find("moods", mood).hides}
    return [key for key in looks.extras if options.find("extras", key).kind not in hidden]


def colours(looks: Looks, *, outfit: str, options: Palette | None = None) -> dict[str, str]:
    """Every colour class with its `#rrggbb`. `outfit`: the story's, for a parent who did not choose one.

    `options`: the palette, where it is not today's.
    """
    options = options or palette.load()
    found: dict[str, str] = {}
    for table, key in (
        ("skins", looks.skin),
        ("hair_colours", looks.hair_colour),
        ("eyes", looks.eyes),
        ("wraps", looks.wrap or options.wraps[0].key),
        ("outfits", looks.outfit or outfit or options.outfits[0].key),
    ):
        found.update(options.find(table, key).colours)
    found.update(palette.hair_on(options.find("skins", looks.skin), options.find("hair_colours", looks.hair_colour)))
    return found


def svg(
    looks: Looks,
    *,
    pose: str,
    mood: str,
    outfit: str = "",
    title: str = "",
    view: tuple[float, float, float, float] = VIEW,
) -> str:
    """The child, or what `view` shows of it, as a standalone SVG in the parent's colours. Raises MissingPart, KeyError
    for an unknown colour."""
    all_parts = parts()
    chosen = colours(looks, outfit=outfit)
    drawn = []
    for layer in layers(looks, pose=pose, mood=mood):
        part = drawing.recoloured(all_parts.drawings[layer.part], chosen)
        head = all_parts.heads[pose] if layer.with_head else ""
        drawn.append(Element("g", {"transform": head} if head else {}, (part,)))
    return drawing.svg(tuple(drawn), view, title=title)


def paper_head(looks: Looks) -> str:
    """The head alone as a standalone SVG, its skin of paper. Raises MissingPart."""
    chosen = {**colours(looks, outfit=""), **PAPER}
    drawn = [layer.part for layer in layers(looks, pose="wave", mood="smile") if layer.with_head]
    return drawing.svg(tuple(drawing.recoloured(parts().drawings[part], chosen) for part in drawn), HEAD_VIEW)


def _living(element: Element) -> Element:
    """Class colours as CSS custom properties (`fill="var(--skin)"`): the browser recolours without redrawing."""
    return drawing.recoloured(element, {name: f"var(--{name})" for name in COLOUR_CLASSES})


def _choices(options: Palette) -> dict[str, Any]:
    return {
        table: [
            {
                "key": o.key,
                "label": o.label,
                "colours": dict(o.colours),
                "group": o.group,
                "kind": o.kind,
                "hides": list(o.hides),
            }
            for o in getattr(options, table)
        ]
        for table in Palette.__dataclass_fields__
    }


def _hair_on_skin(options: Palette) -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for skin in options.skins:
        for hair in options.hair_colours:
            drawn = palette.hair_on(skin, hair)
            if drawn != dict(hair.colours):
                found.setdefault(skin.key, {})[hair.key] = drawn
    return found


def browser_parts(*, poses: Sequence[str] | None = None) -> dict[str, Any]:
    """What a browser needs to draw the child: JSON-able, public, the same for everybody (P1: no child data).

    `view_box`: of the whole drawing. `order`: slots from back to front, each with `slot` (`hair/back`) and `with_head`.
    `parts`: part key (`hair/bob/back`) to SVG markup in which every recoloured paint is `var(--<class>)`, class kept;
    set the custom properties on the `<svg>`. `heads`: pose to the transform of everything that moves with the head.
    `palette`: all tables in the parents' order. `hair_on_skin`: skin to hair colour to the colours that differ there
    from the palette's. `paper`: what skin is before one is picked. `poses`: leave out the others, to send less.
    """
    all_parts = parts()
    wanted = set(all_parts.heads if poses is None else poses)
    markup = {
        key: _rounded(_living(part).markup())
        for key, part in all_parts.drawings.items()
        if not key.startswith("pose/") or key.split("/")[1] in wanted
    }
    slots = (
        ("pose/back", False),
        ("hair/back", True),
        ("pose/body", False),
        ("head", True),
        ("mood", True),
        ("extra/below-hair", True),
        ("hair/front", True),
        ("extra/above-hair", True),
        ("pose/front", False),
    )
    return {
        "view_box": " ".join(f"{number:g}" for number in VIEW),
        "canvas": list(CANVAS),
        "order": [{"slot": slot, "with_head": with_head} for slot, with_head in slots],
        "parts": markup,
        "heads": {pose: head for pose, head in all_parts.heads.items() if pose in wanted},
        "palette": _choices(palette.load()),
        "hair_on_skin": _hair_on_skin(palette.load()),
        "paper": PAPER,
    }


def _rounded(markup: str) -> str:
    """Coordinates to a tenth of a unit (0.02 mm in the book, far below a screen's pixel): a third less to send."""
    return re.sub(r"(\d+\.\d)\d+(?=[^\d%\"])", r"\1", markup)
