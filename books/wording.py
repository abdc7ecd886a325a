"""Words that read right for one child and for two.

A story says `{name}` where the book's child is named; in a book about two, that is both: "Mia and Tom". `{first}` and
`{second}` are one of them. Where more than the name changes, it gives both ways: `{name} {was|were} wide awake`.
"""

import re
from collections.abc import Sequence

NAMES = ("{name}", "{first}", "{second}")
_CHOICE = re.compile(r"\{((?:[^{}|]|\{\w+\})*)\|((?:[^{}|]|\{\w+\})*)\}")
_PLACE = re.compile(r"\{(first|second)\}")


def for_children(text: str, count: int) -> str:
    """`text` for a book about `count` children: only `{first}` and `{second}` are left to be filled in."""
    chosen = _CHOICE.sub(lambda found: found[1 if count == 1 else 2], text)
    return chosen.replace("{name}", "{first}" if count == 1 else "{first} and {second}")


def pieces(text: str) -> list[str | int]:
    """A text of `for_children` as its own words and, where a name belongs, which one (0 or 1)."""
    found: list[str | int] = []
    for index, piece in enumerate(_PLACE.split(text)):
        if index % 2:
            found.append(0 if piece == "first" else 1)
        elif piece:
            found.append(piece)
    return found


def filled(text: str, names: Sequence[str]) -> str:
    """`text` with the names in it: child data."""
    chosen = pieces(for_children(text, len(names)))
    return "".join(piece if isinstance(piece, str) else names[piece] for piece in chosen)


def names_child(text: str) -> bool:
    """Whether a name is filled in anywhere."""
    return any(name in text for name in NAMES)


def unknown(text: str, counts: Sequence[int] = (1, 2)) -> list[str]:
    """Placeholders that mean nothing in books about so many children."""
    wrong: set[str] = set()
    for count in counts:
        # A book about one child has nobody to call the second.
        known = {"{first}"} if count == 1 else {"{first}", "{second}"}
        wrong |= set(re.findall(r"\{[^}]*\}?", for_children(text, count))) - known
    return sorted(wrong)
