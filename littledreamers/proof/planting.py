"""Canaries in every encoding and every container, to see that the search finds each of them before it is believed."""

import base64
import gzip
import io
import json
import secrets
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import pikepdf

from littledreamers.proof import encodings
from littledreamers.proof.canaries import PIECE, Canaries

_BEFORE, _AFTER = "Good night, ", ", said the owl."


@dataclass(frozen=True)
class Plant:
    """One thing to be found: which canary, written or packed in which way."""

    canary: str
    way: str
    content: bytes


def _zip(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.txt", content)
    return out.getvalue()


def _pdf(content: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.pages[0].Contents = document.make_stream(b"BT (" + content + b") Tj ET")
        document.save(out, compress_streams=True)
    return out.getvalue()


def _soft_breaks(content: bytes) -> bytes:
    """As quoted-printable breaks lines: in the middle of a word."""
    return b"=\r\n".join(content[i : i + 7] for i in range(0, len(content), 7)) + b"=\r\n"


CONTAINERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "zip": _zip,
    "PDF": _pdf,
    "gzip in zip": lambda content: _zip(gzip.compress(content)),
    "zlib in base64, as sessions are": lambda content: b"." + base64.urlsafe_b64encode(zlib.compress(content, 1)),
    "base64 in lines": lambda content: base64.encodebytes(content),
    "soft line breaks": _soft_breaks,
    "JSON in base64, as messages of a queue are": lambda content: base64.b64encode(
        json.dumps([[content.decode("latin-1")], {}, {}]).encode()
    ),
}


def stand_ins() -> Canaries:
    """Canaries that are planted and found before the real ones are let out, so that none is mistaken for another."""
    made = Canaries()
    made.pieces = {"piece of a picture": [secrets.token_bytes(PIECE)]}
    return made


def everything(canaries: Canaries) -> list[Plant]:
    """The name in every encoding, in every alignment, and in every container; a piece of a picture likewise."""
    sentence = f"{_BEFORE}{canaries.name}{_AFTER}"
    plants = [Plant("name", way, encode(sentence)) for way, encode in encodings.FOLDED.items()]
    plants += [
        Plant("name", f"base64 {how}, shifted by {shift}", base64.b64encode(bytes(shift) + cased.encode()))
        for how, cased in (("", canaries.name), ("capitals", canaries.name.upper()), ("small", canaries.name.lower()))
        for shift in encodings.ALIGNMENTS
    ]
    plants.append(Plant("name", "base64 for addresses", base64.urlsafe_b64encode(b"???" + canaries.name.encode())))
    plants.append(Plant("name", "mixed capitals", canaries.name.swapcase().encode()))
    plants += [Plant("name", way, pack(sentence.encode() * 3)) for way, pack in CONTAINERS.items()]
    for label, pieces in canaries.pieces.items():
        around = b"\0\1" + pieces[0] + b"\2"
        plants += [
            Plant(label, "bytes", around),
            Plant(label, "hexadecimal", around.hex().upper().encode()),
            Plant(label, "base64", base64.b64encode(around)),
            Plant(label, "zlib", zlib.compress(around)),
        ]
    return plants


def in_words(plants: list[Plant]) -> list[Plant]:
    """Those that a column of text can hold."""
    return [plant for plant in plants if plant.content.isascii() and b"\0" not in plant.content]
