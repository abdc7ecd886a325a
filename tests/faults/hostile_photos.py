"""Hostile uploads, made afresh: at least 25 kinds, none of which is a photo (F17)."""

import gzip
import io
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, PngImagePlugin

HEIC = Path(__file__).parent.parent / "books" / "sideways.heic"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
ENTITIES = (
    b'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
    b'<svg xmlns="http://www.w3.org/2000/svg"><text>&c;</text></svg>'
)
PAGE = b"<!doctype html><html><body><script>alert(1)</script></body></html>"
PHP = b"<?php system($_GET['x']); ?>"
_chance = random.Random(17)


@cache
def photo(kind: str, size: tuple[int, int] = (400, 360)) -> bytes:
    """A harmless picture in the given format, noisy enough that half of it is not all of it."""
    if kind == "HEIF":
        return HEIC.read_bytes()
    image = Image.effect_noise(size, 60).convert("RGB")
    ImageDraw.Draw(image).ellipse((60, 60, 300, 300), fill=(200, 120, 80))
    return saved(image, kind)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, data: bytes, *, checksum: int | None = None) -> bytes:
    crc = zlib.crc32(name + data) if checksum is None else checksum
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)


def png(width: int, height: int, *, depth: int = 8, colour: int = 2, rows: bytes = b"", more: bytes = b"") -> bytes:
    """A PNG that says of itself what it is told to say."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(rows, 9))
    return PNG_SIGNATURE + chunk(b"IHDR", header) + more + pixels + chunk(b"IEND", b"")


def box(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", 8 + len(data)) + name + data


def jpeg_of(width: int, height: int) -> bytes:
    """A real JPEG whose frame says that it has another size."""
    data = bytearray(photo("JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("../../etc/cron.d/x")
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"hey"))
    return buffer.getvalue()


def corpus() -> Iterator[tuple[str, bytes]]:
    """(kind, file): several of each kind, in a fixed order."""
    for kind, files in KINDS.items():
        for data in files():
            yield kind, data


def _nothing() -> list[bytes]:
    return [b"", b"\0", b"\xff", b"\xff\xd8", b"\xff\xd8\xff", PNG_SIGNATURE, b"RIFF", bytes(4096)]


def _text() -> list[bytes]:
    return [
        b"hello" * 99,
        "ünïcödé\n".encode("utf-16"),
        b'{"photo": true}',
        b"a,b\n1,2\n",
        b"%" * 999,
        b"data:image/png",
    ]


def _noise() -> list[bytes]:
    return [_chance.randbytes(length) for length in (1, 7, 64, 999, 5_000, 200_000)]


def _svg() -> list[bytes]:
    declared = b'<?xml version="1.0"?>' + SVG
    return [SVG, declared, b"\xef\xbb\xbf" + declared, b"  \n" + SVG, ENTITIES, gzip.compress(SVG), SVG.upper()]


def _pages() -> list[bytes]:
    return [PAGE, PAGE.upper(), b"\n" + PAGE, PHP, b"<svg onload=alert(1)//", b"<?xml version='1.0'?><x>&y;</x>"]


def _gifs() -> list[bytes]:
    still = saved(Image.new("P", (400, 400)), "GIF")
    frames = [Image.new("P", (400, 400), number) for number in range(3)]
    moving = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    return [still, moving, still[:20], b"GIF89a" + bytes(99), b"GIF87a", b"GIF89a/*" + b"*/=1;alert(1)//"]


def _tiffs() -> list[bytes]:
    picture = Image.new("RGB", (400, 400), "red")
    little = saved(picture, "TIFF")
    packed = saved(picture, "TIFF", compression="tiff_lzw")
    return [little, packed, little[:200], b"MM\0*\0\0\0\x08" + bytes(99), b"II+\0\x08\0\0\0" + bytes(99), b"II*\0" * 9]


def _bitmaps() -> list[bytes]:
    picture = Image.new("RGB", (400, 400), "red")
    return [
        saved(picture, "BMP"),
        saved(picture, "ICO"),
        saved(picture, "PPM"),
        saved(picture, "TGA"),
        b"BM",
        b"P6\n9 9\n",
    ]


def _other_pictures() -> list[bytes]:
    """Formats whose decoders have had holes: none of them is ever asked."""
    picture = Image.new("RGB", (400, 400), "red")
    made = [saved(picture, kind) for kind in ("PCX", "SGI", "JPEG2000", "ICNS", "DDS", "EPS")]
    return [*made, b"8BPS\0\1" + bytes(99), b"\x12\xaf\0\0\x11\xaf" + bytes(200), b"SIMPLE  =" + bytes(2880)]


def _documents() -> list[bytes]:
    script = b"%!PS-Adobe-3.0\n(%pipe%id) (w) file\n"
    word = zipped(**{"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>"})
    pdf = saved(Image.new("RGB", (400, 400)), "PDF")
    return [pdf, pdf[:30], script, word, b"{\\rtf1}", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)]


def _archives() -> list[bytes]:
    bomb = zipped(a=bytes(5_000_000))
    climbing = zipped(**{"../../etc/passwd": b"root"})
    others = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x01\0", b"\xfd7zXZ\0", b"BZh9")
    return [bomb, climbing, gzip.compress(bytes(5_000_000)), tarred(), *(start + bytes(99) for start in others)]


def _programs() -> list[bytes]:
    starts = (b"\x7fELF\2\1\1", b"MZ\x90\0", b"\xca\xfe\xba\xbe", b"\0asm\1\0\0\0", b"\xcf\xfa\xed\xfe")
    return [b"#!/bin/sh\nrm -rf /\n", *(start + bytes(999) for start in starts)]


def _films() -> list[bytes]:
    return [
        box(b"ftyp", b"isom\0\0\2\0isomavc1") + bytes(99),
        box(b"ftyp", b"qt  \0\0\0\0qt  ") + bytes(99),
        b"\x1aE\xdf\xa3" + bytes(99),
        b"RIFF\x40\0\0\0AVI " + bytes(99),
        b"OggS\0\2" + bytes(99),
        b"RIFF\x40\0\0\0WAVEfmt " + bytes(99),
        b"\0\0\1\xba" + bytes(99),
    ]


def _jpeg_outside() -> list[bytes]:
    start = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    inside = (photo("PNG"), photo("WEBP"), SVG, PAGE, zipped(a=b"b"), _chance.randbytes(4_000), bytes(9_999))
    return [start + data for data in inside]


def _png_outside() -> list[bytes]:
    inside = (photo("JPEG"), photo("WEBP"), SVG, PAGE, zipped(a=b"b"), _chance.randbytes(4_000), bytes(9_999))
    return [PNG_SIGNATURE + data for data in inside]


def _webp_outside() -> list[bytes]:
    def riff(data: bytes) -> bytes:
        return b"RIFF" + struct.pack("<I", len(data) + 4) + b"WEBP" + data

    lossy = b"VP8 " + struct.pack("<I", 2**31 - 1)
    lossless = b"VP8L" + struct.pack("<I", 40) + b"\x2f" + b"\xff" * 39  # reads its codes beyond the end
    return [
        riff(data) for data in (b"", photo("JPEG"), lossy, lossless, b"VP8X" + bytes(99), SVG, _chance.randbytes(999))
    ]


def _iso_outside() -> list[bytes]:
    brands = (b"avif", b"heic", b"mif1", b"avis", b"msf1")
    boxes = [box(b"ftyp", brand + bytes(4) + brand + b"miaf") + box(b"meta", bytes(60)) for brand in brands]
    endless = box(b"ftyp", b"heicmif1heic") + struct.pack(">I", 2**32 - 1) + b"meta" + bytes(99)
    nested = b""
    for _ in range(200):
        nested = box(b"meta", bytes(4) + nested)
    return [*boxes, endless, box(b"ftyp", b"avif\0\0\0\0avifmif1") + nested]


def _cut(kind: str) -> list[bytes]:
    data = photo(kind)
    return [data[: int(len(data) * share)] for share in (0.02, 0.2, 0.5, 0.9)]


def _blanked(kind: str) -> list[bytes]:
    """The middle of the file overwritten, its head and tail as they were."""
    data = photo(kind)
    return [data[:at] + bytes(len(data) - at) for at in (30, 60, 120, 200)]


def _bombs() -> list[bytes]:
    wide = box(b"ispe", struct.pack(">III", 0, 60_000, 60_000))
    avif = photo("AVIF")
    at = avif.index(b"ispe") - 4
    row = bytes(1 + 20_000 // 8)
    return [
        png(20_000, 10_000, depth=1, colour=0, rows=row * 10_000),
        png(100_000, 100_000),
        png(2**31 - 1, 1),
        png(1, 2**31 - 1),
        png(2**31 - 1, 2**31 - 1),
        jpeg_of(65_500, 65_500),
        jpeg_of(65_500, 800),
        avif[:at] + wide + avif[at + len(wide) :],
        saved(Image.new("RGB", (5_400, 5_300)), "WEBP", quality=1, method=0),
    ]


def _swollen() -> list[bytes]:
    """Small pictures with much packed into the blocks around them, and no pixels."""
    packed = zlib.compress(bytes(60_000_000), 9)
    blocks = (
        chunk(b"zTXt", b"Comment\0\0" + packed),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + packed),
        chunk(b"iCCP", b"icc\0\0" + packed),
        chunk(b"tEXt", b"a\0" + bytes(8_000_000)),
    )
    many = chunk(b"tEXt", b"a\0b") * 50_000
    return [png(400, 400, more=block) for block in (*blocks, many, chunk(b"PLTE", bytes(768)) * 999)]


def _slow() -> list[bytes]:
    """A progressive JPEG that says everything again, thousands of times, in a frame of 30 megapixels."""
    data = saved(Image.new("L", (400, 400), 90), "JPEG", progressive=True)
    at = data.index(b"\xff\xda")
    wide = bytearray(data)
    frame = wide.index(b"\xff\xc2")
    wide[frame + 5 : frame + 9] = struct.pack(">HH", 6_000, 5_000)
    scans = bytes(wide[at:-2])
    return [bytes(wide[:at]) + scans * 3_000 + b"\xff", data[:at] + data[at : at + 9] * 90_000]


def _moving() -> list[bytes]:
    def made(kind: str, count: int, side: int) -> bytes:
        frames = [Image.new("RGB", (side, side), (40 * number, 90, 90)) for number in range(count)]
        return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)

    return [made(kind, count, 320) for kind in ("PNG", "WEBP", "AVIF") for count in (2, 5)]


def _tiny() -> list[bytes]:
    sizes = ((1, 1), (2, 900), (900, 2), (299, 299), (299, 3_000), (16, 16))
    return [saved(Image.new("RGB", size, "red"), kind) for size, kind in zip(sizes, ["PNG", "JPEG"] * 3, strict=True)]


def _lying_pngs() -> list[bytes]:
    row = (b"\0" + bytes(1_200)) * 400
    good = png(400, 400, rows=row)
    return [
        png(0, 400, rows=row),
        png(400, 0, rows=row),
        png(400, 400, depth=3, rows=row),
        png(400, 400, colour=5, rows=row),
        png(400, 400, depth=16, colour=3, rows=row),
        png(400, 400, rows=row[:5_000]),
        PNG_SIGNATURE + good[33:],
        good[:29] + bytes(4) + good[33:],
        good[:8] + struct.pack(">I", 2**31) + good[12:],
    ]


def _lying_jpegs() -> list[bytes]:
    data = photo("JPEG")
    frame, scan = data.index(b"\xff\xc0"), data.index(b"\xff\xda")
    return [
        jpeg_of(0, 400),
        jpeg_of(400, 0),
        data[:scan] + b"\xff\xd9",
        data[:frame] + data[scan:],
        data[: frame + 9] + b"\xff" + data[frame + 10 :],
        b"\xff\xd8" + b"\xff\xe1\xff\xff" + bytes(20),
        b"\xff\xd8" + b"\xff" * 100_000,
    ]


def _two_faced() -> list[bytes]:
    """Whole pictures that are something else as well."""
    hidden = PngImagePlugin.PngInfo()
    hidden.add_text("Comment", PHP.decode())
    picture = Image.new("RGB", (400, 400), "red")
    return [
        photo("JPEG") + zipped(**{"evil.class": b"\xca\xfe\xba\xbe"}),
        photo("PNG") + zipped(a=b"b"),
        photo("WEBP") + zipped(a=b"b"),
        photo("JPEG") + PAGE,
        photo("AVIF") + PHP,
        photo("HEIF") + PAGE.upper(),
        photo("PNG") + b"%PDF-1.7\n%%EOF",
        saved(picture, "JPEG", comment=SVG),
        saved(picture, "JPEG", comment=b"*/=1;/*<script src=//example.net>"),
        saved(picture, "PNG", pnginfo=hidden),
        saved(picture, "WEBP", xmp=ENTITIES),
    ]


def _crashers() -> list[bytes]:
    """Fields at the edges of what their sizes can hold, where decoders have broken before."""
    exif = b"\xff\xe1\0\x20Exif\0\0MM\0*" + b"\xff\xff\xff\xff" * 5
    webp, avif, heic = bytearray(photo("WEBP")), bytearray(photo("AVIF")), bytearray(photo("HEIF"))
    webp[16:20] = b"\xff\xff\xff\xff"
    # The places of the picture's data in its file, sent out of the file.
    for iso in (avif, heic):
        at = iso.index(b"iloc")
        iso[at + 12 : at + 40] = b"\xff" * 28
    cells = bytearray(photo("JPEG"))
    cells[cells.index(b"\xff\xc0") + 11] = 0
    return [
        b"\xff\xd8" + exif,
        bytes(webp),
        bytes(avif),
        bytes(heic),
        bytes(cells),
        PNG_SIGNATURE + chunk(b"IHDR", bytes(12)) + chunk(b"IEND", b""),
        PNG_SIGNATURE + struct.pack(">I", 2**32 - 1) + b"IHDR" + bytes(40),
        b"RIFF\xff\xff\xff\xffWEBPVP8X\x0a\0\0\0" + b"\xff" * 10,
    ]


KINDS = {
    "nothing much": _nothing,
    "text": _text,
    "noise": _noise,
    "drawings": _svg,
    "pages and scripts": _pages,
    "GIFs": _gifs,
    "TIFFs": _tiffs,
    "bitmaps": _bitmaps,
    "other kinds of pictures": _other_pictures,
    "documents": _documents,
    "archives": _archives,
    "programs": _programs,
    "films and sounds": _films,
    "only the start of a JPEG": _jpeg_outside,
    "only the start of a PNG": _png_outside,
    "only the start of a WebP": _webp_outside,
    "only the start of an AVIF or HEIC": _iso_outside,
    "cut JPEGs": lambda: _cut("JPEG"),
    "cut PNGs": lambda: _cut("PNG"),
    "cut WebPs": lambda: _cut("WEBP"),
    "cut AVIFs": lambda: _cut("AVIF"),
    "cut HEICs": lambda: _cut("HEIF"),
    "blanked AVIFs": lambda: _blanked("AVIF"),
    "blanked HEICs": lambda: _blanked("HEIF"),
    "bombs of pixels": _bombs,
    "swollen blocks": _swollen,
    "slow to read": _slow,
    "moving pictures": _moving,
    "too small": _tiny,
    "lying PNGs": _lying_pngs,
    "lying JPEGs": _lying_jpegs,
    "two-faced": _two_faced,
    "crash files": _crashers,
}
