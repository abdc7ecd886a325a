"""The child's colours in a published template, exchanged without drawing anything again.

When a story is published every colour class is drawn in a sentinel, a colour that no illustrator used. A book's child
gets its colours by exchanging the `r g b rg` operators of the few parts it is made of; each sentinel counted at
publishing must be found again, or the book is not made (docs/decisions/0002).
"""

import re
from collections import Counter
from collections.abc import Mapping

import pikepdf
from pikepdf import Dictionary, Name, Pdf, Stream

from books.drawing import COLOUR_CLASSES

_OPERATOR = re.compile(rb"(?<![\d.])([\d.]+) ([\d.]+) ([\d.]+) (rg|RG)(?=\s|$)")

# A corner of the colour cube where nobody paints; the story's check makes sure of it.
SENTINELS = {name: f"#01fe{8 + 11 * index:02x}" for index, name in enumerate(COLOUR_CLASSES)}
_CLASS_OF = {colour: name for name, colour in SENTINELS.items()}

KEPT = 2000  # parts: some hundred bytes each
_cuts: dict[bytes, tuple[tuple[bytes, str], ...]] = {}


class ColourLost(RuntimeError):
    """A part of the drawn child does not hold the colours that were counted when it was published."""


def _hex(red: bytes, green: bytes, blue: bytes) -> str:
    return "#" + "".join(f"{round(float(number) * 255):02x}" for number in (red, green, blue))


def operands(colour: str) -> bytes:
    """`#rrggbb` as PDF writes it before `rg`."""
    return b" ".join(b"%.6g" % (int(colour[index : index + 2], 16) / 255) for index in (1, 3, 5))


def count(form: pikepdf.Object) -> Counter[str]:
    """How often each colour class is set in a form and in the groups within it."""
    found = Counter(
        name
        for red, green, blue, _ in _OPERATOR.findall(form.read_bytes())
        if (name := _CLASS_OF.get(_hex(red, green, blue)))
    )
    for group in _groups(form).values():
        found += count(group)
    return found


def _groups(form: pikepdf.Object) -> dict[str, pikepdf.Object]:
    objects = form.get("/Resources", Dictionary()).get("/XObject", Dictionary())
    return {name: thing for name, thing in objects.items() if thing.get("/Subtype") == Name.Form}


def recoloured(
    pdf: Pdf, form: pikepdf.Object, colours: Mapping[str, bytes], expected: Mapping[str, int]
) -> pikepdf.Object:
    """A copy of `form` in the child's colours (class to operands). Raises ColourLost unless all were exchanged."""
    done: Counter[str] = Counter()
    copy = _copy(pdf, form, colours, done)
    if done != Counter(expected):
        raise ColourLost(f"expected {dict(expected)}, exchanged {dict(done)}")
    return copy


def _copy(pdf: Pdf, form: pikepdf.Object, colours: Mapping[str, bytes], done: Counter[str]) -> pikepdf.Object:
    pieces: list[bytes] = []
    for before, name in _cut(form):
        pieces.append(before)
        if name:
            done[name] += 1
            pieces.append(colours[name])
    copy = Stream(pdf, b"".join(pieces))
    for key, value in form.items():
        if key not in ("/Length", "/Filter", "/DecodeParms"):
            copy[key] = value
    groups = _groups(form)
    if groups:
        resources = Dictionary(dict(form.Resources.items()))
        changed = {name: _copy(pdf, group, colours, done) for name, group in groups.items()}
        resources.XObject = Dictionary({**dict(form.Resources.XObject.items()), **changed})
        copy.Resources = resources
    return pdf.make_indirect(copy)


def _cut(form: pikepdf.Object) -> tuple[tuple[bytes, str], ...]:
    """A published part, cut at its sentinels: what stands before each, and its class ("" for the end). The same for
    every child, so kept for the next one."""
    packed = form.read_raw_bytes()
    known = _cuts.get(packed)
    if known is None:
        content, found, end = form.read_bytes(), [], 0
        for match in _OPERATOR.finditer(content):
            if name := _CLASS_OF.get(_hex(match[1], match[2], match[3])):
                found.append((content[end : match.start()], name))
                end = match.end(3)
        known = (*found, (content[end:], ""))
        if len(_cuts) >= KEPT:
            _cuts.clear()
        _cuts[packed] = known
    return known
