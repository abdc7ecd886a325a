"""The two fonts of the house for the browser: made small from the packaged fonts, served as `static/fonts/*.woff2`.

The packages carry every script and every axis (up to 400 kB each). The shop window writes Latin, so the fonts are cut
down to it once and kept below `DATA_DIR/webfonts`; `collectstatic` and `{% static %}` find them like any other file.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, overload

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

# Latin, Latin Extended-A, the Romanian comma letters, typographic marks, the euro, arrows.
CHARACTERS = (
    (0x20, 0x7E),
    (0xA0, 0x17F),
    (0x192, 0x192),
    (0x218, 0x21B),
    (0x2C6, 0x2DD),
    (0x2010, 0x2027),
    (0x2030, 0x2033),
    (0x2039, 0x203A),
    (0x20AC, 0x20AC),
    (0x2122, 0x2122),
    (0x2190, 0x2193),
    (0x2212, 0x2212),
)
FEATURES = ("kern", "liga", "calt", "ccmp", "locl", "mark", "mkmk", "tnum", "lnum")


@dataclass(frozen=True)
class WebFont:
    """One file of the shop window, and how it is cut from a package: axes pinned to a value or kept as a range."""

    name: str
    package: str
    file: str
    axes: tuple[tuple[str, float | tuple[float, float]], ...]

    @property
    def source(self) -> Path:
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise FileNotFoundError(f"The package {self.package} is not installed")
        return Path(spec.submodule_search_locations[0]) / "files" / self.file

    @property
    def path(self) -> str:
        """Where the browser finds it, below `static/`."""
        return f"fonts/{self.name}.woff2"


FONTS = (
    # Soft and wonky: the cut-paper letters of the book. The optical size stays, so that big titles get finer.
    WebFont(
        name="fraunces",
        package="fontpkg_fraunces",
        file="Fraunces[SOFT,WONK,opsz,wght].ttf",
        axes=(("SOFT", 100), ("WONK", 1), ("opsz", (36, 144)), ("wght", (500, 700))),
    ),
    WebFont(name="nunito", package="fontpkg_nunito", file="Nunito[wght].ttf", axes=(("wght", (400, 800)),)),
)


def _cut(font: WebFont, target: Path) -> None:
    """Write the browser's copy of `font` to `target`, atomically: two processes may start at once."""
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    options = subset.Options()
    options.layout_features = list(FEATURES)
    options.hinting = False
    options.notdef_outline = True
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in CHARACTERS for code in range(first, last + 1)])
    with TTFont(font.source, recalcTimestamp=False) as file:
        subsetter.subset(file)
        small = instancer.instantiateVariableFont(file, dict(font.axes))
        small.flavor = "woff2"
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=target.parent, suffix=".part")
        os.close(handle)
        small.save(scratch)
    Path(scratch).chmod(0o644)
    Path(scratch).replace(target)


@cache
def folder(data_dir: Path) -> Path:
    """The folder of this release's fonts below `data_dir`; made on first use, about two seconds."""
    recipe = repr((CHARACTERS, FEATURES, FONTS, [version(font.package.replace("_", "-")) for font in FONTS]))
    place = data_dir / "webfonts" / hashlib.sha256(recipe.encode()).hexdigest()[:12]
    for font in FONTS:
        if not (place / font.path).exists():
            _cut(font, place / font.path)
    return place


class FontFinder(BaseFinder):
    """Finds the web fonts for `{% static %}`, `collectstatic` and the development server."""

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    @overload
    def find(self, path: str, find_all: Literal[False] = False) -> str | None: ...
    @overload
    def find(self, path: str, find_all: Literal[True]) -> list[str]: ...
    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> str | list[str] | None:
        if path not in {font.path for font in FONTS}:
            return [] if find_all else None
        found = str(folder(settings.DATA_DIR) / path)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, Any]]:
        storage = FileSystemStorage(location=folder(settings.DATA_DIR))
        for font in FONTS:
            yield font.path, storage
