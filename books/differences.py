"""Which pages two states of a book draw differently, found without drawing them and without keeping anything.

A page is its template with the child's words, the drawn child and the portrait: what goes into those is compared, part
by part and colour by colour.
"""

from dataclasses import dataclass
from typing import Any

from books import character
from books.page_images import page_numbers
from books.personalisation import Personalisation
from books.stamping import PORTRAIT_MOOD, PORTRAIT_POSE, Content, drawn_slots, settings_of
from books.story import Story
from books.templates_store import Template, place_of, template_for

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
    pages = page_numbers(story)
    before, after = _Drawn(template, left), _Drawn(template, right)
    return [page for page in pages if before.page(page) != after.page(page)]


def changed_answers(left: Personalisation, right: Personalisation) -> list[str]:
    """What was changed, in the words of the form: "hair colour", "dedication". Says nothing of what it was or is."""
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
    """Which part of which photo; None where the drawn child fills the frame."""
    if said.photo is None or said.crop is None:
        return None
    return (said.photo, said.crop.x, said.crop.y, said.crop.size)


@dataclass(repr=False)
class _Drawn:
    """One state of the book, ready to say what a page is made of."""

    template: Template
    said: Personalisation

    def __post_init__(self) -> None:
        story = self.template.story
        places = [place_of(page, story.page_count) for page in page_numbers(story)]
        self._words = settings_of(story, Content(self.said), places)
        self._colours = character.colours(self.said.looks, outfit=story.outfit)
        self._children: dict[tuple[str, str], list[Any]] = {}

    def page(self, page: int) -> tuple[Any, ...]:
        """Everything on the page that is this child's."""
        story = self.template.story
        place = place_of(page, story.page_count)
        children = [self._child(slot.pose, slot.mood) for slot in drawn_slots(self.template.art[place])]
        framed: Any = None
        photo = story.scene_of(place).photo if isinstance(place, int) else None
        if photo is not None and photo.place == place:
            framed = _portrait(self.said) or self._child(PORTRAIT_POSE, PORTRAIT_MOOD)
        return (self._words[page], children, framed)

    def _child(self, pose: str, mood: str) -> list[Any]:
        """The parts that a child is drawn from, each with the colours that are exchanged in it."""
        if (pose, mood) not in self._children:
            layers = character.layers(self.said.looks, pose=pose, mood=mood, available=frozenset(self.template.parts))
            self._children[pose, mood] = [
                (layer, {name: self._colours[name] for name in self.template.parts[layer.part][1]}) for layer in layers
            ]
        return self._children[pose, mood]
