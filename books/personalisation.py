"""Everything that makes a book one child's book. Child data: lives in the vault only (P1, P3)."""

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from books.looks import Looks

MIN_AGE, MAX_AGE = 0, 12
BANDS = {"0-2": range(3), "3-5": range(3, 6), "6-8": range(6, 9), "9-12": range(9, 13)}
YOUNGER, OLDER = "younger", "older"


@dataclass(frozen=True, repr=False)
class Crop:
    """The square of the photo that becomes the portrait.

    `x`, `y`: its top left corner as fractions of the photo's width and height; `size`: its side as a fraction of its
    width.
    """

    x: float
    y: float
    size: float

    def __post_init__(self) -> None:
        if not (0 <= self.x < 1 and 0 <= self.y < 1 and 0 < self.size <= 1 and self.x + self.size <= 1.0001):
            raise ValueError("The crop lies outside the photo.")


class Picture(StrEnum):
    """What a parent wants to see in the frame of the dedication page."""

    PHOTO = "photo"
    PORTRAIT = "portrait"
    DRAWN = "drawn"


@dataclass(frozen=True, repr=False)
class Personalisation:
    """`age` in whole years, never a date of birth (P1). `photo`: the number of the photo in the vault. `picture`: what
    is made of it for the frame; without a photo that is the drawn child.

    `sibling`: the second child of a book about two, whose answers lie in a vault of their own: they are never part of
    these bytes. Its dedication and `told_to` mean nothing. `told_to`: for whose age such a book is written.
    """

    name: str
    age: int
    looks: Looks
    dedication: str = ""
    photo: int | None = None
    crop: Crop | None = None
    told_to: str = YOUNGER
    sibling: "Personalisation | None" = None
    picture: Picture = Picture.PHOTO

    def __post_init__(self) -> None:
        if not MIN_AGE <= self.age <= MAX_AGE:
            raise ValueError(f"Books are written for children from {MIN_AGE} to {MAX_AGE}.")

    @property
    def children(self) -> "tuple[Personalisation, ...]":
        """The one child, or both without each other, in the order in which the book names them."""
        if self.sibling is None:
            return (self,)
        return (replace(self, sibling=None), self.sibling)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(child.name for child in self.children)

    @property
    def band(self) -> str:
        """The age band whose words the book uses."""
        ages = [child.age for child in self.children]
        age = max(ages) if self.told_to == OLDER else min(ages)
        return next(band for band, of_band in BANDS.items() if age in of_band)

    @property
    def framed(self) -> Picture:
        """What is in the frame, seen from what there is."""
        return Picture.DRAWN if self.photo is None or self.crop is None else self.picture

    def to_bytes(self) -> bytes:
        data: dict[str, Any] = {
            "name": self.name,
            "age": self.age,
            "looks": self.looks.to_dict(),
            "dedication": self.dedication,
            "photo": self.photo,
            "crop": [self.crop.x, self.crop.y, self.crop.size] if self.crop else None,
            **({"told_to": self.told_to} if self.sibling else {}),
            "picture": self.picture,
        }
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, stored: bytes) -> "Personalisation":
        """Raises ValueError or KeyError when the stored bytes are not a personalisation."""
        data = json.loads(stored)
        crop = data["crop"]
        return cls(
            name=data["name"],
            age=data["age"],
            looks=Looks.from_dict(data["looks"]),
            dedication=data["dedication"],
            photo=data["photo"],
            crop=Crop(*crop) if crop else None,
            told_to=data.get("told_to", YOUNGER),
            picture=Picture(data.get("picture", Picture.PHOTO)),  # books that began before there was a choice
        )
