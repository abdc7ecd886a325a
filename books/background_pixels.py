"""The backgrounds of a story's pages as pixels, drawn when it is published, for pictures of pages."""

import io
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path

import pikepdf
from pikepdf import Dictionary, Name, Stream

from books import preview
from books.geometry import MM
from books.story import TRIM, Story
from books.templates_store import LARGE, LARGE_FOLDER, PIXELS, Art, backgrounds, template_for


def draw(folder: Path, art: dict[int | str, Art]) -> None:
    """The trimmed background of every place as pixels, one after the other, those of books about two at the
    end; and the large ones beside it."""
    drawn = _document(folder, art)
    with (folder / "backgrounds.raw").open("wb") as file:
        for pixels in preview.rasterise(drawn, PIXELS):
            file.write(pixels.tobytes())
    _large(folder, drawn)


def _large(folder: Path, drawn: bytes) -> None:
    large = folder / LARGE_FOLDER
    large.mkdir()
    for row, pixels in enumerate(preview.rasterise(drawn, LARGE)):
        (large / f"{row}.z").write_bytes(zlib.compress(pixels.tobytes(), 1))


def add_large(story: Story) -> None:
    """For templates that were built when there were no large backgrounds: books draw the same without, only slower."""
    if (story.template_folder / LARGE_FOLDER).exists():
        return
    with tempfile.TemporaryDirectory(prefix=".large-", dir=story.template_folder.parent) as made:
        _large(Path(made), _document(story.template_folder, template_for(story).art))
        with suppress(OSError):  # somebody else was faster
            (Path(made) / LARGE_FOLDER).rename(story.template_folder / LARGE_FOLDER)


def _document(folder: Path, art: dict[int | str, Art]) -> bytes:
    """A document of all backgrounds and nothing else, a page each."""
    with pikepdf.open(folder / "template.pdf") as pdf:
        scenes = pdf.Root.Book.Scenes
        for place, count in backgrounds(art):
            one = art[place]
            under, margin = one.layers(count)[0], one.margin * MM
            page = Dictionary(
                Type=Name.Page,
                MediaBox=[margin, margin, margin + TRIM * MM, margin + TRIM * MM],
                Resources=Dictionary(XObject=Dictionary(B=scenes[f"/{under}"]) if under else {}),
            )
            content = f"q 1 0 0 1 {-one.offset * MM:.4f} 0 cm /B Do Q" if under else ""
            page.Contents = Stream(pdf, content.encode())
            pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
        del pdf.Root["/Book"]
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()
