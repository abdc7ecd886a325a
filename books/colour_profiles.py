"""What the numbers in a book's files mean: sRGB for everything drawn, and the printing condition of print files."""

from pathlib import Path

import pikepdf
from django.conf import settings
from pikepdf import Array, Dictionary, Name, Pdf, Stream

# Coated paper, offset: what European book printers expect unless they say otherwise. It is a registered
# characterisation, so it can be named without embedding a profile (docs/decisions/0002).
CONDITION = "FOGRA39"
CONDITION_NAME = "Coated FOGRA39 (ISO 12647-2:2004)"
REGISTRY = "http://www.color.org"


def srgb() -> bytes:
    """The ICC profile of sRGB (3 kB, comes with WeasyPrint)."""
    import weasyprint

    return (Path(weasyprint.__file__).parent / "pdf" / "sRGB2014.icc").read_bytes()


def printer_profile() -> bytes | None:
    """The printer's own CMYK profile, when the installation was given one (setting PRINT_ICC), else None.

    Raises ValueError when the file is no CMYK printer profile.
    """
    path = getattr(settings, "PRINT_ICC", None)
    if not path:
        return None
    data = Path(path).read_bytes()
    if data[12:16] != b"prtr" or data[16:20] != b"CMYK":
        raise ValueError("PRINT_ICC is not a CMYK printer profile")
    return data


def rgb_space(pdf: Pdf) -> pikepdf.Object:
    """sRGB as a colour space of `pdf`."""
    profile = Stream(pdf, srgb())
    profile.N, profile.Alternate = 3, Name.DeviceRGB
    return pdf.make_indirect(Array([Name.ICCBased, pdf.make_indirect(profile)]))


def define_rgb(pdf: Pdf, space: pikepdf.Object) -> None:
    """Make every DeviceRGB in `pdf` mean `space`: in resource dictionaries, gradients and transparency groups."""
    for thing in pdf.objects:
        if not isinstance(thing, Dictionary | Stream):
            continue
        if "/Resources" in thing:
            thing.Resources.ColorSpace = Dictionary(DefaultRGB=space)
        for shading in (thing, thing.get("/Shading")):
            if isinstance(shading, Dictionary | Stream) and shading.get("/ColorSpace") == Name.DeviceRGB:
                shading.ColorSpace = space
        group = thing.get("/Group")
        if isinstance(group, Dictionary) and group.get("/CS") == Name.DeviceRGB:
            group.CS = space


def output_intent(pdf: Pdf) -> pikepdf.Object:
    """The printing condition: the printer's profile embedded, or the registered condition by its name."""
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFX,
        OutputConditionIdentifier=CONDITION,
        OutputCondition=CONDITION_NAME,
        RegistryName=REGISTRY,
        Info=CONDITION_NAME,
    )
    if profile := printer_profile():
        stream = Stream(pdf, profile)
        stream.N = 4
        intent.DestOutputProfile = pdf.make_indirect(stream)
        intent.OutputConditionIdentifier, intent.Info = "Custom", "The printer’s own profile"
        del intent["/OutputCondition"]
    return intent
