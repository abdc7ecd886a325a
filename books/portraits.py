"""The storybook portrait: a parent's photo painted as a watercolour, and what is in the frame of the dedication page.

A portrait belongs to a child's photo and the square that was chosen of it; it is painted once, however many revisions
show it, and lies in the vault under its photo's number, one for each photo. It is painted in the process of
`books.likeness_worker`. Where that fails, the photo itself stands in, and a book is never lost.
"""

import hashlib
import io
from dataclasses import dataclass
from time import monotonic, sleep
from uuid import uuid4

import structlog
from django.core.cache import cache
from PIL import Image

from books import likeness_worker
from books import photo as photos
from books.personalisation import Crop, Personalisation, Picture
from books.photo_process import PhotoProcess
from privacy import vault
from privacy.masked import Masked
from privacy.models import Child
from privacy.purposes import Actor, Kind, Purpose

log = structlog.get_logger("littledreamers.books")

SIDE = 1181  # pixels: 10 cm at 300 dpi
PHOTO_SIDE = 1100  # pixels: 300 dpi in a frame of 93 mm
SAMPLE_SIDE = 360  # pixels: what the form shows before anything is sent
QUALITY = 90
SECONDS = 12.0  # for one portrait while somebody waits for a page; an idle machine takes 1.4
PATIENT_SECONDS = 30.0  # before the photo stands in for good: a busy machine is no reason
SAMPLE_SECONDS = 4.0
TRIES = 2
PAINTING = 35  # seconds after which somebody who began a portrait is taken for dead
WAIT = 15.0  # seconds for somebody who began, before it is painted here too
_LOOK_AGAIN = 0.1  # seconds
_DIGEST = 16  # bytes before the JPEG, which tell of which square it is


@dataclass(frozen=True, repr=False)
class Framed:
    """What is in the frame: a square JPEG, or None for the drawn child. `provisional`: the photo, where a portrait is
    to come; what is drawn with it is not kept."""

    jpeg: bytes | None = None
    provisional: bool = False


class _Painter(PhotoProcess):
    """The process that paints, one per process of the shop."""

    def paint(self, square: photos.Picture, *, seconds: float) -> Image.Image | None:
        """The painted square, or None after a crash or a hang."""
        size = (square.width, square.height)
        return self.answer(
            likeness_worker.PAINT,
            square,
            longest=square.width * square.height * 3,
            seconds=seconds,
            read=lambda pixels: Image.frombytes("RGB", size, pixels),
        )


_painter = _Painter()


def framed(
    child: Child,
    said: Personalisation,
    *,
    purpose: Purpose,
    actor: Actor,
    reason: str = "",
    keep: bool = True,
    settle: bool = False,
) -> Framed:
    """The picture in the frame of this child's dedication page; a portrait that is missing is painted on the spot.

    `keep`: put it into the vault. `settle`: if it cannot be painted, let the photo stand in for good; without this it
    stands in for now, and somebody else tries again.
    """
    if said.photo is None or said.crop is None or said.framed is Picture.DRAWN:
        return Framed()
    try:
        if said.framed is Picture.PORTRAIT:
            asked = _Asked(child, said.photo, said.crop, purpose, actor, reason)
            painted = asked.painted(keep=keep, settle=settle)
            if painted is not None and painted.jpeg is not None:
                return painted
            photo = asked.photo()
            return Framed(photos.crop(photo, said.crop, size=PHOTO_SIDE), provisional=painted is None)
        photo = vault.read(child, Kind.PHOTO, said.photo, purpose=purpose, actor=actor, reason=reason).reveal()
    except vault.NotInVault:  # taken out of the book later on; older versions are without it too
        return Framed()
    return Framed(photos.crop(photo, said.crop, size=PHOTO_SIDE))


def kept(
    child: Child, photo: int, crop: Crop, *, purpose: Purpose, actor: Actor, reason: str = ""
) -> Masked[bytes] | None:
    """The finished portrait of this square, if it lies in the vault. Paints nothing."""
    found = _Asked(child, photo, crop, purpose, actor, reason).kept()
    return Masked(found.jpeg) if found is not None and found.jpeg is not None else None


def photo_stands_in(child: Child) -> bool:
    """Whether a portrait was wished for and could not be painted, for good. Opens nothing."""
    return _DIGEST in vault.sizes(child, Kind.PORTRAIT).values()


def picture_of(stored: Masked[bytes]) -> Masked[bytes] | None:
    """The JPEG of what lies in the vault; None where the photo stands in."""
    jpeg = stored.reveal()[_DIGEST:]
    return Masked(jpeg) if jpeg else None


def drop_unused(child: Child, said: Personalisation) -> None:
    """Take out of the vault what a book that now says `said` has no use for: portraits that no page shows, notes that
    one could not be painted (it is tried again), and every photo, once the parent wants none in the book (P1). A
    portrait of another square of the same photo goes when the new one takes its place."""
    for number, size in vault.sizes(child, Kind.PORTRAIT).items():
        if said.framed is not Picture.PORTRAIT or number != said.photo or size == _DIGEST:
            vault.remove(child, Kind.PORTRAIT, number)
    if said.framed is Picture.DRAWN:
        for number in vault.numbers(child, Kind.PHOTO):
            vault.remove(child, Kind.PHOTO, number)


def sample(picture: photos.Picture) -> bytes | None:
    """A small portrait of the middle of a picture as a JPEG, kept nowhere; None if it cannot be painted."""
    image = Image.frombytes("RGB", (picture.width, picture.height), picture.pixels.reveal())
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.resize((SAMPLE_SIDE, SAMPLE_SIDE), Image.Resampling.LANCZOS, (left, top, left + side, top + side))
    painted = _painter.paint(_pixels(square), seconds=SAMPLE_SECONDS)
    return None if painted is None else _jpeg(painted)


def paint(photo: bytes, crop: Crop, *, side: int = SIDE, seconds: float = SECONDS) -> bytes | None:
    """The square of a sanitised photo as a watercolour (JPEG); None after a crash or a hang. The same photo and square
    give the same bytes."""
    image = painted(photo, crop, side=side, seconds=seconds)
    return None if image is None else _jpeg(image)


def painted(photo: bytes, crop: Crop, *, side: int = SIDE, seconds: float = SECONDS) -> Image.Image | None:
    """The same as an image."""
    return _painter.paint(_pixels(photos.square(photo, crop, size=side)), seconds=seconds)


@dataclass(frozen=True, repr=False)
class _Asked:
    """A portrait that somebody asks for."""

    child: Child
    number: int
    crop: Crop
    purpose: Purpose
    actor: Actor
    reason: str

    def painted(self, *, keep: bool, settle: bool) -> Framed | None:
        """The portrait; without a JPEG where the photo stands in for good; None if it could not be painted now."""
        found = self.kept()
        if found is not None:
            return found
        if not keep:
            jpeg = paint(self.photo(), self.crop)
            return None if jpeg is None else Framed(jpeg)
        claim, mine = f"portrait:{self.child.pk}:{self.number}", uuid4().hex
        waited_until = monotonic() + WAIT
        # Whoever comes second waits for the first, so that no portrait is painted twice at once.
        while not cache.add(claim, mine, PAINTING):
            sleep(_LOOK_AGAIN)
            if (found := self.kept()) is not None:
                return found
            if monotonic() > waited_until:
                break
        try:
            return self.kept() or self._paint(settle=settle)
        finally:
            if cache.get(claim) == mine:
                cache.delete(claim)

    def _paint(self, *, settle: bool) -> Framed | None:
        photo = self.photo()
        for _ in range(TRIES if settle else 1):
            if jpeg := paint(photo, self.crop, seconds=PATIENT_SECONDS if settle else SECONDS):
                break
        else:
            if not settle:
                return None
            jpeg = b""
            log.error("no portrait", place=self.number)
        if vault.holds(self.child, Kind.PHOTO, self.number):  # and was not taken out of the book meanwhile
            vault.put(self.child, Kind.PORTRAIT, self.number, _digest(self.crop) + jpeg)
        return Framed(jpeg or None)

    def kept(self) -> Framed | None:
        """What lies in the vault of this very square."""
        if not vault.holds(self.child, Kind.PORTRAIT, self.number):
            return None
        try:
            stored = self._read(Kind.PORTRAIT)
        except vault.NotInVault:  # dropped at this moment
            return None
        return Framed(stored[_DIGEST:] or None) if stored[:_DIGEST] == _digest(self.crop) else None

    def photo(self) -> bytes:
        """Raises privacy.vault.NotInVault."""
        return self._read(Kind.PHOTO)

    def _read(self, kind: Kind) -> bytes:
        read = vault.read(self.child, kind, self.number, purpose=self.purpose, actor=self.actor, reason=self.reason)
        return read.reveal()


def _digest(crop: Crop) -> bytes:
    numbers = f"{crop.x:.5f} {crop.y:.5f} {crop.size:.5f}"
    return hashlib.sha256(numbers.encode()).digest()[:_DIGEST]


def _pixels(square: Image.Image) -> photos.Picture:
    return photos.Picture(Masked(square.convert("RGB").tobytes()), square.width, square.height)


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return buffer.getvalue()
