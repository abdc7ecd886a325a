"""Gradients as PDF means them: WeasyPrint writes each as a tile that repeats, which Poppler (and who knows which press)
draws with a bare strip where one tile ends. Here the tiles become shadings without an end.

Only tiles of exactly the form that WeasyPrint and weasysvg write are changed; the rest stay as they are.
"""

import re

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from books.geometry import IDENTITY, Matrix, bounds, inverse, operands, times

_TILE = re.compile(rb"\s*/(\S+) gs\s+/(\S+) Do\s*$")
_PAINT = re.compile(rb"\s*(\S+) 0 0 (\S+) 0 0 cm\s+(?:/(\S+) gs\s+)?/(\S+) sh\s*$")


def endless(pdf: Pdf, content: bytes, resources: pikepdf.Object) -> tuple[bytes, pikepdf.Object]:
    """The content of a form with its gradients rewritten, and the resources it needs then."""
    patterns = resources.get("/Pattern", Dictionary())
    shadings = {name: found for name, tile in patterns.items() if (found := _shading(tile)) is not None}
    if not shadings:
        return content, resources
    made = Dictionary(dict(resources.items()))
    made.Pattern = Dictionary(dict(patterns.items()))
    states = dict(resources.get("/ExtGState", Dictionary()).items())
    lines: list[bytes] = []
    matrix, stack = IDENTITY, []
    source = content.split(b"\n")
    for index, line in enumerate(source):
        lines.append(line)
        if line == b"q":
            stack.append(matrix)
        elif line == b"Q":
            matrix = stack.pop()
        elif line.endswith(b" cm"):
            a, b, c, d, e, f = (float(number) for number in line.split()[:6])
            matrix = times(matrix, (a, b, c, d, e, f))
        elif line.endswith(b" scn") and (name := line.split()[0].decode()) in shadings:
            shading, own, alpha, mask = shadings[name]
            if mask is not None and not _only_filled(source, index):
                continue
            made.Pattern[name] = pdf.make_indirect(
                Dictionary(Type=Name.Pattern, PatternType=2, Shading=shading, Matrix=Array(_rounded(own)))
            )
            if mask is not None or alpha != 1:
                state = f"/E{len(states)}"
                states[state] = _state(pdf, alpha, mask, times(inverse(matrix), own))
                lines.append(f"{state} gs".encode())
    if states:
        made.ExtGState = Dictionary(states)
    return b"\n".join(lines), made


def _rounded(matrix: Matrix) -> list[float]:
    return [round(number, 6) for number in matrix]


def _only_filled(lines: list[bytes], start: int) -> bool:
    """Whether the shape that begins here is filled and not stroked: a mask would cover its outline too."""
    for line in lines[start:]:
        if line in (b"f", b"f*"):
            return True
        if line in (b"B", b"B*", b"S", b"s", b"b", b"b*", b"Q", b"n"):
            return False
    return False


def _shading(tile: pikepdf.Object) -> tuple[pikepdf.Object, Matrix, float, pikepdf.Object | None] | None:
    """The tile's shading, the matrix of its space, its opacity, and the mask of its transparent stops."""
    if not isinstance(tile, Stream) or tile.get("/PatternType") != 1:
        return None
    drawn = _TILE.match(tile.read_bytes())
    if not drawn:
        return None
    state = tile.Resources.ExtGState[f"/{drawn[1].decode()}"]
    group = tile.Resources.XObject[f"/{drawn[2].decode()}"]
    painted = _PAINT.match(group.read_bytes())
    if not painted or "/Matrix" in group:
        return None
    a, b, c, d, e, f = (float(number) for number in tile.Matrix)
    own = times((a, b, c, d, e, f), (float(painted[1]), 0.0, 0.0, float(painted[2]), 0.0, 0.0))
    mask = None
    if painted[3]:
        inner = group.Resources.ExtGState[f"/{painted[3].decode()}"]
        if "/SMask" not in inner or float(inner.get("/ca", 1)) != 1:
            return None
        mask = inner.SMask
    return group.Resources.Shading[f"/{painted[4].decode()}"], own, float(state.get("/ca", 1)), mask


def _state(pdf: Pdf, alpha: float, mask: pikepdf.Object | None, place: Matrix) -> pikepdf.Object:
    """Opacity, and the soft mask drawn at `place` (from the gradient's space to the one in force)."""
    state = Dictionary(Type=Name.ExtGState)
    if alpha != 1:
        state.ca = alpha
    if mask is not None:
        group = Stream(pdf, f"{operands(place)} cm\n".encode() + mask.G.read_bytes())
        for key, value in mask.G.items():
            if key not in ("/Length", "/Filter", "/DecodeParms", "/BBox"):
                group[key] = value
        left, top, right, bottom = (float(number) for number in mask.G.BBox)
        box = bounds(place, (left, top, right - left, bottom - top))
        # A little more than the shape: the mask ends where nothing is painted, not on the shape's own edge.
        group.BBox = Array([round(number, 3) for number in (box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1)])
        state.SMask = Dictionary(Type=Name.Mask, S=mask.S, G=pdf.make_indirect(group))
    return pdf.make_indirect(state)
