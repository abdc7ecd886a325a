"""Colours as eyes see them (CIELAB, D65), and how far apart two of them are."""

import math

Lab = tuple[float, float, float]

_WHITE = (0.95047, 1.0, 1.08883)
_TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
_FROM_XYZ = ((3.2406, -1.5372, -0.4986), (-0.9689, 1.8758, 0.0415), (0.0557, -0.2040, 1.0570))
_STEP = 0.5  # of lightness, when looking for a colour: less than anybody sees


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _companded(channel: float) -> float:
    return channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def lab(colour: str) -> Lab:
    """`#rrggbb` as lightness (0 to 100), green to red and blue to yellow."""
    linear = [_linear(int(colour[index : index + 2], 16) / 255) for index in (1, 3, 5)]
    x, y, z = (
        sum(weight * channel for weight, channel in zip(row, linear, strict=True)) / white
        for row, white in zip(_TO_XYZ, _WHITE, strict=True)
    )
    fx, fy, fz = (part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116 for part in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def from_lab(colour: Lab) -> str:
    """The nearest `#rrggbb` on a screen."""
    fy = (colour[0] + 16) / 116
    parts = (fy + colour[1] / 500, fy, fy - colour[2] / 200)
    xyz = [
        white * (part**3 if part > 6 / 29 else (116 * part - 16) * 27 / 24389)
        for part, white in zip(parts, _WHITE, strict=True)
    ]
    channels = (sum(weight * part for weight, part in zip(row, xyz, strict=True)) for row in _FROM_XYZ)
    return "#" + "".join(f"{round(255 * min(max(_companded(max(one, 0)), 0), 1)):02x}" for one in channels)


def difference(one: str, other: str) -> float:
    """CIE76: about 2 is just seen side by side, 10 at a glance."""
    return math.dist(lab(one), lab(other))


def lighter(colour: str, by: float) -> str:
    """`colour` with its lightness moved (down where `by` is negative), its hue kept."""
    lightness, red, yellow = lab(colour)
    return from_lab((lightness + by, red, yellow))


def distance_to_stand_out(colour: str, ground: str, *, least: float) -> float:
    """How far lightness has to move until `colour` differs from `ground` by `least`.

    Away from the ground's own lightness; the other way where black or white is reached first. 0: nothing to do.
    """
    away = _STEP if lab(colour)[0] > lab(ground)[0] else -_STEP
    for step in (away, -away):
        moved = 0.0
        while abs(moved) <= 100 and 4 <= lab(colour)[0] + moved <= 97:
            if difference(lighter(colour, moved), ground) >= least:
                return moved
            moved += step
    return 0.0
