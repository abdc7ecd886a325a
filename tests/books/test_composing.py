"""The files of a book: the child as chosen, in the right place, nothing of anybody else, and memory that stays flat."""

import io
import re
import resource
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pikepdf
import pypdfium2
import pytest
import time_machine
from pikepdf import Dictionary, Name
from PIL import Image

from books import character, composing, preview, recolouring, stamping, templates_store
from books.geometry import MM
from books.inks import Inks
from books.looks import Looks
from books.print_profiles import PROFILES, CannotPrint
from books.stamping import Content
from books.story import BACK, FRONT, Story
from tests.books.small_story import content, portrait

HOUSE = PROFILES["house"]


def text_of(data: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(data)
    pages = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    document.close()
    return pages


def millimetres(page: pikepdf.Page, box: str) -> list[float]:
    return [round(float(number) / MM, 2) for number in page.obj[f"/{box}"]]


def test_the_interior_is_single_pages_with_bleed(small_story: Story) -> None:
    data = composing.interior(small_story, content(), HOUSE)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert len(pdf.pages) == 24  # six pages, filled up to what the printer binds
        for page in pdf.pages:
            assert millimetres(page, "MediaBox") == millimetres(page, "BleedBox") == [0, 0, 216, 216]
            assert millimetres(page, "TrimBox") == [3, 3, 213, 213]
        assert str(pdf.pdf_version) == "1.6"
        assert pdf.Root.OutputIntents[0].OutputConditionIdentifier == "FOGRA39"
        assert pdf.docinfo["/Trapped"] == Name("/False")


def test_p17_files_for_the_printer_do_not_carry_the_name_in_their_description(small_story: Story) -> None:
    for data in (
        composing.interior(small_story, content("Xaviera"), HOUSE),
        composing.cover(small_story, content("Xaviera"), HOUSE, binding="softcover"),
    ):
        with pikepdf.open(io.BytesIO(data)) as pdf:
            described = str(dict(pdf.docinfo.items())) + pdf.Root.Metadata.read_bytes().decode()
            assert "Xaviera" not in described
            assert "The Moon" in described


def test_the_words_are_those_of_the_child_and_its_age(small_story: Story) -> None:
    small = text_of(composing.interior(small_story, content("Zoë", age=1), HOUSE))
    large = text_of(composing.interior(small_story, content("Zoë", age=12), HOUSE))
    assert small[1] == "Zoë waves."
    assert large[1].startswith("Every evening Zoë waved. Tonight")
    assert "Zoë" in small[0]
    assert "For you" in small[0]
    assert small[2] == "Zoë"
    assert "For you" not in text_of(composing.interior(small_story, content(dedication=""), HOUSE))[0]


def test_a_name_in_braces_is_not_filled_in_again(small_story: Story) -> None:
    pages = text_of(composing.interior(small_story, content("Zoë", dedication="For {name}"), HOUSE))
    assert "For {name}" in pages[0]


def colours_in(data: bytes) -> set[str]:
    found = set()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") == Name.Form:
                for match in re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG)", thing.read_bytes()):
                    found.add("#" + "".join(f"{round(float(number) * 255):02x}" for number in match))
    return found


def test_the_child_has_the_chosen_colours_and_no_sentinel_is_left(small_story: Story) -> None:
    said = content().personalisation
    found = colours_in(composing.interior(small_story, content(), HOUSE))
    chosen = character.colours(said.looks, outfit="raincoat")
    for name in ("skin", "skin-shade", "hair", "brow", "eye", "lip", "blush", "top", "bottom", "shoes"):
        assert chosen[name] in found, name
    assert not found & set(recolouring.SENTINELS.values())


def test_unused_parts_stay_out_of_the_file(small_story: Story) -> None:
    template = templates_store.template_for(small_story)
    data = composing.interior(small_story, content(), HOUSE)
    assert len(data) < len(template.data) / 2
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert "/Book" not in pdf.Root


def test_a_sheet_draws_the_same_as_the_whole_template(small_story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    def files() -> list[bytes]:
        return [
            composing.interior(small_story, content(), HOUSE),
            composing.cover(small_story, content(), HOUSE, binding="hardcover"),
        ]

    from_sheets = files()
    monkeypatch.setattr(templates_store.Template, "sheet", lambda template, *_: template.data)
    for one, other in zip(from_sheets, files(), strict=True):
        for drawn, expected in zip(preview.rasterise(one, 432), preview.rasterise(other, 432), strict=True):
            assert np.array_equal(drawn, expected)


@pytest.mark.parametrize("count", [1, 2])
def test_a_sheet_holds_the_scenes_that_a_file_shows_and_nothing_of_a_child(small_story: Story, count: int) -> None:
    template = templates_store.template_for(small_story)
    for places in ([FRONT, BACK], [1, 2, 3]):
        sheet = template.sheet(places, count)
        assert template.sheet(reversed(places), count) is sheet  # made once
        wanted = {f"/{name}" for place in places for name in template.art[place].layers(count) if name}
        with pikepdf.open(io.BytesIO(sheet)) as pdf:
            assert set(dict(pdf.Root.Book.Scenes)) == wanted
            assert len(pdf.Root.Book.Parts) == len(template.parts)
            assert len(pdf.pages) == 0


def test_what_is_kept_of_the_parts_is_nobodys(small_story: Story) -> None:
    first, second = (replace(content().personalisation.looks, skin=skin) for skin in ("2", "9"))
    made: dict[Looks, bytes] = {}
    for looks in (first, second, first):
        child = replace(content(), personalisation=replace(content().personalisation, looks=looks))
        data = composing.interior(small_story, child, HOUSE)
        assert made.setdefault(looks, data) == data  # the child in between left nothing behind
        skin = character.colours(looks, outfit="raincoat")["skin"]
        assert skin in colours_in(data)
        kept = b"".join(before for cut in recolouring._cuts.values() for before, _ in cut)
        assert recolouring.operands(skin) + b" rg" not in kept
    assert made[first] != made[second]
    assert 0 < len(recolouring._cuts) <= recolouring.KEPT


def test_a_part_whose_colours_do_not_add_up_is_refused(small_story: Story) -> None:
    template = templates_store.template_for(small_story)
    parts = {
        key: (name, {**counts, "skin": counts.get("skin", 0) + 1}) for key, (name, counts) in template.parts.items()
    }
    with pytest.raises(recolouring.ColourLost):
        composing.interior_from(replace(template, parts=parts), content(), HOUSE)


def test_every_child_of_a_scene_stands_on_its_page(small_story: Story) -> None:
    stamp = stamping.Stamp(templates_store.template_for(small_story), content())
    drawn = {page: sum("/C" in line for line in stamp.picture(page)[0]) for page in range(1, 7)}
    # The one of pages 4 and 5 stands across the fold, so both pages show it.
    assert drawn == {1: 0, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1}


def test_spreads_meet_at_the_fold(small_story: Story) -> None:
    data = composing.interior(small_story, content(), HOUSE)
    pages = [pixels[:, :, :3].astype(int) for pixels in preview.rasterise(data, 864)]
    fold = 3 * 4  # the bleed at the fold, in pixels
    left, right = pages[3], pages[4]
    assert np.abs(left[:, -2 * fold :] - right[:, : 2 * fold]).mean() < 2


def test_the_photo_is_stamped_as_it_is(small_story: Story) -> None:
    photo = portrait()
    data = composing.interior(small_story, content(photo=photo), HOUSE)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        image = pdf.pages[0].obj.Resources.XObject.I
        assert image.read_raw_bytes() == photo
        assert image.ColorSpace[0] == Name.ICCBased
    middle = next(iter(preview.rasterise(data, 432)))[2 * (70 + 45 + 3), 2 * (60 + 45 + 3)]
    assert np.abs(middle[2::-1].astype(int) - (0x88, 0x77, 0x66)).max() <= 4


def test_without_a_photo_the_drawn_child_fills_the_frame(small_story: Story) -> None:
    data = composing.interior(small_story, content(), HOUSE)
    page = next(iter(preview.rasterise(data, 864)))
    frame = page[4 * 73 : 4 * 163, 4 * 63 : 4 * 153, 2::-1].reshape(-1, 3)
    skin = tuple(
        int(character.colours(content().personalisation.looks, outfit="")["skin"][i : i + 2], 16) for i in (1, 3, 5)
    )
    assert (np.abs(frame.astype(int) - skin).max(axis=1) <= 3).mean() > 0.08


def test_p21_the_digital_copy_is_marked_until_it_is_approved(small_story: Story) -> None:
    marked = text_of(composing.digital_copy(small_story, content(), watermark=True))
    clean = text_of(composing.digital_copy(small_story, content(), watermark=False))
    assert len(marked) == len(clean) == 8
    assert all("not yet approved" in page for page in marked)
    assert not any("not yet approved" in page for page in clean)
    assert "Zoë and the Moon" in " ".join(clean[0].split())


def test_the_digital_copy_is_trimmed_and_has_no_printing_condition(small_story: Story) -> None:
    with pikepdf.open(io.BytesIO(composing.digital_copy(small_story, content(), watermark=False))) as pdf:
        assert {tuple(millimetres(page, "MediaBox")) for page in pdf.pages} == {(3, 3, 213, 213), (20, 20, 230, 230)}
        assert "/OutputIntents" not in pdf.Root
        assert pdf.docinfo["/Title"] == "Zoë and the Moon"


def test_a_file_is_numbered_by_its_content_and_not_by_the_time(small_story: Story) -> None:
    def number(dedication: str) -> bytes:
        data = composing.digital_copy(small_story, content(dedication=dedication), watermark=False)
        with pikepdf.open(io.BytesIO(data)) as pdf:
            return bytes(pdf.trailer.ID[1])  # of this file; the first one is the template's

    with time_machine.travel(datetime(2026, 11, 22, tzinfo=UTC), tick=False):
        assert number("For you") == number("For you") != number("For me")


@pytest.mark.parametrize(("binding", "spine", "titled"), [("softcover", 2.4, False), ("hardcover", 7.8, True)])
def test_the_cover_is_one_wrap(small_story: Story, binding: str, spine: float, titled: bool) -> None:
    data = composing.cover(small_story, content(), HOUSE, binding=binding)
    margin = 3 if binding == "softcover" else 20
    with pikepdf.open(io.BytesIO(data)) as pdf:
        page = pdf.pages[0]
        assert millimetres(page, "MediaBox") == pytest.approx([0, 0, 420 + spine + 2 * margin, 210 + 2 * margin])
        assert millimetres(page, "TrimBox") == pytest.approx([margin, margin, 420 + spine + margin, 210 + margin])
        assert ("/S" in page.obj.Resources.XObject) == titled
    words = text_of(data)[0]
    assert words.count("and the Moon") == (2 if titled else 1)
    assert "Luckily, Zoë is awake." in words


@pytest.mark.parametrize("profile", ["lulu-8.5", "gelato"])
def test_other_printers_get_their_own_size(small_story: Story, profile: str, press_profile: bytes) -> None:
    wanted = PROFILES[profile]
    with pikepdf.open(io.BytesIO(composing.interior(small_story, content(), wanted))) as pdf:
        side = round(wanted.trim + 2 * wanted.bleed, 2)
        assert millimetres(pdf.pages[0], "MediaBox") == [0, 0, side, side]
        assert ("/OutputIntents" in pdf.Root) == (wanted.pdf_kind == "x-4")


def test_what_we_cannot_make_is_said(small_story: Story) -> None:
    with pytest.raises(CannotPrint, match="takes CMYK only: the printer’s own colour profile is needed"):
        composing.interior(small_story, content(), PROFILES["ingram"])
    with pytest.raises(CannotPrint, match="does not bind as spiral"):
        composing.cover(small_story, content(), HOUSE, binding="spiral")


def test_pages_are_filled_up_as_the_binding_needs() -> None:
    lulu, ingram, house = PROFILES["lulu-8.5"], PROFILES["ingram"], HOUSE
    assert [lulu.printed_pages(6, one) for one in ("softcover", "hardcover")] == [32, 24]
    assert ingram.printed_pages(32, "hardcover") == 34  # the last page is the printer's
    assert ingram.printed_pages(31, "hardcover") == 32
    assert [house.printed_pages(pages, "hardcover") for pages in (32, 33)] == [32, 36]


def pictures(data: bytes) -> list[Image.Image]:
    """The pictures in inks, one of each page that has one."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        found = [page.obj.Resources.get("/XObject", Dictionary()).get("/A") for page in pdf.pages]
        return [Image.open(io.BytesIO(one.read_raw_bytes())).copy() for one in found if one is not None]


def test_a_printer_of_inks_gets_what_the_parent_saw_in_the_inks_of_its_press(
    small_story: Story, press_profile: bytes
) -> None:
    """The art as it is drawn on the screen, converted by the press's profile; the words as letters over it."""
    gelato = PROFILES["gelato"]
    made = content(photo=portrait())
    data = composing.interior(small_story, made, gelato)
    drawn = pictures(data)
    assert len(drawn) == 6
    assert {(one.mode, one.size) for one in drawn} == {("CMYK", (round(218 / 25.4 * 300),) * 2)}
    inks = Inks(press_profile)
    frame = drawn[0].getpixel((drawn[0].width // 2, round((4 + 70 + 45) / 25.4 * 300)))  # the middle of the photo
    wanted = inks.of(0x88 / 255, 0x77 / 255, 0x66 / 255)
    assert isinstance(frame, tuple)
    assert np.abs(np.array(frame) / 255 - wanted).max() < 0.03
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert str(pdf.pdf_version) == "1.6"
        assert pdf.Root.OutputIntents[0].DestOutputProfile.read_bytes() == press_profile
        assert pdf.pages[0].obj.Resources.XObject.A.Decode == [1, 0] * 4
    assert text_of(data)[0].startswith("Zoë")
    # pdfium mixes inks in its own simple way: enough to see that the picture is the right way round.
    ours = next(iter(preview.rasterise(data, 432)))[:, :, :3].astype(int)
    plain = next(iter(preview.rasterise(composing.interior(small_story, made, HOUSE), 432)))[:, :, :3].astype(int)
    assert np.abs(ours - plain).mean() < 25


def test_no_place_has_more_ink_than_the_printer_takes(small_story: Story, press_profile: bytes) -> None:
    limited = Inks(press_profile, limit=240)
    assert sum(Inks(press_profile).of(0, 0, 0)) > 3.3
    for colour in ((0, 0, 0), (0.1, 0.05, 0.1), (0.1, 0, 0.3)):
        assert sum(limited.of(*colour)) <= 2.41
    assert limited.of(1, 1, 1) == (0, 0, 0, 0)
    assert limited.of(1, 0, 0) == Inks(press_profile).of(1, 0, 0)
    with pytest.raises(ValueError, match="cannot be read"):
        Inks(b"nothing")


def test_pdf_x_1a_has_no_transparency_and_says_what_it_is(small_story: Story, press_profile: bytes) -> None:
    data = composing.cover(small_story, content(), PROFILES["ingram"], binding="hardcover")
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert str(pdf.pdf_version) == "1.4"
        assert pdf.docinfo["/GTS_PDFXVersion"] == "PDF/X-1a:2003"
        assert not any("/SMask" in thing or "/ca" in thing for thing in pdf.objects if isinstance(thing, Dictionary))
        assert "/Group" not in pdf.pages[0].obj
    (drawn,) = pictures(data)
    margin, trim = PROFILES["ingram"].margin("hardcover"), 8.5 * 25.4
    label = (margin + trim - 6.35 - 22, drawn.height / 300 * 25.4 - margin - 6.35 - 12)
    assert drawn.getpixel((round(label[0] / 25.4 * 300), round(label[1] / 25.4 * 300))) == (0, 0, 0, 0)
    assert "Luckily, Zoë is awake." in text_of(data)[0]


def test_the_printers_own_profile_makes_it_pdf_x(small_story: Story, tmp_path: object, settings: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "printer.icc"
    path.write_bytes(bytes(12) + b"prtrCMYKLab " + bytes(104))
    settings.PRINT_ICC = str(path)  # type: ignore[attr-defined]
    with pikepdf.open(io.BytesIO(composing.interior(small_story, content(), HOUSE))) as pdf:
        assert pdf.Root.OutputIntents[0].DestOutputProfile.read_bytes() == path.read_bytes()
        assert b"PDF/X-4" in pdf.Root.Metadata.read_bytes()
    path.write_bytes(bytes(12) + b"mntrRGB XYZ " + bytes(104))
    with pytest.raises(ValueError, match="is not a CMYK printer profile"):
        composing.interior(small_story, content(), HOUSE)


def test_without_a_profile_no_standard_is_claimed(small_story: Story) -> None:
    with pikepdf.open(io.BytesIO(composing.interior(small_story, content(), HOUSE))) as pdf:
        assert b"GTS_PDFXVersion" not in pdf.Root.Metadata.read_bytes()
        assert pdf.Root.OutputIntents[0].RegistryName == "http://www.color.org"


def test_every_rgb_is_srgb(small_story: Story) -> None:
    with pikepdf.open(io.BytesIO(composing.interior(small_story, content(photo=portrait()), HOUSE))) as pdf:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
                if "/Resources" in thing:
                    assert thing.Resources.ColorSpace.DefaultRGB[0] == Name.ICCBased
                assert thing.get("/ColorSpace") != Name.DeviceRGB or thing.get("/ShadingType") is None


def test_memory_stays_flat_over_fifty_books(small_story: Story) -> None:
    def book(number: int) -> None:
        made: Content = content(f"Child {'abcdefghij'[number % 10]}{'klmnopqrst'[number // 10 % 10]}")
        composing.interior(small_story, made, HOUSE)
        list(preview.render(small_story, made, [1, 2, 3]))

    for number in range(10):
        book(number)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(50):
        book(number)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 20_000  # kB
    tracemalloc.start()  # slows everything down, so for a few books only
    book(0)
    before = tracemalloc.get_traced_memory()[0]
    for number in range(1, 9):
        book(number)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 200_000, "bytes that eight books left behind"


def test_the_same_book_has_the_same_bytes_whenever_it_is_made(small_story: Story) -> None:
    def made() -> tuple[bytes, bytes, bytes]:
        return (
            composing.interior(small_story, content(photo=portrait()), HOUSE),
            composing.cover(small_story, content(), HOUSE, binding="hardcover"),
            composing.digital_copy(small_story, content(), watermark=True),
        )

    with time_machine.travel(datetime(2026, 11, 22, tzinfo=UTC)):
        first = made()
    with time_machine.travel(datetime(2027, 3, 1, tzinfo=UTC)):
        assert made() == first


def test_the_digital_copy_can_be_read_aloud_and_leafed_through_by_bookmarks(small_story: Story) -> None:
    data = composing.digital_copy(small_story, content(age=4), watermark=True)
    assert len(data) < 8_000_000
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.Lang == "en-GB"
        parts = list(pdf.Root.StructTreeRoot.K.K)
        assert len(parts) == len(pdf.pages) == 8
        assert all(str(part.K[0].S) == "/Figure" and str(part.K[0].Alt) for part in parts)
        assert str(parts[0].K[1].ActualText) == "Zoë and the Moon"
        assert str(parts[2].K[0].Alt) == "The Moon looks in at a red window."
        assert str(parts[2].K[1].ActualText) == "Zoë waves at the Moon. The Moon waves back."
        numbers = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
        for number, (page, part) in enumerate(zip(pdf.pages, parts, strict=True)):
            drawn = page.obj.Contents.read_bytes()
            assert drawn.count(b"BDC") == len(part.K)
            assert drawn.count(b"EMC") == len(part.K) + 1  # the watermark is no part of the book
            assert page.obj.StructParents == number == numbers[2 * number]
            assert [one.objgen for one in numbers[2 * number + 1]] == [one.objgen for one in part.K]
        with pdf.open_outline() as outline:
            found = [item.title for item in outline.root]
    assert found == ["Front cover", "Page 1", "Pages 2 and 3", "Pages 4 and 5", "Page 6", "Back cover"]
