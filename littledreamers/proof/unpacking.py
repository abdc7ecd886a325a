"""What lies packed inside bytes: compressed, encoded, in archives or in PDFs, once or twice over."""

import base64
import binascii
import re
import string
import struct
import zlib
from collections.abc import Iterator

import numpy as np

DEPTH = 4
MOST = 32 * 1024 * 1024  # bytes that one stream may grow to
_PROBE = 64
_STEP = 256 * 1024
_ZLIB_HEADERS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_ZIP_HEADER = struct.Struct("<4s5H3I2H")
_DEFLATED = 8
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/_-]{40,}(?:\r?\n)?)+[A-Za-z0-9+/_-]*")
_BASE64_BYTES = np.zeros(256, dtype=bool)
_BASE64_BYTES[list(string.ascii_letters.encode() + string.digits.encode() + b"+/-_")] = True
_STRIDE, _SAMPLES = 8, 4  # among forty bytes in a row, four that are eight apart
_SOFT_BREAK = re.compile(rb"=\r?\n")
_STANDARD = bytes.maketrans(b"-_", b"+/")


def everything_in(data: bytes, *, depth: int = DEPTH) -> Iterator[tuple[str, bytes]]:
    """(way, content) of everything packed in `data`; the way of nested things names both, as "gzip, base64"."""
    if depth == 0:
        return
    for way, inner in _directly_in(data):
        yield way, inner
        for deeper, innermost in everything_in(inner, depth=depth - 1):
            yield f"{way}, {deeper}", innermost


def _directly_in(data: bytes) -> Iterator[tuple[str, bytes]]:
    yield from (("gzip", inner) for at in _positions(data, b"\x1f\x8b\x08") if (inner := _inflate(data, at, 31)))
    for header in _ZLIB_HEADERS:
        yield from (("zlib", inner) for at in _positions(data, header) if (inner := _inflate(data, at, 15)))
    for at in _positions(data, b"PK\x03\x04"):
        if inner := _zip_member(data, at):
            yield "zip", inner
    yield from (("base64", inner) for token in _base64_in(data) if (inner := _decoded(token)))
    if b"=\n" in data or b"=\r\n" in data:
        yield "quoted-printable lines", _SOFT_BREAK.sub(b"", data)


def _positions(data: bytes, pattern: bytes) -> Iterator[int]:
    at = data.find(pattern)
    while at >= 0:
        yield at
        at = data.find(pattern, at + 1)


def _inflate(data: bytes, at: int, window: int) -> bytes:
    """As much as can be inflated from here on; b"" if it is no such stream. A cut-off stream gives what it has."""
    stream = zlib.decompressobj(window)
    out: list[bytes] = []
    size = 0
    view = memoryview(data)
    length = _PROBE
    try:
        while at < len(data) and not stream.eof and size < MOST:
            part = stream.decompress(view[at : at + length], MOST - size)
            out.append(part)
            size += len(part)
            at, length = at + length, _STEP
    except zlib.error:
        pass
    return b"".join(out)


def _zip_member(data: bytes, at: int) -> bytes:
    if at + _ZIP_HEADER.size > len(data):
        return b""
    fields = _ZIP_HEADER.unpack_from(data, at)
    method, name_length, extra_length = fields[3], fields[9], fields[10]
    return _inflate(data, at + _ZIP_HEADER.size + name_length + extra_length, -15) if method == _DEFLATED else b""


def _base64_in(data: bytes) -> Iterator[bytes]:
    """Every run of base64 of at least forty letters. Samples say where it is worth looking: ten times as fast."""
    fits = _BASE64_BYTES[np.frombuffer(data, dtype=np.uint8)[::_STRIDE]]
    if len(fits) < _SAMPLES:
        return
    run = fits[: len(fits) - _SAMPLES + 1].copy()
    for later in range(1, _SAMPLES):
        run &= fits[later : len(run) + later]
    end = 0
    for sample in np.flatnonzero(run).tolist():
        at = sample * _STRIDE
        if at < end:
            continue
        start, first = at, max(end, at - _STRIDE + 1)
        while start > first and _BASE64_BYTES[data[start - 1]]:
            start -= 1
        if match := _BASE64.match(data, start):
            end = match.end()
            yield match.group()


def _decoded(token: bytes) -> bytes:
    plain = b"".join(token.split()).translate(_STANDARD)
    plain = plain[: len(plain) - 1] if len(plain) % 4 == 1 else plain
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        return b""
