"""A small story, drawn by code: six pages, two of them a spread, with everything that a scene can have.

Tests of the book engine use it, so that they take a second and do not depend on the illustrators' work.
"""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from PIL import Image
from pytest_django import Settings

from books import fonts, publishing
from books import story as stories
from books.looks import Looks
from books.personalisation import Personalisation
from books.stamping import Content
from books.story import Story

_SHARED = Path(django_settings.PUBLISHED_DIR)
BACKGROUND = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
  <defs>
    <linearGradient id="sky" gradientUnits="userSpaceOnUse" x1="0" y1="0" x2="0" y2="{height}">
      <stop offset="0" stop-color="#{sky}"/><stop offset="1" stop-color="#4a3560"/>
    </linearGradient>
    <radialGradient id="glow" gradientUnits="userSpaceOnUse" cx="60" cy="130" r="40">
      <stop offset="0" stop-color="#fff1c4" stop-opacity="0.9"/><stop offset="1" stop-color="#fff1c4" stop-opacity="0"/>
    </radialGradient>
    <clipPath id="window"><circle cx="150" cy="130" r="30"/></clipPath>
  </defs>
  <rect x="-2" y="-2" width="{wide}" height="{high}" fill="url(#sky)"/>
  <circle cx="60" cy="130" r="40" fill="url(#glow)"/>
  <g clip-path="url(#window)"><rect x="120" y="100" width="60" height="60" fill="#c8453f"/></g>
  <g opacity="0.6">
    <path d="M0,170 Q60,150 {width},180 V{height} H0 Z" fill="#174b57" stroke="#0b2738" stroke-width="1"/>
  </g>
{slots}
</svg>
"""
FOREGROUND = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 216">
  <path d="M0,216 L8,196 L16,216 Z" fill="#0b2738" opacity="0.9"/>
</svg>
"""
# A bench under the second child.
BENCH = '  <g data-when="two"><rect x="{x}" y="186" width="60" height="14" fill="#ee8270"/></g>'
SLOT = '  <g class="child" data-pose="wave" data-mood="smile" transform="translate({x} 60) scale({scale} 0.2)"/>'
SECOND = (
    '  <g class="child" data-child="2" data-pose="hold" data-mood="joy" transform="translate({x} 68) scale(0.18)"/>'
)
BANDS = """"0-2" = "{name} {waves|wave}."
"3-5" = "{name} {waves|wave} at the Moon.\\nThe Moon waves back."
"6-8" = "Every evening {name} waved at the Moon, and tonight, for the first time, the Moon waved back."
"9-12" = "Every evening {name} waved.\\n\\nTonight, very slowly, as if it had to think about it, the Moon waved back."
"""
TOML = """slug = "{slug}"
title = "{{{{name}}|{{first}}, {{second}}}} and the Moon"
children = 2
short_title = "The Moon"
summary = "A child waves at the Moon. The Moon waves back."
ages = [0, 12]
version = 1
ink = "#2e1a33"
outfit = "raincoat"
sample_scenes = [2]
spine_fill = "#1d3b53"
spine_ink = "#fff8ec"

[[scene]]
number = 1
pages = [1]

  [[scene.lettering]]
  page = 1
  box = [40, 30, 130, 30]
  ink = "#fff8ec"
  text = "{{name}}"

  [[scene.photo]]
  page = 1
  box = [60, 70, 90, 90]
  shape = "circle"
  when = "one"

  [[scene.photo]]
  page = 1
  box = [30, 75, 70, 70]
  shape = "circle"
  when = "two"

  [[scene.photo]]
  page = 1
  box = [110, 75, 70, 70]
  shape = "circle"
  child = 2
  when = "two"

  [[scene.dedication]]
  page = 1
  box = [35, 165, 140, 30]

[[scene]]
number = 2
pages = [2, 3]
alt = "The Moon looks in at a red window."

  [[scene.text]]
  page = 2
  box = [20, 20, 160, 50]
  ink = "#fff8ec"
  size = 19
{bands}
  [[scene.lettering]]
  page = 3
  box = [120, 96, 60, 14]
  rotate = -6
  ink = "#fff8ec"
  when = "one"
  text = "{{name}}"

  [[scene.lettering]]
  page = 3
  box = [120, 66, 60, 14]
  rotate = -6
  ink = "#fff8ec"
  when = "two"
  text = "{{first}}"

  [[scene.lettering]]
  page = 3
  box = [120, 96, 60, 14]
  rotate = -6
  ink = "#fff8ec"
  when = "two"
  text = "{{second}}"

[[scene]]
number = 3
pages = [4, 5]

  [[scene.text]]
  page = 5
  box = [30, 20, 160, 50]
  ink = "#fff8ec"
  align = "left"
  valign = "top"
{bands}
[[scene]]
number = 4
pages = [6]

  [[scene.text]]
  page = 6
  box = [25, 20, 160, 50]
  ink = "#fff8ec"
{bands}
[cover]
  [[cover.lettering]]
  panel = "front"
  box = [20, 20, 170, 50]
  ink = "#fff8ec"
  lines = 2
  text = "{{name}} and the Moon"

  [[cover.text]]
  panel = "back"
  box = [35, 10, 140, 40]
  ink = "#fff8ec"
  text = "Luckily, {{name}} is awake."
"""


def background(*, width: int, height: int = 216, sky: str = "3b2a66", slots: str = "") -> str:
    return BACKGROUND.format(width=width, height=height, wide=width + 4, high=height + 4, sky=sky, slots=slots)


def write(root: Path, slug: str = "moon-wave") -> Path:
    """The story's folder below `root` (a STORIES_DIR)."""
    folder = root / slug
    (folder / "scenes").mkdir(parents=True)
    (folder / "cover").mkdir()
    (folder / "story.toml").write_text(TOML.format(slug=slug, bands=BANDS), encoding="utf-8")
    both = [SLOT.format(x=60, scale=0.2), SLOT.format(x=330, scale=-0.2), SECOND.format(x=120), SECOND.format(x=340)]
    children = "\n".join(both)
    for number, width, slots in (
        (1, 216, ""),
        (2, 426, children),
        (3, 426, BENCH.format(x=20) + SLOT.format(x=145, scale=0.2) + SECOND.format(x=20)),
        (4, 216, SLOT.format(x=70, scale=0.2) + SECOND.format(x=10)),
    ):
        path = folder / "scenes" / f"{number:02d}-background.svg"
        path.write_text(background(width=width, sky=f"{number}b2a66", slots=slots))
        (folder / "scenes" / f"{number:02d}-foreground.svg").write_text(FOREGROUND.format(width=width))
    (folder / "scenes" / "04-foreground.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 216 216"/>'
    )
    slot = SLOT.format(x=90, scale=0.2) + SECOND.format(x=30)
    (folder / "cover" / "front-background.svg").write_text(background(width=250, height=250, slots=slot))
    (folder / "cover" / "back-background.svg").write_text(background(width=250, height=250))
    return folder


def share_fonts(published: Path) -> None:
    """Let a folder for templates have the fonts that are there already: they take seconds to make, and never differ."""
    with override_settings(PUBLISHED_DIR=_SHARED):
        shared = fonts.folder()
    shared.mkdir(parents=True, exist_ok=True)
    published.mkdir(parents=True, exist_ok=True)
    (published / shared.name).symlink_to(shared.resolve())


@pytest.fixture(scope="session")
def small_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of stories with the small story in it, and the templates published from it."""
    root = tmp_path_factory.mktemp("library")
    write(root / "stories")
    share_fonts(root / "published")
    with override_settings(STORIES_DIR=root / "stories", PUBLISHED_DIR=root / "published"):
        publishing.publish("moon-wave", look=False)
    return root


@pytest.fixture
def small_story(small_library: Path, settings: Settings) -> Story:
    """The small story, published."""
    settings.STORIES_DIR = small_library / "stories"
    settings.PUBLISHED_DIR = small_library / "published"
    return stories.load("moon-wave")


def portrait(side: int = 1100) -> bytes:
    """A square JPEG that stands for a photo."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), "#887766").save(out, "JPEG")
    return out.getvalue()


def content(name: str = "Zoë", *, age: int = 7, dedication: str = "For you", photo: bytes | None = None) -> Content:
    """What a parent entered."""
    looks = Looks("8", "afro", "black", "hazel", ("glasses-round", "freckles"), "sky", "raincoat-red")
    return Content(Personalisation(name=name, age=age, looks=looks, dedication=dedication), photo)


def of_two(first: Content | None = None, *, sibling: str = "Ida", age: int = 2) -> Content:
    """The same book with a second child in it."""
    first = first or content()
    other = Personalisation(sibling, age, Looks("2", "bob", "ginger", "blue", (), "sky", "raincoat"))
    return replace(first, personalisation=replace(first.personalisation, sibling=other))
