"""Which pages two states of a book draw differently, found without drawing them and without keeping anything.

A page is its template with the child's words, the drawn child and the portrait: what goes into those is compared, part
by part and colour by colour.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from books import character, preview
from books.looks import DEFAULT
from books.page_images import page_numbers
from books.personalisation import Personalisation, Picture
from books.stamping import PORTRAIT_MOOD, PORTRAIT_POSE, Content, drawn_slots, settings_of, whole_slots
from books.story import Story
from books.templates_store import Template, place_of, template_for
from books.typesetting import Setting

_LOOKS = {
    "skin": "skin",
    "hairstyle": "hairstyle",
    "hair_colour": "hair colour",
    "eyes": "eyes",
    "extras": "extras",
    "wrap": "headwear",
    "outfit": "clothes",
}


def changed_pages(story: Story, left: Personalisation, right: Personalisation) -> list[int]:
    """The numbers of the pages that look different. Raises templates_store.NotPublished."""
    template = template_for(story)
    before, after = _Drawn(template, left), _Drawn(template, right)
    count = len(right.children)
    if len(left.children) != count:
        return list(page_numbers(story))
    return [
        page
        for page in page_numbers(story)
        if before.words(page) != after.words(page)
        or before.framed(page) != after.framed(page)
        or (before.children(page) != after.children(page) and _shows_child(template, page, count))
    ]


def changed_answers(left: Personalisation, right: Personalisation) -> list[str]:
    """What was changed, in the words of the form: "hair colour", "dedication". Says nothing of what it was or is.

    In a book about two, "the second child’s hair colour" is what the form asks of the second.
    """
    changed = _changed_answers(left, right)
    if left.sibling and right.sibling:
        changed += [f"the second child’s {answer}" for answer in _changed_answers(left.sibling, right.sibling)]
        changed += ["whose age it is written for"] if left.told_to != right.told_to else []
    return changed


def _changed_answers(left: Personalisation, right: Personalisation) -> list[str]:
    looks = [word for name, word in _LOOKS.items() if getattr(left.looks, name) != getattr(right.looks, name)]
    photo = [] if _portrait(left) == _portrait(right) else ["photo"]
    return [
        *(["name"] if left.name != right.name else []),
        *(["age"] if left.age != right.age else []),
        *looks,
        *photo,
        *(["dedication"] if left.dedication != right.dedication else []),
    ]


def _portrait(said: Personalisation) -> tuple[Any, ...] | None:
    """Which part of which photo, and what is made of it; None where the drawn child fills the frame."""
    if said.photo is None or said.crop is None or said.framed is Picture.DRAWN:
        return None
    return (said.photo, said.crop.x, said.crop.y, said.crop.size, said.picture)


@dataclass(repr=False)
class _Drawn:
    """One state of the book, ready to say what a page is made of."""

    template: Template
    said: Personalisation

    def __post_init__(self) -> None:
        story = self.template.story
        places = [place_of(page, story.page_count) for page in page_numbers(story)]
        self._words = settings_of(story, Content(self.said), places)
        self._colours = [character.colours(child.looks, outfit=story.outfit) for child in self.said.children]
        self._drawn: dict[tuple[str, str, int], list[Any]] = {}

    def words(self, page: int) -> list[Setting]:
        """The set words; how large they could have been is left out."""
        return [replace(one, words=replace(one.words, size=0, sizes={})) for one in self._words[page]]

    def children(self, page: int) -> list[Any]:
        """Each drawn child that stands on the page, or reaches onto it."""
        art = self.template.art[place_of(page, self.template.story.page_count)]
        count = len(self.said.children)
        return [self._child(slot.pose, slot.mood, slot.child) for slot in drawn_slots(art, count)]

    def framed(self, page: int) -> list[Any]:
        """What the frames for photos show, on the page that has them."""
        story, children = self.template.story, self.said.children
        place = place_of(page, story.page_count)
        return [
            _portrait(children[photo.child - 1]) or self._child(PORTRAIT_POSE, PORTRAIT_MOOD, photo.child)
            for photo in (story.scene_of(place).photos if isinstance(place, int) else ())
            if photo.place == place and photo.meant(len(children))
        ]

    def _child(self, pose: str, mood: str, number: int) -> list[Any]:
        """The parts that a child is drawn from, each with the colours that are exchanged in it."""
        key = (pose, mood, number)
        if key not in self._drawn:
            parts, looks, colours = self.template.parts, self.said.children[number - 1].looks, self._colours[number - 1]
            self._drawn[key] = [
                (layer, {name: colours[name] for name in parts[layer.part][1]})
                for layer in character.layers(looks, pose=pose, mood=mood, available=frozenset(parts))
            ]
        return self._drawn[key]


_STAND_INS = tuple(
    Personalisation(name="A", age=5, looks=looks)
    for looks in (
        DEFAULT,
        replace(DEFAULT, skin="1", hairstyle="afro", hair_colour="pale-blonde", eyes="blue", outfit="raincoat-red"),
    )
)
_shown: dict[tuple[Path, int, int], bool] = {}


def _shows_child(template: Template, page: int, count: int) -> bool:
    """Whether anything of a child is seen on a page onto which its canvas reaches: it may stand behind something, or
    on the other page of the spread. Looked up once in a process, with two invented children."""
    if whole_slots(template.art[place_of(page, template.story.page_count)], count):
        return True
    key = (template.folder, page, count)
    if key not in _shown:
        books = [Content(said if count == 1 else replace(said, sibling=said)) for said in _STAND_INS]
        one, other = (next(preview.render_with(template, content, [page], watermark=False)) for content in books)
        _shown[key] = one[1] != other[1]
    return _shown[key]
