"""What a photo lets us guess of a child: where the face is, and the hair. Never the skin, never who it is.

A guess is for the parent to look at while the form is open, and is kept nowhere. The photo is looked at in the
processes of `books.photo_decoder` and `books.likeness_worker`; whatever happens to these, the worst is that nothing is
guessed.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import structlog
from django.core.files.uploadedfile import UploadedFile

from books import faces, likeness_worker, palette, photo
from books.colour_space import Colours, lab_of
from books.palette import Palette
from books.photo import Picture
from books.photo_process import PhotoProcess

log = structlog.get_logger("littledreamers.likeness")

LARGEST_SIDE = 1024  # pixels: enough for hair, and quick
SMALL = 90  # pixels across a face
SECONDS = 6.0  # for one photo; what is not known by then is not guessed
LONGEST_ANSWER = 16_384
ROOM = 2.3  # the square that is proposed, in widths of the face

NO_FACE = (
    "We could not find a face in this photo, so we guess nothing, and a portrait would be painted all over alike. It"
    " may still go into the book; for guesses, try one that shows the face from the front."
)
SEVERAL = "There are several faces in this photo. Which one is your child?"
TOO_SMALL = "The face is small in this photo, so please look twice at what we guessed. One taken closer shows more."
PROFILE = "The head is turned aside in this photo, so please look twice at what we guessed."
LIGHT = {
    "dark": "This photo is rather dark, so we guess no colour. One taken in daylight shows more.",
    "coloured": "The light in this photo is coloured, so we guess no colour. One taken in daylight shows more.",
    "grey": "This photo is black and white, so we guess no colour.",
}

# Hair as cameras see it, beside the swatches of our drawings; a colour is the nearest of both.
SEEN = {
    "black": "#15120f",
    "espresso": "#3a2a20",
    "dark-brown": "#4a3628",
    "brown": "#5d4230",
    "light-brown": "#8b6848",
    "dark-blonde": "#a98d62",
    "golden-blonde": "#d2b27e",
    "pale-blonde": "#e3cf9f",
    "strawberry": "#c98a5e",
    "ginger": "#b0622e",
    "auburn": "#6b2e1f",
    "snow": "#d9d5cd",
}
NO_HAIR_IS_LIKE = 25.0  # CIELAB; further from every colour of hair is a hat or a scarf
HAIRSTYLES = {  # by length and curls
    ("bald", False): "baby-fuzz",
    ("short", False): "crop",
    ("short", True): "curly-short",
    ("medium", False): "bob",
    ("medium", True): "curly-long",
    ("long", False): "straight-long",
    ("long", True): "curly-long",
}


@dataclass(frozen=True, repr=False)
class Guess:
    """For one face. `x`, `y`, `size`: a square around it, as fractions of the photo (`size`: of its width). Empty: we
    cannot tell."""

    x: float
    y: float
    size: float
    hair_colour: str
    hairstyle: str
    advice: str


@dataclass(frozen=True, repr=False)
class Guesses:
    """For a photo: one guess for each face, from left to right, and what to tell the parent about the whole."""

    faces: tuple[Guess, ...] = ()
    advice: str = ""


@lru_cache(maxsize=1)
def missing() -> str:
    """The packages without which nothing is guessed, in words; empty if there are all."""
    return faces.missing()


def guess(upload: "UploadedFile[bytes] | bytes") -> Guesses:
    """What can be told from a photo, within seconds. Raises PhotoRejected with a message for the parent; everything
    else that goes wrong only means that nothing is guessed."""
    picture = photo.read(upload, largest=LARGEST_SIDE)
    if missing():
        return Guesses()
    told = _worker.ask(picture)
    if told is None:
        return Guesses()
    try:
        found = tuple(_guess(face, picture) for face in told)
    except (KeyError, TypeError, ValueError):  # not what the worker says when it is well
        log.warning("not guessed", reason="answer")
        return Guesses()
    advice = NO_FACE if not found else SEVERAL if len(found) > 1 else found[0].advice
    return Guesses(found, advice)


def _guess(face: dict[str, Any], picture: Picture) -> Guess:
    left, top, right, bottom = (float(edge) for edge in face["box"])
    shape = picture.height / picture.width
    side = min(1.0, shape, (right - left) * ROOM)
    middle = ((left + right) / 2, (top + bottom) / 2)
    hair, light = face["hair"] or {"colour": None, "length": "", "curly": False}, str(face["light"])
    advice = TOO_SMALL if int(face["pixels"]) < SMALL else PROFILE if face["profile"] else LIGHT.get(light, "")
    colour, style = "", ""
    covered = hair["colour"] is not None and not light and not (colour := _hair_colour(hair["colour"]))
    if not covered:
        style = HAIRSTYLES.get((str(hair["length"]), bool(hair["curly"])), "")
    return Guess(
        x=min(max(0.0, middle[0] - side / 2), 1 - side),
        y=min(max(0.0, middle[1] - side / shape * 0.56), 1 - side / shape),
        size=side,
        hair_colour=colour,
        hairstyle=style,
        advice=advice,
    )


def _hair_colour(colour: list[float]) -> str:
    """The palette's nearest colour of hair, or nothing."""
    seen = np.array([float(number) for number in colour[:3]], np.float32)
    distance, key = min((float(np.linalg.norm(seen - known)), key) for key, known in _known_colours(palette.load()))
    return key if distance < NO_HAIR_IS_LIKE else ""


@lru_cache(maxsize=2)
def _colours_of(pairs: tuple[tuple[str, str], ...]) -> list[tuple[str, Colours]]:
    return [(key, lab_of(colour)) for key, colour in pairs]


def _known_colours(options: Palette) -> list[tuple[str, Colours]]:
    both = [(option.key, colour) for option in options.hair_colours for colour in (option.swatch, SEEN.get(option.key))]
    return _colours_of(tuple((key, colour) for key, colour in both if colour))


class _Looker(PhotoProcess):
    """The process that looks, one per process of the shop."""

    def ask(self, picture: Picture) -> list[dict[str, Any]] | None:
        """What is seen, or None if nobody can tell."""
        return self.answer(likeness_worker.LOOK, picture, longest=LONGEST_ANSWER, seconds=SECONDS, read=json.loads)


_worker = _Looker()
