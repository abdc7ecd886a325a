"""Looking for many patterns at once in files of any size."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from littledreamers.proof import encodings, unpacking
from littledreamers.proof.canaries import Canaries

CHUNK = 32 * 1024 * 1024
SHORTEST = 15  # so that every occurrence covers one word of eight bytes that begins at a multiple of eight
_WORD = 8
_TABLE_BITS = 20
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
PICTURES = {
    b"%PDF-": "PDF",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00": "JPEG",
    b"Exif\x00\x00": "EXIF",
    b"WEBPVP8": "WebP",
    b"ftypheic": "HEIC",
    b"ftypavif": "AVIF",
}
_AT_START = {b"\xff\xd8\xff": "JPEG"}
PICTURE = "a picture or a PDF in the clear"


@dataclass(frozen=True)
class Needle:
    """One way in which one canary may be written. `folded`: small letters only, for a folded haystack."""

    canary: str
    encoding: str
    pattern: bytes
    folded: bool


@dataclass(frozen=True, order=True)
class Hit:
    """Something that should not be there: never more of it than which canary it is."""

    place: str
    file: str
    canary: str
    encoding: str


def needles(canaries: Canaries) -> list[Needle]:
    """Every canary in every encoding. A pattern that several encodings share is looked for once, under the first."""
    found: dict[tuple[bytes, bool], Needle] = {}
    written = [(label, word) for label, word in canaries.words().items()] + [("name", canaries.name)]
    ways = [(label, way) for label, text in written for way in encodings.of_text(text)]
    ways += [(label, way) for label, all_of in canaries.pieces.items() for one in all_of for way in _of_piece(one)]
    for label, (encoding, pattern, folded) in ways:
        pattern = pattern.lower() if folded else pattern
        found.setdefault((pattern, folded), Needle(label, encoding, pattern, folded))
    return list(found.values())


def _of_piece(data: bytes) -> Iterator[tuple[str, bytes, bool]]:
    return encodings.of_bytes(data)


class _Index:
    """Finds patterns by the aligned words in them: one look into a table for every eight bytes of the haystack."""

    def __init__(self, patterns: Iterable[Needle]) -> None:
        words: dict[int, list[tuple[Needle, int]]] = defaultdict(list)
        for needle in patterns:
            if len(needle.pattern) < SHORTEST:
                raise ValueError(f"the pattern of {needle.canary} in {needle.encoding} is too short to be looked for")
            # Not at the beginning: what is special about a pattern is more often in its middle.
            middle = (len(needle.pattern) - SHORTEST) // 2
            for offset in range(middle, middle + _WORD):
                word = int.from_bytes(needle.pattern[offset : offset + _WORD], "little")
                words[word].append((needle, offset))
        self._words = words
        self._sorted = np.array(sorted(words), dtype="<u8")
        self._table = np.zeros(1 << _TABLE_BITS, dtype=bool)
        self._table[self._slots(self._sorted)] = True

    @staticmethod
    def _slots(words: "np.ndarray[tuple[int], np.dtype[np.uint64]]") -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
        return (words * _SPREAD) >> np.uint64(64 - _TABLE_BITS)

    def find(self, data: bytes) -> set[Needle]:
        if not self._words or len(data) < SHORTEST:
            return set()
        found = set()
        words = np.frombuffer(data, dtype="<u8", count=len(data) // _WORD)
        step = 1 << 18  # fits the cache
        for first in range(0, len(words), step):
            part = words[first : first + step]
            candidates = np.flatnonzero(self._table[self._slots(part)])
            if not len(candidates):
                continue
            values = part[candidates]
            slots = np.searchsorted(self._sorted, values).clip(max=len(self._sorted) - 1)
            for index in candidates[self._sorted[slots] == values].tolist():
                at = (first + index) * _WORD
                for needle, offset in self._words[int(part[index])]:
                    start = at - offset
                    if start >= 0 and data.startswith(needle.pattern, start):
                        found.add(needle)
        return found


@dataclass
class Searched:
    """How much was looked at in a place."""

    files: int = 0
    bytes: int = 0
    unpacked_bytes: int = 0


class Search:
    """Looks for canaries in bytes and files, also inside what is compressed or encoded in them."""

    def __init__(self, canaries: Canaries) -> None:
        every = needles(canaries)
        self.needles = len(every)
        self._exact = _Index(needle for needle in every if not needle.folded)
        self._folded = _Index(needle for needle in every if needle.folded)
        self._overlap = max(len(needle.pattern) for needle in every)

    def in_bytes(
        self, data: bytes, *, pictures: bool, unpack: bool = True, searched: Searched | None = None
    ) -> set[tuple[str, str]]:
        """What is in `data`, as (canary, encoding). `pictures`: pictures and PDFs count too."""
        searched = searched or Searched()
        searched.bytes += len(data)
        found = self._plain(data, pictures=pictures)
        for way, inner in unpacking.everything_in(data) if unpack else ():
            searched.unpacked_bytes += len(inner)
            found |= {(canary, f"{way}: {how}") for canary, how in self._plain(inner, pictures=pictures)}
        return found

    def in_file(
        self, path: Path, *, pictures: bool, unpack: bool = True, searched: Searched | None = None
    ) -> set[tuple[str, str]]:
        """The same for a file, piece by piece. Raises OSError."""
        searched = searched or Searched()
        found: set[tuple[str, str]] = set()
        with path.open("rb") as file:
            kept = b""
            while data := file.read(CHUNK):
                found |= self.in_bytes(kept + data, pictures=pictures, unpack=unpack, searched=searched)
                searched.bytes -= len(kept)
                kept = data[-self._overlap :]
        return found

    def _plain(self, data: bytes, *, pictures: bool) -> set[tuple[str, str]]:
        needles = self._exact.find(data) | self._folded.find(data.lower())
        found = {(needle.canary, needle.encoding) for needle in needles}
        if pictures:
            found |= {(PICTURE, kind) for magic, kind in PICTURES.items() if magic in data}
            found |= {(PICTURE, kind) for magic, kind in _AT_START.items() if data.startswith(magic)}
        return found
