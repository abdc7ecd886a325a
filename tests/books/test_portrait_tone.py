"""The storybook portrait keeps the tone of every skin, and a painter that does not is found out."""

import numpy as np
import pytest

from books import portrait_tones
from books.colour_space import lab
from books.faces import Detector, Pixels
from books.painting import colours, watercolour
from books.portrait_tones import FARTHEST, JUST_NOTICEABLE, UNALIKE, Tone, measure, painter, unfair

SIDE = 300


@pytest.fixture(scope="module")
def paint() -> portrait_tones.Painter:
    return painter(Detector())


@pytest.fixture(scope="module")
def tones(paint: portrait_tones.Painter) -> list[Tone]:
    """What the painter does to the ten skins."""
    return measure(paint, side=SIDE)


def test_every_skin_keeps_its_tone_and_none_is_favoured(tones: list[Tone]) -> None:
    assert [tone.skin for tone in tones] == [str(number) for number in range(1, 11)]
    assert unfair(tones) == []


def test_the_measure_is_of_skin_and_of_all_the_light_there_is(paint: portrait_tones.Painter) -> None:
    """Not of paper, hair or coat: the drawing itself says where skin is. The ten differ as the swatches do."""
    tones = measure(lambda pixels: pixels, side=SIDE, as_photo=False)
    assert [tone.moved for tone in tones] == [0.0] * 10
    lightness = [tone.before[0] for tone in tones]
    assert lightness == sorted(lightness, reverse=True)
    assert lightness[0] > 88
    assert lightness[-1] < 28


def test_a_painter_that_pales_the_darker_is_found_out(
    paint: portrait_tones.Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was rejected: everything lifted towards the paper, as a print with few inks does. Pale skin hardly moves."""

    def paled(flat: Pixels, *_: object) -> Pixels:
        lifted = flat.copy()
        lifted[..., 0] = flat[..., 0] * 0.84 + 16
        return lifted

    monkeypatch.setattr(watercolour, "_tone_kept", paled)
    tones = measure(paint, side=SIDE)
    assert tones[0].moved < FARTHEST  # the palest would never have noticed
    complaints = unfair(tones)
    assert any("skin 10 moves" in complaint for complaint in complaints)
    assert any("lightness moves" in complaint for complaint in complaints)


def test_without_giving_the_tone_back_it_would_drift(
    paint: portrait_tones.Painter, tones: list[Tone], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `_tone_kept` is for: the brush alone favours nobody much, but it is not as close."""
    monkeypatch.setattr(watercolour, "_tone_kept", lambda flat, *_: flat)
    drifted = measure(paint, side=SIDE)
    assert max(tone.moved for tone in tones) < max(tone.moved for tone in drifted)


def test_unfair_means_far_or_unlike() -> None:
    def tone(lighter: float) -> Tone:
        return Tone("1", (50, 10, 10), (50 + lighter, 10, 10))

    assert unfair([tone(1), tone(2)]) == []
    assert unfair([tone(FARTHEST + 0.1)] * 2) == [f"skin 1 moves by {FARTHEST + 0.1:.1f}"] * 2
    assert unfair([tone(-1.5), tone(1.5)]) == ["lightness moves by -1.5 to 1.5, not alike for all"]
    assert UNALIKE <= JUST_NOTICEABLE


def test_colours_survive_the_way_there_and_back() -> None:
    every = np.stack(np.meshgrid(*[np.arange(0, 256, 15, dtype=np.uint8)] * 3), -1).reshape(1, -1, 3)
    back = (colours.to_rgb(colours.to_lab(every)) * 255).round().astype(np.uint8)
    assert np.abs(lab(back) - lab(every)).max() < 1.0
