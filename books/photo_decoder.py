"""The child process that decodes a parent's photo. It is a script, started by `books.photo`, and imports
nothing of the shop.

    photo_decoder.py FORMAT LARGEST_SIDE MAX_PIXELS SMALLEST_SIDE FOLDER_OF_PILLOW  < photo  > width, height,
    RGB pixels

Whatever a hostile file does, it does here: with 1.2 GB of address space, 4 s of processor time, without the
right to write a file, and with nothing but numbers and pixels as a way out. Exit codes tell what was wrong.
"""

import ctypes
import io
import resource
import struct
import sys
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from PIL import Image as PillowImage

BROKEN, TOO_MANY_PIXELS, TOO_SMALL, ANIMATED = 10, 11, 12, 13
ADDRESS_SPACE = 1_200_000_000  # bytes
CPU_SECONDS = 4  # the slowest honest photo (AVIF, 36 megapixels, see-through) takes 1.9 s
PAPER = (255, 248, 236)
SIZE = struct.Struct(">II")


def limit() -> None:
    """Take every right away that decoding does not need."""
    for what, value in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))
    if sys.platform == "linux":
        # A crash handler that the kernel pipes to does not ask for the limit above: not dumpable at all.
        ctypes.CDLL(None).prctl(4, 0)


def decode(data: bytes, kind: str, largest: int, max_pixels: int, smallest: int) -> tuple[tuple[int, int], bytes]:
    """Size and RGB pixels: upright, in sRGB, on paper where it was transparent, at most `largest` pixels a
    side."""
    from PIL import Image, ImageFile, ImageOps

    if kind == "HEIF":
        import pi_heif

        pi_heif.register_heif_opener()
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = max_pixels
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        image: PillowImage.Image = Image.open(io.BytesIO(data), formats=[kind])
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        sys.exit(TOO_MANY_PIXELS)
    if image.width * image.height > max_pixels:
        sys.exit(TOO_MANY_PIXELS)
    if min(image.size) < smallest:
        sys.exit(TOO_SMALL)
    # A JPEG or HEIC of several frames is a phone's photo with its preview or depth; the first frame is the photo.
    if kind not in ("JPEG", "HEIF") and getattr(image, "n_frames", 1) > 1:
        sys.exit(ANIMATED)
    profile = image.info.get("icc_profile")
    image.draft(None, (largest, largest))
    image.load()
    if image.mode == "P" or (image.mode in ("L", "RGB", "1") and "transparency" in image.info):
        image = image.convert("RGBA")
    elif image.mode.startswith("I;16") or image.mode in ("I", "F"):
        image = image.point(lambda value: value / 256).convert("L")
    elif image.mode in ("1", "LA", "La", "PA", "RGBa", "YCbCr", "LAB", "HSV"):
        image = image.convert("RGBA" if "A" in image.mode.upper() and image.mode != "LAB" else "RGB")
    image.thumbnail((largest, largest), Image.Resampling.LANCZOS, reducing_gap=2.0)
    image = ImageOps.exif_transpose(image)
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    if alpha is not None:
        image = image.convert("RGB")
    if profile:
        image = _to_srgb(image, profile)
    image = image.convert("RGB")
    if alpha is not None:
        paper = Image.new("RGB", image.size, PAPER)
        paper.paste(image, mask=alpha)
        image = paper
    return image.size, image.tobytes()


def _to_srgb(image: "PillowImage.Image", profile: bytes) -> "PillowImage.Image":
    """The same colours in sRGB; a profile that cannot be used is left out, as browsers do."""
    from PIL import ImageCms as cms  # noqa: N813

    try:
        source = cms.ImageCmsProfile(io.BytesIO(profile))
        return cms.profileToProfile(image, source, cms.createProfile("sRGB"), outputMode="RGB") or image
    except (cms.PyCMSError, OSError, ValueError, TypeError):
        return image


def main() -> None:
    kind, largest, max_pixels, smallest, pillow = sys.argv[1:6]
    limit()
    sys.path.insert(0, pillow)
    data = sys.stdin.buffer.read()
    try:
        size, pixels = decode(data, kind, int(largest), int(max_pixels), int(smallest))
    except Exception:  # whatever a broken file makes a decoder say
        sys.exit(BROKEN)
    sys.stdout.buffer.write(SIZE.pack(*size))
    sys.stdout.buffer.write(pixels)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
