"""The fonts of the books: which family, which weight, and which one can print a given name.

All of them come as packages (OFL). Their variable files are cut down to static instances once, because PDF writers
embed the default weight of a variable font. HarfBuzz cuts one in 20 ms where fontTools takes three seconds.
"""

import hashlib
import os
import tempfile
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import fontpkg
import uharfbuzz
from django.conf import settings

TEXT, DISPLAY = "text", "display"
JOINERS = {"\u200c", "\u200d"}


@dataclass(frozen=True)
class Face:
    """One static instance. `family` is its name in CSS; `line` the line height that suits it, as a factor."""

    family: str
    package: str
    axes: tuple[tuple[str, float], ...]
    language: str = ""

    @property
    def weight(self) -> int:
        return int(dict(self.axes)["wght"])


def _noto(role: str, weight: float) -> tuple[Face, ...]:
    axes = (("wdth", 100.0), ("wght", weight))
    return tuple(
        Face(f"{role}-{package}", package, axes, language)
        for package, language in (
            ("noto-sans-arabic", "ar"),
            ("noto-sans-devanagari", "hi"),
            ("noto-sans-thai", "th"),
            ("noto-sans", ""),
        )
    )


BOOK_FONTS = {
    (DISPLAY, "fraunces"): Face(
        "display-fraunces", "fraunces", (("SOFT", 100.0), ("WONK", 0.0), ("opsz", 144.0), ("wght", 600.0))
    ),
    (DISPLAY, "nunito"): Face("display-nunito", "nunito", (("wght", 800.0),)),
    (TEXT, "literata"): Face("text-literata", "literata", (("opsz", 18.0), ("wght", 450.0))),
    (TEXT, "nunito"): Face("text-nunito", "nunito", (("wght", 600.0),)),
}
# Greek and Cyrillic lettering in the book's text font, which has the same old-style warmth.
_BOLD_TEXT = Face("display-literata", "literata", (("opsz", 48.0), ("wght", 650.0)))
FALLBACKS = {TEXT: _noto(TEXT, 450.0), DISPLAY: (_BOLD_TEXT, *_noto(DISPLAY, 600.0))}
STANDARD = {TEXT: "literata", DISPLAY: "fraunces"}


def chain(role: str, family: str = "") -> tuple[Face, ...]:
    """The faces to try for a word in `role`, the story's own first. Raises KeyError for a family we do not have."""
    return (BOOK_FONTS[role, family or STANDARD[role]], *FALLBACKS[role])


def every_face() -> tuple[Face, ...]:
    return (*BOOK_FONTS.values(), *FALLBACKS[TEXT], *FALLBACKS[DISPLAY])


@lru_cache(maxsize=16)
def _code_points(package: str) -> frozenset[int]:
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(fontpkg.path(package, nearest=True))))
    return frozenset(face.unicodes)


def covers(face: Face, text: str) -> bool:
    """Whether `face` has a glyph for every character. Asked of its character map, never by shaping: that falls back."""
    points = _code_points(face.package)
    return all(ord(c) in points or c in JOINERS for c in unicodedata.normalize("NFC", text))


def face_for(text: str, role: str, family: str = "") -> Face | None:
    """The first face of the chain that prints all of `text`: a name is never set in two fonts."""
    return next((face for face in chain(role, family) if covers(face, text)), None)


def runs(text: str, role: str, family: str = "") -> list[tuple[str, Face | None]]:
    """`text` cut into pieces of one face each; spaces, punctuation and marks stay with what stands before them."""
    pieces: list[tuple[str, Face | None]] = []
    for character in unicodedata.normalize("NFC", text):
        face = face_for(character, role, family)
        if pieces and pieces[-1][1] is not None:
            words, before = pieces[-1]
            if face is before or (before and not character.isalpha() and covers(before, character)):
                pieces[-1] = (words + character, before)
                continue
        pieces.append((character, face))
    return pieces


def _folder() -> Path:
    parts = [f"{face} {fontpkg.path(face.package, nearest=True).stat().st_size}" for face in every_face()]
    digest = hashlib.sha256("\n".join([uharfbuzz.version_string(), *parts]).encode()).hexdigest()[:12]
    return Path(settings.PUBLISHED_DIR) / f"fonts-{digest}"


@lru_cache(maxsize=64)
def file(face: Face, folder: Path | None = None) -> Path:
    """The static instance on disk, made when it is first asked for. Safe in several processes at once."""
    path = (folder or _folder()) / f"{face.family}.ttf"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".ttf")
        with os.fdopen(handle, "wb") as out:
            out.write(_instance(face))
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    return path


def _instance(face: Face) -> bytes:
    source = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(fontpkg.path(face.package, nearest=True))))
    wanted = uharfbuzz.SubsetInput()
    wanted.keep_everything()
    for tag, value in face.axes:
        if not wanted.pin_axis_location(source, tag, value):
            raise ValueError(f"{face.package} has no axis {tag}")
    static = uharfbuzz.subset(source, wanted)
    data: bytes = static.blob.data
    if static.axis_infos:
        raise ValueError(f"{face.package} is still variable after pinning {face.axes}")
    return data


@lru_cache(maxsize=64)
def _shaper(path: Path) -> tuple[uharfbuzz.Font, int]:
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)))
    return uharfbuzz.Font(face), face.upem


@lru_cache(maxsize=4096)
def _static_advance(face: Face, path: Path, word: str) -> float:
    font, units = _shaper(path)
    buffer = uharfbuzz.Buffer()
    buffer.add_str(word)
    buffer.guess_segment_properties()
    uharfbuzz.shape(font, buffer)
    return float(sum(position.x_advance for position in buffer.glyph_positions)) / units


def advance(face: Face, text: str, *, cached: bool = True) -> float:
    """The width of `text` on one line, in em. `cached=False` for a child's words: they must not stay in memory."""
    measure = _static_advance if cached else _static_advance.__wrapped__
    return measure(face, file(face), text)


def warm() -> None:
    """Make every instance that books use and read the character maps, so that no parent waits for it."""
    for face in every_face():
        file(face)
        _code_points(face.package)
