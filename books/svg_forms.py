"""SVG drawings as PDF form XObjects: made by WeasyPrint when a story is published, never when a book is ordered."""

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from books import gradients

_NAME = re.compile(rb"/([A-Za-z0-9_.\-]+)")
_KEPT = ("/ExtGState", "/Pattern", "/Shading", "/XObject", "/Font")


@dataclass(frozen=True)
class Sheet:
    """A drawing to be made into a form: SVG text and its size in points."""

    svg: str
    width: float
    height: float


def render(sheets: Sequence[Sheet]) -> Pdf:
    """A document with one page for each sheet. All sheets must be of one size."""
    pdf = pikepdf.open(io.BytesIO(document(sheets)))
    if len(pdf.pages) != len(sheets):
        raise ValueError(f"{len(sheets)} drawings became {len(pdf.pages)} pages")
    return pdf


def document(sheets: Sequence[Sheet]) -> bytes:
    """As `render`, as the bytes of a file."""
    import weasyprint
    import weasysvg

    # Only what plain shapes need: the other features cost time and change nothing here.
    weasysvg.install(
        text=False, fonts=False, foreign_object=False, filters=False, css=False, form_xobject=False, markers=False
    )
    width, height = sheets[0].width, sheets[0].height
    if any((sheet.width, sheet.height) != (width, height) for sheet in sheets):
        raise ValueError("sheets of one document are of one size")
    images = "".join(
        f'<img src="data:image/svg+xml;base64,{base64.b64encode(sheet.svg.encode()).decode()}">' for sheet in sheets
    )
    style = (
        f"@page{{size:{width}pt {height}pt;margin:0}}body{{margin:0}}"
        f"img{{display:block;width:{width}pt;height:{height}pt;break-after:page}}img:last-child{{break-after:auto}}"
    )
    markup = f"<!doctype html><html><head><title>Forms</title><style>{style}</style></head><body>{images}</body></html>"
    written: bytes = weasyprint.HTML(string=markup).write_pdf(uncompressed_pdf=True)
    return written


class Forms:
    """Turns pages of other documents into forms of one document, each with only the resources it uses."""

    def __init__(self, pdf: Pdf) -> None:
        self.pdf = pdf

    def take(self, source: Pdf) -> list[pikepdf.Object]:
        """One form for each page of `source`."""
        return [self._form(source, page) for page in source.pages]

    def _form(self, source: Pdf, page: pikepdf.Page) -> pikepdf.Object:
        form = Stream(source, page.Contents.read_bytes())
        form.Type, form.Subtype = Name.XObject, Name.Form
        # Page.as_form_xobject would cut at the trim box, bleed and all.
        form.BBox = Array([round(float(number), 3) for number in page.MediaBox])
        form.Resources = page.Resources
        return self.pdf.copy_foreign(source.make_indirect(_tidied(source, form, {})))


def _tidied(pdf: Pdf, form: pikepdf.Object, done: dict[tuple[int, int], pikepdf.Object]) -> pikepdf.Object:
    """A copy of a stream with content whose resources name only what the content names; so for streams within it.

    WeasyPrint shares one resource dictionary among all pages and groups: copied as it is, each form of a book would
    bring all the others along.
    """
    content, shared = gradients.endless(pdf, form.read_bytes(), form.Resources)
    names = {f"/{name.decode()}" for name in _NAME.findall(content)}
    copy = Stream(pdf, content)
    for key, value in form.items():
        if key not in ("/Length", "/Filter", "/DecodeParms", "/Resources"):
            copy[key] = value
    resources = Dictionary()
    for kind in _KEPT:
        entries = shared.get(kind, Dictionary())
        kept = {name: value for name, value in entries.items() if name in names}
        if kept:
            resources[kind] = Dictionary({name: _entry(pdf, value, done) for name, value in kept.items()})
    copy.Resources = resources
    return copy


def _entry(pdf: Pdf, value: pikepdf.Object, done: dict[tuple[int, int], pikepdf.Object]) -> pikepdf.Object:
    if isinstance(value, Stream) and "/Resources" in value:
        known = done.get(value.objgen) if value.is_indirect else None
        if known is None:
            known = pdf.make_indirect(_tidied(pdf, value, done))
            if value.is_indirect:
                done[value.objgen] = known
        return known
    if isinstance(value, Dictionary) and isinstance(value.get("/SMask"), Dictionary):
        state = Dictionary(dict(value.items()))
        state.SMask = Dictionary(dict(value.SMask.items()))
        state.SMask.G = _entry(pdf, value.SMask.G, done)
        return state
    return value
