"""The drawing rules: each fault is found, on its line, and nothing else is."""

from pathlib import Path

import pytest

from books import drawing
from books.drawing import Element, Fault

PATH = Path("scene.svg")


def faults(inside: str, *, head: str = 'viewBox="0 0 216 216"', classes: bool = False) -> list[Fault]:
    root = drawing.parse(f'<svg xmlns="http://www.w3.org/2000/svg" {head}>\n{inside}\n</svg>'.encode())
    return drawing.faults(root, PATH, size=(216, 216), classes=classes)


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ('<rect style="fill:red"/>', "the attribute style is not allowed"),
        ("<text>Hi</text>", "<text> is not allowed"),
        ("<script/>", "<script> is not allowed"),
        ('<image href="#a" id="a"/>', "<image> is not allowed"),
        ('<g filter="url(#a)"/>', "the attribute filter is not allowed"),
        ('<g mask="url(#a)"/>', "the attribute mask is not allowed"),
        ('<rect onload="x"/>', "the attribute onload is not allowed"),
        ('<rect fill="red"/>', "colours are written #rrggbb"),
        ('<rect fill="currentColor"/>', "colours are written #rrggbb"),
        ('<rect fill="url(#nowhere)"/>', "points at no gradient"),
        ('<rect fill="url(http://x)"/>', "is not allowed"),
        ('<linearGradient id="g"/>', 'gradients need gradientUnits="userSpaceOnUse"'),
        ('<g clip-path="url(#c)"/>', "points at no clipPath"),
        ('<use href="#gone"/>', "points at nothing"),
        ('<g id="a"/><g id="a"/>', "used twice"),
        ('<rect class="skin"/>', 'class="skin" is not known here'),
        ('<g class="child" transform="scale(1)"/>', "the child's place has no data-pose"),
        ('<g class="child" data-pose="wave" data-mood="smile" transform="scale(1)"><g/></g>', "must be empty"),
    ],
)
def test_faults_are_found_on_their_line(inside: str, message: str) -> None:
    found = faults("\n" + inside)
    assert any(message in fault.message and fault.line == 3 for fault in found), found
    assert str(found[0]).startswith("scene.svg:3: ")


def test_gradient_strokes_are_found() -> None:
    gradient = '<linearGradient id="g" gradientUnits="userSpaceOnUse"/>'
    assert not faults(f'{gradient}<rect fill="url(#g)"/>')
    assert "lose their width" in faults(f'{gradient}<rect stroke="url(#g)"/>')[0].message


def test_the_view_box_and_no_size() -> None:
    assert 'viewBox must be "0 0 216 216"' in faults("", head='viewBox="0 0 426 216"')[0].message
    assert "must not have width" in faults("", head='viewBox="0 0 216 216" width="5"')[0].message


def test_colour_classes_belong_on_plain_shapes() -> None:
    assert not faults('<path class="skin" fill="#f3cba8" d="M0 0"/>', classes=True)
    assert "belongs on a shape" in faults('<g class="skin"/>', classes=True)[0].message
    assert "is not known" in faults('<path class="nose"/>', classes=True)[0].message
    gradient = '<linearGradient id="g" gradientUnits="userSpaceOnUse"/>'
    assert "never gradients" in faults(f'{gradient}<path class="skin" fill="url(#g)"/>', classes=True)[0].message


def test_broken_xml_names_the_line() -> None:
    with pytest.raises(drawing.DrawingError, match=r"scene.svg:2: not well-formed"):
        drawing.parse(b"<svg>\n<g></svg>", "scene.svg")


def test_entities_are_refused() -> None:
    with pytest.raises(drawing.DrawingError, match="entities"):
        drawing.parse(b'<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>')


def test_bare_keeps_only_what_is_allowed_and_prefixes_ids() -> None:
    source = (
        b'<g xmlns:inkscape="x" inkscape:label="a" id="unused" onclick="evil()">'
        b'<clipPath id="c"/><g clip-path="url(#c)"/><script>evil()</script></g>'
    )
    clean = drawing.bare(drawing.parse(source), prefix="p-")
    assert clean.markup() == '<g><clipPath id="p-c"/><g clip-path="url(#p-c)"/></g>'


def test_opacity_is_folded_only_where_it_looks_the_same() -> None:
    fill = Element("path", {"fill": "#ffffff", "opacity": "0.5", "fill-opacity": "0.5"})
    assert drawing.folded(fill).attributes == {"fill": "#ffffff", "fill-opacity": "0.25"}
    line = Element("path", {"fill": "none", "stroke": "#ffffff", "opacity": "0.5"})
    assert drawing.folded(line).attributes["stroke-opacity"] == "0.5"
    both = Element("path", {"fill": "#ffffff", "stroke": "#000000", "opacity": "0.5"})
    assert drawing.folded(both) == both


def test_recolouring_replaces_the_fill_or_else_the_stroke() -> None:
    colours = {"skin": "#010203"}
    filled = drawing.recoloured(Element("path", {"class": "skin", "fill": "#ffffff", "stroke": "#eeeeee"}), colours)
    assert (filled.get("fill"), filled.get("stroke")) == ("#010203", "#eeeeee")
    line = drawing.recoloured(Element("path", {"class": "skin", "fill": "none", "stroke": "#eeeeee"}), colours)
    assert (line.get("fill"), line.get("stroke")) == ("none", "#010203")
