"""F18: a hundred photos with notes planted wherever their formats have room. Not one note survives."""

import base64
import random
import struct
import zlib

import pytest
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from books import photo
from books.forms import middle
from tests.faults.hostile_photos import HEIC, box, chunk, saved

NOTE = "CANARY"
MADE = 24  # of each kind that can be made here; and of HEIC four


def _exif(chance: random.Random) -> bytes:
    """Where, when and with what it was taken, whose it is, and a small copy of it."""
    exif = Image.Exif()
    for tag in (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298, 0x9C9B):
        exif[tag] = f"{NOTE} {chance.random()}"
    exif[0x0112] = chance.randrange(1, 9)
    details = exif.get_ifd(0x8769)
    details[0x9003], details[0x927C], details[0x9286] = NOTE, NOTE.encode() * 9, NOTE.encode("utf-16")
    details[0xA420] = NOTE
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (52.0, 31.0, 12.0), "E", (13.0, 24.0, 18.0)
    place[29], place[27] = NOTE, NOTE.encode()
    return exif.tobytes()


def _xmp() -> bytes:
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:creator>{NOTE}</dc:creator></x:xmpmeta>'.encode()


def _profile() -> bytes:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()) + NOTE.encode()
    profile[:4] = struct.pack(">I", len(profile))
    return bytes(profile)


def _picture(chance: random.Random) -> Image.Image:
    image = Image.new(
        "RGB", (chance.randrange(300, 420), chance.randrange(300, 420)), chance.choice(["#c08050", "#335"])
    )
    ImageDraw.Draw(image).rectangle((0, 0, 400, 40), fill="#3a6")
    return image


def _jpeg(chance: random.Random) -> bytes:
    notes = {"exif": _exif(chance), "xmp": _xmp(), "icc_profile": _profile(), "comment": NOTE.encode()}
    data = saved(_picture(chance), "JPEG", progressive=chance.random() < 0.3, **notes)
    press = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(NOTE)) + NOTE.encode()
    blocks = [
        (0xED, press),
        (0xE3, b"Meta\0\0" + NOTE.encode()),
        (0xEF, NOTE.encode()),
        (0xE2, b"MPF\0" + NOTE.encode()),
    ]
    more = b"".join(struct.pack(">BBH", 0xFF, mark, len(block) + 2) + block for mark, block in blocks)
    return data[:2] + more + data[2:] + _trailer(chance)


def _png(chance: random.Random) -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", NOTE)
    words.add_text("Author", NOTE, zip=True)
    words.add_itxt("XML:com.adobe.xmp", _xmp().decode())
    words.add_itxt("Title", NOTE, "de", NOTE, zip=True)
    data = saved(_picture(chance), "PNG", exif=_exif(chance), icc_profile=_profile(), pnginfo=words)
    own = chunk(b"caNv", NOTE.encode()) + chunk(
        b"iTXt", b"Raw profile type iptc\0\1\0\0\0" + zlib.compress(NOTE.encode())
    )
    return data[:33] + own + data[33:] + _trailer(chance)


def _webp(chance: random.Random) -> bytes:
    notes = {"exif": _exif(chance), "xmp": _xmp(), "icc_profile": _profile()}
    data = bytearray(saved(_picture(chance), "WEBP", lossless=chance.random() < 0.3, **notes))
    data += b"CANV" + struct.pack("<I", len(NOTE)) + NOTE.encode()
    data[4:8] = struct.pack("<I", len(data) - 8)
    return bytes(data) + _trailer(chance)


def _avif(chance: random.Random) -> bytes:
    notes = {"exif": _exif(chance), "xmp": _xmp(), "icc_profile": _profile()}
    data = saved(_picture(chance), "AVIF", speed=10, **notes)
    return data + box(b"uuid", bytes(16) + NOTE.encode()) + box(b"free", NOTE.encode()) + _trailer(chance)


def _heic(chance: random.Random) -> bytes:
    """Our own drawing with notes in EXIF, GPS and XMP; nothing here can encode HEIC."""
    return HEIC.read_bytes() + box(b"uuid", bytes(16) + NOTE.encode()) + _trailer(chance)


def _trailer(chance: random.Random) -> bytes:
    """What telephones and programs hang on: a film of the moment, a word, another whole picture with its own notes."""
    film = box(b"ftyp", b"mp42\0\0\0\0mp42") + box(b"moov", box(b"udta", NOTE.encode()))
    again = saved(Image.new("RGB", (40, 40)), "JPEG", comment=NOTE.encode(), exif=_exif(chance))
    return chance.choice([b"", NOTE.encode() * 9, film, again])


KINDS = {"JPEG": _jpeg, "PNG": _png, "WebP": _webp, "AVIF": _avif, "HEIC": _heic}
SPELLINGS = [
    NOTE.encode(),
    NOTE.encode("utf-16-le"),
    NOTE.encode("utf-16-be"),
    NOTE.encode().hex().encode(),
    base64.b64encode(NOTE.encode()),
]


@pytest.mark.parametrize("kind", KINDS)
def test_f18_no_planted_note_survives(kind: str) -> None:
    chance = random.Random(kind)
    survived: list[tuple[int, object]] = []
    for number in range(4 if kind == "HEIC" else MADE):
        data = KINDS[kind](chance)
        assert data.count(NOTE.encode()) >= 3, "the notes are not in the photo"
        made = photo.sanitise(data)
        jpeg = made.jpeg.reveal()
        cut = photo.crop(jpeg, middle(made.width, made.height), size=200)
        for result in (jpeg, cut):
            survived += [(number, spelling) for spelling in SPELLINGS if spelling in result]
            survived += [(number, segment) for segment in segments(result) - NEEDED]
            assert result.endswith(b"\xff\xd9")
            assert result.count(b"\xff\xd9") == 1
    assert survived == []


def test_f18_there_are_a_hundred_of_them() -> None:
    assert 4 + MADE * (len(KINDS) - 1) == 100


NEEDED = {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}  # JFIF, tables, frame, scan


def segments(jpeg: bytes) -> set[int]:
    """The marks of a JPEG's segments up to its pixels."""
    found, at = set(), 2
    while jpeg[at] == 0xFF:
        found.add(jpeg[at + 1])
        if jpeg[at + 1] == 0xDA:
            break
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return found
