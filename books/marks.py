"""What says that a book is not finished: a pattern on previews, one small line on copies to be approved."""

import io

import pikepdf
from pikepdf import Pdf

from books import fonts, svg_forms
from books.fonts import DISPLAY, TEXT
from books.geometry import MM
from books.story import TRIM

_STEP_X, _STEP_Y = 96.0, 54.0  # mm between two words of the pattern
COPY_LINE = "Your copy to check: not yet approved for print"


def _pattern() -> str:
    """Pale letters with a faint dark edge: seen on a night sky and on snow, without hiding what is drawn."""
    words = []
    for row in range(5):
        for column in range(-1, 3):
            x = column * _STEP_X + (row % 2) * _STEP_X / 2 + 22
            y = row * _STEP_Y - 6
            for shift, ink in ((0.35, "rgba(46,26,51,.12)"), (0, "rgba(255,255,255,.2)")):
                words.append(f'<i style="left:{x + shift:.2f}mm;top:{y + shift:.2f}mm;color:{ink}">PREVIEW</i>')
    return "".join(words)


def forms(pdf: Pdf) -> dict[str, pikepdf.Object]:
    """The marks as forms of `pdf`; their origin is the trimmed page's bottom left corner."""
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    display, text = fonts.chain(DISPLAY)[0], fonts.chain(TEXT)[0]
    faces = "".join(
        f"@font-face{{font-family:{face.family};src:url({fonts.file(face).as_uri()})}}" for face in (display, text)
    )
    style = (
        f"{faces}@page{{size:{TRIM}mm;margin:0}}body{{margin:0}}"
        f".p{{position:relative;width:{TRIM}mm;height:{TRIM}mm;overflow:hidden;break-after:page}}"
        ".p:last-child{break-after:auto}"
        f"i{{position:absolute;font:normal 30pt {display.family};letter-spacing:.16em;transform:rotate(-28deg);"
        "white-space:nowrap}"
        f"b{{position:absolute;left:0;right:0;bottom:3mm;text-align:center;font:normal 6.5pt {text.family}}}"
    )
    line = "".join(
        f'<b style="{place}color:{ink}">{COPY_LINE}</b>'
        for place, ink in (("bottom:2.9mm;left:.2mm;", "rgba(46,26,51,.5)"), ("", "rgba(255,255,255,.85)"))
    )
    markup = (
        f'<!doctype html><html lang="en"><head><title>Marks</title><style>{style}</style></head><body>'
        f'<div class="p">{_pattern()}</div><div class="p">{line}</div></body></html>'
    )
    configuration = FontConfiguration()
    data = weasyprint.HTML(string=markup).write_pdf(font_config=configuration, uncompressed_pdf=True)
    made = svg_forms.Forms(pdf).take(pikepdf.open(io.BytesIO(data)))
    for form in made:
        form.BBox = [0, 0, round(TRIM * MM, 3), round(TRIM * MM, 3)]
    return dict(zip(("preview", "copy"), made, strict=True))
