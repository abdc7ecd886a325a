"""What `manage.py bench` measures. Times are only good as ratios within one run on one machine.

Other apps add theirs with `register` in a module called `benchmarks`.
"""

import itertools
import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import django
import numpy as np

from books import (
    composing,
    drawn_photos,
    likeness,
    palette,
    peers,
    portrait_tones,
    portraits,
    preview,
    publishing,
)
from books import photo as photos
from books import story as stories
from books.faces import Detector
from books.looks import Looks
from books.painting import easel
from books.personalisation import Crop, Personalisation
from books.print_profiles import PROFILES
from books.stamping import Content

SAME = 3.0  # of 255: pages that differ by no more than edges and letters do are the same
EACH, MANY = 20, 1000  # books: of each of two processes, and for the memory

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
    """Print files and previews of one book against others who make the same."""
    import weasyprint

    publishing.publish(slug)
    publishing.warm()
    story = stories.load(slug)
    profile = PROFILES["house"]
    made: list[bytes] = []

    def interior() -> None:
        made.append(composing.interior(story, CHILD, profile))

    def print_files() -> None:
        interior()
        composing.cover(story, CHILD, profile, binding="hardcover")

    ours = _median(print_files, 7)
    pages = peers.pages(story, CHILD)
    plain: list[bytes] = []
    document = peers.html(pages)
    naive = _median(lambda: plain.append(weasyprint.HTML(string=document).write_pdf()), 1)
    yield Row("naive: interior as one WeasyPrint document", naive, "ms")
    yield Row("ours: interior and cover", ours, "ms")
    yield Row("naive / ours", naive / ours, "x", 50, at_least=True)
    yield Row("naive: size", len(plain[-1]) / 1024, "kB")
    yield Row("ours: size of the interior", len(made[-1]) / 1024, "kB", len(plain[-1]) / 1024 * 1.2)
    yield _difference("naive", plain[-1], made[-1], len(pages))
    yield from _typst(pages, made[-1], interior, print_files)
    yield from _chromium(pages, made[-1])
    yield Row("digital copy", _median(lambda: composing.digital_copy(story, CHILD, watermark=True), 3), "ms")
    spread = _median(lambda: list(preview.render(story, CHILD, [2, 3])), 9)
    yield Row("first spread of a preview", spread, "ms", 100)
    yield Row("naive / first spread", naive / spread, "x", 120, at_least=True)
    numbers = range(1, story.page_count + 1)
    whole = _median(lambda: list(preview.render(story, CHILD, numbers)), 3)
    yield Row(f"all {story.page_count} pages of a preview", whole, "ms", 400)
    yield Row("naive / all pages of a preview", naive / whole, "x", 14, at_least=True)


def _typst(
    pages: list[peers.Page], ours: bytes, interior: Callable[[], None], print_files: Callable[[], None]
) -> Iterator[Row]:
    """In turns with ours, so that both are disturbed by the same company. Typst makes no cover."""
    if not peers.has_typst():
        return
    book = peers.TypstBook(pages)
    try:
        started = time.perf_counter()
        data = book.compile()
        yield Row("Typst: interior, cold", (time.perf_counter() - started) * 1000, "ms")
        taken: dict[str, list[float]] = {"typst": [], "interior": [], "both": []}
        for number in range(1, 10):
            book.draw(peers.changed(pages, number))
            for label, make in (("typst", book.compile), ("interior", interior), ("both", print_files)):
                started = time.perf_counter()
                make()
                taken[label].append((time.perf_counter() - started) * 1000)
        warm, alone, both = (statistics.median(taken[label]) for label in ("typst", "interior", "both"))
        yield Row("Typst: interior, warm, all art changed", warm, "ms")
        yield Row("ours in turns with it: interior", alone, "ms")
        yield Row("ours in turns with it: interior and cover", both, "ms")
        yield Row("ours / Typst warm, interior both", alone / warm, "x", 1.0)
        yield Row("ours with the cover / Typst warm without", both / warm, "x", 1.0)
        yield Row("Typst: size", len(data) / 1024, "kB")
        yield _difference("Typst", data, ours, len(pages))
    finally:
        book.close()


def _chromium(pages: list[peers.Page], ours: bytes) -> Iterator[Row]:
    started = time.perf_counter()
    data = peers.chromium(pages)
    if data is not None:
        yield Row("Chromium: interior, print to PDF", (time.perf_counter() - started) * 1000, "ms")
        yield Row("Chromium: size", len(data) / 1024, "kB")
        yield _difference("Chromium", data, ours, len(pages))


def _difference(label: str, theirs: bytes, ours: bytes, pages: int) -> Row:
    """Of the page that differs most: times only count for the same pages."""
    one, other = (itertools.islice(preview.rasterise(data, 432), pages) for data in (theirs, ours))
    most = max(
        float(np.abs(left[:, :, :3].astype(int) - right[:, :, :3]).mean())
        for left, right in zip(one, other, strict=True)
    )
    return Row(f"{label}: mean difference of a page, at most", most, "of 255", SAME)


def machine(slug: str) -> Iterator[Row]:
    """What two processes make, and whether one that makes a thousand books grows."""
    publishing.publish(slug)
    with _processes(2) as workers:
        for count in (2, EACH):  # the first ones wait for imports
            started = time.perf_counter()
            list(workers.map(_make, [slug] * 2 * count))
            taken = time.perf_counter() - started
    yield Row("two processes: interior and cover", 2 * EACH / taken, "books/s")
    with _processes(1) as worker:
        early, late, peak = worker.submit(_memory, slug).result()
    yield Row("memory after 50 books", early / 1024, "MB")
    yield Row(f"memory after {MANY} books", late / 1024, "MB", early / 1024 * 1.1)
    yield Row("memory at its peak", peak / 1024, "MB")


def _processes(count: int) -> ProcessPoolExecutor:
    """New processes, which hold nothing of this one. They need Django before they can read what they are to do."""
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"), initializer=django.setup)


def _make(slug: str) -> None:
    story = stories.load(slug)
    composing.interior(story, CHILD, PROFILES["house"])
    composing.cover(story, CHILD, PROFILES["house"], binding="hardcover")


def _memory(slug: str) -> tuple[int, int, int]:
    """kB held after 50 books and after a thousand, and the most that there ever was; every child has another name."""
    story, early = stories.load(slug), 0
    for number in range(1, MANY + 1):
        name = "".join(chr(ord("a") + number // 26**place % 26) for place in range(3)).title()
        child = replace(CHILD, personalisation=replace(CHILD.personalisation, name=name))
        composing.interior(story, child, PROFILES["house"])
        composing.cover(story, child, PROFILES["house"], binding="hardcover")
        list(preview.render(story, child, [2, 3]))
        if number == 50:
            early = _held()
    return early, _held(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _held() -> int:
    """kB in memory now; where the system does not say (macOS), the most that there ever was."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


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


def portrait(_slug: str) -> Iterator[Row]:
    """The storybook portrait: how long it takes, how much memory, and whether every skin keeps its tone."""
    photo = photos.sanitise(drawn_photos.jpeg(drawn_photos.portrait(CHILD.personalisation.looks, side=2400)))
    jpeg = photo.jpeg.reveal()
    square = Crop(0.05, 0.02, 0.9)
    yield Row("painted for print, 1181 px, on the clock", _median(lambda: portraits.paint(jpeg, square), 5), "ms")
    small = photos.read(jpeg, largest=portraits.SAMPLE_SIDE)
    yield Row("a sample in the form, 360 px, on the clock", _median(lambda: portraits.sample(small), 9), "ms", 500)
    with _processes(1) as worker:
        memory, taken = worker.submit(_painting, _child_of(portraits.SIDE), portraits.SIDE).result()
        yield Row("painted for print, processor time", taken, "ms", 4000)
        yield Row("memory at its peak", memory / 1024, "MB", 500)
        side = portraits.SAMPLE_SIDE
        _, taken = worker.submit(_painting, _child_of(side), side).result()
        yield Row("a sample, processor time", taken, "ms", 500)
    made = portraits.paint(jpeg, square)
    yield Row("size of the JPEG", len(made or b"") / 1024, "kB", 2048)
    tones = portrait_tones.measure(portrait_tones.painter(Detector()))
    for tone in tones:
        light = f"skin {tone.skin}, L {tone.before[0]:.0f}: tone moves by"
        yield Row(light, tone.moved, "ΔE", portrait_tones.FARTHEST)
    lighter = [tone.lighter for tone in tones]
    yield Row("lightness of the tones moves differently by", max(lighter) - min(lighter), "L", portrait_tones.UNALIKE)


def _child_of(side: int) -> bytes:
    """A drawn child as so many pixels each way."""
    return drawn_photos.portrait(CHILD.personalisation.looks).resize((side, side)).tobytes()


def _painting(pixels: bytes, side: int) -> tuple[int, float]:
    """kB at most and milliseconds of processor time, in a process that paints one portrait."""
    detector = Detector()
    started = time.process_time()
    easel.paint(pixels, side, side, detector)
    taken = (time.process_time() - started) * 1000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, taken


CURLS = "coily-and-curly"


def _percent(*counted: list[bool]) -> float:
    every = [one for some in counted for one in some]
    return 100 * sum(every) / len(every)


register("books", books)
register("machine", machine)
register("likeness", guesses)
register("portrait", portrait)
