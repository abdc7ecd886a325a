"""Pictures that the tests upload: a drawn face, and files that only pretend to be a photo."""

import io
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageDraw


def face(path: Path) -> Path:
    """A drawn face, 900 × 1200, as a JPEG."""
    picture = Image.new("RGB", (900, 1200), "#9fd3c7")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((250, 250, 650, 750), fill="#b97a56")
    draw.chord((230, 190, 670, 620), 180, 360, fill="#3b2416")
    for x in (360, 500):
        draw.ellipse((x, 470, x + 40, 520), fill="#2b1a10")
    draw.arc((350, 540, 550, 660), 20, 160, fill="#6b2e22", width=14)
    draw.rectangle((300, 740, 600, 1200), fill="#e0a030")
    picture.save(path, "JPEG", quality=90)
    return path


def text_file(path: Path) -> Path:
    """A shopping list with the name of a photo."""
    path.write_text("milk, bread, stamps\n" * 40)
    return path


def enormous_png(path: Path) -> Path:
    """A PNG of a few kilobytes that says it is 20 000 × 10 000 pixels, and is."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 20_000, 10_000, 1, 0, 0, 0, 0)
    row = b"\0" + bytes(20_000 // 8)
    packer = zlib.compressobj(9)
    rows = io.BytesIO()
    for _ in range(10_000):
        rows.write(packer.compress(row))
    rows.write(packer.flush())
    body = chunk(b"IHDR", header) + chunk(b"IDAT", rows.getvalue()) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path
