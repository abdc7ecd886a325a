"""One child's pages, stamped together from the forms of a published template. No drawing is laid out here."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from books import character, recolouring, text_layer
from books.geometry import IDENTITY, MM, Matrix, bounds, inverse, operands, times
from books.personalisation import Personalisation
from books.story import BACK, FRONT, TRIM, Box, Photo, Story, Words
from books.templates_store import Art, Slot, Template
from books.typesetting import Setter, Setting

# A part's form is its view box in points, with the y axis turned up.
PART_SIZE = (character.VIEW[2], character.VIEW[3])
_FROM_FORM: Matrix = inverse((1.0, 0.0, 0.0, -1.0, -character.VIEW[0], character.VIEW[3] + character.VIEW[1]))
PORTRAIT = (35.0, 30.0, 330.0)  # x, y and side of the canvas's square that fills the frame when there is no photo
PORTRAIT_POSE, PORTRAIT_MOOD = "wave", "smile"
CORNER = 8.0  # mm, of a rounded frame
_ROUND = 0.5523  # where the control points of a quarter circle lie


@dataclass(frozen=True, repr=False)
class Content:
    """What makes a template one child's book, or the book of two.

    `portrait`: a square JPEG in sRGB, or None for the drawn child; `sibling_portrait`: the same of the second child.
    `provisional`: one of them stands in for a portrait that is still to be painted; what is drawn with it is not kept.
    """

    personalisation: Personalisation
    portrait: bytes | None = None
    sibling_portrait: bytes | None = None
    provisional: bool = False

    @property
    def children(self) -> tuple[Personalisation, ...]:
        return self.personalisation.children

    @property
    def portraits(self) -> tuple[bytes | None, bytes | None]:
        return (self.portrait, self.sibling_portrait)


def settings_of(story: Story, content: Content, places: Sequence[int | str]) -> list[list[Setting]]:
    """The set words of every place, in the child's age band."""
    said = content.personalisation
    setter = Setter(story, *said.names)
    found: list[list[Setting]] = []
    for place in places:
        blocks: list[Setting] = []
        scene = story.scene_of(place) if isinstance(place, int) else None
        for words in scene.words if scene else story.cover:
            if words.place == place and words.meant(len(said.names)):
                blocks.append(setter.fit(words.at(said.band), words.words.get(said.band, "")))
        dedication = scene.dedication if scene else None
        if dedication and dedication.place == place and said.dedication:
            blocks.append(setter.fit(dedication, said.dedication, personal=True))
        found.append(blocks)
    return found


def spine_words(story: Story, names: Sequence[str], width: float) -> Setting:
    """The title along a spine of `width` mm, in a box that is turned by a quarter."""
    height = width - 2.5
    box = Box(10, (TRIM - height) / 2, TRIM - 20, height)
    title = dict.fromkeys(("0-2", "3-5", "6-8", "9-12"), story.title)
    words = Words(place="spine", box=box, words=title, ink=story.spine_ink, size=20, lines=1, display=True, rotate=90)
    return Setter(story, *names).fit(words, story.title)


class Stamp:
    """Draws places of one book into a new document made from a template.

    `overlay`: only what stands before the backgrounds, without colour profiles (for previews). `art=False`: words only.
    `places`: what will be drawn, where it is not the whole book.
    """

    def __init__(
        self,
        template: Template,
        content: Content,
        *,
        overlay: bool = False,
        art: bool = True,
        places: Sequence[int | str] | None = None,
    ) -> None:
        self.template, self.content, self.overlay, self.art = template, content, overlay, art
        self.story = template.story
        data = template.overlay if overlay else template.data
        if places is not None and not overlay:
            data = template.sheet(places, len(content.children))
        self.pdf: Pdf = pikepdf.open(io.BytesIO(data))
        self.book = self.pdf.Root.Book
        del self.pdf.Root["/Book"]
        self._space = None if overlay else self.book.Rgb
        self.count = len(content.children)
        self._colours = [
            {
                name: recolouring.operands(colour)
                for name, colour in character.colours(
                    child.looks, outfit=self.story.outfit, options=template.palette
                ).items()
            }
            for child in content.children
        ]
        self._parts: dict[tuple[str, int], pikepdf.Object] = {}
        self._children: dict[tuple[str, str, int], pikepdf.Object] = {}
        self._photos: dict[int, pikepdf.Object] = {}
        self._words: dict[object, pikepdf.Object] = {}

    def resources(self, objects: Mapping[str, pikepdf.Object], fonts_of: Dictionary | None = None) -> Dictionary:
        made = Dictionary(XObject=Dictionary({f"/{name}": value for name, value in objects.items()}))
        if fonts_of is not None:
            made = fonts_of
        if self._space is not None:
            made.ColorSpace = Dictionary(DefaultRGB=self._space)
        return made

    def form(self, content: bytes, box: Sequence[float], resources: Dictionary) -> pikepdf.Object:
        made = Stream(self.pdf, content)
        made.Type, made.Subtype = Name.XObject, Name.Form
        made.BBox, made.Resources = Array([round(number, 3) for number in box]), resources
        return self.pdf.make_indirect(made)

    def set_words(self, places: Mapping[Any, Sequence[Setting]]) -> None:
        """Draw all words at once; `picture` then finds them by their place."""
        written = {place: settings for place, settings in places.items() if settings}
        if not written:
            return
        layer = text_layer.TextLayer(text_layer.own_faces(self.story.text_font, self.story.display_font))
        drawn = {place: layer.draw(settings) for place, settings in written.items()}
        resources = self.pdf.make_indirect(self.resources({}, layer.resources(self.pdf)))
        reach = 40 * MM
        box = (-reach, -reach, TRIM * MM + reach, TRIM * MM + reach)
        for place, content in drawn.items():
            self._words[place] = self.form(content, box, resources)

    def words(self, place: object) -> pikepdf.Object | None:
        """The words of a place as a form whose origin is the trimmed page's bottom left corner."""
        return self._words.get(place)

    def picture(self, place: int | str) -> tuple[list[str], dict[str, pikepdf.Object]]:
        """Content and named objects that draw a place; the origin is the bottom left corner of its bleed, in points."""
        art = self.template.art[place]
        objects: dict[str, pikepdf.Object] = {}
        content = self._drawing(place, art, objects) if self.art else []
        if words := self.words(place):
            objects["T"] = words
            content.append(f"q 1 0 0 1 {art.margin * MM:.4f} {art.margin * MM:.4f} cm /T Do Q")
        return content, objects

    def _drawing(self, place: int | str, art: Art, objects: dict[str, pikepdf.Object]) -> list[str]:
        """Everything but the words."""
        content: list[str] = []
        shift = f"1 0 0 1 {-art.offset * MM:.4f} 0 cm" if art.offset else ""
        under, over = art.layers(self.count)
        if under and not self.overlay:
            objects["B"] = self.book.Scenes[f"/{under}"]
            content.append(f"q {shift} /B Do Q")
        for index, slot in enumerate(art.slots):
            if slot.meant(self.count) and (drawn := _child_at(art, slot)):
                objects[f"C{index}"] = self.child(slot.pose, slot.mood, slot.child)
                content.append(f"q {operands(drawn)} cm /C{index} Do Q")
        for photo in self.story.scene_of(place).photos if isinstance(place, int) else ():
            if photo.meant(self.count) and photo.place == place:
                content.append(self._portrait(art, photo, objects))
        if over:
            objects["F"] = self.book.Scenes[f"/{over}"]
            content.append(f"q {shift} /F Do Q")
        return content

    def child(self, pose: str, mood: str, number: int = 1) -> pikepdf.Object:
        """A child (1, or 2 for the sibling) in its own colours as one form. Raises character.MissingPart,
        recolouring.ColourLost."""
        known = self._children.get((pose, mood, number))
        if known is not None:
            return known
        available = frozenset(self.template.parts)
        looks = self.content.children[number - 1].looks
        head = times(times(inverse(_FROM_FORM), self.template.heads.get(pose, IDENTITY)), _FROM_FORM)
        objects: dict[str, pikepdf.Object] = {}
        content: list[str] = []
        drawn = character.layers(looks, pose=pose, mood=mood, available=available, options=self.template.palette)
        for index, layer in enumerate(drawn):
            objects[f"P{index}"] = self._part(layer.part, number)
            turn = f"{operands(head)} cm " if layer.with_head else ""
            content.append(f"q {turn}/P{index} Do Q")
        made = self.form("\n".join(content).encode(), (0, 0, *PART_SIZE), self.resources(objects))
        self._children[pose, mood, number] = made
        return made

    def _part(self, key: str, number: int) -> pikepdf.Object:
        known = self._parts.get((key, number))
        if known is None:
            name, counts = self.template.parts[key]
            known = form = self.book.Parts[f"/{name}"]
            if counts:
                known = recolouring.recoloured(self.pdf, form, self._colours[number - 1], counts)
            self._parts[key, number] = known
        return known

    def _portrait(self, art: Art, photo: Photo, objects: dict[str, pikepdf.Object]) -> str:
        """The photo, or the drawn child's head and shoulders, clipped to the frame."""
        box = photo.box
        left, bottom = (box.x + art.margin) * MM, (art.size[1] - art.margin - box.y - box.height) * MM
        width, height = box.width * MM, box.height * MM
        radius = min(width, height) / 2 if photo.shape == "circle" else min(CORNER * MM, width / 2, height / 2)
        clip = f"{_rounded(left, bottom, width, height, radius)} W n"
        if portrait := self.content.portraits[photo.child - 1]:
            name = "I" if photo.child == 1 else "I2"
            objects[name] = self._image(portrait, photo.child)
            return f"q {clip} {width:.3f} 0 0 {height:.3f} {left:.3f} {bottom:.3f} cm /{name} Do Q"
        x, y, side = PORTRAIT
        scale = max(box.width, box.height) / side
        middle = (box.x + art.margin + box.width / 2, box.y + art.margin + box.height / 2)
        place: Matrix = (
            *(scale, 0.0, 0.0, scale),
            middle[0] + art.offset - scale * (x + side / 2),
            middle[1] - scale * (y + side / 2),
        )
        name = "H" if photo.child == 1 else "H2"
        objects[name] = self.child(PORTRAIT_POSE, PORTRAIT_MOOD, photo.child)
        return f"q {clip} {operands(times(times(_page(art), place), _FROM_FORM))} cm /{name} Do Q"

    def _image(self, jpeg: bytes, number: int) -> pikepdf.Object:
        """The JPEG as it is: never encoded again."""
        if number not in self._photos:
            from PIL import Image

            with Image.open(io.BytesIO(jpeg)) as opened:
                width, height, mode = *opened.size, opened.mode
            image = Stream(self.pdf, jpeg)
            image.Type, image.Subtype, image.Filter = Name.XObject, Name.Image, Name.DCTDecode
            image.Width, image.Height, image.BitsPerComponent = width, height, 8
            image.ColorSpace = Name.DeviceGray if mode == "L" else self._space or Name.DeviceRGB
            self._photos[number] = self.pdf.make_indirect(image)
        return self._photos[number]

    def mark(self, name: str) -> pikepdf.Object:
        """A watermark of the template: "preview" (a pattern for a page) or "copy" (one small line)."""
        return self.book.Marks[f"/{name}"]

    def add_page(
        self, content: Sequence[str], objects: Mapping[str, pikepdf.Object], boxes: Mapping[str, Sequence[float]]
    ) -> None:
        """A page with `boxes` (MediaBox, TrimBox, ...) in points."""
        page = Dictionary(Type=Name.Page, Resources=self.resources(objects))
        for name, box in boxes.items():
            page[f"/{name}"] = Array([round(number, 3) for number in box])
        if self._space is not None:
            # Without a blending space of its own a page blends in the printer's inks, and transparency changes colour.
            page.Group = Dictionary(Type=Name.Group, S=Name.Transparency, CS=self._space, I=True)
        page.Contents = self.pdf.make_stream("\n".join(content).encode())
        self.pdf.pages.append(pikepdf.Page(self.pdf.make_indirect(page)))


def drawn_slots(art: Art, count: int) -> list[Slot]:
    """The slots of a place whose child is drawn on it, and not only on the other page of its spread, in a book about
    `count` children."""
    return [slot for slot in art.slots if slot.meant(count) and _child_at(art, slot)]


def whole_slots(art: Art, count: int) -> list[Slot]:
    """The slots of a place whose child stands on it from left to right, in a book about `count` children."""
    width = art.size[1] * MM
    meant = [slot for slot in art.slots if slot.meant(count)]
    boxes = {slot: bounds(matrix, (0, 0, *PART_SIZE)) for slot in meant if (matrix := _child_at(art, slot))}
    return [slot for slot, (left, _, right, _) in boxes.items() if left >= 0 and right <= width]


def _page(art: Art) -> Matrix:
    """From millimetres of the art (y down) to points of the page (y up)."""
    return (MM, 0.0, 0.0, -MM, -art.offset * MM, art.size[1] * MM)


def _child_at(art: Art, slot: Slot) -> Matrix | None:
    """Where the child's form goes on this page, or None when it stands on the other page of the spread."""
    matrix = times(times(_page(art), slot.matrix), _FROM_FORM)
    left, _, right, _ = bounds(matrix, (0, 0, *PART_SIZE))
    width = art.size[1] * MM
    return matrix if right > 0 and left < width else None


def _rounded(x: float, y: float, width: float, height: float, radius: float) -> str:
    """The path of a rectangle with rounded corners; a circle when the radius is half of a square's side."""
    k = radius * (1 - _ROUND)
    right, top, r = x + width, y + height, radius
    corners = (
        ((right - r, y), (right - k, y), (right, y + k), (right, y + r)),
        ((right, top - r), (right, top - k), (right - k, top), (right - r, top)),
        ((x + r, top), (x + k, top), (x, top - k), (x, top - r)),
        ((x, y + r), (x, y + k), (x + k, y), (x + r, y)),
    )
    path = [f"{x + r:.3f} {y:.3f} m"]
    for start, first, second, end in corners:
        path.append(f"{start[0]:.3f} {start[1]:.3f} l")
        path.append(" ".join(f"{n:.3f}" for point in (first, second, end) for n in point) + " c")
    return " ".join([*path, "h"])


def everywhere(template: Template, content: Content) -> dict[object, Sequence[Setting]]:
    """The set words of the whole book, covers included."""
    places: list[int | str] = [FRONT, *range(1, template.story.page_count + 1), BACK]
    return dict(zip(places, settings_of(template.story, content, places), strict=True))
