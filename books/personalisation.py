"""Everything that makes a book one child's book. Child data: lives in the vault only (P1, P3)."""

import json
from dataclasses import dataclass
from typing import Any

from books.looks import Looks

MIN_AGE, MAX_AGE = 0, 12
BANDS = {"0-2": range(3), "3-5": range(3, 6), "6-8": range(6, 9), "9-12": range(9, 13)}


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


@dataclass(frozen=True, repr=False)
class Personalisation:
    """`age` in whole years, never a date of birth (P1). `photo`: the number of the photo in the vault."""

    name: str
    age: int
    looks: Looks
    dedication: str = ""
    photo: int | None = None
    crop: Crop | None = None

    def __post_init__(self) -> None:
        if not MIN_AGE <= self.age <= MAX_AGE:
            raise ValueError(f"Books are written for children from {MIN_AGE} to {MAX_AGE}.")

    @property
    def band(self) -> str:
        """The age band whose words the book uses."""
        return next(band for band, ages in BANDS.items() if self.age in ages)

    def to_bytes(self) -> bytes:
        data: dict[str, Any] = {
            "name": self.name,
            "age": self.age,
            "looks": self.looks.to_dict(),
            "dedication": self.dedication,
            "photo": self.photo,
            "crop": [self.crop.x, self.crop.y, self.crop.size] if self.crop else None,
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
        )
