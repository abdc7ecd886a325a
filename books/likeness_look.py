"""What is seen in one photo: where faces are, and the hair of each. Runs in the process of `books.likeness_worker`."""

import json
from typing import Any

import numpy as np

from books import hair, photo_light
from books.faces import Detector, Face, Pixels

MOST_FACES = 8
PROFILE = 0.6


def look(data: bytes, width: int, height: int, detector: Detector | None) -> bytes:
    """As JSON each face, from left to right: `box` (left, top, right, bottom as fractions), its width in `pixels`,
    whether it is seen in `profile`, what is wrong with its `light`, and its `hair`: colour (L, a, b), length, curly."""
    pixels = np.frombuffer(data, np.uint8).reshape(height, width, 3)
    found = detector.find(pixels)[:MOST_FACES] if detector else []
    return json.dumps([_told(pixels, face) for face in sorted(found, key=lambda face: face.left)]).encode()


def _told(pixels: Pixels, face: Face) -> dict[str, Any]:
    height, width = pixels.shape[:2]
    light = photo_light.trouble(pixels, face)
    seen = hair.look(pixels, face)
    return {
        "box": [face.left / width, face.top / height, face.right / width, face.bottom / height],
        "pixels": round(face.width),
        "profile": face.turned > PROFILE,
        "light": light,
        "hair": None if seen is None else {"colour": seen.colour, "length": seen.length, "curly": seen.curly},
    }
