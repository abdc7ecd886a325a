"""Words that read right for one child and for two."""

import pytest

from books import wording

NAMES = ("Mia", "Tom")


@pytest.mark.parametrize(
    ("text", "one", "two"),
    [
        ("{name} waves.", "Mia waves.", "Mia and Tom waves."),
        ("{name} {was|were} awake.", "Mia was awake.", "Mia and Tom were awake."),
        ("{{name}|{first} & {second}}", "Mia", "Mia & Tom"),
        ("{Nobody else|{second} first}, {name}.", "Nobody else, Mia.", "Tom first, Mia and Tom."),
        ("{|They both }{Waited|waited}.", "Waited.", "They both waited."),
        ("No names: {one\nletter|two\nletters}.", "No names: one\nletter.", "No names: two\nletters."),
    ],
)
def test_a_text_reads_right_for_one_child_and_for_two(text: str, one: str, two: str) -> None:
    assert wording.filled(text, NAMES[:1]) == one
    assert wording.filled(text, NAMES) == two
    assert wording.unknown(text) == []


def test_a_name_that_looks_like_a_placeholder_is_a_name() -> None:
    assert wording.filled("{name} {is|are} here.", ("{second}", "a|b")) == "{second} and a|b are here."


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{child} waves.", ["{child}"]),
        ("{second} waves.", ["{second}"]),
        ("{a|b|c} waves.", ["{a|b|c}"]),
        ("{name waves.", ["{name waves."]),
        ("{one {name}|{frist} two}", ["{frist}"]),
    ],
)
def test_what_means_nothing_is_found(text: str, wrong: list[str]) -> None:
    assert wording.unknown(text) == wrong
