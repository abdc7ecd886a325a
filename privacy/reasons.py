"""Why a member of staff looks at a child's data: a sentence that the parent can read (P12)."""

SHORTEST = 10  # letters
FEWEST_WORDS = 2

HELP = "It is logged and shown to the parent. Do not name the child here."


class NoReason(ValueError):
    """What was typed says nothing; the message says what is missing."""


def require_reason(reason: str) -> None:
    """A reason has at least two different words and ten letters. Raises NoReason: the parent will read this, and
    "asdf asdf" tells them nothing. It cannot be checked whether it is true; that it is shown is what keeps it so."""
    words = {word.casefold() for word in reason.split() if sum(letter.isalpha() for letter in word) > 1}
    letters = sum(letter.isalpha() for letter in reason)
    if len(words) < FEWEST_WORDS or letters < SHORTEST or len(set(reason.casefold())) < SHORTEST // 2:
        raise NoReason("Type in a few words why you need to look; the parent will read it.")
