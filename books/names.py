"""What parents may type: a child's name and a dedication, made fit for print or kindly refused."""

import re
import unicodedata

from books import fonts

MAX_NAME = 40
DEDICATION_MAX = 300
MAX_MARKS = 4
# Forty wide letters of a Latin name in the display font: stories are checked with such names, so none is wider.
MAX_WIDTH = 25.0  # em
_APOSTROPHES = str.maketrans({"'": "’", "‘": "’", "`": "’", "´": "’", "ʼ": "’", "\u2011": "-", "\u2010": "-"})
_UNPRINTABLE = ("Cc", "Cf", "Cs", "Co", "Cn")
_NAME_PUNCTUATION = set(" -’.·,־׳״・")  # the last four: hyphen, geresh and gershayim of Hebrew, the dot between kana


class UnprintableName(ValueError):
    """What was typed cannot be printed; the message is for the parent and never repeats the name."""


def _joins(text: str, index: int) -> bool:
    """Joiners have a meaning only between letters of scripts beyond Greek and Cyrillic (Arabic, Devanagari, ...)."""
    return 0 < index < len(text) - 1 and ord(text[index - 1]) > 0x5FF and ord(text[index + 1]) > 0x5FF


def _plain(raw: str, *, keep_lines: bool) -> str:
    """NFC, typographic apostrophes, one space for any white space; no control, direction or private characters."""
    text = unicodedata.normalize("NFC", raw).translate(_APOSTROPHES).replace("\r\n", "\n").replace("\r", "\n")
    kept: list[str] = []
    for index, character in enumerate(text):
        category = unicodedata.category(character)
        if character == "\n" and keep_lines:
            kept.append("\n")
        elif character in "\t\n" or category.startswith("Z"):
            kept.append(" ")
        elif category not in _UNPRINTABLE or (character in fonts.JOINERS and _joins(text, index)):
            kept.append(character)
    return re.sub(" *\n *", "\n", re.sub(" +", " ", "".join(kept))).strip()


def _longest_stack(text: str) -> int:
    longest = run = 0
    for character in unicodedata.normalize("NFD", text):
        run = run + 1 if unicodedata.category(character) == "Mn" else 0
        longest = max(longest, run)
    return longest


def clean(raw: str) -> str:
    """The name as it will be printed, at most 40 characters. Raises UnprintableName with what to do about it."""
    if any(unicodedata.category(c) == "So" or 0x1F000 <= ord(c) <= 0x1FAFF for c in raw):
        raise UnprintableName("Our storybook letters have no pictures in them. Please leave out the emoji.")
    name = _plain(raw, keep_lines=False)
    if not name:
        raise UnprintableName("Please type the child’s name.")
    if len(name) > MAX_NAME:
        raise UnprintableName(f"Please shorten the name to {MAX_NAME} letters so that it fits on every page.")
    if not any(unicodedata.category(c).startswith("L") for c in name):
        raise UnprintableName("Please type a name with at least one letter.")
    if any(unicodedata.category(c)[0] not in "LMN" and c not in _NAME_PUNCTUATION | fonts.JOINERS for c in name):
        raise UnprintableName("Please use only letters, spaces, hyphens and apostrophes in the name.")
    if _longest_stack(name) > MAX_MARKS:
        raise UnprintableName(
            "There are too many marks on one letter for us to print. Please type the name more simply."
        )
    faces = [fonts.face_for(name, role) for role in (fonts.TEXT, fonts.DISPLAY)]
    if not all(faces):
        raise UnprintableName(
            "We are sorry: our fonts cannot print this name yet. They have "
            f"{_alphabets()} letters, one alphabet at a time. Could you write it in one of these?"
        )
    if any(fonts.advance(face, name, cached=False) > MAX_WIDTH for face in faces if face):
        raise UnprintableName(
            "Please shorten the name a little: its letters are wide, and it has to fit on every page."
        )
    return name


def _alphabets() -> str:
    """What this installation's fonts print, in words."""
    chinese = any(face.package == fonts.CJK_PACKAGE for face in fonts.FALLBACKS[fonts.TEXT])
    more = ", Thai, Chinese, Japanese and Korean" if chinese else " and Thai"
    return f"Latin, Greek, Cyrillic, Arabic, Hebrew, Devanagari{more}"


def clean_dedication(raw: str) -> str:
    """The parent's own words, at most 300 characters and 6 lines; empty is fine. Raises UnprintableName."""
    text = re.sub("\n{2,}", "\n", _plain(raw, keep_lines=True))
    if len(text) > DEDICATION_MAX:
        raise UnprintableName(f"Please shorten the dedication to {DEDICATION_MAX} letters; it now has {len(text)}.")
    if text.count("\n") > 5:
        raise UnprintableName("Please use at most six lines for the dedication.")
    if _longest_stack(text) > MAX_MARKS:
        raise UnprintableName("There are too many marks on one letter for us to print. Please write more simply.")
    unprintable = {c for piece, face in fonts.runs(text.replace("\n", " "), fonts.TEXT) if face is None for c in piece}
    if unprintable:
        shown = " ".join(sorted(unprintable)[:6])
        raise UnprintableName(f"Our fonts cannot print these characters: {shown} Please leave them out.")
    return text
