"""The order of letters on a line that mixes directions: Unicode's bidirectional algorithm for what books print.

Levels and reordering follow UAX #9 (rules W1-W7, N0-N2, I1, I2, L1, L2). Explicit direction characters never get here
(`names` takes them out); a child's name is isolated by its caller.
"""

import unicodedata

_STRONG = ("L", "R", "AL")
_NEUTRAL = ("B", "S", "WS", "ON")
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


def is_plain(text: str) -> bool:
    """Nothing in `text` is written from right to left: no need to ask for levels."""
    return not any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in text)


def base(text: str) -> int:
    """The level of a paragraph: 1 when its first letter is written from right to left, else 0."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in _STRONG:
            return int(kind != "L")
    return 0


def levels(text: str, paragraph: int) -> list[int]:
    """The embedding level of every character of a line; odd levels run from right to left."""
    own = "R" if paragraph else "L"
    kinds = [unicodedata.bidirectional(character) or "L" for character in text]
    original = list(kinds)
    _weak(kinds, own)
    _brackets(text, kinds, own)
    _neutral(kinds, own)
    found = []
    for kind in kinds:
        if paragraph:
            found.append(2 if kind in ("L", "EN", "AN") else 1)
        else:
            found.append({"L": 0, "R": 1}.get(kind, 2))
    for index in reversed(range(len(found))):  # L1: white space at the end of a line
        if original[index] not in ("WS", "B", "S"):
            break
        found[index] = paragraph
    return found


def _weak(kinds: list[str], own: str) -> None:
    last = own
    for index, kind in enumerate(kinds):  # W1: marks belong to what they stand on
        if kind in ("NSM", "BN"):
            kinds[index] = last
        last = kinds[index]
    strong = own
    for index, kind in enumerate(kinds):  # W2 and W3: digits among Arabic letters, Arabic letters
        if kind in _STRONG:
            strong = kind
        if kind == "EN" and strong == "AL":
            kinds[index] = "AN"
        elif kind == "AL":
            kinds[index] = "R"
    for index in range(1, len(kinds) - 1):  # W4: one separator between two numbers
        before, after = kinds[index - 1], kinds[index + 1]
        if before == after and (
            (kinds[index] == "ES" and before == "EN") or (kinds[index] == "CS" and before in ("EN", "AN"))
        ):
            kinds[index] = before
    for sequence in (range(1, len(kinds)), range(len(kinds) - 2, -1, -1)):  # W5: terminators beside a number
        step = -1 if sequence.step > 0 else 1
        for index in sequence:
            if kinds[index] == "ET" and kinds[index + step] == "EN":
                kinds[index] = "EN"
    strong = own
    for index, kind in enumerate(kinds):  # W6 and W7
        if kind in ("ES", "ET", "CS"):
            kinds[index] = "ON"
        elif kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[index] = "L"


def _brackets(text: str, kinds: list[str], own: str) -> None:
    """N0: a pair of brackets goes the same way, decided by what stands within and before it."""
    opened: list[tuple[int, str]] = []
    pairs: list[tuple[int, int]] = []
    for index, character in enumerate(text):
        if kinds[index] != "ON":
            continue
        if character in _BRACKETS:
            opened.append((index, _BRACKETS[character]))
        elif any(closing == character for _, closing in opened):
            while (last := opened.pop())[1] != character:
                pass
            pairs.append((last[0], index))
    for start, end in sorted(pairs):
        inside = {_direction(kind) for kind in kinds[start + 1 : end] if kind not in _NEUTRAL}
        if own in inside:
            kinds[start] = kinds[end] = own
        elif inside:
            before = next((_direction(kind) for kind in reversed(kinds[:start]) if kind not in _NEUTRAL), own)
            kinds[start] = kinds[end] = before


def _neutral(kinds: list[str], own: str) -> None:
    """N1 and N2: neutrals go with their neighbours when both run the same way, else with the paragraph."""
    index = 0
    while index < len(kinds):
        if kinds[index] not in _NEUTRAL:
            index += 1
            continue
        start = index
        while index < len(kinds) and kinds[index] in _NEUTRAL:
            index += 1
        before = _direction(kinds[start - 1]) if start else own
        after = _direction(kinds[index]) if index < len(kinds) else own
        kinds[start:index] = [before if before == after else own] * (index - start)


def _direction(kind: str) -> str:
    return "L" if kind == "L" else "R"


def visual(found: list[int]) -> list[int]:
    """Indices in the order in which they stand on the line, from left to right (L2)."""
    order = list(range(len(found)))
    odd = [level for level in found if level % 2]
    for level in range(max(found, default=0), min(odd, default=1) - 1, -1):
        start = 0
        while start < len(order):
            if found[order[start]] < level:
                start += 1
                continue
            end = start
            while end < len(order) and found[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = end
    return order
