"""How the drawn child looks: enough to choose from, and no choice that vanishes on another one.

The last word has whoever looks at docs/img/children.png; these are the faults that a machine sees.
"""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from django.conf import settings
from django.core.management import call_command

from books import character, colours, contact_sheet, drawing, palette, preview, svg_forms
from books.looks import DEFAULT, Looks

OPTIONS = palette.load()
COVERED = [style.key for style in OPTIONS.hairstyles if style.group == "covered"]
HEAD = (40.0, 10.0, 320.0, 320.0)  # of the canvas: the head of a child that stands upright
PIXELS = 128
Heads = dict[tuple[str, tuple[str, ...]], npt.NDArray[np.int_]]
EARS = ((103, 212), (297, 212))  # of the canvas


def test_there_is_enough_to_choose_from() -> None:
    assert len(OPTIONS.hairstyles) >= 24
    assert set(COVERED) == {"headscarf", "patka", "cap"}
    assert (len(OPTIONS.skins), len(OPTIONS.hair_colours)) == (10, 12)
    assert [extra.kind for extra in OPTIONS.extras].count("glasses") == 3
    assert {"freckles", "hearing-aid"} <= {extra.key for extra in OPTIONS.extras}
    assert len(OPTIONS.poses) >= 10
    assert len(OPTIONS.moods) >= 4


@pytest.mark.parametrize("skin", OPTIONS.skins, ids=lambda skin: skin.label)
def test_nothing_vanishes_on_any_skin(skin: palette.Option) -> None:
    ground = skin.colours["skin"]
    drawn = [palette.hair_on(skin, hair) for hair in OPTIONS.hair_colours]
    for hair in drawn:
        assert colours.difference(hair["hair"], ground) >= palette.STANDS_OUT - 0.5
        assert colours.difference(hair["brow"], ground) >= palette.STANDS_OUT - 0.5
    for one, other in itertools.combinations(drawn, 2):
        assert colours.difference(one["hair"], other["hair"]) >= 7
    # Freckles and the shape of the nose; the mouth.
    assert colours.difference(skin.colours["skin-shade"], ground) >= 10
    assert colours.difference(skin.colours["lip"], ground) >= 20


def test_hair_that_is_seen_well_keeps_its_colour() -> None:
    skin, hair = OPTIONS.find("skins", "2"), OPTIONS.find("hair_colours", "black")
    assert palette.hair_on(skin, hair) == dict(hair.colours)


def test_colours_come_back_from_lab() -> None:
    for colour in ("#000000", "#ffffff", "#4c2b20", "#6a93cf", "#f2b632"):
        assert colours.from_lab(colours.lab(colour)) == colour
    assert colours.difference("#000000", "#ffffff") == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize("style", [style.key for style in OPTIONS.hairstyles])
def test_every_hairstyle_takes_the_chosen_colour(style: str) -> None:
    counts: dict[str, int] = {}
    for layer in character.LAYERS["hair"]:
        part = character.parts().drawings.get(f"hair/{style}/{layer}")
        for name, count in (drawing.class_counts(part) if part else {}).items():
            counts[name] = counts.get(name, 0) + count
    wanted = {"wrap", "wrap-shade"} if style in COVERED else {"hair", "hair-shade", "hair-light"}
    if style != "bald":
        assert wanted <= set(counts)


def test_every_pose_has_hands_and_clothes_in_the_childs_colours() -> None:
    for pose in OPTIONS.poses:
        counts: dict[str, int] = {}
        for layer in character.LAYERS["pose"]:
            part = character.parts().drawings.get(f"pose/{pose.key}/{layer}")
            for name, count in (drawing.class_counts(part) if part else {}).items():
                counts[name] = counts.get(name, 0) + count
        assert counts["skin"] >= 2, pose.key
        assert counts["bottom"] >= 1, pose.key


@pytest.fixture(scope="module")
def heads() -> Heads:
    """Some hairstyles as pixels (RGB): bare, and with what lies near the ears."""
    wanted: list[tuple[str, tuple[str, ...]]] = [
        (style, ()) for style in ("patka", "cap", "bald", "buzz", "bun", "bob", "afro", "headscarf")
    ]
    wanted += [(style, ("hearing-aid",)) for style in ("bald", "bob", "afro", "headscarf")]
    wanted += [(style, ("glasses-square",)) for style in ("bald", "afro")]
    sheets = [svg_forms.Sheet(_head(replace(DEFAULT, hairstyle=s, extras=e)), PIXELS, PIXELS) for s, e in wanted]
    pictures = preview.rasterise(svg_forms.document(sheets), PIXELS)
    return {key: pixels[:, :, 2::-1].astype(int) for key, pixels in zip(wanted, pictures, strict=True)}


def _head(looks: Looks) -> str:
    chosen, drawn = character.colours(looks, outfit="raincoat"), character.parts().drawings
    layers = [layer.part for layer in character.layers(looks, pose="hold", mood="smile") if layer.with_head]
    return drawing.svg(tuple(drawing.recoloured(drawn[part], chosen) for part in layers), HEAD)


def _changed(one: npt.NDArray[np.int_], other: npt.NDArray[np.int_]) -> npt.NDArray[np.bool_]:
    changed: npt.NDArray[np.bool_] = np.abs(one - other).max(axis=2) > 24
    return changed


def _pixel(pixels: npt.NDArray[np.int_], place: tuple[int, int]) -> str:
    x, y = (round((at - start) * PIXELS / HEAD[2]) for at, start in zip(place, HEAD[:2], strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in pixels[y, x])


def test_hair_lies_over_the_arms_of_glasses_and_never_over_their_lenses(heads: Heads) -> None:
    for style, glasses in itertools.product(OPTIONS.hairstyles, OPTIONS.extras):
        if glasses.kind != "glasses":
            continue
        looks = replace(DEFAULT, hairstyle=style.key, extras=(glasses.key,))
        parts = [layer.part for layer in character.layers(looks, pose="wave", mood="smile")]
        hair = parts.index(f"hair/{style.key}/front") if f"hair/{style.key}/front" in parts else -1
        assert parts.index(f"extra/{glasses.key}/above-hair") > hair
        assert parts.index(f"extra/{glasses.key}/below-hair") < hair or hair == -1
    seen = {
        style: _changed(heads[style, ("glasses-square",)], heads[style, ()])[:, 32:96] for style in ("bald", "afro")
    }
    assert seen["afro"].sum() >= 0.9 * seen["bald"].sum() > 0


def test_a_hearing_aid_is_seen_wherever_ears_are(heads: Heads) -> None:
    seen = {
        style: _changed(heads[style, ("hearing-aid",)], heads[style, ()]).sum()
        for style in ("bald", "bob", "afro", "headscarf")
    }
    assert seen["bald"] > 50
    assert seen["bob"] >= seen["bald"]  # with the ear that the hair is tucked behind
    assert seen["afro"] >= seen["bald"]
    assert seen["headscarf"] == 0
    assert [style.key for style in OPTIONS.hairstyles if "aid" in style.hides] == ["headscarf"]


def test_hats_leave_the_ears_out(heads: Heads) -> None:
    skin = OPTIONS.find("skins", DEFAULT.skin).colours
    for style in ("patka", "cap", "bald", "buzz", "bun"):
        for ear in EARS:
            seen = _pixel(heads[style, ()], ear)
            assert min(colours.difference(seen, skin[name]) for name in ("skin", "skin-shade")) < 8, (style, seen)


def test_the_contact_sheet_is_the_same_for_the_same_seed_and_shows_everything() -> None:
    invented = contact_sheet.children(1)
    assert invented == contact_sheet.children(1)
    assert invented != contact_sheet.children(2)
    assert len(invented) == 60
    assert {child.looks.hairstyle for child in invented} == {style.key for style in OPTIONS.hairstyles}
    assert {child.pose for child in invented} == {pose.key for pose in OPTIONS.poses}
    assert {child.mood for child in invented} == {mood.key for mood in OPTIONS.moods}
    for table, name in (("skins", "skin"), ("hair_colours", "hair_colour"), ("eyes", "eyes")):
        keys = [getattr(child.looks, name) for child in invented]
        assert {keys.count(option.key) for option in getattr(OPTIONS, table)} == {60 // len(getattr(OPTIONS, table))}


def test_the_contact_sheet_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    every = contact_sheet.children
    monkeypatch.setattr(contact_sheet, "children", lambda seed: every(seed)[:2])
    call_command("contact_sheet", "--seed", "3", "--out", str(tmp_path / "sheet.png"))
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")


def test_the_contact_sheet_of_the_docs_stays_small() -> None:
    assert 50_000 < (settings.BASE_DIR / "docs/img/children.png").stat().st_size < 700_000
