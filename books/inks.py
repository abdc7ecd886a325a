"""From the colours on the screen to the inks of a press, for printers that take nothing but CMYK.

The conversion is the press's own: its ICC profile says which inks make a colour (setting PRINT_ICC). There is none
without it, because inks that are guessed print colours that nobody chose (docs/decisions/0011).
"""

import io
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageFilter

from books import colour_profiles
from books.print_profiles import CannotPrint, PrintProfile

GRID = 33  # points of the table along each of red, green and blue
_GREATEST = 255


class Inks:
    """A table from sRGB to CMYK in which no colour has more ink than the printer allows."""

    def __init__(self, press: bytes, *, limit: int = 0) -> None:
        """`press`: an ICC profile; `limit`: percent of all four inks together, 0: what the profile gives.

        Raises ValueError for a profile that cannot be read.
        """
        steps = np.linspace(0, _GREATEST, GRID).round().astype(np.uint8)
        blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
        grid = Image.fromarray(np.stack([red, green, blue], axis=-1).reshape(GRID * GRID, GRID, 3))
        try:
            transform = ImageCms.buildTransform(
                ImageCms.ImageCmsProfile(io.BytesIO(colour_profiles.srgb())),
                ImageCms.ImageCmsProfile(io.BytesIO(press)),
                "RGB",
                "CMYK",
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
            table = np.asarray(ImageCms.applyTransform(grid, transform)).reshape(-1, 4) / _GREATEST
        except (ImageCms.PyCMSError, OSError) as problem:
            raise ValueError("the printer's profile cannot be read") from problem
        # Paper is paper: profiles tint it by a percent to match the screen's white.
        table[-1] = 0
        self._table = _limited(table, limit / 100) if limit else table
        self._filter = ImageFilter.Color3DLUT(GRID, self._table.ravel().tolist(), channels=4, target_mode="CMYK")

    def picture(self, image: Image.Image) -> Image.Image:
        """An RGB image in CMYK."""
        return image.filter(self._filter)

    def of(self, red: float, green: float, blue: float) -> tuple[float, float, float, float]:
        """The inks (0 to 1) of a colour (0 to 1)."""
        pixel = Image.new("RGB", (1, 1), tuple(round(one * _GREATEST) for one in (red, green, blue)))
        cyan, magenta, yellow, black = np.asarray(self.picture(pixel))[0, 0] / _GREATEST
        return (float(cyan), float(magenta), float(yellow), float(black))


def _limited(table: npt.NDArray[np.float64], limit: float) -> npt.NDArray[np.float64]:
    """Less of the three colours where all four are more than `limit`. Black stays: it carries the drawing."""
    colours, black = table[:, :3], table[:, 3:]
    total = colours.sum(axis=1, keepdims=True)
    share = np.where(total + black > limit, (limit - black) / np.maximum(total, 1e-9), 1.0)
    return np.hstack([colours * np.clip(share, 0, 1), black])


@lru_cache(maxsize=2)
def _known(press: bytes, limit: int) -> Inks:
    return Inks(press, limit=limit)


def of_printer(profile: PrintProfile) -> Inks:
    """The conversion for a printer. Raises CannotPrint when the installation has no profile of its press."""
    press = colour_profiles.printer_profile()
    if press is None:
        raise CannotPrint(
            f"{profile.label} takes CMYK only: the printer’s own colour profile is needed for that (setting PRINT_ICC)."
        )
    return _known(press, profile.ink_limit)
