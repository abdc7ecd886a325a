"""The proof's search finds a canary however it is written or packed, and nothing where there is none (F3, F4)."""

import base64
import os
import secrets
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from littledreamers.proof import canaries, encodings, planting, search, unpacking
from littledreamers.proof.canaries import Canaries
from littledreamers.proof.search import PICTURE, Search

CANARIES = planting.stand_ins()
SEARCH = Search(CANARIES)
PLANTS = planting.everything(CANARIES)


def labels(found: set[tuple[str, str]]) -> set[str]:
    return {label for label, _ in found}


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.canary}, {plant.way}")
def test_f04_a_canary_is_found_in_every_encoding_and_container(plant: planting.Plant) -> None:
    noise = os.urandom(1000)
    assert labels(SEARCH.in_bytes(noise + b" " + plant.content + b" " + noise, pictures=False)) == {plant.canary}


@pytest.mark.parametrize("label", CANARIES.words())
def test_f04_every_text_is_looked_for(label: str) -> None:
    assert labels(SEARCH.in_bytes(CANARIES.texts()[label].encode(), pictures=False)) == {label}


@pytest.mark.parametrize("way", encodings.FOLDED)
def test_f04_a_word_alone_is_found_in_every_encoding(way: str) -> None:
    """Without neighbours that another encoding's pattern could lean on."""
    word = CANARIES.words()["name in refused answers"].title()
    content = b"debug " + encodings.FOLDED[way](word) + b"\n"
    assert labels(SEARCH.in_bytes(content, pictures=False)) == {"name in refused answers"}


def test_nothing_is_found_where_nothing_is() -> None:
    others = planting.everything(planting.stand_ins())
    assert not SEARCH.in_bytes(b"\n".join(plant.content for plant in others) + os.urandom(1 << 20), pictures=False)


def test_half_a_word_is_no_hit() -> None:
    word = CANARIES.words()["dedication"]
    assert not SEARCH.in_bytes(word[:-1].encode() + b"!" * 40, pictures=False)


@settings(max_examples=200, deadline=None)
@given(before=st.binary(max_size=40), after=st.binary(max_size=40))
def test_a_word_is_found_at_any_place_among_any_bytes(before: bytes, after: bytes) -> None:
    assert "message to staff" in labels(
        SEARCH.in_bytes(before + CANARIES.message.encode() + after, pictures=False, unpack=False)
    )


@settings(max_examples=200, deadline=None)
@given(before=st.binary(max_size=40), after=st.binary(max_size=40), url_safe=st.booleans())
def test_base64_is_found_whatever_stands_beside_it(before: bytes, after: bytes, url_safe: bool) -> None:
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    content = encode(before + CANARIES.message.encode() + after)
    assert "message to staff" in labels(SEARCH.in_bytes(content, pictures=False, unpack=False))


@settings(max_examples=50, deadline=None)
@given(
    # Only words are ever written as JSON.
    ways=st.lists(st.sampled_from(sorted(planting.CONTAINERS)), min_size=1, max_size=2).filter(
        lambda ways: not ways[-1].startswith("JSON") or len(ways) == 1
    ),
    around=st.binary(max_size=30).filter(lambda noise: b"\r" not in noise),
)
def test_what_is_packed_once_or_twice_is_found(ways: list[str], around: bytes) -> None:
    content = f"for {CANARIES.message} and more of it".encode()
    for way in ways:
        content = planting.CONTAINERS[way](content)
    assert "message to staff" in labels(SEARCH.in_bytes(b"\0" + content + b"\0" + around, pictures=False))


@given(data=st.binary(min_size=16, max_size=60), before=st.integers(0, 2), after=st.binary(max_size=10))
def test_the_aligned_part_of_base64_is_in_the_whole(data: bytes, before: int, after: bytes) -> None:
    assert encodings.in_base64(data, before) in base64.b64encode(secrets.token_bytes(before) + data + after)


@pytest.mark.parametrize("at", [0, 5, 4080, 4090, 4096, 4100, 8190])
def test_a_word_across_two_pieces_of_a_file_is_found(at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "CHUNK", 4096)
    file = tmp_path / "large"
    searched = search.Searched()
    file.write_bytes(b"\0" * at + CANARIES.dedication.encode() + b"\0" * 9000)
    assert labels(SEARCH.in_file(file, pictures=False, searched=searched)) == {"dedication"}
    assert searched.bytes == file.stat().st_size


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xd8\xff\xdb", "JPEG"),
        (b"..%PDF-1.7", "PDF"),
        (b"\0\x89PNG\r\n\x1a\n", "PNG"),
        (b"RIFFxxxxWEBPVP8 ", "WebP"),
    ],
    ids=["JPEG", "PDF", "PNG", "WebP"],
)
def test_a_picture_in_the_clear_is_a_hit_only_where_none_may_be(content: bytes, kind: str) -> None:
    assert SEARCH.in_bytes(content, pictures=True) == {(PICTURE, kind)}
    assert (PICTURE, f"zlib: {kind}") in SEARCH.in_bytes(zlib.compress(content + bytes(50)), pictures=True)
    assert not SEARCH.in_bytes(content, pictures=False)


def test_a_photo_carries_its_note_three_times_and_its_pixels() -> None:
    note = canaries.invented_word()
    picture = canaries.photo(note)
    assert picture.count(note.encode()) >= 4
    made = Canaries(hidden_note=note, pieces={"photo": encodings.pieces(picture, canaries.PIECE, 3)})
    assert labels(Search(made).in_bytes(picture, pictures=False)) == {"photo", "note inside the photo"}


def test_pieces_are_of_this_file_alone() -> None:
    common, own = os.urandom(4000), os.urandom(4000)
    pieces = encodings.pieces(common + own + common, 24, 3, not_in=common)
    assert len(pieces) == 3
    assert all(piece not in common for piece in pieces)
    with pytest.raises(ValueError, match="too short"):
        encodings.pieces(common, 24, 3, not_in=common)


@pytest.mark.parametrize("cut", [10, 40, 200])
def test_a_stream_that_was_cut_off_gives_what_it_has(cut: int) -> None:
    packed = zlib.compress(CANARIES.message.encode() + os.urandom(5000))
    assert labels(SEARCH.in_bytes(packed[: len(packed) - cut], pictures=False)) == {"message to staff"}


def test_a_bomb_is_unpacked_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MOST", 1 << 20)
    bomb = zlib.compress(bytes(50 << 20))
    assert sum(len(inner) for _, inner in unpacking.everything_in(bomb)) <= (2 << 20)


@pytest.mark.parametrize("pattern", [b"", b"short"])
def test_patterns_too_short_to_be_found_are_refused(pattern: bytes) -> None:
    index: Callable[..., object] = search._Index
    with pytest.raises(ValueError, match="too short"):
        index([search.Needle("name", "bytes", pattern, folded=False)])
