"""What stands in the shop window: the books, their sample pages, what they cost, and which policies have changed.

Everything here is public and the same for every visitor. It is read from disk and kept in the process for a few
seconds, so that the home page asks neither the database nor the file system.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse

from books import character, palette, publishing, story
from books.looks import Looks
from books.story import Story
from orders import prices
from privacy.policies import POLICIES, Policy

FRESH_FOR = 10.0  # seconds until the shelf is looked at again
ANNOUNCED_FOR = timedelta(days=30)  # a changed policy stays on the home page so long, before and after it takes effect

# Invented children: they show how different a drawn child can look.
EXAMPLE_CHILDREN: Mapping[str, tuple[Looks, str, str]] = {
    "waving": (Looks("9", "puffs-two", "black", "brown", (), "sky", "raincoat"), "wave", "joy"),
    "pointing": (Looks("2", "side-sweep", "ginger", "blue", ("glasses-round",), "sky", "raincoat"), "point", "smile"),
    "walking": (Looks("4", "ponytail", "black", "brown", ("hearing-aid",), "sky", "raincoat-red"), "walk", "joy"),
    "holding": (Looks("6", "curly-short", "dark-brown", "green", ("freckles",), "sky", "raincoat"), "hold", "wonder"),
    "cheering": (Looks("5", "headscarf", "dark-brown", "hazel", (), "rose", "raincoat"), "cheer", "smile"),
}


@dataclass(frozen=True)
class Sample:
    """One picture of the example child's book. `number` 0 is the cover; `kind` is "back" for the back cover."""

    src: str
    alt: str
    number: int
    kind: str = ""


@dataclass(frozen=True)
class Book:
    """A book in the shop window. `samples` is empty, and `cover` too, while it is being printed.

    `pair`: pictures of a book of it about two children, cover first; empty where it can only be about one.
    """

    slug: str
    title: str
    summary: str
    ages: tuple[int, int]
    page_count: int
    version: str
    samples: tuple[Sample, ...]
    pair: tuple[Sample, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether it can be personalised and bought."""
        return bool(self.samples)

    @property
    def cover(self) -> str:
        return self.samples[0].src if self.samples and self.samples[0].number == 0 else ""

    @property
    def spreads(self) -> tuple[tuple[Sample, Sample], ...]:
        """The sample pages that face each other."""
        inner = {sample.number: sample for sample in self.samples if sample.number and not sample.kind}
        return tuple(
            (left, inner[number + 1])
            for number, left in sorted(inner.items())
            if number % 2 == 0 and number + 1 in inner
        )


def _samples(tale: Story) -> tuple[Sample, ...]:
    if not tale.is_published:
        return ()
    found = []
    for number in (0, *tale.sample_pages, tale.page_count + 1):
        try:
            publishing.sample(tale, number)
        except FileNotFoundError:
            continue
        kind = "back" if number > tale.page_count else ""
        what = "Back cover" if kind else f"Page {number}" if number else "Front cover"
        alt = f"{what} of {tale.short_title}, made for an invented child"
        found.append(Sample(reverse("orders:sample", args=[tale.slug, tale.version, number]), alt, number, kind))
    return tuple(found)


def _pair(tale: Story) -> tuple[Sample, ...]:
    """All of them or none: half a spread is no picture."""
    found = []
    for number in tale.pair_pages if tale.is_published else ():
        try:
            publishing.sample(tale, number, pair=True)
        except FileNotFoundError:
            return ()
        what = f"Page {number}" if number else "Front cover"
        alt = f"{what} of {tale.short_title}, made for two invented children"
        found.append(Sample(reverse("orders:pair_sample", args=[tale.slug, tale.version, number]), alt, number))
    return tuple(found)


def _look() -> tuple[Book, ...]:
    return tuple(
        Book(
            slug=tale.slug,
            title=tale.short_title,
            summary=tale.summary,
            ages=tale.ages,
            page_count=tale.page_count,
            version=tale.version,
            samples=_samples(tale),
            pair=_pair(tale),
        )
        for tale in story.every()
    )


_seen: tuple[float, tuple[Book, ...]] | None = None


def shelf() -> tuple[Book, ...]:
    """Every book, the ones that are still being printed too; at most `FRESH_FOR` seconds old."""
    global _seen
    now = time.monotonic()
    if _seen is None or now - _seen[0] > FRESH_FOR:
        _seen = (now, _look())
    return _seen[1]


def forget_shelf() -> None:
    """Look at the disk again at the next request."""
    global _seen
    _seen = None


def book(slug: str) -> Book:
    """The book of that story. Raises LookupError when there is none."""
    for candidate in shelf():
        if candidate.slug == slug:
            return candidate
    raise LookupError(slug)


def price_from() -> int:
    """What the cheapest format costs, in minor units with VAT."""
    return min(format.unit_price for format in prices.FORMATS.values())


def example_child(key: str) -> str:
    """An example child as SVG. Raises KeyError for a child that we have not invented."""
    looks, pose, mood = EXAMPLE_CHILDREN[key]
    return character.svg(looks, pose=pose, mood=mood)


def choices() -> Mapping[str, int]:
    """How many hairstyles, hair colours and skins a parent can choose from."""
    colours = palette.load()
    return {
        "hairstyles": len(colours.hairstyles),
        "hair_colours": len(colours.hair_colours),
        "skins": len(colours.skins),
    }


def changed_policies(today: date) -> tuple[Policy, ...]:
    """Policies whose new version takes or took effect within 30 days of `today` (P32). A first version is no change."""
    known: set[str] = set()
    changed = []
    for policy in sorted(POLICIES, key=lambda policy: policy.effective_from):
        if policy.slug in known and abs(policy.effective_from - today) <= ANNOUNCED_FOR:
            changed.append(policy)
        known.add(policy.slug)
    return tuple(changed)
