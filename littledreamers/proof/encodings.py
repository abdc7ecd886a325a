"""How words look when somebody writes them down: every encoding that the proof looks for."""

import base64
import quopri
import unicodedata
import urllib.parse
from collections.abc import Callable, Iterator

Encoder = Callable[[str], bytes]
ALIGNMENTS = range(3)


def in_base64(data: bytes, alignment: int) -> bytes:
    """The part of `data` in base64 that does not depend on its neighbours, when `alignment` bytes (0 to 2) of a group
    of three lie before it."""
    whole = base64.b64encode(bytes(alignment) + data)
    start = -(-alignment * 8 // 6)
    end = (alignment + len(data)) * 8 // 6
    return whole[start:end]


def url_safe(text: bytes) -> bytes:
    return text.translate(bytes.maketrans(b"+/", b"-_"))


# Looked for in a haystack whose letters are all small, with all letters small: capitals do not matter.
FOLDED: dict[str, Encoder] = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8, decomposed letters": lambda text: unicodedata.normalize("NFD", text).encode(),
    "Latin-1": lambda text: text.encode("latin-1", "replace"),
    "UTF-16 LE": lambda text: text.encode("utf-16-le"),
    "UTF-16 BE": lambda text: text.encode("utf-16-be"),
    "UTF-32 LE": lambda text: text.encode("utf-32-le"),
    "UTF-32 BE": lambda text: text.encode("utf-32-be"),
    "hexadecimal": lambda text: text.encode().hex().encode(),
    "hexadecimal of UTF-16 LE": lambda text: text.encode("utf-16-le").hex().encode(),
    "hexadecimal of UTF-16 BE": lambda text: text.encode("utf-16-be").hex().encode(),
    "percent-encoding": lambda text: urllib.parse.quote_plus(text).encode(),
    "percent-encoding of every byte": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()).encode(),
    "backslash bytes": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()).encode(),
    "Python's repr of bytes": lambda text: repr(text.encode())[2:-1].encode(),
    "JSON": lambda text: "".join(c if c.isascii() else _json(c) for c in text).encode(),
    "JSON, every letter escaped": lambda text: "".join(map(_json, text)).encode(),
    "quoted-printable": lambda text: quopri.encodestring(text.encode()),
    "HTML entities": lambda text: text.encode("ascii", "xmlcharrefreplace"),
    "HTML entities of every letter": lambda text: "".join(f"&#{ord(c)};" for c in text).encode(),
    "HTML entities of every letter, hexadecimal": lambda text: "".join(f"&#x{ord(c):x};" for c in text).encode(),
}


def _json(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def letter_cases(text: str) -> list[str]:
    """For encodings in which a capital looks altogether different."""
    return list(dict.fromkeys([text, text.lower(), text.upper(), text.title()]))


def of_text(text: str) -> Iterator[tuple[str, bytes, bool]]:
    """Every way to write `text`: the encoding's name, the bytes, and whether capitals do not matter."""
    for name, encode in FOLDED.items():
        yield name, encode(text), True
    for cased in letter_cases(text):
        for utf in ("utf-8", "utf-16-le"):
            yield from _base64(cased.encode(utf), "" if utf == "utf-8" else " of UTF-16 LE")


def of_bytes(data: bytes) -> Iterator[tuple[str, bytes, bool]]:
    """The same for what is not text, as a piece of a picture."""
    yield "bytes", data, False
    yield "hexadecimal", data.hex().encode(), True
    yield from _base64(data)


def _base64(data: bytes, of: str = "") -> Iterator[tuple[str, bytes, bool]]:
    for alignment in ALIGNMENTS:
        plain = in_base64(data, alignment)
        yield f"base64{of}, alignment {alignment}", plain, False
        if (other := url_safe(plain)) != plain:
            yield f"base64{of} for addresses, alignment {alignment}", other, False


def pieces(data: bytes, size: int, count: int, *, not_in: bytes = b"") -> list[bytes]:
    """`count` pieces of `size` bytes out of something long, evenly apart, none of which is in `not_in`. Raises
    ValueError if there are not so many."""
    # A picture begins with tables that many have in common, and with the sky.
    step = max(size, len(data) // 100)
    found = [data[at : at + size] for at in range(len(data) // 2, len(data) - size, step)]
    own = [piece for piece in found if len(set(piece)) > size // 2 and piece not in not_in]
    if len(own) < count:
        raise ValueError("too short to take pieces of it")
    return own[:: len(own) // count][:count]
