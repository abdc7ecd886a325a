"""The drawn child: the right parts, in order, in the parent's colours, for every choice of the palette."""

import itertools
import json
from dataclasses import replace

import pytest

from books import character, drawing, palette
from books.looks import DEFAULT, Looks, UnknownLook

OPTIONS = palette.load()


def test_layers_stand_in_order() -> None:
    looks = replace(DEFAULT, hairstyle="bob", extras=("freckles", "glasses-round"))
    parts = [layer.part for layer in character.layers(looks, pose="wave", mood="joy")]
    order = ["pose/wave/back", "hair/bob/back", "pose/wave/body", "head", "mood/joy", "extra/freckles/below-hair"]
    order += ["extra/glasses-round/below-hair", "hair/bob/front", "extra/glasses-round/above-hair", "pose/wave/front"]
    assert parts == [part for part in order if part in character.parts().drawings]
    assert {"pose/wave/body", "head", "mood/joy", "extra/freckles/below-hair"} <= set(parts)


def test_only_what_belongs_to_the_head_moves_with_it() -> None:
    for layer in character.layers(DEFAULT, pose="wave", mood="smile"):
        assert layer.with_head == (not layer.part.startswith("pose/"))


def test_every_class_becomes_the_chosen_colour() -> None:
    looks = replace(DEFAULT, skin="9", hair_colour="ginger", eyes="green", outfit="raincoat-teal")
    chosen = character.colours(looks, outfit="raincoat")
    root = drawing.parse(character.svg(looks, pose="walk", mood="smile").encode())
    seen = set()
    for element in root.walk():
        if name := element.get("class"):
            paint = element.get("stroke") if element.get("fill") == "none" else element.get("fill")
            assert paint == chosen[name]
            seen.add(name)
    assert {"skin", "skin-shade", "hair", "eye", "top", "bottom", "shoes", "brow", "lip"} <= seen


def test_what_a_headscarf_or_sleep_hides_is_not_drawn() -> None:
    looks = replace(DEFAULT, extras=("glasses-cat", "hearing-aid", "freckles"))

    def worn(looks: Looks, mood: str) -> set[str]:
        parts = (layer.part.split("/") for layer in character.layers(looks, pose="wave", mood=mood))
        return {part[1] for part in parts if part[0] == "extra"}

    assert worn(looks, "smile") == {"glasses-cat", "hearing-aid", "freckles"}
    assert worn(replace(looks, hairstyle="headscarf"), "smile") == {"glasses-cat", "freckles"}
    assert worn(looks, "sleep") == {"freckles"}


def test_the_story_dresses_a_child_whose_parent_did_not_choose() -> None:
    looks = replace(DEFAULT, outfit="")
    red = OPTIONS.find("outfits", "raincoat-red").colours["top"]
    assert character.colours(looks, outfit="raincoat-red")["top"] == red


@pytest.mark.parametrize("hairstyle", [option.key for option in OPTIONS.hairstyles])
def test_every_hairstyle_is_drawn_in_every_pose(hairstyle: str) -> None:
    looks = replace(DEFAULT, hairstyle=hairstyle)
    for pose, mood in zip(OPTIONS.poses, itertools.cycle(OPTIONS.moods), strict=False):
        assert character.layers(looks, pose=pose.key, mood=mood.key)


def test_parts_that_nobody_drew_are_named() -> None:
    with pytest.raises(character.MissingPart, match="pose/levitate/body"):
        character.layers(DEFAULT, pose="levitate", mood="smile")
    with pytest.raises(character.MissingPart, match="extra/monocle"):
        character.layers(replace(DEFAULT, extras=("monocle",)), pose="wave", mood="smile")
    with pytest.raises(character.MissingPart, match="hair/none"):
        character.layers(replace(DEFAULT, hairstyle="none"), pose="wave", mood="smile")


def test_browser_parts_are_plain_data_with_classes_and_variables() -> None:
    data = json.loads(json.dumps(character.browser_parts(poses=["wave", "hold"])))
    assert set(data["heads"]) == {"wave", "hold"}
    assert not any(key.startswith("pose/walk") for key in data["parts"])
    for markup in data["parts"].values():
        root = drawing.parse(markup.encode())
        for element in root.walk():
            assert element.tag in drawing.ELEMENTS
            assert set(element.attributes) <= drawing.ATTRIBUTES
            if name := element.get("class"):
                paint = element.get("stroke") if element.get("fill") == "none" else element.get("fill")
                assert paint == f"var(--{name})"
    brown_on_brown = data["hair_on_skin"]["9"]["brown"]["hair"]
    assert brown_on_brown == character.colours(replace(DEFAULT, skin="9", hair_colour="brown"), outfit="")["hair"]
    assert [option["key"] for option in data["palette"]["skins"]] == [option.key for option in OPTIONS.skins]
    assert len(data["palette"]["skins"]) == 10


def test_ids_in_parts_do_not_collide() -> None:
    ids: list[str] = []
    for markup in character.browser_parts()["parts"].values():
        ids += [element.get("id") for element in drawing.parse(markup.encode()).walk() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_p01_looks_hold_choices_only_and_never_show_themselves() -> None:
    assert Looks.from_dict(DEFAULT.to_dict()) == DEFAULT
    assert "almond" not in repr(DEFAULT).lower()
    assert DEFAULT.skin not in repr(DEFAULT).split("object")[0]


@pytest.mark.parametrize(
    "change",
    [
        {"skin": "99"},
        {"hairstyle": "nope"},
        {"extras": ["nope"]},
        {"extras": ["glasses-round", "glasses-square"]},
        {"extras": ["freckles", "freckles"]},
        {"outfit": "nope"},
        {"wrap": "nope"},
    ],
)
def test_unknown_looks_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(UnknownLook, match="Please choose"):
        Looks.from_dict({**DEFAULT.to_dict(), **change})


def test_a_missing_choice_is_named() -> None:
    data = DEFAULT.to_dict()
    del data["hair_colour"]
    with pytest.raises(UnknownLook, match="hair colour"):
        Looks.from_dict(data)


def test_palette_faults_name_what_is_missing(tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "palette.toml"
    path.write_text('[[skins]]\nkey = "1"\nlabel = "One"\nskin = "#ffffff"\n')
    with pytest.raises(palette.PaletteError, match="skins “1” has no skin-shade"):
        palette.read(path)
