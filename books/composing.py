"""One child's book as files: the parent's digital copy, and interior and cover for the printer."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

from books import colour_profiles, flattening, inks, read_aloud, recolouring
from books.geometry import MM, operands
from books.print_profiles import PrintProfile
from books.stamping import Content, Stamp, everywhere, settings_of, spine_words
from books.story import BACK, BLEED, FRONT, PAGE, PANEL, PANEL_MARGIN, TRIM, Story
from books.templates_store import Template, template_for
from books.typesetting import Setting

VERSIONS = {"x-4": "1.6", "x-1a": "1.4"}
SPINE_TEXT = 6.0  # mm: a narrower spine cannot hold its title when binding shifts by a millimetre

__all__ = ["Content", "cover", "digital_copy", "interior", "interior_from"]


def digital_copy(story: Story, content: Content, *, watermark: bool) -> bytes:
    """The whole book for the parent: front cover, pages, back cover, trimmed, in sRGB.

    `watermark`: a small line on every page says that the book is not approved yet (P21).
    """
    template = template_for(story)
    stamp = Stamp(template, content, places=template.places())
    words = everywhere(template, content)
    stamp.set_words(words)
    told = []
    for place in template.places():
        drawn, objects = stamp.picture(place)
        drawn = read_aloud.marked(drawn)
        margin = template.art[place].margin * MM
        if watermark:
            objects["W"] = stamp.mark("copy")
            drawn.append(f"/Artifact BMC q 1 0 0 1 {margin:.4f} {margin:.4f} cm /W Do Q EMC")
        stamp.add_page(drawn, objects, {"MediaBox": (margin, margin, margin + TRIM * MM, margin + TRIM * MM)})
        told.append(read_aloud.told(story, content, place, words[place]))
    read_aloud.structure(stamp.pdf, told)
    stamp.pdf.Root.PageLayout = Name.TwoPageRight
    stamp.pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    return _saved(stamp, title=story.title_for(*content.personalisation.names), print_kind="")


def interior(story: Story, content: Content, profile: PrintProfile, *, binding: str = "hardcover") -> bytes:
    """The inside of the book for the printer: single pages with bleed, filled up to what the profile binds.

    Raises CannotPrint for a binding that the printer does not offer, and for inks without its colour profile.
    """
    return interior_from(template_for(story), content, profile, binding=binding)


def interior_from(template: Template, content: Content, profile: PrintProfile, *, binding: str = "hardcover") -> bytes:
    """As `interior`, from a template that need not be published yet."""
    story = template.story
    pages = list(range(1, story.page_count + 1))
    blank = profile.printed_pages(story.page_count, binding) - story.page_count
    side = (profile.trim + 2 * profile.bleed) * MM
    scale = _scale(profile.trim, profile.bleed, TRIM, BLEED)
    shift = (side - PAGE * MM * scale) / 2
    boxes = _boxes(side, side, profile.bleed * MM)

    def draw(stamp: Stamp) -> None:
        for page in pages:
            drawn, objects = stamp.picture(page)
            if scale != 1.0 or shift:
                drawn = [f"q {operands((scale, 0, 0, scale, shift, shift))} cm", *drawn, "Q"]
            stamp.add_page(drawn, objects, boxes)
        for _ in range(blank):
            stamp.add_page([], {}, boxes)

    words = dict(zip(pages, settings_of(story, content, pages), strict=True))
    # Files for the printer never carry the child's name in their description (P17).
    title = f"{story.short_title}: interior"
    return _for_printer(template, content, profile, draw, places=pages, words=words, title=title)


def cover(story: Story, content: Content, profile: PrintProfile, *, binding: str) -> bytes:
    """The cover as one wrap: back, spine and front, with bleed (soft) or turn-in (hard) around them.

    Raises CannotPrint as `interior` does.
    """
    return cover_from(template_for(story), content, profile, binding=binding)


def cover_from(template: Template, content: Content, profile: PrintProfile, *, binding: str) -> bytes:
    """As `cover`, from a template that need not be published yet."""
    story = template.story
    spine, margin = profile.spine(story.page_count, binding), profile.margin(binding)
    width, height = (side * MM for side in profile.wrap(story.page_count, binding))
    panels: list[int | str] = [FRONT, BACK]
    words: dict[int | str, list[Setting]] = dict(zip(panels, settings_of(story, content, panels), strict=True))
    if spine >= SPINE_TEXT:
        words["spine"] = [spine_words(story, content.personalisation.names, spine)]
    scale = _scale(profile.trim, margin, TRIM, PANEL_MARGIN)
    half = (margin + profile.trim) * MM

    def draw(stamp: Stamp) -> None:
        drawn: list[str] = []
        objects: dict[str, pikepdf.Object] = {}
        for panel, left in ((BACK, margin), (FRONT, margin + profile.trim + spine)):
            content_of, named = stamp.picture(panel)
            # The panel's trimmed square lies on the board; what it has beyond, on the spine's side, is cut off.
            x = (left + profile.trim / 2 - PANEL / 2 * scale) * MM
            y = (margin + profile.trim / 2 - PANEL / 2 * scale) * MM
            clip = f"{0 if panel == BACK else width - half:.3f} 0 {half:.3f} {height:.3f} re W n"
            drawn += [f"q {clip} {operands((scale, 0, 0, scale, x, y))} cm"]
            for name, value in named.items():
                objects[f"{panel}{name}"] = value
            drawn += [line.replace(" /", f" /{panel}") for line in content_of]
            drawn.append("Q")
        if stamp.art:
            # A little more than the page's height, so that no renderer leaves a hair of paper at its ends.
            strip = (half, -9.0, spine * MM, height + 18)
            drawn.append(_filled(strip, story.spine_fill))
            if place := profile.barcode_on_wrap(binding):
                left, bottom, right, top = (side * MM for side in place)
                drawn.append(_filled((left, bottom, right - left, top - bottom), "#ffffff"))
        if title := stamp.words("spine"):
            objects["S"] = title
            size = profile.trim / TRIM
            x = (margin + profile.trim + spine / 2 - TRIM / 2 * size) * MM
            drawn.append(f"q {operands((size, 0, 0, size, x, margin * MM))} cm /S Do Q")
        stamp.add_page(drawn, objects, _boxes(width, height, margin * MM))

    title = f"{story.short_title}: cover, {binding}"
    return _for_printer(template, content, profile, draw, places=panels, words=words, title=title)


def _for_printer(
    template: Template,
    content: Content,
    profile: PrintProfile,
    draw: Callable[[Stamp], None],
    *,
    places: Sequence[int | str],
    words: Mapping[Any, Sequence[Setting]],
    title: str,
) -> bytes:
    """What `draw` draws of `places`, in the colours that the printer takes."""
    if not profile.inks:
        stamp = Stamp(template, content, places=places)
        stamp.set_words(words)
        draw(stamp)
        return _saved(stamp, title=title, print_kind=profile.pdf_kind)
    conversion = inks.of_printer(profile)
    pictures = Stamp(template, content, places=places)
    draw(pictures)
    letters = Stamp(template, content, overlay=True, art=False)
    letters.set_words(words)
    draw(letters)
    flattening.lay_under(letters.pdf, _saved(pictures, title=title, print_kind=""), conversion)
    return _saved(letters, title=title, print_kind=profile.pdf_kind)


def _filled(rectangle: tuple[float, float, float, float], colour: str) -> str:
    """A filled rectangle (x, y, width and height in points)."""
    return f"q {recolouring.operands(colour).decode()} rg {' '.join(f'{n:.3f}' for n in rectangle)} re f Q"


def _scale(trim: float, margin: float, drawn_trim: float, drawn_margin: float) -> float:
    """How much art is enlarged so that it is trimmed in the right place and still covers the bleed."""
    return max(trim / drawn_trim, (trim + 2 * margin) / (drawn_trim + 2 * drawn_margin))


def _boxes(width: float, height: float, bleed: float) -> dict[str, tuple[float, float, float, float]]:
    whole = (0.0, 0.0, width, height)
    return {"MediaBox": whole, "BleedBox": whole, "TrimBox": (bleed, bleed, width - bleed, height - bleed)}


def _saved(stamp: Stamp, *, title: str, print_kind: str) -> bytes:
    pdf = stamp.pdf
    pdf.Root.Lang = "en-GB"
    # The version's date and not today's: a book that is made again has the same bytes, and the printer the same hash.
    now = stamp.template.made
    claimed = False
    if print_kind in ("x-4", "x-1a"):
        intent = colour_profiles.output_intent(pdf)
        pdf.Root.OutputIntents = Array([intent])
        # The standard asks for an embedded printer profile: without one the file is made its way but does not claim it.
        claimed = "/DestOutputProfile" in intent
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        metadata["dc:title"] = title
        metadata["xmp:CreatorTool"] = "LittleDreamers"
        for name in ("xmp:CreateDate", "xmp:ModifyDate", "xmp:MetadataDate"):
            metadata[name] = now.isoformat()
        metadata["pdf:Trapped"] = "False"
        if claimed and print_kind == "x-4":
            metadata["pdfxid:GTS_PDFXVersion"] = "PDF/X-4"
            metadata["xmpMM:DocumentID"] = metadata["xmpMM:VersionID"] = "1"
            metadata["xmpMM:RenditionClass"] = "default"
    date = now.strftime("D:%Y%m%d%H%M%SZ")
    for name, value in (("Title", title), ("Creator", "LittleDreamers"), ("CreationDate", date), ("ModDate", date)):
        pdf.docinfo[f"/{name}"] = value
    pdf.docinfo["/Trapped"] = Name("/False")
    if claimed and print_kind == "x-1a":
        pdf.docinfo["/GTS_PDFXVersion"] = "PDF/X-1a:2003"
    out = io.BytesIO()
    modes = pikepdf.ObjectStreamMode
    pdf.save(
        out,
        force_version=VERSIONS.get(print_kind, "1.7"),
        object_stream_mode=modes.disable if print_kind == "x-1a" else modes.generate,
        compress_streams=True,
        deterministic_id=True,  # else the number of the file is drawn from the time
    )
    return out.getvalue()
