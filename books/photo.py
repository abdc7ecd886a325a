"""A parent's photo, made safe: decoded in a process of its own and rebuilt from its pixels, so that neither a
hostile file nor a hidden note (place, camera, comment) gets any further."""

import io
import re
import subprocess
import sys
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import PIL
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from PIL import Image

from books import photo_decoder
from privacy.masked import Masked

LARGEST_SIDE = 2400  # pixels: 20 cm in print at 300 dpi
SMALLEST_SIDE = 300
MAX_PIXELS = 50_000_000
# These decoders hold several copies of a picture: with fewer pixels they too stay below 512 MB (measured).
MAX_PIXELS_OF = {"WEBP": 28_000_000, "AVIF": 36_000_000}
WALL_SECONDS = 20.0
QUALITY = 92

NOT_A_PHOTO = "This file is not a photo we can read. Please choose a JPEG, PNG, WebP, HEIC or AVIF picture."
OTHER_KIND = "This is {kind}, not a photo. Please choose a JPEG, PNG, WebP, HEIC or AVIF picture."
BROKEN = "This photo seems to be damaged. Please choose another one, or send it from your phone again."
TOO_MANY_PIXELS = "This picture is larger than {limit} megapixels. Please choose a smaller version of it."
TOO_SMALL = (
    "This picture is very small and would look blurred in print."
    " Please choose one of at least {limit} × {limit} pixels."
)
TOO_LARGE = "This file is larger than {limit} MB. Please choose a smaller version of it."
ANIMATED = "This picture moves. Please choose a still photo."
TWO_FACED = "Something that is not a picture is hidden in this file. Please choose another one, or a screenshot of it."
EMPTY = "This file is empty. Please choose the photo again."

# At most this many decoders at once per process; the others wait for their turn.
_turns = threading.BoundedSemaphore(2)

_FTYP_BRANDS = {
    "AVIF": (b"avif", b"avis"),
    "HEIF": (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"heif"),
}
_OTHER_KINDS = (
    (b"GIF8", "a GIF"),
    (b"%PDF", "a PDF"),
    (b"BM", "a bitmap"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"PK\x03\x04", "an archive or a document"),
    (b"\x1aE\xdf\xa3", "a video"),
)
# What makes a picture something else as well: a page, a script, a document. No camera writes these.
_SECOND_FACES = re.compile(rb"<script|<html|<svg|<\?php|%PDF-1", re.IGNORECASE)


class PhotoRejected(Exception):
    """The photo cannot be used; `message` tells the parent why and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SquareCrop(Protocol):
    """Which square of a photo is used: left and top edge as fractions of its width and height, the side as
    one of its width."""

    @property
    def x(self) -> float: ...

    @property
    def y(self) -> float: ...

    @property
    def size(self) -> float: ...


@dataclass(frozen=True)
class Picture:
    """A photo upright and in sRGB: three bytes a pixel, row by row."""

    pixels: Masked[bytes]
    width: int
    height: int


@dataclass(frozen=True)
class SanitisedPhoto:
    """A photo rebuilt from its pixels: JPEG in sRGB, upright, without any metadata."""

    jpeg: Masked[bytes]
    width: int
    height: int


def sanitise(photo: "UploadedFile[bytes] | bytes") -> SanitisedPhoto:
    """Make a photo safe. Raises PhotoRejected with a message for the parent. Nothing is written to disk."""
    picture = read(photo, largest=LARGEST_SIDE)
    buffer = io.BytesIO()
    image = Image.frombytes("RGB", (picture.width, picture.height), picture.pixels.reveal())
    image.save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return SanitisedPhoto(Masked(buffer.getvalue()), picture.width, picture.height)


def read(photo: "UploadedFile[bytes] | bytes", *, largest: int) -> Picture:
    """Nothing but the pixels, with at most `largest` of them a side. Raises PhotoRejected with a message for the
    parent. Nothing is written to disk."""
    too_large = TOO_LARGE.format(limit=settings.PHOTO_MAX_BYTES // 2**20)
    if isinstance(photo, UploadedFile):
        if getattr(photo, "too_large", False) or (photo.size or 0) > settings.PHOTO_MAX_BYTES:
            raise PhotoRejected(too_large)
        photo = b"".join(photo.chunks())
    if len(photo) > settings.PHOTO_MAX_BYTES:
        raise PhotoRejected(too_large)
    kind = _kind(photo)
    if _SECOND_FACES.search(photo) or zipfile.is_zipfile(io.BytesIO(photo)):
        raise PhotoRejected(TWO_FACED)
    with _turns:
        return _decode(photo, kind, largest)


def crop(jpeg: bytes, crop: SquareCrop, *, size: int) -> bytes:
    """The chosen square of a sanitised photo as a JPEG of `size` x `size` pixels."""
    chosen = square(jpeg, crop, size=size)
    buffer = io.BytesIO()
    Image.frombytes("RGB", chosen.size, chosen.tobytes()).save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return buffer.getvalue()


def square(jpeg: bytes, crop: SquareCrop, *, size: int) -> Image.Image:
    """The chosen square of a sanitised photo. One that reaches over the edge is moved back into the photo, and made
    smaller only if it does not fit at all."""
    image = Image.open(io.BytesIO(jpeg), formats=["JPEG"])
    side = max(1.0, min(crop.size * image.width, image.width, image.height))
    left = min(max(0.0, crop.x * image.width), image.width - side)
    top = min(max(0.0, crop.y * image.height), image.height - side)
    return image.convert("RGB").resize(
        (size, size), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side), reducing_gap=3.0
    )


def shrink(jpeg: bytes, *, side: int) -> bytes:
    """A sanitised photo as a JPEG whose longer side has at most `side` pixels."""
    image = Image.open(io.BytesIO(jpeg), formats=["JPEG"])
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=3.0)
    small = image.convert("RGB")
    buffer = io.BytesIO()
    Image.frombytes("RGB", small.size, small.tobytes()).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _kind(data: bytes) -> str:
    """Pillow's name of a format we accept, by the file's first bytes; its name and its declared type count
    for nothing."""
    if not data:
        raise PhotoRejected(EMPTY)
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        brands = [data[start : start + 4] for start in (8, *range(16, 64, 4))]
        for brand in brands:
            for kind, known in _FTYP_BRANDS.items():
                if brand in known and not (brand in (b"mif1", b"msf1") and b"avif" in brands):
                    return kind
        raise PhotoRejected(OTHER_KIND.format(kind="a video"))
    for start, kind in _OTHER_KINDS:
        if data.startswith(start):
            raise PhotoRejected(OTHER_KIND.format(kind=kind))
    if b"<svg" in data[:1024].lower():
        raise PhotoRejected(OTHER_KIND.format(kind="a drawing (SVG)"))
    raise PhotoRejected(NOT_A_PHOTO)


def _max_pixels(kind: str) -> int:
    return MAX_PIXELS_OF.get(kind, MAX_PIXELS)


def _decode(data: bytes, kind: str, largest: int) -> Picture:
    """From a child process with little memory, little time and no rights to write."""
    command = [
        sys.executable,
        "-I",
        "-S",
        str(Path(photo_decoder.__file__)),
        kind,
        str(largest),
        str(_max_pixels(kind)),
        str(SMALLEST_SIDE),
        str(Path(PIL.__file__).parent.parent),
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/"
    )
    assert process.stdin is not None
    assert process.stdout is not None
    too_long = threading.Timer(WALL_SECONDS, process.kill)
    too_long.daemon = True
    too_long.start()
    feeder = threading.Thread(target=_feed, args=(process, data), daemon=True)
    feeder.start()
    try:
        # Read no more than a picture can have, whatever the child says.
        header = process.stdout.read(photo_decoder.SIZE.size)
        width, height = photo_decoder.SIZE.unpack(header) if len(header) == photo_decoder.SIZE.size else (0, 0)
        plausible = 0 < width <= largest and 0 < height <= largest
        pixels = process.stdout.read(width * height * 3) if plausible else b""
        if not header:
            process.wait()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        too_long.cancel()
        feeder.join()
    if plausible and len(pixels) == width * height * 3:
        return Picture(Masked(pixels), width, height)
    code = process.returncode
    if code == photo_decoder.TOO_MANY_PIXELS:
        raise PhotoRejected(TOO_MANY_PIXELS.format(limit=_max_pixels(kind) // 1_000_000))
    if code == photo_decoder.ANIMATED:
        raise PhotoRejected(ANIMATED)
    if code == photo_decoder.TOO_SMALL:
        raise PhotoRejected(TOO_SMALL.format(limit=SMALLEST_SIDE))
    raise PhotoRejected(BROKEN)


def _feed(process: subprocess.Popen[bytes], data: bytes) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(data)
        process.stdin.close()
    except (BrokenPipeError, ValueError):  # the child has seen enough, or is gone
        pass
