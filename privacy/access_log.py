"""Who looked at a child's data, when and why, in a parent's words (P12)."""

import re
from dataclasses import dataclass
from datetime import datetime

from privacy import together
from privacy.models import Child, VaultAccess
from privacy.purposes import Kind, Purpose

MOST = 300  # rows of one kind of visitor; staff are never cut off

WHAT: dict[str, str] = {
    Kind.PERSONALISATION: "name, age, looks and dedication",
    Kind.PHOTO: "your photo",
    Kind.PORTRAIT: "the storybook portrait",
    Kind.PREVIEW_PAGE: "pages of the preview",
    Kind.FULL_PAGE: "pages of the digital copy",
    Kind.DIGITAL_COPY: "the digital copy",
    Kind.INTERIOR: "print file of the pages",
    Kind.COVER: "print file of the cover",
    Kind.MESSAGE: "messages between you and us",
    Kind.EVIDENCE: "photos of the fault",
}
WHY: dict[str, str] = {
    Purpose.PREVIEW: "to show you your book",
    Purpose.RENDER: "to draw your book",
    Purpose.PRINT: "to print your book",
    Purpose.RIGHTS: "to give you the copy you asked for",
}
# Words are not drawn: whatever they were opened for, they were read to talk with each other.
WHY_WORDS = "to talk with you about your book"
WHY_EVIDENCE = "to look at the fault"


FORGOTTEN_REASON = "for a reason that was forgotten with your child’s data"


@dataclass(frozen=True)
class Look:
    """One row of the log."""

    who: str
    what: str
    why: str
    hour: datetime
    count: int


@dataclass(frozen=True)
class Looks:
    """The log, the latest first. `people`: our staff and the printer; `own`: the parent; `machine`: no person."""

    people: list[Look]
    own: list[Look]
    machine: list[Look]

    @property
    def own_count(self) -> int:
        return sum(look.count for look in self.own)

    @property
    def machine_count(self) -> int:
        return sum(look.count for look in self.machine)


def of(child: Child) -> Looks:
    """Everything that was looked at; of the parent's and the machine's own looks the latest rows."""
    rows = VaultAccess.objects.filter(child__in=together.everyone(child)).order_by("-hour", "-pk")
    own, machine = rows.filter(actor="parent"), rows.filter(actor__startswith="system")
    people = rows.exclude(actor="parent").exclude(actor__startswith="system")
    return Looks(
        people=[_look(row) for row in people],
        own=[_look(row) for row in own[:MOST]],
        machine=[_look(row) for row in machine[:MOST]],
    )


def _look(access: VaultAccess) -> Look:
    return Look(
        who=who(access.actor),
        what=WHAT.get(access.kind, access.kind),
        why=_reason(access) or why(access.kind, access.purpose),
        hour=access.hour,
        count=access.count,
    )


def _reason(access: VaultAccess) -> str:
    """What staff typed; `children.forget` has put a mark in its place."""
    return FORGOTTEN_REASON if re.fullmatch(r"forgotten \d+", access.reason) else access.reason


def who(actor: str) -> str:
    """Staff are people with a number here, not with a name."""
    role, _, which = actor.partition(":")
    return {
        "parent": "You",
        "staff": f"Our staff (no. {which})",
        "system": "Our machine, by itself",
        "printer": "The printer",
    }.get(role, actor)


def why(kind: str, purpose: str) -> str:
    """What the vault was opened for where nobody typed a reason."""
    if kind == Kind.MESSAGE and purpose != Purpose.RIGHTS:
        return WHY_WORDS
    if kind == Kind.EVIDENCE and purpose != Purpose.RIGHTS:
        return WHY_EVIDENCE
    return WHY.get(purpose, purpose)
