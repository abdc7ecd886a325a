"""Gradients in print: shadings without an end instead of tiles, and the same picture in every renderer."""

import io
import os

import numpy as np
import pikepdf
import pytest

from books import drawing, gradients, preview, story_checks, svg_forms
from books.story import Story
from books.templates_store import template_for

DEFS = """<defs>
<linearGradient id="a" gradientUnits="userSpaceOnUse" x1="0" y1="20" x2="0" y2="150">
<stop offset="0" stop-color="#1d1740"/><stop offset="1" stop-color="#f6b24c"/></linearGradient>
<radialGradient id="b" gradientUnits="userSpaceOnUse" cx="100" cy="100" r="60">
<stop offset="0" stop-color="#ffffff"/><stop offset="1" stop-color="#ffffff" stop-opacity="0"/></radialGradient>
</defs>"""
SHAPES = {
    "opaque": '<rect width="216" height="216" fill="url(#a)"/>',
    "turned": '<rect width="216" height="216" fill="url(#a)"/><g transform="translate(90 20) rotate(30) scale(.5)">'
    '<rect width="120" height="180" fill="url(#a)" opacity="0.5"/></g>',
    "glow": '<rect width="216" height="216" fill="#2c2358"/><circle cx="100" cy="100" r="60" fill="url(#b)"/>',
    "moved glow": '<rect width="216" height="216" fill="#2c2358"/><g transform="translate(20 40) scale(.8)">'
    '<circle cx="100" cy="100" r="60" fill="url(#b)" opacity="0.8"/></g>',
    "outlined glow": '<rect width="216" height="216" fill="#2c2358"/>'
    '<circle cx="100" cy="100" r="40" fill="url(#b)" stroke="#c8453f" stroke-width="4"/>',
}


def drawn(shapes: str) -> bytes:
    source = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 216 216">{DEFS}{shapes}</svg>'
    flat = drawing.bare(drawing.folded(drawing.parse(source.encode())), prefix="")
    sheet = svg_forms.Sheet(drawing.svg(flat.children, (0, 0, 216, 216)), 612, 612)
    pdf = pikepdf.Pdf.new()
    form = svg_forms.Forms(pdf).take(svg_forms.render([sheet]))[0]
    pdf.add_blank_page(page_size=(612, 612))
    pdf.pages[0].obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(B=form))
    pdf.pages[0].obj.Contents = pdf.make_stream(b"/B Do")
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


@pytest.mark.parametrize("name", SHAPES)
def test_the_picture_stays_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = next(preview.rasterise(drawn(SHAPES[name]), 648))[:, :, :3].astype(int)
    monkeypatch.setattr(gradients, "endless", lambda _pdf, content, resources: (content, resources))
    tiled = next(preview.rasterise(drawn(SHAPES[name]), 648))[:, :, :3].astype(int)
    assert (np.abs(ours - tiled).max(axis=2) > 12).mean() < 0.004
    assert ours.std() > 10


@pytest.mark.parametrize("name", SHAPES)
def test_poppler_draws_the_same(name: str) -> None:
    data = drawn(SHAPES[name])
    differing = story_checks.renderers_differ(data, list(preview.rasterise(data, 648)))
    if differing is None:
        assert "CI" not in os.environ, "CI must have Poppler"
        pytest.skip("Poppler is not installed")
    assert differing == []


def test_no_tile_is_left_in_a_template(small_story: Story) -> None:
    with pikepdf.open(io.BytesIO(template_for(small_story).data)) as pdf:
        patterns = [thing for thing in pdf.objects if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream)]
        kinds = [thing.PatternType for thing in patterns if "/PatternType" in thing]
    assert kinds
    assert set(kinds) == {2}
