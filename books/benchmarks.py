"""What `manage.py bench` measures. Times are only good as ratios within one run on one machine.

Other apps add theirs with `register` in a module called `benchmarks`.
"""

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from books import (
    character,
    composing,
    drawing,
    drawn_photos,
    fonts,
    likeness,
    palette,
    preview,
    publishing,
    templates_store,
)
from books import story as stories
from books.drawing import Element
from books.fonts import DISPLAY, TEXT
from books.looks import Looks
from books.personalisation import Personalisation
from books.print_profiles import PROFILES
from books.stamping import Content
from books.story import BLEED, PAGE, TRIM, Story, Words

CHILD = Content(
    Personalisation(
        name="Zoë",
        age=7,
        looks=Looks("8", "afro", "black", "hazel", ("glasses-round", "freckles"), "sky", "raincoat"),
        dedication="For you, with love.",
    )
)


@dataclass(frozen=True)
class Row:
    """One measured thing. `limit`: what it should stay under (or above, for a ratio), 0: no limit set."""

    label: str
    value: float
    unit: str
    limit: float = 0
    at_least: bool = False

    @property
    def met(self) -> bool:
        return not self.limit or (self.value >= self.limit if self.at_least else self.value <= self.limit)


Benchmark = Callable[[str], Iterator[Row]]
BENCHMARKS: dict[str, Benchmark] = {}


def register(name: str, benchmark: Benchmark) -> None:
    """Add a benchmark: a generator of rows that is given the story's slug."""
    BENCHMARKS[name] = benchmark


def _median(action: Callable[[], object], times: int) -> float:
    """Milliseconds, after one run that does not count."""
    action()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        action()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def books(slug: str) -> Iterator[Row]:
    """Print files and previews against the plain way: one document with everything drawn into it."""
    import weasyprint

    publishing.publish(slug)
    publishing.warm()
    story = stories.load(slug)
    profile = PROFILES["house"]
    made: list[bytes] = []
    ours = _median(lambda: made.append(composing.interior(story, CHILD, profile)), 5)
    markup = naive(story, CHILD)
    started = time.perf_counter()
    plain = weasyprint.HTML(string=markup).write_pdf()
    naive_ms = (time.perf_counter() - started) * 1000
    yield Row("interior, everything in one document", naive_ms, "ms")
    yield Row("interior, stamped", ours, "ms")
    yield Row("stamped against one document", naive_ms / ours, "times faster", 50, at_least=True)
    yield Row("interior, everything in one document", len(plain) / 1024, "kB")
    yield Row("interior, stamped", len(made[-1]) / 1024, "kB")
    copy = _median(lambda: composing.digital_copy(story, CHILD, watermark=True), 3)
    yield Row("digital copy", copy, "ms")
    yield Row("cover", _median(lambda: composing.cover(story, CHILD, profile, binding="hardcover"), 3), "ms")
    spread = _median(lambda: list(preview.render(story, CHILD, [2, 3])), 9)
    yield Row("first spread of a preview", spread, "ms", 100)
    pages = range(1, story.page_count + 1)
    yield Row(
        f"all {story.page_count} pages of a preview",
        _median(lambda: list(preview.render(story, CHILD, pages)), 3),
        "ms",
        400,
    )


def naive(story: Story, content: Content) -> str:
    """The whole interior as one HTML document with inline SVG, as one would write it first."""
    said = content.personalisation
    template = templates_store.template_for(story)
    pages = []
    for page in range(1, story.page_count + 1):
        scene = story.scene_of(page)
        offset = TRIM * scene.pages.index(page)
        inside = [*_layer(story, scene.file("background"))]
        for slot in template.art[page].slots:
            matrix = "matrix(" + " ".join(f"{number:.5g}" for number in slot.matrix) + ")"
            inside.append(Element("g", {"transform": matrix}, _child(said.looks, slot.pose, slot.mood, story.outfit)))
        inside += _layer(story, scene.file("foreground"))
        picture = drawing.svg(tuple(inside), (offset, 0, PAGE, PAGE))
        words = "".join(_text(words, said) for words in scene.words if words.place == page)
        pages.append(f'<section>{picture}<div class="w">{words}</div></section>')
    faces = {role: fonts.chain(role)[0] for role in (TEXT, DISPLAY)}
    style = "".join(f"@font-face{{font-family:{r};src:url({fonts.file(f).as_uri()})}}" for r, f in faces.items())
    style += (
        f"@page{{size:{TRIM}mm;margin:0;bleed:{BLEED}mm}}body{{margin:0}}"
        f"section{{position:relative;width:{TRIM}mm;height:{TRIM}mm;break-after:page}}"
        f"svg{{position:absolute;left:-{BLEED}mm;top:-{BLEED}mm;width:{PAGE}mm;height:{PAGE}mm}}"
        ".w div{position:absolute}"
    )
    body = "".join(pages)
    return f"<!doctype html><html><head><title>Book</title><style>{style}</style></head><body>{body}</body></html>"


def _layer(story: Story, file: str) -> tuple[Element, ...]:
    path = story.folder / file
    return drawing.bare(drawing.read(path), prefix="").children if path.exists() else ()


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


def _text(words: Words, said: Personalisation) -> str:
    box = words.box
    role = DISPLAY if words.display else TEXT
    text = escape(words.words.get(said.band, "").replace("{name}", said.name)).replace("\n", "<br>")
    size = min(words.size, 24)
    return (
        f'<div style="left:{box.x}mm;top:{box.y}mm;width:{box.width}mm;font:{size}pt/1.38 {role};color:{words.ink};'
        f'text-align:{words.align};transform:rotate({words.rotate}deg)">{text}</div>'
    )


def guesses(_slug: str) -> Iterator[Row]:
    """Drawn children of every skin and colour of hair, each hairstyle in turn, before a plain wall: how many are found,
    how often what we guess of their hair is right, and how long it takes with the photo of a phone (12 megapixels)."""
    options = palette.load()
    styles = [style for style in options.hairstyles if style.group != "covered"]
    found: dict[str, list[bool]] = {}
    named: dict[str, list[bool]] = {}
    lengths, curls = [], []
    for number, (skin, hair) in enumerate(itertools.product(options.skins, options.hair_colours)):
        style = styles[number * 7 % len(styles)]
        looks = Looks(skin.key, style.key, hair.key, options.eyes[number % len(options.eyes)].key, (), "sky")
        picture = drawn_photos.portrait(looks, wall=drawn_photos.WALLS[number % len(drawn_photos.WALLS)])
        faces = likeness.guess(drawn_photos.jpeg(picture)).faces
        found.setdefault(skin.key, []).append(len(faces) == 1)
        if len(faces) != 1 or style.key in ("bald", "baby-fuzz"):
            continue
        named.setdefault(hair.key, []).append(faces[0].hair_colour == hair.key)
        guessed = options.find("hairstyles", faces[0].hairstyle).group if faces[0].hairstyle else ""
        curls.append((guessed == CURLS) == (style.group == CURLS))
        if style.group in ("short", "medium", "long"):
            lengths.append(guessed == style.group)
    yield Row("faces found", _percent(*found.values()), "%", 95, at_least=True)
    yield Row("faces found, of the skin with the fewest", min(map(_percent, found.values())), "%", 80, at_least=True)
    yield Row("colour of the hair named", _percent(*named.values()), "%", 90, at_least=True)
    yield Row("colour of the hair named, of the worst", min(map(_percent, named.values())), "%", 70, at_least=True)
    yield Row("length of straight hair named", _percent(lengths), "%", 60, at_least=True)
    yield Row("curly or straight told apart", _percent(curls), "%", 80, at_least=True)
    phone = drawn_photos.jpeg(drawn_photos.portrait(CHILD.personalisation.looks).resize((3464, 3464)))
    yield Row("a photo of 12 megapixels looked at", _median(lambda: likeness.guess(phone), 9), "ms", 400)


CURLS = "coily-and-curly"


def _percent(*counted: list[bool]) -> float:
    every = [one for some in counted for one in some]
    return 100 * sum(every) / len(every)


register("books", books)
register("likeness", guesses)
