"""The fonts of the books: which family, which weight, and which one can print a given name.

All of them come as packages (OFL). Their variable files are cut down to static instances once, because PDF writers
embed the default weight of a variable font. HarfBuzz cuts one in 20 ms where fontTools takes three seconds.
"""

import hashlib
import os
import re
import tempfile
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import fontpkg
import uharfbuzz
from django.conf import settings

TEXT, DISPLAY = "text", "display"
JOINERS = {"\u200c", "\u200d"}
_LOOSE_MARKS = {chr(point) for point in range(0x300, 0x370)}
# Variable outlines of the PostScript kind, which no PDF can carry, become static ones whose numbers stay what they are.
_Flags = uharfbuzz.SubsetFlags
CFF_FLAGS = _Flags.RETAIN_GIDS | _Flags.NOTDEF_OUTLINE | _Flags.DOWNGRADE_CFF2 | _Flags.CFF_IDENTITY_CHARSET


@dataclass(frozen=True)
class Face:
    """One static instance. `family` is its name in CSS. `language`: set where a script needs it said.

    `member`: which font of a collection, -1 where the file holds one.
    """

    family: str
    package: str
    axes: tuple[tuple[str, float], ...]
    language: str = ""
    member: int = -1

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


def _hebrew(role: str, weight: float) -> Face:
    return Face(f"{role}-frank-ruhl-libre", "frank-ruhl-libre", (("wght", weight),), "he")


CJK_PACKAGE = "manimgx_fonts_cjk"  # the optional extra `cjk`
_CJK_FILE, _CJK_SIMPLIFIED = "NotoSansCJK-VF.otf.ttc", 2
# One font has the letters of all of them and draws some differently for each; Han letters alone are taken for Chinese.
_CJK_LANGUAGES = ("zh-Hans", "ja", "ko")
_KANA, _HANGUL = re.compile("[\u3040-\u30ff]"), re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")


def _cjk(role: str, weight: float) -> tuple[Face, ...]:
    if find_spec(CJK_PACKAGE) is None:
        return ()
    return tuple(
        Face(f"{role}-noto-sans-cjk", CJK_PACKAGE, (("wght", weight),), language, _CJK_SIMPLIFIED)
        for language in _CJK_LANGUAGES
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
FALLBACKS = {
    TEXT: (*_noto(TEXT, 450.0), _hebrew(TEXT, 450.0), *_cjk(TEXT, 450.0)),
    DISPLAY: (_BOLD_TEXT, *_noto(DISPLAY, 600.0), _hebrew(DISPLAY, 700.0), *_cjk(DISPLAY, 700.0)),
}
STANDARD = {TEXT: "literata", DISPLAY: "fraunces"}


def chain(role: str, family: str = "") -> tuple[Face, ...]:
    """The faces to try for a word in `role`, the story's own first. Raises KeyError for a family we do not have."""
    return (BOOK_FONTS[role, family or STANDARD[role]], *FALLBACKS[role])


def every_face() -> tuple[Face, ...]:
    return (*BOOK_FONTS.values(), *FALLBACKS[TEXT], *FALLBACKS[DISPLAY])


@cache
def _source(package: str) -> Path:
    """The font file of a package. Raises FileNotFoundError, fontpkg.FamilyNotInstalled when it is not installed."""
    if package != CJK_PACKAGE:
        return Path(fontpkg.path(package, nearest=True))
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"The package {package} is not installed")
    return Path(spec.submodule_search_locations[0]) / _CJK_FILE


def _opened(face: Face) -> uharfbuzz.Face:
    return uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(_source(face.package))), max(face.member, 0))


@lru_cache(maxsize=16)
def _code_points(package: str, member: int) -> frozenset[int]:
    return frozenset(_opened(Face("", package, (), member=member)).unicodes)


def covers(face: Face, text: str) -> bool:
    """Whether `face` has a glyph for every character, asked of its character map, and can put marks onto letters."""
    composed = unicodedata.normalize("NFC", text)
    return _has_all(face, composed) and _puts_marks(face, composed)


def _has_all(face: Face, composed: str) -> bool:
    points = _code_points(face.package, face.member)
    return all(ord(c) in points or c in JOINERS for c in composed)


def _puts_marks(face: Face, composed: str) -> bool:
    """Whether `face` knows where the accents go that no letter comes with, as in Yoruba: Fraunces drops them beside."""
    for index, character in enumerate(composed):
        if index and character in _LOOSE_MARKS:
            buffer = uharfbuzz.Buffer()
            buffer.add_str(composed[index - 1 : index + 1])
            buffer.guess_segment_properties()
            uharfbuzz.shape(_shaper(file(face))[0], buffer)
            last = buffer.glyph_positions[-1]
            if len(buffer.glyph_infos) > 1 and not (last.x_offset or last.y_offset):
                return False
    return True


def _written(text: str) -> str:
    """Which of the languages of Han letters `text` is in, as far as its letters tell."""
    return "ja" if _KANA.search(text) else "ko" if _HANGUL.search(text) else "zh-Hans"


def _chain_for(text: str, role: str, family: str) -> list[Face]:
    """The chain without the faces of the other languages that share Han letters."""
    language = _written(text)
    return [face for face in chain(role, family) if face.package != CJK_PACKAGE or face.language == language]


def face_for(text: str, role: str, family: str = "") -> Face | None:
    """The first face of the chain that prints all of `text`: a name is never set in two fonts."""
    return next((face for face in _chain_for(text, role, family) if covers(face, text)), None)


def runs(text: str, role: str, family: str = "") -> list[tuple[str, Face | None]]:
    """`text` cut into pieces of one face each; spaces, punctuation and marks stay with what stands before them."""
    pieces: list[tuple[str, Face | None]] = []
    faces = _chain_for(text, role, family)
    composed = unicodedata.normalize("NFC", text)
    if composed and faces and _has_all(faces[0], composed):  # nearly always
        return [(composed, faces[0])]
    for character in composed:
        face = next((one for one in faces if covers(one, character)), None)
        if pieces and pieces[-1][1] is not None:
            words, before = pieces[-1]
            if face is before or (before and not character.isalpha() and covers(before, character)):
                pieces[-1] = (words + character, before)
                continue
        pieces.append((character, face))
    return pieces


def folder() -> Path:
    """Where the static instances lie: beside the templates, one folder for each set of sources."""
    parts = [f"{face} {_source(face.package).stat().st_size}" for face in every_face()]
    digest = hashlib.sha256("\n".join([uharfbuzz.version_string(), *parts]).encode()).hexdigest()[:12]
    return Path(settings.PUBLISHED_DIR) / f"fonts-{digest}"


@lru_cache(maxsize=64)
def file(face: Face, into: Path | None = None) -> Path:
    """The static instance on disk, made when it is first asked for. Safe in several processes at once."""
    path = (into or folder()) / f"{face.family}.ttf"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".ttf")
        with os.fdopen(handle, "wb") as out:
            out.write(_instance(face))
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    return path


def _instance(face: Face) -> bytes:
    source = _opened(face)
    wanted = uharfbuzz.SubsetInput()
    wanted.keep_everything()
    if "CFF2" in source.table_tags:
        wanted.flags = CFF_FLAGS
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
        _code_points(face.package, face.member)
