"""The same book made by others, for `manage.py bench`: one WeasyPrint document, Typst, Chromium.

All of them get the art of each page as one SVG and the words already broken into lines, so that they draw the same.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from books import character, drawing, fonts, templates_store
from books.drawing import Element
from books.fonts import DISPLAY, TEXT
from books.looks import Looks
from books.stamping import CORNER, PORTRAIT, PORTRAIT_MOOD, PORTRAIT_POSE, Content, settings_of
from books.story import BLEED, ONE, PAGE, TRIM, Box, Photo, Story
from books.typesetting import Setting

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, repr=False)
class Page:
    """One page inside the book: its art with bleed, and its words."""

    art: str
    words: list[Setting]


def pages(story: Story, content: Content) -> list[Page]:
    """The pages inside, as SVG and settings."""
    said = content.personalisation
    template = templates_store.template_for(story)
    numbers = list(range(1, story.page_count + 1))
    found = []
    for page, words in zip(numbers, settings_of(story, content, numbers), strict=True):
        scene = story.scene_of(page)
        offset = TRIM * scene.pages.index(page)
        inside = [*_layer(story, scene.file("background"), f"under{page}-")]
        for slot in (slot for slot in template.art[page].slots if slot.meant(1)):
            matrix = "matrix(" + " ".join(f"{number:.5g}" for number in slot.matrix) + ")"
            inside.append(Element("g", {"transform": matrix}, _child(said.looks, slot.pose, slot.mood, story.outfit)))
        for photo in (photo for photo in scene.photos if photo.meant(1) and photo.place == page):
            inside += _portrait(photo, offset, _child(said.looks, PORTRAIT_POSE, PORTRAIT_MOOD, story.outfit))
        inside += _layer(story, scene.file("foreground"), f"over{page}-")
        found.append(Page(drawing.svg(tuple(inside), (offset, 0, PAGE, PAGE)), words))
    return found


def _portrait(photo: Photo, offset: float, child: tuple[Element, ...]) -> tuple[Element, ...]:
    """The drawn child's head and shoulders in the frame of the photo."""
    box, (x, y, side) = photo.box, PORTRAIT
    middle = box.x + BLEED + offset + box.width / 2, box.y + BLEED + box.height / 2
    scale = max(box.width, box.height) / side
    left, top = middle[0] - scale * (x + side / 2), middle[1] - scale * (y + side / 2)
    radius = box.width / 2 if photo.shape == "circle" else CORNER
    frame = {"x": box.x + BLEED + offset, "y": box.y + BLEED, "width": box.width, "height": box.height, "rx": radius}
    shape = Element("rect", {name: f"{value:g}" for name, value in frame.items()})
    inside = Element("g", {"transform": f"matrix({scale:.5g} 0 0 {scale:.5g} {left:.5g} {top:.5g})"}, child)
    return (
        Element("clipPath", {"id": "frame"}, (shape,)),
        Element("g", {"clip-path": "url(#frame)"}, (inside,)),
    )


def _layer(story: Story, file: str, prefix: str) -> tuple[Element, ...]:
    """A drawing as books about one child show it; `prefix` keeps its gradients apart from those of other pages."""
    path = story.folder / file
    if not path.exists():
        return ()
    return drawing.bare(drawing.drawn_when(drawing.read(path), ONE), prefix=prefix).children


def _child(looks: Looks, pose: str, mood: str, outfit: str) -> tuple[Element, ...]:
    parts, colours = character.parts(), character.colours(looks, outfit=outfit)
    return tuple(
        Element(
            "g",
            {"transform": parts.heads[pose]} if layer.with_head else {},
            (drawing.recoloured(parts.drawings[layer.part], colours),),
        )
        for layer in character.layers(looks, pose=pose, mood=mood)
    )


def _lines(words: list[Setting]) -> Iterator[tuple[Setting, str, Box]]:
    """Each line with its words and its place in mm from the trimmed corner."""
    for setting in words:
        for line, box in zip(setting.lines, setting.rectangles(), strict=True):
            text = ""
            for word in line:
                gap = " " if text and word.space else ""
                text += gap + "".join(fragment.text for fragment in word.fragments)
            if text:
                yield setting, text, box


def html(made: list[Page], *, bleed: bool = True) -> str:
    """The whole interior as one HTML document with inline SVG, as one would write it first.

    `bleed=False`: the bleed is part of the page, for browsers, which know none.
    """
    sections = []
    for page in made:
        words = "".join(_line(setting, text, box) for setting, text, box in _lines(page.words))
        sections.append(f'<section>{page.art}<div class="w">{words}</div></section>')
    faces = {role: fonts.chain(role)[0] for role in (TEXT, DISPLAY)}
    style = "".join(f"@font-face{{font-family:{r};src:url({fonts.file(f).as_uri()})}}" for r, f in faces.items())
    side, edge = (TRIM, BLEED) if bleed else (PAGE, 0.0)
    style += (
        f"@page{{size:{side}mm;margin:0;{f'bleed:{BLEED}mm' if bleed else ''}}}body{{margin:0}}"
        f"section{{position:relative;width:{side}mm;height:{side}mm;break-after:page;overflow:hidden}}"
        f"svg{{position:absolute;left:-{edge}mm;top:-{edge}mm;width:{PAGE}mm;height:{PAGE}mm}}"
        f".w{{position:absolute;left:{BLEED - edge}mm;top:{BLEED - edge}mm}}"
        ".w div{position:absolute;white-space:nowrap}"
    )
    if bleed:
        style = style.replace("overflow:hidden", "")
    body = "".join(sections)
    head = f"<meta charset=utf-8><title>Book</title><style>{style}</style>"
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"


def _line(setting: Setting, text: str, box: Box) -> str:
    words = setting.words
    about = words.box.x + words.box.width / 2 - box.x, words.box.y + words.box.height / 2 - box.y
    turned = f"transform:rotate({words.rotate}deg);transform-origin:{about[0]:.3f}mm {about[1]:.3f}mm;"
    return (
        f'<div style="left:{box.x:.3f}mm;top:{box.y:.3f}mm;color:{words.ink};'
        f"font:{setting.size:.2f}pt/{box.height:.4f}mm {setting.role};{turned if words.rotate else ''}"
        f'">{escape(text)}</div>'
    )


def has_typst() -> bool:
    return find_spec("typst") is not None


class TypstBook:
    """The interior for Typst, in a folder of its own; to be closed."""

    def __init__(self, made: list[Page]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        (self.folder / "fonts").mkdir()
        faces = {role: fonts.chain(role)[0] for role in (TEXT, DISPLAY)}
        for role, face in faces.items():
            shutil.copyfile(fonts.file(face), self.folder / "fonts" / f"{role}.ttf")
        self.families = {role: face.package.title() for role, face in faces.items()}
        self.draw(made)

    def draw(self, made: list[Page]) -> None:
        """Write the sources; called again with other pages, all art is new."""
        source = [
            f"#set page(width: {PAGE}mm, height: {PAGE}mm, margin: 0mm)",
            '#set text(top-edge: "ascender", bottom-edge: "descender")',
        ]
        for number, page in enumerate(made, 1):
            (self.folder / f"{number}.svg").write_text(page.art, encoding="utf-8")
            if number > 1:
                source.append("#pagebreak()")
            source.append(f'#place(top + left, image("{number}.svg", width: {PAGE}mm))')
            source += [self._placed(setting, text, box) for setting, text, box in _lines(page.words)]
        (self.folder / "book.typ").write_text("\n".join(source), encoding="utf-8")

    def _placed(self, setting: Setting, text: str, box: Box) -> str:
        words, quoted = setting.words, text.replace("\\", "\\\\").replace('"', '\\"')
        style = f'font: "{self.families[setting.role]}", size: {setting.size:.2f}pt, fill: rgb("{words.ink}")'
        line = f'box(height: {box.height:.3f}mm, align(horizon, text({style}, "{quoted}")))'
        x, y = box.x + BLEED, box.y + BLEED
        if words.rotate:
            about = words.box.x + words.box.width / 2 - box.x, words.box.y + words.box.height / 2 - box.y
            moved = f"move(dx: -{about[0]:.3f}mm, dy: -{about[1]:.3f}mm, {line})"
            line = f"rotate({words.rotate}deg, origin: top + left, {moved})"
            x, y = x + about[0], y + about[1]
        return f"#place(top + left, dx: {x:.3f}mm, dy: {y:.3f}mm, {line})"

    def compiler(self) -> Any:
        import typst

        paths = [str(self.folder / "fonts")]
        return typst.Compiler(
            str(self.folder / "book.typ"), root=str(self.folder), font_paths=paths, ignore_system_fonts=True
        )

    def compile(self) -> bytes:
        """As a PDF. What Typst remembers of earlier compilations in this process helps."""
        return bytes(self.compiler().compile())

    def close(self) -> None:
        self._folder.cleanup()


def changed(made: list[Page], number: int) -> list[Page]:
    """The same pages with every drawing changed a little, so that nothing of it can be remembered."""
    return [Page(page.art.replace('fill="#', f'data-n="{number}" fill="#'), page.words) for page in made]


def chromium(made: list[Page]) -> bytes | None:
    """The interior printed by Chromium, or None where there is none."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "book.html", Path(folder) / "book.pdf"
        source.write_text(html(made, bleed=False), encoding="utf-8")
        command = [found, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        command += ["--allow-file-access-from-files", f"--user-data-dir={folder}/profile"]
        command += [f"--print-to-pdf={out}", source.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        return out.read_bytes()
