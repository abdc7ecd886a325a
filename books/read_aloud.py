"""The digital copy for who cannot see it: what each page shows and says, in the order of reading, and bookmarks."""

from collections.abc import Sequence
from dataclasses import dataclass

from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf, String

from books import wording
from books.stamping import Content
from books.story import FRONT, Story
from books.typesetting import Setting

PICTURE, WORDS = 0, 1  # numbers of the marked content on every page


@dataclass(frozen=True, repr=False)
class Told:
    """One page: its bookmark ("" for the right hand of a spread), what is seen, and what is said."""

    title: str
    seen: str
    said: str


def told(story: Story, content: Content, place: int | str, words: Sequence[Setting]) -> Told:
    """What a reader hears of a place."""
    scene = story.scene_of(place) if isinstance(place, int) else None
    said = "\n".join(_spoken(setting) for setting in words)
    if scene is None:
        name = story.title_for(*content.personalisation.names)
        return Told("Front cover" if place == FRONT else "Back cover", f"The cover of the book {name}.", said)
    title = "" if place != scene.pages[0] else _numbers(scene.pages)
    seen = wording.filled(scene.alt, content.personalisation.names)
    return Told(title, seen or f"The picture on {_numbers(scene.pages).lower()}.", said)


def _numbers(pages: Sequence[int]) -> str:
    return f"Page {pages[0]}" if len(pages) == 1 else f"Pages {pages[0]} and {pages[1]}"


def _spoken(setting: Setting) -> str:
    spoken = ""
    for line in setting.lines:
        for index, word in enumerate(line):
            gap = " " if spoken and (index == 0 or word.space) else ""
            spoken += gap + "".join(fragment.text for fragment in word.fragments)
    return spoken


def marked(drawn: Sequence[str]) -> list[str]:
    """The content of a page, its picture and its words as two numbered pieces."""
    words = [line for line in drawn if " /T Do" in line]
    picture = [line for line in drawn if line not in words]
    found = [f"/Figure <</MCID {PICTURE}>> BDC", *picture, "EMC"]
    return [*found, f"/P <</MCID {WORDS}>> BDC", *words, "EMC"] if words else found


def structure(pdf: Pdf, pages: Sequence[Told]) -> None:
    """Tags and bookmarks for the pages of `pdf`, which `marked` has marked."""
    root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    book = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document, P=root, K=Array()))
    parents = Array()
    for number, (page, told) in enumerate(zip(pdf.pages, pages, strict=True)):
        page.obj.StructParents, page.obj.Tabs = number, Name.S
        part = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Sect, P=book, K=Array()))
        book.K.append(part)
        elements = Array([_element(pdf, part, page.obj, Name.Figure, PICTURE, Alt=String(told.seen))])
        if told.said:
            elements.append(_element(pdf, part, page.obj, Name.P, WORDS, ActualText=String(told.said)))
        part.K = elements
        parents.append(number)
        parents.append(pdf.make_indirect(Array(list(elements))))
    root.K, root.ParentTree = book, pdf.make_indirect(Dictionary(Nums=parents))
    root.ParentTreeNextKey = len(pages)
    pdf.Root.StructTreeRoot, pdf.Root.MarkInfo = root, Dictionary(Marked=True)
    with pdf.open_outline() as outline:
        outline.root.extend(OutlineItem(told.title, index) for index, told in enumerate(pages) if told.title)


def _element(pdf: Pdf, parent: object, page: object, kind: Name, number: int, **more: String) -> object:
    made = Dictionary(Type=Name.StructElem, S=kind, P=parent, Pg=page, K=number)
    for name, value in more.items():
        made[f"/{name}"] = value
    return pdf.make_indirect(made)
