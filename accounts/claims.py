"""The words in which every app says what it knows about people, in its `personal_data.py`.

A *record* is one row of the record of processing (GDPR 30): what, why, on which ground, for how long, and which
function erases it. A *claim* says which record the fields of a table belong to. `privacy.inventory` reads them all:
the privacy policy is printed from them, the hourly sweep runs the functions they name, and a test fails on a field
that nobody claims.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class About(StrEnum):
    """Whom the data is about."""

    CHILD = "child"
    CUSTOMER = "customer"
    STAFF = "staff"
    NOBODY = "nobody"


class Export(StrEnum):
    """How the person it is about gets a copy."""

    DOWNLOAD = "in the download of the child's data"
    ACCOUNT = "on the pages of their account and orders"
    REQUEST = "on request, from us"
    NONE = "not: it says nothing about a person"


class Runs(StrEnum):
    """What makes the erasing function run."""

    SWEEP = "every hour, for whatever is due"
    PURGE = "every five minutes and at each start, with the keys"
    ASKED = "when the person asks, or leaves"
    EXPIRY = "by itself, with the entry's own lifetime"


@dataclass(frozen=True)
class Ground:
    """A lawful ground, in words and as the article of the GDPR."""

    words: str
    article: str


CONTRACT = Ground("Our contract with you", "6(1)(b)")
CONSENT = Ground("Your consent, which you can withdraw", "6(1)(a)")
LAW = Ground("The law requires it", "6(1)(c)")
INTEREST = Ground("Our interest in a safe shop, or in answering you", "6(1)(f)")


@dataclass(frozen=True)
class Record:
    """One row of the record of processing.

    `kept` may name numbers in braces, as in "{mail_days} days": `privacy.inventory.numbers` knows them, from the
    constants that the erasing function uses. `erased_by` is that function's dotted path: `Runs.SWEEP` calls it as
    `erase(now=..., batch=...)` and gets the number of rows done. `shared_with` names roles of `privacy.register`.
    """

    about: About
    data: str
    why: str = ""
    ground: Ground | None = None
    kept: str = ""
    erased_by: str = ""
    runs: Runs = Runs.SWEEP
    export: Export = Export.REQUEST
    shared_with: tuple[str, ...] = ()
    public: bool = True


TECHNICAL = Record(About.NOBODY, "Numbers, states and times that say nothing about a person", public=False)


@dataclass(frozen=True)
class Claim:
    """The fields of one table, as "name email phone", by the record they belong to."""

    model: str
    fields: Mapping[Record, str]

    def names(self) -> list[tuple[str, Record]]:
        """Each field with its record; a field of two records comes twice."""
        return [(name, record) for record, names in self.fields.items() for name in names.split()]
