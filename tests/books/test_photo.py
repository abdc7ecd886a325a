"""Photos: every kind we accept, made safe; everything else refused kindly (F17, F18)."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin
from pytest_django import Settings

from books import photo
from books.photo import PhotoRejected, sanitise
from privacy.uploads import EncryptingUploadHandler
from tests.faults.test_f18_hidden_notes import NEEDED, segments

CANARIES = (b"CANARY-EXIF", b"CANARY-GPS", b"CANARY-XMP", b"CANARY-ICC", b"CANARY-COM", b"CANARY-TRAILER")


@dataclass(frozen=True)
class Square:
    x: float
    y: float
    size: float


def picture(width: int = 640, height: int = 480) -> Image.Image:
    """Left half red, right half blue, a green bar along the top."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    draw = ImageDraw.Draw(image)
    draw.rectangle((width // 2, 0, width, height), fill=(30, 30, 200))
    draw.rectangle((0, 0, width, height // 10), fill=(30, 160, 30))
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def result(data: bytes) -> Image.Image:
    return opened(sanitise(data).jpeg.reveal())


def near(image: Image.Image, place: tuple[float, float], colour: tuple[int, int, int], by: int = 12) -> bool:
    pixel = image.getpixel((int(place[0] * image.width), int(place[1] * image.height)))
    assert isinstance(pixel, tuple)
    return all(abs(a - b) <= by for a, b in zip(pixel, colour, strict=True))


# Our own drawing, turned by its orientation tag, with notes in EXIF, GPS and XMP; a file, as nothing here encodes HEIC.
HEIC = Path(__file__).with_name("sideways.heic")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_every_accepted_kind_becomes_a_clean_jpeg(kind: str) -> None:
    made = sanitise(saved(picture(), kind))
    image = opened(made.jpeg.reveal())
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (640, 480))
    assert (made.width, made.height) == (640, 480)
    assert near(image, (0.25, 0.6), (200, 30, 30))
    assert near(image, (0.75, 0.6), (30, 30, 200))
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_f18_a_photo_from_an_iphone_stands_upright_and_tells_nothing() -> None:
    data = HEIC.read_bytes()
    assert data.count(b"CANARY") == 3
    made = sanitise(data)
    image = opened(made.jpeg.reveal())
    assert image.size == (480, 640)
    assert near(image, (0.98, 0.25), (30, 160, 30), by=25)
    assert near(image, (0.4, 0.25), (200, 30, 30), by=25)
    assert b"CANARY" not in made.jpeg.reveal()


def test_a_broken_heic_is_refused_kindly() -> None:
    data = HEIC.read_bytes()
    for broken in (data[:900], data[:200] + bytes(len(data) - 200)):
        with pytest.raises(PhotoRejected, match="damaged"):
            sanitise(broken)


def test_the_result_is_masked() -> None:
    assert "•••" in repr(sanitise(saved(picture(), "JPEG")))


def with_notes(kind: str) -> bytes:
    """A photo that carries a note in every place its format has."""
    exif = Image.Exif()
    exif[0x010E] = "CANARY-EXIF"
    exif.get_ifd(0x8825)[29] = "CANARY-GPS"
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">CANARY-XMP</x:xmpmeta>'
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile += b"CANARY-ICC"
    profile[0:4] = struct.pack(">I", len(profile))
    options: dict[str, object] = {"exif": exif.tobytes(), "icc_profile": bytes(profile)}
    if kind == "JPEG":
        options |= {"comment": b"CANARY-COM", "xmp": xmp}
    elif kind == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Comment", "CANARY-COM")
        notes.add_itxt("XML:com.adobe.xmp", xmp.decode())
        options["pnginfo"] = notes
    else:
        options["xmp"] = xmp
    return saved(picture(), kind, **options) + b"CANARY-TRAILER"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_f18_no_hidden_note_survives(kind: str) -> None:
    data = with_notes(kind)
    carried = [note for note in CANARIES if note in data or note.hex().encode() in data]
    assert {b"CANARY-EXIF", b"CANARY-GPS", b"CANARY-XMP", b"CANARY-TRAILER"} <= set(carried)
    jpeg = sanitise(data).jpeg.reveal()
    assert b"CANARY" not in jpeg
    assert b"CANARY" not in photo.crop(jpeg, Square(0.1, 0.1, 0.5), size=200)
    image = opened(jpeg)
    assert dict(image.getexif()) == {}
    # Nothing but the segments that a JPEG needs: JFIF, tables, frame, scan.
    assert segments(jpeg) <= NEEDED


@pytest.mark.parametrize(
    ("orientation", "top"), [(1, "top"), (3, "bottom"), (6, "right"), (8, "left"), (2, "top"), (5, "left")]
)
def test_photos_stand_upright(orientation: int, top: str) -> None:
    """The green bar of the stored picture, wherever the camera says that up is."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = result(saved(picture(), "JPEG", exif=exif.tobytes(), quality=95))
    places = {"top": (0.25, 0.02), "bottom": (0.75, 0.98), "right": (0.98, 0.25), "left": (0.02, 0.75)}
    assert near(image, places[top], (30, 160, 30), by=25)
    assert image.size == ((480, 640) if orientation >= 5 else (640, 480))


def test_transparency_lies_on_paper() -> None:
    image = Image.new("RGBA", (400, 400), (255, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((0, 0, 199, 399), fill=(0, 0, 255, 255))
    for data in (saved(image, "PNG"), saved(image, "WEBP", lossless=True), saved(image.quantize(), "PNG")):
        made = result(data)
        assert near(made, (0.9, 0.5), (255, 248, 236), by=4)
        assert near(made, (0.2, 0.5), (0, 0, 255), by=8)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16", "LA"])
def test_every_mode_of_colour(mode: str) -> None:
    if mode == "I;16":
        data = saved(Image.new("I;16", (400, 400), 0x8000), "PNG")
    else:
        data = saved(picture(400, 400).convert(mode), "JPEG" if mode == "CMYK" else "PNG")
    image = result(data)
    assert (image.mode, image.size) == ("RGB", (400, 400))
    if mode == "I;16":
        assert near(image, (0.5, 0.5), (128, 128, 128), by=3)
    if mode in ("P", "CMYK"):
        assert near(image, (0.25, 0.6), (200, 30, 30), by=40)


def test_colours_of_another_profile_become_srgb() -> None:
    """A profile whose red is blue: the same numbers are another colour."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    image = picture(400, 400)
    for kind in ("PNG", "JPEG", "WEBP"):
        assert near(result(saved(image, kind)), (0.25, 0.6), (200, 30, 30), by=25)
        assert near(result(saved(image, kind, icc_profile=srgb)), (0.25, 0.6), (200, 30, 30), by=25)
        assert near(result(saved(image, kind, icc_profile=swapped)), (0.25, 0.6), (30, 30, 200), by=25)
    see_through = saved(picture(400, 400).convert("RGBA"), "PNG", icc_profile=swapped)
    assert near(result(see_through), (0.25, 0.6), (30, 30, 200), by=25)
    broken = result(saved(image, "PNG", icc_profile=b"no profile at all"))
    assert near(broken, (0.25, 0.6), (200, 30, 30))


def test_large_photos_shrink_to_what_print_needs() -> None:
    made = sanitise(saved(picture(4800, 3000), "JPEG"))
    assert (made.width, made.height) == (2400, 1500)
    made = sanitise(saved(picture(300, 3000), "PNG"))
    assert (made.width, made.height) == (240, 2400)


def huge_png(width: int, height: int) -> bytes:
    """A small file that says it is a very large picture."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    row = b"\0" + bytes((width + 7) // 8)
    pixels = zlib.compress(row * height, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def moving(kind: str) -> bytes:
    return saved(picture(), kind, save_all=True, append_images=[picture().rotate(180)], duration=100)


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("evil.class", b"")
    return buffer.getvalue()


def test_a_phones_photo_of_several_pictures_is_its_first() -> None:
    """Preview, depth and the film of the moment ride behind the photo."""
    several = saved(picture(), "MPO", save_all=True, append_images=[Image.new("RGB", (320, 240))])
    assert sanitise(several + b"\0\0\0\x18ftypmp42" + bytes(999)).width == 640


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "empty"),
    "text": (lambda: b"hello" * 100, "not a photo we can read"),
    "noise": (lambda: random.Random(1).randbytes(5000), "not a photo we can read"),
    "svg": (lambda: SVG, "a drawing"),
    "svg after space": (lambda: b"   \n" + SVG, "a drawing"),
    "gif": (lambda: saved(picture(), "GIF"), "a GIF"),
    "tiff": (lambda: saved(picture(), "TIFF"), "a TIFF"),
    "bmp": (lambda: saved(picture(), "BMP"), "a bitmap"),
    "pdf": (lambda: saved(picture(), "PDF"), "a PDF"),
    "zip": (lambda: b"PK\x03\x04" + bytes(99), "an archive"),
    "video": (lambda: b"\x00\x00\x00\x18ftypisom" + bytes(99), "a video"),
    "html": (lambda: b"<html><script>alert(1)</script></html>", "not a photo we can read"),
    "jpeg with a gif inside": (lambda: b"\xff\xd8\xff" + saved(picture(), "GIF"), "damaged"),
    "png that is a jpeg": (lambda: b"\x89PNG\r\n\x1a\n" + saved(picture(), "JPEG"), "damaged"),
    "webp header only": (lambda: b"RIFF\x00\x00\x00\x00WEBP", "damaged"),
    "cut jpeg": (lambda: saved(Image.effect_noise((800, 600), 99), "JPEG")[:20_000], "damaged"),
    "cut png": (lambda: saved(Image.effect_noise((800, 600), 99), "PNG")[:20_000], "damaged"),
    "cut webp": (lambda: saved(Image.effect_noise((800, 600), 99), "WEBP")[:5_000], "damaged"),
    "cut avif": (lambda: saved(Image.effect_noise((800, 600), 99).convert("RGB"), "AVIF")[:5_000], "damaged"),
    "200 megapixels": (lambda: huge_png(20_000, 10_000), "larger than 50 megapixels"),
    "51 megapixels": (lambda: huge_png(10_000, 5_100), "larger than 50 megapixels"),
    "29 megapixels of webp": (lambda: saved(Image.new("RGB", (5800, 5000)), "WEBP"), "larger than 28 megapixels"),
    "very long": (lambda: huge_png(2**31 - 1, 1), "larger than 50 megapixels"),
    "moving png": (lambda: moving("PNG"), "moves"),
    "moving webp": (lambda: moving("WEBP"), "moves"),
    "moving avif": (lambda: moving("AVIF"), "moves"),
    "jpeg that is an archive": (lambda: saved(picture(), "JPEG") + zipped(), "hidden in this file"),
    "jpeg that is a page": (lambda: saved(picture(), "JPEG", comment=SVG), "hidden in this file"),
    "too small": (lambda: saved(picture(299, 900), "JPEG"), "at least 300 × 300"),
    "one pixel": (lambda: saved(picture(1, 1), "PNG"), "at least 300 × 300"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_f17_what_is_refused_and_why(name: str) -> None:
    make, message = REFUSED[name]
    with pytest.raises(PhotoRejected, match=message) as caught:
        sanitise(make())
    assert caught.value.message == str(caught.value)
    assert "Please choose" in caught.value.message


def test_f17_flipped_bits_never_crash() -> None:
    chance = random.Random(17)
    originals = [
        saved(Image.effect_noise((320, 320), 60).convert("RGB"), kind) for kind in ("JPEG", "PNG", "WEBP", "AVIF")
    ]
    for _ in range(20):
        data = bytearray(chance.choice(originals))
        for _ in range(40):
            data[chance.randrange(16, len(data))] = chance.randrange(256)
        try:
            made = sanitise(bytes(data))
        except PhotoRejected:
            continue
        assert opened(made.jpeg.reveal()).format == "JPEG"


def test_f17_a_bomb_within_the_pixel_limit_stays_within_its_memory() -> None:
    """49 megapixels from a file of a few kilobytes: decoded, shrunk, done."""
    data = huge_png(7_000, 7_000)
    assert len(data) < 20_000
    assert sanitise(data).width == 2400


def test_a_decoder_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo, "WALL_SECONDS", 0.01)
    with pytest.raises(PhotoRejected, match="damaged"):
        sanitise(saved(picture(4000, 3000), "JPEG"))


def test_too_many_bytes(settings: Settings) -> None:
    settings.PHOTO_MAX_BYTES = 2 * 2**20
    for too_large in (bytes(2**21 + 1), SimpleUploadedFile("a.jpg", bytes(2**21 + 1))):
        with pytest.raises(PhotoRejected, match="larger than 2 MB"):
            sanitise(too_large)
    handler = EncryptingUploadHandler()
    handler.new_file("photo", "a.jpg", "image/jpeg", None)
    for start in range(0, 2**21 + 65536, 65536):
        handler.receive_data_chunk(bytes(65536), start)
    with pytest.raises(PhotoRejected, match="larger than 2 MB"):
        sanitise(handler.file_complete(2**21 + 65536))


def test_an_encrypted_upload_is_read() -> None:
    data = saved(picture(), "JPEG")
    handler = EncryptingUploadHandler()
    handler.new_file("photo", "a.jpg", "text/html", None)
    for start in range(0, len(data), 65536):
        handler.receive_data_chunk(data[start : start + 65536], start)
    assert sanitise(handler.file_complete(len(data))).width == 640


def test_the_chosen_square() -> None:
    jpeg = sanitise(saved(picture(800, 400), "JPEG", quality=95)).jpeg.reveal()
    left = opened(photo.crop(jpeg, Square(0.0, 0.2, 0.4), size=300))
    assert (left.size, left.mode, left.format) == ((300, 300), "RGB", "JPEG")
    assert near(left, (0.5, 0.5), (200, 30, 30))
    right = opened(photo.crop(jpeg, Square(0.6, 0.2, 0.4), size=300))
    assert near(right, (0.5, 0.5), (30, 30, 200))
    middle = opened(photo.crop(jpeg, Square(0.4, 0.2, 0.2), size=300))
    assert near(middle, (0.2, 0.5), (200, 30, 30))
    assert near(middle, (0.8, 0.5), (30, 30, 200))


@pytest.mark.parametrize("square", [Square(0.9, 0.9, 0.4), Square(-1, -1, 0.4), Square(0, 0, 5), Square(0.5, 0.5, 0)])
def test_a_square_over_the_edge_is_moved_back(square: Square) -> None:
    jpeg = sanitise(saved(picture(800, 400), "JPEG")).jpeg.reveal()
    assert opened(photo.crop(jpeg, square, size=120)).size == (120, 120)
