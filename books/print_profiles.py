"""What each printer asks for, as data. Lengths in millimetres.

`composing` makes files to a profile, `preflight` refuses files that do not meet it. Figures: the printers' own
specifications, as of November 2026.
"""

from collections.abc import Callable
from dataclasses import dataclass

BINDINGS = ("softcover", "hardcover")
INCH = 25.4


class CannotPrint(ValueError):
    """The profile asks for something that these books are not; the message says what."""


@dataclass(frozen=True)
class Area:
    """A place on the back cover, in mm from its trimmed right and bottom edge."""

    right: float
    bottom: float
    width: float
    height: float


@dataclass(frozen=True)
class PrintProfile:
    """`multiple`: the page count is a multiple of it. `turn_in`: what a hard case's paper reaches around the board.

    `safety`, `cover_safety`: what words keep from the trimmed edges; `gutter`: what the binding swallows on the inner
    edge. `blank_last`: the last page is the printer's own. `barcode`: what stays white for the printer's label.

    `pdf_kind`: "x-4", "rgb" (plain sRGB PDF) or "x-1a" (no transparency). `inks`: whether everything is in CMYK, at
    most `ink_limit` percent of ink in one place (0: as much as the press's profile says).

    `container`: how the files travel: "zip-aes256", "pdf-aes256" (the PDF itself is encrypted) or "none".
    """

    key: str
    label: str
    trim: float
    bleed: float
    safety: float
    cover_safety: float
    gutter: float
    multiple: int
    minimum_pages: dict[str, int]
    maximum_pages: int
    spine_of: Callable[[int, str], float]
    turn_in: float
    overhang: float
    pdf_kind: str
    container: str
    bindings: tuple[str, ...] = BINDINGS
    blank_last: bool = False
    barcode: Area | None = None
    inks: bool = False
    ink_limit: int = 0

    def printed_pages(self, pages: int, binding: str) -> int:
        """`pages` filled up with blank ones at the end to what the binding machine takes.

        Raises CannotPrint for a binding it does not offer.
        """
        if binding not in self.bindings:
            raise CannotPrint(f"{self.label} does not bind as {binding}")
        wanted = max(pages + self.blank_last, self.minimum_pages[binding])
        return -(-wanted // self.multiple) * self.multiple

    def spine(self, pages: int, binding: str) -> float:
        """The width of the spine in mm for a book of `pages`. Raises CannotPrint for a binding it does not offer."""
        return self.spine_of_printed(self.printed_pages(pages, binding), binding)

    def spine_of_printed(self, printed: int, binding: str) -> float:
        """As `spine`, for a number of pages that is filled up already."""
        return round(self.spine_of(printed, binding), 2)

    def margin(self, binding: str) -> float:
        """What the cover's wrap has beyond the trimmed page, on each outer edge."""
        return self.bleed if binding == "softcover" else self.turn_in + self.overhang

    def wrap(self, pages: int, binding: str) -> tuple[float, float]:
        """Width and height of the cover as one wrap: margin, back, spine, front, margin."""
        return self.wrap_of_printed(self.printed_pages(pages, binding), binding)

    def wrap_of_printed(self, printed: int, binding: str) -> tuple[float, float]:
        """As `wrap`, for a number of pages that is filled up already."""
        margin = self.margin(binding)
        return (2 * (self.trim + margin) + self.spine_of_printed(printed, binding), self.trim + 2 * margin)

    def barcode_on_wrap(self, binding: str) -> tuple[float, float, float, float] | None:
        """Left, bottom, right and top of the barcode's place, in mm from the wrap's bottom left corner."""
        if self.barcode is None:
            return None
        right, bottom = (
            self.margin(binding) + self.trim - self.barcode.right,
            self.margin(binding) + self.barcode.bottom,
        )
        return (right - self.barcode.width, bottom, right, bottom + self.barcode.height)


def _house_spine(pages: int, binding: str) -> float:
    # 170 g matt coated paper is 0.15 mm a leaf; two boards of 2.5 mm and their paper make the hard case.
    return pages / 2 * 0.15 + (0.6 if binding == "softcover" else 6.0)


def _lulu_spine(pages: int, binding: str) -> float:
    if binding == "softcover":
        return (pages / 444 + 0.06) * INCH
    return (0.25 if pages <= 84 else 0.5) * INCH


def _ingram_spine(pages: int, binding: str) -> float:
    return pages / 2 * 0.13 + (0.3 if binding == "softcover" else 6.4)


def _gelato_spine(pages: int, binding: str) -> float:
    return pages / 2 * 0.18 + (0.5 if binding == "softcover" else 6.0)


PROFILES: dict[str, PrintProfile] = {
    profile.key: profile
    for profile in (
        PrintProfile(
            key="house",
            label="House printer",
            trim=210,
            bleed=3,
            safety=10,
            cover_safety=10,
            gutter=4,
            multiple=4,
            minimum_pages={"softcover": 24, "hardcover": 24},
            maximum_pages=96,
            spine_of=_house_spine,
            turn_in=18,
            overhang=2,
            pdf_kind="x-4",
            container="zip-aes256",
        ),
        PrintProfile(
            key="lulu-8.5",
            label="Lulu, 8.5 in square",
            trim=8.5 * INCH,
            bleed=0.125 * INCH,
            safety=0.5 * INCH,
            cover_safety=0.25 * INCH,
            gutter=4,
            multiple=2,
            minimum_pages={"softcover": 32, "hardcover": 24},
            maximum_pages=800,
            spine_of=_lulu_spine,
            turn_in=0.75 * INCH,
            overhang=0.125 * INCH,
            pdf_kind="rgb",
            container="none",
        ),
        PrintProfile(
            key="ingram",
            label="IngramSpark, 8.5 in square",
            trim=8.5 * INCH,
            bleed=0.125 * INCH,
            safety=0.5 * INCH,
            cover_safety=0.25 * INCH,
            gutter=4,
            multiple=2,
            minimum_pages={"softcover": 18, "hardcover": 24},
            maximum_pages=840,
            spine_of=_ingram_spine,
            turn_in=0.625 * INCH,
            overhang=0.125 * INCH,
            pdf_kind="x-1a",
            container="none",
            blank_last=True,
            barcode=Area(right=0.25 * INCH, bottom=0.25 * INCH, width=1.75 * INCH, height=INCH),
            inks=True,
            ink_limit=240,
        ),
        PrintProfile(
            key="gelato",
            label="Gelato, 21 cm square",
            trim=210,
            bleed=4,
            safety=4,
            cover_safety=4,
            gutter=4,
            multiple=2,
            minimum_pages={"softcover": 24, "hardcover": 24},
            maximum_pages=200,
            spine_of=_gelato_spine,
            turn_in=16,
            overhang=3,
            pdf_kind="x-4",
            container="pdf-aes256",
            inks=True,
        ),
    )
}
