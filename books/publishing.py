"""A story folder becomes a template: once for every version of its drawings and words.

Everything slow happens here, so that a child's book is only stamped together. The template is built in a temporary
folder and moved into place in one step: two processes that publish at once both succeed, and nobody ever sees half
of one.
"""

import io
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import pikepdf
from pikepdf import Dictionary, Pdf

from books import (
    background_pixels,
    character,
    colour_profiles,
    composing,
    drawing,
    fonts,
    legibility,
    marks,
    page_sheet,
    palette,
    preflight,
    preview,
    recolouring,
    story_checks,
    svg_forms,
)
from books import story as stories
from books.drawing import Element
from books.geometry import MM, transform
from books.looks import DEFAULT
from books.personalisation import Personalisation
from books.print_profiles import PROFILES
from books.stamping import Content
from books.story import ALWAYS, BACK, BLEED, FRONT, ONE, PANEL, PANEL_MARGIN, TRIM, TWO, Story
from books.templates_store import (
    PALETTE_KEPT,
    STORY_KEPT,
    Art,
    NotPublished,
    Slot,
    Template,
    describe,
    published_template,
    read,
    template_for,
)
from books.typesetting import PROBES

Progress = Callable[[str], None]
Frame = tuple[tuple[float, float], float, float]  # of Art: size, offset and margin
EXAMPLE = Content(Personalisation(name="Alma", age=5, looks=DEFAULT, dedication=""))
EXAMPLE_TWO = replace(
    EXAMPLE,
    personalisation=replace(
        EXAMPLE.personalisation,
        sibling=Personalisation("Nuri", 3, replace(DEFAULT, hairstyle="afro", skin="8", outfit="raincoat-red")),
    ),
)
PAIR, PAIR_PIXELS = "pair", 800  # samples of a book about two: they stand smaller than the others
LOOK_PIXELS = 432  # half a millimetre each
SHEET = "all-pages.png"
AGES = (1, 4, 7, 11)  # one of each band
_lock = threading.Lock()

__all__ = ["NotPublished", "Published", "StoryFaults", "publish", "published_template", "warm"]


class StoryFaults(Exception):
    """The story cannot be published; `faults` names every file and line."""

    def __init__(self, faults: list[drawing.Fault]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


@dataclass(frozen=True)
class Published:
    """`fresh`: the template was built now; otherwise it was there already."""

    story: Story
    folder: Path
    fresh: bool


def publish(slug: str, *, progress: Progress | None = None, check_only: bool = False, look: bool = True) -> Published:
    """The template of the story as its folder is now, built unless it exists.

    `progress` is told each step. `check_only`: build and look at it, but keep nothing. Looking at every page as the
    printers will takes three times as long as building; `look=False` leaves it out, for stories that come with the
    shop: they were looked at before, and a later call with it looks at what was built. Raises StoryFaults,
    story.StoryError, story.UnknownStory.
    """
    say = progress or (lambda _step: None)
    story = stories.load(slug)
    if story.is_published and not check_only:
        background_pixels.add_large(story)
        if look and not (story.template_folder / SHEET).exists():
            _look(read(story, story.template_folder), say)
        return Published(story, story.template_folder, fresh=False)
    say("checking the story")
    if faults := story_checks.check(story):
        raise StoryFaults(faults)
    root = story.template_folder.parent
    root.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{slug}-", dir=root))
    try:
        with _lock:  # weasysvg patches WeasyPrint for the whole process
            _build(story, temporary, say)
        if look or check_only:
            _look(read(story, temporary), say)
        if check_only:
            return Published(story, temporary, fresh=False)
        temporary.chmod(0o755)
        try:
            temporary.rename(story.template_folder)
        except OSError:
            # Somebody else was faster: a folder cannot be moved over one that is not empty. Theirs is the same.
            if not story.is_published:
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    say("ready")
    return Published(story, story.template_folder, fresh=True)


def _build(story: Story, folder: Path, say: Progress) -> None:
    pdf = Pdf.new()
    forms = svg_forms.Forms(pdf)
    art, scenes = _scenes(story, forms, say)
    say("drawing the parts of the child")
    parts, counts = _parts(forms)
    pdf.Root.Book = Dictionary(
        Scenes=Dictionary({f"/{name}": form for name, form in scenes.items()}),
        Parts=Dictionary({f"/p{index}": form for index, form in enumerate(parts.values())}),
        Marks=Dictionary({f"/{name}": form for name, form in marks.forms(pdf).items()}),
    )
    say("writing the template")
    _save(pdf, folder / "overlay.pdf", without=[one.layers(count)[0] for one in art.values() for count in (1, 2)])
    space = colour_profiles.rgb_space(pdf)
    pdf.Root.Book.Rgb = space
    colour_profiles.define_rgb(pdf, space)
    _save(pdf, folder / "template.pdf", without=[])
    index = {
        "story": story.slug,
        "version": story.version,
        "art": describe(art),
        "parts": {key: [f"p{index}", counts[key]] for index, key in enumerate(parts)},
        "heads": character.parts().heads,
    }
    (folder / "index.json").write_text(json.dumps(index, indent=1))
    # What an order keeps when the story changes: its words, and the colours to choose from.
    shutil.copyfile(story.folder / "story.toml", folder / STORY_KEPT)
    shutil.copyfile(palette.CHARACTER_DIR / "palette.toml", folder / PALETTE_KEPT)
    say("drawing the backgrounds of the previews")
    background_pixels.draw(folder, art)
    say("drawing sample pages")
    _samples(read(story, folder))


def _scenes(
    story: Story, forms: svg_forms.Forms, say: Progress
) -> tuple[dict[int | str, Art], dict[str, pikepdf.Object]]:
    """Every scene and cover panel as forms, and what each page shows of them."""
    art: dict[int | str, Art] = {}
    drawn: dict[str, pikepdf.Object] = {}

    def form(name: str, root: Element, size: tuple[float, float]) -> str:
        if not any(element.tag in drawing.SHAPES for element in root.walk()):
            return ""
        flat = drawing.bare(drawing.folded(root), prefix="")
        sheet = svg_forms.Sheet(drawing.svg(flat.children, (0, 0, *size)), size[0] * MM, size[1] * MM)
        drawn[name] = forms.take(svg_forms.render([sheet]))[0]
        return name

    def layer(name: str, file: str, size: tuple[float, float]) -> tuple[tuple[str, str], Element | None]:
        """What is drawn in books about one child and about two."""
        path = story.folder / file
        if not path.exists():
            return ("", ""), None
        root = drawing.read(path)
        if not drawing.varies(root):
            return (form(name, root, size),) * 2, root
        one = form(name, drawing.drawn_when(root, ONE), size)
        return (one, form(f"{name}-two", drawing.drawn_when(root, TWO), size) if story.children == 2 else one), root

    def place(under: tuple[str, str], over: tuple[str, str], root: Element | None, at: Frame) -> Art:
        return Art(under[0], over[0], slots(root), *at, under[1], over[1])

    panel = (PANEL, PANEL)
    say("drawing the cover")
    front, root = layer("front", "cover/front-background.svg", panel)
    over, _ = layer("front-over", "cover/front-foreground.svg", panel)
    front_art = place(front, over, root, (panel, 0.0, PANEL_MARGIN))
    back, root = layer("back", "cover/back-background.svg", panel)
    back_art = place(back, ("", ""), root, (panel, 0.0, PANEL_MARGIN))
    for scene in story.scenes:
        say(f"drawing scene {scene.number} of {len(story.scenes)}")
        under, root = layer(f"b{scene.number}", scene.file("background"), scene.size)
        over, _ = layer(f"f{scene.number}", scene.file("foreground"), scene.size)
        for index, page in enumerate(scene.pages):
            art[page] = place(under, over, root, (scene.size, index * TRIM, BLEED))
    return {FRONT: front_art, **dict(sorted(art.items(), key=lambda item: int(item[0]))), BACK: back_art}, drawn


def slots(root: Element | None) -> tuple[Slot, ...]:
    """The places of the child in a background drawing, in the order they are drawn."""
    if root is None:
        return ()
    return tuple(
        Slot(
            element.get("data-pose"),
            element.get("data-mood"),
            transform(element.get("transform")),
            int(element.get("data-child", "1")),
            element.get("data-when", ALWAYS),
        )
        for element in root.walk()
        if element.get("class") == "child"
    )


@lru_cache(maxsize=1)
def _drawn_parts(sheets: tuple[svg_forms.Sheet, ...]) -> bytes:
    """The parts are the same for every story that is published in this process."""
    return svg_forms.document(sheets)


def _parts(forms: svg_forms.Forms) -> tuple[dict[str, pikepdf.Object], dict[str, dict[str, int]]]:
    """Each part of the child as a form in sentinel colours, and how often each colour class occurs in it."""
    drawings = character.parts().drawings
    sheets = []
    for part in drawings.values():
        flat = drawing.folded(drawing.recoloured(part, recolouring.SENTINELS))
        sheets.append(svg_forms.Sheet(drawing.svg((flat,), character.VIEW), character.VIEW[2], character.VIEW[3]))
    made = dict(zip(drawings, forms.take(pikepdf.open(io.BytesIO(_drawn_parts(tuple(sheets))))), strict=True))
    counts: dict[str, dict[str, int]] = {}
    for key, form in made.items():
        counts[key] = dict(recolouring.count(form))
        wanted = drawing.class_counts(drawings[key])
        if counts[key] != wanted:
            raise recolouring.ColourLost(f"{key}: {wanted} was drawn, {counts[key]} is in the form")
    return made, counts


def _save(pdf: Pdf, path: Path, *, without: list[str]) -> None:
    scenes = pdf.Root.Book.Scenes
    left_out = {name: scenes[f"/{name}"] for name in set(without) if name}
    for name in left_out:
        del scenes[f"/{name}"]
    pdf.save(path, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True)
    for name, form in left_out.items():
        scenes[f"/{name}"] = form


def _samples(template: Template) -> None:
    """Covers and sample pages of an invented child's book, and some of a book about two, for everybody to see."""
    folder = template.folder / "sample"
    folder.mkdir()
    pages = [0, *template.story.sample_pages, template.story.page_count + 1]
    for number, image in preview.render_with(template, EXAMPLE, pages, watermark=False):
        (folder / f"{number}.jpg").write_bytes(image)
    for number, image in preview.render_with(
        template, EXAMPLE_TWO, template.story.pair_pages, width=PAIR_PIXELS, watermark=False
    ):
        (folder / f"{PAIR}-{number}.jpg").write_bytes(image)


def _look(template: Template, say: Progress) -> None:
    """Look at the drawn pages: colour reaches the edge, and two renderers agree. Raises StoryFaults."""
    story = template.story
    say("looking at the pages")
    say("drawing all pages with three children")
    page_sheet.drawn(template).save(template.folder / SHEET, optimize=True)
    say("reading the words, and looking at the files as the printers will")
    faults = [*_unreadable(template), *_preflight(template)]
    for example in (EXAMPLE, EXAMPLE_TWO)[: story.children]:
        faults += [fault for fault in _misdrawn(template, example, say) if fault not in faults]
    if faults:
        raise StoryFaults(faults)


def _misdrawn(template: Template, example: Content, say: Progress) -> Iterator[drawing.Fault]:
    """Pages with bare rims, and those that two renderers draw differently."""
    story = template.story
    data = composing.interior_from(template, example, PROFILES["house"])
    papers = (preview.rasterise(data, LOOK_PIXELS, paper=paper) for paper in (255, 0))
    drawn = []
    for page, (white, black) in enumerate(zip(*papers, strict=True), 1):
        drawn.append(white)
        if page <= story.page_count and story_checks.uncovered(white, black):
            path = story.folder / story.scene_of(page).file("background")
            yield drawing.Fault(path, 0, f"page {page}: the background does not cover the bleed")
    pages = sorted({1, *story.sample_pages})
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for index in reversed(range(len(pdf.pages))):
            if index + 1 not in pages:
                del pdf.pages[index]
        out = io.BytesIO()
        pdf.save(out)
    differing = story_checks.renderers_differ(out.getvalue(), [drawn[page - 1] for page in pages])
    if differing is None:
        say("Poppler is not installed: the pages were looked at in pdfium only")
    for index in differing or []:
        path = story.folder / story.scene_of(pages[index]).file("background")
        yield drawing.Fault(path, 0, f"page {pages[index]}: Poppler draws it differently from pdfium")


def _unreadable(template: Template) -> Iterator[drawing.Fault]:
    said = set()
    for example in (EXAMPLE, EXAMPLE_TWO)[: template.story.children]:
        for fault in legibility.faults(template, example):
            # What is wrong with one child is not said again for two.
            if fault.line not in said:
                said.add(fault.line)
                yield fault


def _preflight(template: Template) -> Iterator[drawing.Fault]:
    """What the printers of plain colours would refuse, for long names in every band of ages."""
    story = template.story
    said: set[str] = set()
    plain = [one for one in PROFILES.values() if not one.inks]
    strictest = max(plain, key=lambda one: one.safety)
    for profile, count in [*((one, 1) for one in plain), *((strictest, count) for count in story.counts[1:])]:
        for age in AGES:
            long = replace(EXAMPLE.personalisation, name=PROBES[0], age=age)
            child = replace(EXAMPLE, personalisation=replace(long, sibling=long if count == 2 else None))
            problems = preflight.check_interior(composing.interior_from(template, child, profile), profile, story)
            if age == AGES[0]:  # a cover says the name, and nothing that depends on the age
                cover = composing.cover_from(template, child, profile, binding="hardcover")
                problems += preflight.check_cover(cover, profile, story, binding="hardcover")
            for problem in problems:
                # Bare rims are said with the drawing's own name below.
                if "edge of the bleed" not in problem.message and str(problem) not in said:
                    said.add(str(problem))
                    yield drawing.Fault(story.folder / "story.toml", 0, f"{profile.label}: {problem}")


def sample(story: Story, page: int, *, pair: bool = False) -> Path:
    """The image of a sample page (0: front cover), or of a book about two. Raises FileNotFoundError when it is not
    among the samples."""
    path = story.template_folder / "sample" / (f"{PAIR}-{page}.jpg" if pair else f"{page}.jpg")
    if not path.exists():
        raise FileNotFoundError(path.name)
    return path


def outdated() -> Iterator[Path]:
    """Folders of versions that no story has any more, oldest first; books in progress may still name them."""
    current = {story.template_folder for story in stories.every()}
    root = next(iter(current)).parent if current else None
    for path in sorted(root.glob("*-*/index.json"), key=os.path.getmtime) if root else []:
        if path.parent not in current:
            yield path.parent


def warm() -> None:
    """Do in this process what the first book would wait for: imports, fonts, and one spread of every story."""
    fonts.warm()
    for story in stories.published():
        for _ in preview.render_with(template_for(story), EXAMPLE, [0, 1]):
            pass
