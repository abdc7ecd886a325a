"""Fonts inside a PDF: only the letters a book uses, with the text they stand for."""

import threading
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pikepdf
import uharfbuzz
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from books import fonts
from books.fonts import Face

# What a PDF reader does not need to draw glyphs by their number.
_DROPPED = (
    *("GSUB", "GPOS", "GDEF", "BASE", "STAT", "name", "post", "OS/2", "cmap", "DSIG", "MATH", "vhea", "vmtx"),
    *("meta", "gasp", "kern", "VORG"),
)
_lock = threading.Lock()


@lru_cache(maxsize=32)
def source(path: Path) -> tuple[uharfbuzz.Face, uharfbuzz.Font]:
    """The static instance as HarfBuzz reads it."""
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)))
    return face, uharfbuzz.Font(face)


@dataclass
class EmbeddedFont:
    """One face in one document. Glyphs are collected while text is drawn; `write` makes the font object."""

    face: Face
    glyphs: dict[int, str] = field(default_factory=dict)

    @property
    def units(self) -> int:
        return int(source(fonts.file(self.face))[0].upem)

    def use(self, glyph: int, text: str) -> None:
        """`text`: what the glyph stands for when somebody searches or copies ("" for parts of a cluster)."""
        if not self.glyphs.get(glyph):
            self.glyphs[glyph] = text

    def write(self, pdf: Pdf) -> pikepdf.Object:
        face, font = source(fonts.file(self.face))
        scale = 1000 / self.units
        name = Name(f"/{_tag(self.glyphs)}+{self.face.family}")
        extents = font.get_font_extents("ltr")
        descriptor = Dictionary(
            Type=Name.FontDescriptor,
            FontName=name,
            FontFamily=self.face.family,
            Flags=4,
            FontBBox=[-1000, round(extents.descender * scale), 2000, round(extents.ascender * scale)],
            ItalicAngle=0,
            Ascent=round(extents.ascender * scale),
            Descent=round(extents.descender * scale),
            CapHeight=700,
            StemV=80,
        )
        postscript = "CFF " in face.table_tags
        program = Stream(pdf, self._subset(face, postscript=postscript))
        if postscript:
            program.Subtype = Name.CIDFontType0C
            descriptor.FontFile3 = pdf.make_indirect(program)
        else:
            descriptor.FontFile2 = pdf.make_indirect(program)
        widths = Array()
        for glyph in sorted(self.glyphs):
            widths.append(glyph)
            widths.append(Array([round(font.get_glyph_h_advance(glyph) * scale, 2)]))
        descendant = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType0 if postscript else Name.CIDFontType2,
            BaseFont=name,
            CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
            FontDescriptor=pdf.make_indirect(descriptor),
            W=widths,
        )
        if not postscript:
            descendant.CIDToGIDMap = Name.Identity
        return pdf.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.Type0,
                BaseFont=name,
                Encoding=Name("/Identity-H"),
                DescendantFonts=[pdf.make_indirect(descendant)],
                ToUnicode=pdf.make_indirect(Stream(pdf, self._to_unicode())),
            )
        )

    def _subset(self, face: uharfbuzz.Face, *, postscript: bool) -> bytes:
        wanted = uharfbuzz.SubsetInput()
        wanted.flags = uharfbuzz.SubsetFlags.RETAIN_GIDS | uharfbuzz.SubsetFlags.NOTDEF_OUTLINE
        if postscript:
            wanted.flags = fonts.CFF_FLAGS
        wanted.glyph_set.update(set(self.glyphs))
        wanted.drop_table_tag_set.update({int.from_bytes(tag.encode(), "big") for tag in _DROPPED})
        with _lock:
            made = uharfbuzz.subset(face, wanted)
            # A PDF carries PostScript outlines bare, without the tables around them.
            data: bytes = (made.reference_table("CFF ") if postscript else made.blob).data
        return data

    def _to_unicode(self) -> bytes:
        pairs = [
            f"<{glyph:04x}> <{text.encode('utf-16-be').hex()}>" for glyph, text in sorted(self.glyphs.items()) if text
        ]
        blocks = []
        for start in range(0, len(pairs), 100):
            block = pairs[start : start + 100]
            blocks.append(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n")
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            "1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
            + "".join(blocks)
            + "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
        ).encode()


def _tag(glyphs: dict[int, str]) -> str:
    """Six capital letters that differ for different subsets."""
    import zlib

    number = zlib.crc32(repr(sorted(glyphs)).encode())
    letters = ""
    for _ in range(6):
        number, letter = divmod(number, 26)
        letters += chr(65 + letter)
    return letters
