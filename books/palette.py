"""What parents choose from: skins, hair, eyes, extras and clothes, with the colours each of them means.

Read from `books/character/palette.toml`, which illustrators keep.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from books import colours
from books.drawing import COLOUR_CLASSES

CHARACTER_DIR = Path(__file__).resolve().parent / "character"


class PaletteError(Exception):
    """The palette file is incomplete; the message names what is missing."""


@dataclass(frozen=True)
class Option:
    """One choice. `colours` maps colour classes (`skin-shade`) to `#rrggbb`.

    `kind`: of an extra (`glasses`). `hides`: the kinds of extras that are not seen with it: a headscarf lies over a
    hearing aid, and nobody sleeps in glasses.
    """

    key: str
    label: str
    colours: Mapping[str, str]
    group: str = ""
    kind: str = ""
    hides: tuple[str, ...] = ()

    @property
    def swatch(self) -> str:
        """The colour that stands for this choice in a list of swatches, or an empty string."""
        return next(iter(self.colours.values()), "")


@dataclass(frozen=True)
class Palette:
    skins: tuple[Option, ...]
    hair_colours: tuple[Option, ...]
    eyes: tuple[Option, ...]
    wraps: tuple[Option, ...]
    hairstyles: tuple[Option, ...]
    extras: tuple[Option, ...]
    outfits: tuple[Option, ...]
    poses: tuple[Option, ...]
    moods: tuple[Option, ...]

    def find(self, table: str, key: str) -> Option:
        """The option `key` of `table` (`"skins"`). Raises KeyError."""
        options: tuple[Option, ...] = getattr(self, table)
        for option in options:
            if option.key == key:
                return option
        raise KeyError(f"{table}: {key}")


NEEDED: dict[str, tuple[str, ...]] = {
    "skins": ("skin", "skin-shade", "skin-light", "blush", "lip"),
    "hair_colours": ("hair", "hair-shade", "hair-light", "brow"),
    "eyes": ("eye", "eye-shade"),
    "wraps": ("wrap", "wrap-shade"),
    "outfits": ("top", "top-shade", "top-light", "bottom", "bottom-shade", "shoes", "shoes-shade"),
}
STANDS_OUT = 12.0  # in CIELAB: how far hair and brows are at least from the skin they lie on


def _option(table: str, key: str, entry: Mapping[str, Any]) -> Option:
    named = {name: str(entry[name]) for name in COLOUR_CLASSES if name in entry}
    missing = [name for name in NEEDED.get(table, ()) if name not in named]
    if missing:
        raise PaletteError(f"{table} “{key}” has no {', '.join(missing)}")
    words = {name: str(entry.get(name, "")) for name in ("group", "kind")}
    return Option(key=key, label=str(entry["label"]), colours=named, hides=tuple(entry.get("hides", ())), **words)


def read(path: Path) -> Palette:
    """The palette in `path`. Raises PaletteError."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    tables: dict[str, tuple[Option, ...]] = {}
    for table in Palette.__dataclass_fields__:
        entries = data.get(table, [])
        if isinstance(entries, dict):
            entries = [{"key": key, **entry} for key, entry in entries.items()]
        tables[table] = tuple(_option(table, str(entry["key"]), entry) for entry in entries)
    return Palette(**tables)


@lru_cache(maxsize=2)
def _cached(_modified: int) -> Palette:
    return read(CHARACTER_DIR / "palette.toml")


def load() -> Palette:
    """The palette of the drawn child; read again when its file changes."""
    return _cached((CHARACTER_DIR / "palette.toml").stat().st_mtime_ns)


def hair_on(skin: Option, hair: Option) -> dict[str, str]:
    """The hair's colours as they are drawn on this skin: what would vanish on it is a little lighter or darker."""
    ground = skin.colours["skin"]
    distance = _distance(hair.colours["hair"], ground)
    moved = {name: colours.lighter(colour, distance) if distance else colour for name, colour in hair.colours.items()}
    brow = hair.colours["brow"]
    distance = _distance(brow, ground)
    return {**moved, "brow": colours.lighter(brow, distance) if distance else brow}


@lru_cache(maxsize=1024)
def _distance(colour: str, ground: str) -> float:
    return colours.distance_to_stand_out(colour, ground, least=STANDS_OUT)
