"""Reads the plain SVG of illustrators, says what printing would get wrong, and writes it again.

The rules are those of `docs/adding-a-story.md`. They keep to what the PDF writer, pdfium, Poppler and every browser
draw alike.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

COLOUR_CLASSES = (
    *(
        "skin",
        "skin-shade",
        "skin-light",
        "blush",
        "lip",
        "hair",
        "hair-shade",
        "hair-light",
        "brow",
        "eye",
        "eye-shade",
    ),
    *("top", "top-shade", "top-light", "bottom", "bottom-shade", "shoes", "shoes-shade", "wrap", "wrap-shade"),
)
SHAPES = frozenset({"path", "rect", "circle", "ellipse", "polygon", "polyline", "line"})
GRADIENTS = frozenset({"linearGradient", "radialGradient"})
ELEMENTS = SHAPES | GRADIENTS | {"svg", "g", "defs", "stop", "clipPath", "use"}
PAINT = frozenset({"fill", "stroke", "stop-color"})
ATTRIBUTES = PAINT | {
    *(
        "id",
        "class",
        "transform",
        "opacity",
        "fill-opacity",
        "stroke-opacity",
        "stop-opacity",
        "fill-rule",
        "clip-rule",
    ),
    *("clip-path", "d", "points", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "width"),
    *("height", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray"),
    *("stroke-dashoffset", "gradientUnits", "gradientTransform", "spreadMethod", "clipPathUnits", "offset", "href"),
    *("data-pose", "data-mood", "data-child", "data-when"),
}
IGNORED_NAMESPACES = ("inkscape:", "sodipodi:", "xmlns")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}$|#[0-9a-fA-F]{3}$|none$")
_REFERENCE = re.compile(r"url\(#([\w.-]+)\)$")
_NUMBER = re.compile(r"-?\d*\.?\d+(?:e-?\d+)?")
_SAFE_VALUE = re.compile(r"[\w\s#%(),.:+-]*$")


class DrawingError(Exception):
    """A drawing that is not XML; the message says where."""


@dataclass(frozen=True)
class Fault:
    """One thing to put right, with the file and line (0: the file as a whole)."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


@dataclass(frozen=True)
class Element:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: tuple["Element", ...] = ()
    line: int = 0

    def walk(self) -> Iterator["Element"]:
        yield self
        for child in self.children:
            yield from child.walk()

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def markup(self) -> str:
        """The element as SVG text, without white space between elements."""
        attributes = "".join(f" {name}={quoteattr(value)}" for name, value in self.attributes.items())
        inside = "".join(child.markup() for child in self.children)
        return f"<{self.tag}{attributes}>{inside}</{self.tag}>" if inside else f"<{self.tag}{attributes}/>"


def read(path: Path) -> Element:
    """The drawing in `path`. Raises DrawingError when it is not well-formed XML or uses entities."""
    return parse(path.read_bytes(), str(path))


def parse(data: bytes, name: str = "drawing") -> Element:
    parser = expat.ParserCreate()
    stack: list[tuple[str, dict[str, str], list[Element], int]] = []
    root: list[Element] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if "xlink:href" in attributes:
            attributes["href"] = attributes.pop("xlink:href")
        stack.append((tag.removeprefix("svg:"), attributes, [], parser.CurrentLineNumber))

    def end(_tag: str) -> None:
        tag, attributes, children, line = stack.pop()
        (stack[-1][2] if stack else root).append(Element(tag, attributes, tuple(children), line))

    def entity(*_details: object) -> None:
        raise DrawingError(f"{name}:{parser.CurrentLineNumber}: entities are not allowed")

    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = start, end, entity
    try:
        parser.Parse(data, True)
    except expat.ExpatError as problem:
        raise DrawingError(
            f"{name}:{problem.lineno}: not well-formed XML ({expat.ErrorString(problem.code)})"
        ) from None
    return root[0]


def view_box(root: Element) -> tuple[float, float, float, float] | None:
    numbers = [float(number) for number in _NUMBER.findall(root.get("viewBox"))]
    return (numbers[0], numbers[1], numbers[2], numbers[3]) if len(numbers) == 4 else None


def faults(root: Element, path: Path, *, size: tuple[float, float], classes: bool = False) -> list[Fault]:
    """What would print wrong, or not at all. `size` is the viewBox asked for; `classes`: colour classes may be used."""
    found: list[Fault] = []

    def fault(element: Element, message: str) -> None:
        found.append(Fault(path, element.line, message))

    if root.tag != "svg":
        return [Fault(path, root.line, f"the outermost element must be <svg>, not <{root.tag}>")]
    if view_box(root) != (0, 0, *size):
        fault(root, f'viewBox must be "0 0 {size[0]:g} {size[1]:g}"')
    for name in ("width", "height"):
        if name in root.attributes:
            fault(root, f"<svg> must not have {name}")
    ids = {element.get("id"): element for element in root.walk() if element.get("id")}
    seen: set[str] = set()
    for element in root.walk():
        if element.tag not in ELEMENTS:
            fault(element, f"<{element.tag}> is not allowed")
            continue
        if (identity := element.get("id")) in seen:
            fault(element, f'the id "{identity}" is used twice')
        seen.update({identity} - {""})
        found += [Fault(path, element.line, message) for message in _attribute_faults(element, ids, classes=classes)]
    return found


def _attribute_faults(element: Element, ids: dict[str, Element], *, classes: bool) -> Iterator[str]:
    for name, value in element.attributes.items():
        if name.startswith(IGNORED_NAMESPACES) or (element.tag == "svg" and name in ("viewBox", "version")):
            continue
        if name not in ATTRIBUTES:
            yield f"the attribute {name} is not allowed"
            continue
        if not _SAFE_VALUE.match(value):
            yield f'{name}="{value}" is not allowed'
            continue
        reference = _REFERENCE.match(value)
        target = ids.get(reference.group(1)) if reference else None
        if name in PAINT and not reference and not _COLOUR.match(value):
            yield f'{name}="{value}": colours are written #rrggbb'
        elif name in PAINT and reference and (target is None or target.tag not in GRADIENTS):
            yield f'{name}="{value}" points at no gradient of this file'
        elif name == "stroke" and reference:
            yield "gradients on strokes lose their width in print"
        elif name == "clip-path" and (target is None or target.tag != "clipPath"):
            yield f'clip-path="{value}" points at no clipPath of this file'
        elif name == "href" and value.removeprefix("#") not in ids:
            yield f'href="{value}" points at nothing in this file'
        elif name == "data-when" and (element.tag != "g" or value not in ("one", "two")):
            yield 'data-when="one" or "two" (in books about how many children) belongs on a <g>'
        elif name == "class":
            yield from _class_faults(element, value, classes=classes)
    if element.tag in GRADIENTS and element.get("gradientUnits") != "userSpaceOnUse":
        yield 'gradients need gradientUnits="userSpaceOnUse": others vanish in print'
    if element.tag == "clipPath" and element.get("clipPathUnits", "userSpaceOnUse") != "userSpaceOnUse":
        yield 'clipPath needs clipPathUnits="userSpaceOnUse"'


def _class_faults(element: Element, value: str, *, classes: bool) -> Iterator[str]:
    if value == "child" and element.tag == "g" and not classes:
        for name, wanted in (("data-pose", "a pose"), ("data-mood", "a mood"), ("transform", "a transform")):
            if not element.get(name):
                yield f"the child's place has no {name}: say {wanted}"
        if element.get("data-child", "1") not in ("1", "2"):
            yield "data-child is 1 or 2"
        if element.children:
            yield "the group that marks the child must be empty"
    elif not classes or value not in COLOUR_CLASSES:
        yield f'class="{value}" is not known here'
    elif element.tag not in SHAPES:
        yield f'class="{value}" belongs on a shape, not on <{element.tag}>'
    elif "url(" in element.get("fill") + element.get("stroke"):
        yield "recoloured shapes use solid colours, never gradients"


def recoloured(element: Element, colours: dict[str, str]) -> Element:
    """The drawing with every class's fill (stroke where `fill="none"`) replaced. Classes not in `colours` stay."""
    children = tuple(recoloured(child, colours) for child in element.children)
    attributes = element.attributes
    colour = colours.get(attributes.get("class", ""))
    if colour is not None:
        # A shape may carry both: then the fill changes, and the outline keeps its drawn colour.
        attributes = {**attributes, "stroke" if attributes.get("fill") == "none" else "fill": colour}
    return replace(element, attributes=attributes, children=children)


def _waits(element: Element) -> bool:
    """Whether it is scenery that is drawn only in books about one child, or about two."""
    return "data-when" in element.attributes and element.get("class") != "child"


def varies(root: Element) -> bool:
    """Whether books about one child and about two are drawn differently, the children themselves apart."""
    return any(_waits(element) for element in root.walk())


def drawn_when(element: Element, when: str) -> Element:
    """The drawing of books about "one" child or "two": what is only in the others is left out."""
    kept = (child for child in element.children if not _waits(child) or child.get("data-when") == when)
    return replace(element, children=tuple(drawn_when(child, when) for child in kept))


def bare(element: Element, *, prefix: str, drop: tuple[str, ...] = ()) -> Element:
    """Only allowed elements and attributes, with ids kept where something refers to them, and prefixed."""
    used = {
        match.group(1)
        for one in element.walk()
        for value in one.attributes.values()
        if (match := _REFERENCE.match(value) or re.match(r"#([\w.-]+)$", value))
    }

    def clean(one: Element) -> Element:
        attributes: dict[str, str] = {}
        for name, value in one.attributes.items():
            if name not in ATTRIBUTES or name in drop or not _SAFE_VALUE.match(value):
                continue
            if name == "id":
                if value not in used:
                    continue
                value = prefix + value
            elif name == "href":
                value = "#" + prefix + value.removeprefix("#")
            elif reference := _REFERENCE.match(value):
                value = f"url(#{prefix}{reference.group(1)})"
            attributes[name] = value
        return Element(one.tag, attributes, tuple(clean(c) for c in one.children if c.tag in ELEMENTS), one.line)

    return clean(element)


def _folded(element: Element) -> Element:
    """Opacity of a shape that is only filled, or only stroked, as fill- or stroke-opacity.

    It looks the same, and needs no transparency group: those are what makes a page slow to draw and large.
    """
    attributes = dict(element.attributes)
    opacity = attributes.get("opacity")
    if opacity is not None and element.tag in SHAPES:
        filled, stroked = attributes.get("fill") != "none", attributes.get("stroke", "none") != "none"
        if filled != stroked:
            name = "fill-opacity" if filled else "stroke-opacity"
            del attributes["opacity"]
            attributes[name] = f"{float(opacity) * float(attributes.get(name, '1')):.4g}"
    return replace(element, attributes=attributes, children=tuple(_folded(child) for child in element.children))


def svg(children: tuple[Element, ...], view: tuple[float, float, float, float], *, title: str = "") -> str:
    """A standalone SVG document."""
    name = f"<title>{escape(title)}</title>" if title else ""
    inside = "".join(child.markup() for child in children)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{" ".join(f"{n:g}" for n in view)}">{name}{inside}</svg>'


def folded(element: Element) -> Element:
    """See `_folded`. Inherited paint would make the folding wrong: such drawings are left as they are."""
    inherited = any(one.tag in ("g", "svg") and {"fill", "stroke"} & one.attributes.keys() for one in element.walk())
    return element if inherited else _folded(element)


def class_counts(element: Element) -> dict[str, int]:
    """How many shapes carry each colour class."""
    counts: dict[str, int] = {}
    for one in element.walk():
        if (name := one.get("class")) in COLOUR_CLASSES:
            counts[name] = counts.get(name, 0) + 1
    return counts
