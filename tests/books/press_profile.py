"""An invented press as an ICC profile: simple inks, so that tests of the conversion need nobody's profile.

Its table from Lab to CMYK is computed: Lab becomes sRGB, black takes what cyan, magenta and yellow share.
"""

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from pytest_django import Settings

GRID = 17


def _srgb_of(lab: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    fy = (lab[:, 0] + 16) / 116
    f = np.stack([fy + lab[:, 1] / 500, fy, fy - lab[:, 2] / 200], axis=1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * (0.9642, 1.0, 0.8249)
    to_rgb = np.array([[3.1339, -1.6169, -0.4906], [-0.9788, 1.9161, 0.0335], [0.0719, -0.2290, 1.4052]])
    linear = np.clip(xyz @ to_rgb.T, 0, 1)
    encoded: npt.NDArray[np.float64] = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return encoded


def _table(entries: npt.NDArray[np.float64], *, inputs: int, grid: int) -> bytes:
    """A lut16Type with straight curves. `entries`: outputs from 0 to 1, the last input running fastest."""
    outputs = entries.shape[1]
    head = b"mft2" + bytes(4) + bytes([inputs, outputs, grid, 0])
    head += struct.pack(">9i", *(65536 if index % 4 == 0 else 0 for index in range(9)))
    curve = struct.pack(">2H", 0, 65535)
    body = np.round(np.clip(entries, 0, 1) * 65535).astype(">u2").tobytes()
    made: bytes = head + struct.pack(">2H", 2, 2) + curve * inputs + body + curve * outputs
    return made


def _described(text: str) -> bytes:
    return b"desc" + bytes(4) + struct.pack(">I", len(text) + 1) + text.encode() + b"\0" + bytes(4 + 4 + 2 + 1 + 67)


def press() -> bytes:
    """The profile. Its inks together reach 340 percent."""
    axis = np.arange(GRID) / (GRID - 1)
    light, a, b = (one.ravel() for one in np.meshgrid(axis, axis, axis, indexing="ij"))
    # In a lut16, 65280 of 65535 is the end of each Lab axis.
    wide = 65535 / 65280
    rgb = _srgb_of(np.stack([light * 100 * wide, a * 255 * wide - 128, b * 255 * wide - 128], axis=1))
    black = 0.4 * (1 - rgb.max(axis=1, keepdims=True)) ** 1.2
    inks = np.hstack([1 - rgb, black])
    axis = np.arange(3) / 2
    colours = np.stack([one.ravel() for one in np.meshgrid(axis, axis, axis, axis, indexing="ij")], axis=1)
    lightness = np.clip((1 - colours[:, :3].mean(axis=1)) * (1 - 0.4 * colours[:, 3]), 0, 1)
    back = np.stack([lightness / wide, np.full(81, 128 / 255 / wide), np.full(81, 128 / 255 / wide)], axis=1)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", *(round(n * 65536) for n in (0.9642, 1.0, 0.8249)))
    tags = {
        b"desc": _described("Invented press"),
        b"cprt": b"text" + bytes(4) + b"Made for tests\0",
        b"wtpt": white,
        b"A2B0": _table(back, inputs=4, grid=3),
        b"B2A0": _table(inks, inputs=3, grid=GRID),
    }
    offset = 128 + 4 + 12 * len(tags)
    index, data = struct.pack(">I", len(tags)), b""
    for name, body in tags.items():
        body += bytes(-len(body) % 4)
        index += name + struct.pack(">2I", offset + len(data), len(body))
        data += body
    size = 128 + len(index) + len(data)
    head = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += struct.pack(">3i", *(round(n * 65536) for n in (0.9642, 1.0, 0.8249)))
    return head.ljust(128, b"\0") + index + data


@pytest.fixture
def press_profile(settings: Settings, tmp_path: Path) -> bytes:
    """The installation was given the invented press's profile."""
    path = tmp_path / "press.icc"
    path.write_bytes(press())
    settings.PRINT_ICC = str(path)
    return path.read_bytes()
