"""What the proof puts into the shop to look for it afterwards: words and pictures that exist nowhere else."""

import io
import secrets
from dataclasses import dataclass, field

from PIL import Image

PIECE = 24  # bytes of a picture or a PDF that are looked for
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"


def invented_word(syllables: int = 8) -> str:
    """A word that nobody has ever used, pronounceable, so that fonts and forms take it."""
    return "".join(secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(syllables))


@dataclass
class Canaries:
    """One run's canaries. Every text holds a word of its own, which is enough to find it; `pieces` are parts of
    pictures and files by what they were taken from."""

    name: str = field(default_factory=lambda: "Zoë-" + invented_word().title())
    sibling_name: str = field(default_factory=lambda: "Noé-" + invented_word().title())
    changed_name: str = field(default_factory=lambda: "Aña-" + invented_word().title())
    dedication: str = field(default_factory=lambda: f"Für {invented_word()}, with love.")
    message: str = field(default_factory=lambda: f"The coat of {invented_word()} is green.")
    contact: str = field(default_factory=lambda: f"My daughter {invented_word()} has a question.")
    file_name: str = field(default_factory=lambda: f"{invented_word()} am Strand.jpg")
    hidden_note: str = field(default_factory=invented_word)
    second_name: str = field(default_factory=lambda: invented_word().title())
    third_name: str = field(default_factory=lambda: invented_word().title())
    refused_name: str = field(default_factory=lambda: invented_word().title())
    pieces: dict[str, list[bytes]] = field(default_factory=dict)

    def texts(self) -> dict[str, str]:
        """What is looked for in words."""
        return {
            "name": self.name,
            "name of the second child": self.sibling_name,
            "changed name": self.changed_name,
            "dedication": self.dedication,
            "message to staff": self.message,
            "message of the contact form": self.contact,
            "photo's file name": self.file_name,
            "note inside the photo": self.hidden_note,
            "name in the abandoned book": self.second_name,
            "name in the deleted book": self.third_name,
            "name in refused answers": self.refused_name,
        }

    def words(self) -> dict[str, str]:
        """The invented word in each text."""
        return {label: max(_letters_only(text), key=len) for label, text in self.texts().items()}


def _letters_only(text: str) -> list[str]:
    return "".join(c if c.isascii() and c.isalpha() else " " for c in text).split()


def photo(note: str, *, size: tuple[int, int] = (640, 640)) -> bytes:
    """A JPEG of random pixels with `note` in its EXIF, its XMP and its comment."""
    cell = 8
    small = Image.frombytes("RGB", (size[0] // cell, size[1] // cell), secrets.token_bytes(3 * size[0] * size[1] // 64))
    image = small.resize(size, Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x010E] = f"description {note}"
    exif[0x013B] = note
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + note.encode()
    out = io.BytesIO()
    xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><title>{note}</title></x:xmpmeta>'.encode()
    image.save(out, "JPEG", quality=90, exif=exif, xmp=xmp, comment=note.encode())
    return out.getvalue()
