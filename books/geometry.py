"""Affine matrices in the order of SVG and PDF: (a, b, c, d, e, f) maps (x, y) to (a x + c y + e, b x + d y + f)."""

import math
import re

Matrix = tuple[float, float, float, float, float, float]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
MM = 72 / 25.4  # points in a millimetre
_CALL = re.compile(r"(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^)]*)\)")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def times(outer: Matrix, inner: Matrix) -> Matrix:
    """The matrix that does `inner` first and then `outer`."""
    a, b, c, d, e, f = outer
    p, q, r, s, t, u = inner
    return (a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, a * t + c * u + e, b * t + d * u + f)


def inverse(matrix: Matrix) -> Matrix:
    """Raises ZeroDivisionError for a matrix that flattens everything."""
    a, b, c, d, e, f = matrix
    k = a * d - b * c
    return (d / k, -b / k, -c / k, a / k, (c * f - d * e) / k, (b * e - a * f) / k)


def bounds(matrix: Matrix, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """The upright box (left, top, right, bottom) around `box` = (x, y, width, height) after `matrix`."""
    x, y, width, height = box
    a, b, c, d, e, f = matrix
    corners = [(x, y), (x + width, y), (x, y + height), (x + width, y + height)]
    xs = [a * px + c * py + e for px, py in corners]
    ys = [b * px + d * py + f for px, py in corners]
    return (min(xs), min(ys), max(xs), max(ys))


def transform(text: str) -> Matrix:
    """The matrix of an SVG `transform` attribute. Raises ValueError for anything it does not understand."""
    matrix = IDENTITY
    rest = _CALL.sub("", text).replace(",", " ").strip()
    if rest:
        raise ValueError(f"transform {text!r}")
    for name, arguments in _CALL.findall(text):
        matrix = times(matrix, _one(name, [float(number) for number in _NUMBER.findall(arguments)]))
    return matrix


def _one(name: str, n: list[float]) -> Matrix:
    if name == "matrix" and len(n) == 6:
        return (n[0], n[1], n[2], n[3], n[4], n[5])
    if name == "translate" and n:
        return (1.0, 0.0, 0.0, 1.0, n[0], n[1] if len(n) > 1 else 0.0)
    if name == "scale" and n:
        return (n[0], 0.0, 0.0, n[1] if len(n) > 1 else n[0], 0.0, 0.0)
    if name == "rotate" and len(n) in (1, 3):
        angle = math.radians(n[0])
        turned: Matrix = (math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle), 0.0, 0.0)
        if len(n) == 1:
            return turned
        return times((1.0, 0.0, 0.0, 1.0, n[1], n[2]), times(turned, (1.0, 0.0, 0.0, 1.0, -n[1], -n[2])))
    if name == "skewX" and len(n) == 1:
        return (1.0, 0.0, math.tan(math.radians(n[0])), 1.0, 0.0, 0.0)
    if name == "skewY" and len(n) == 1:
        return (1.0, math.tan(math.radians(n[0])), 0.0, 1.0, 0.0, 0.0)
    raise ValueError(f"{name}({n})")


def operands(matrix: Matrix) -> str:
    """The matrix as PDF writes it before `cm`."""
    return " ".join(f"{number:.5f}".rstrip("0").rstrip(".") for number in matrix)
