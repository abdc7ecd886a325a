"""Photos and words about a fault: they may show the child, so they lie in the vault under a key and a clock of their
own, apart from the book's (P25).

A draft that nobody sends is forgotten like a book that nobody orders; what was sent, 14 days after its first upload.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core import signing
from django.db import transaction

from books.photo import SanitisedPhoto
from orders.models import Order
from privacy import children, vault
from privacy.consent import ConsentGiven
from privacy.masked import Masked
from privacy.models import Child
from privacy.purposes import Actor, Kind, Purpose

MOST_PHOTOS = 5
MAX_WORDS = 2000
_signer = signing.Signer(salt="refunds.evidence", sep=".")


class TooManyPhotos(ValueError):
    """There are at most five photos of one return."""


@dataclass(frozen=True, repr=False)
class Opened:
    """Everything that was sent, read for one purpose. Photos as (number, JPEG)."""

    photos: list[tuple[int, Masked[bytes]]]
    words: list[Masked[str]]


def begin(*, consent: ConsentGiven) -> Child:
    """A new subject with its own 14 days. Call it in the transaction that stores what it holds (P4)."""
    return children.collect(consent=consent)


@transaction.atomic
def add(child: Child, *, photos: Sequence[SanitisedPhoto] = (), words: str = "") -> None:
    """Put photos and words beside what is there. Raises `TooManyPhotos`, and privacy.vault.Forgotten."""
    Child.objects.select_for_update(no_key=True).get(pk=child.pk)  # so that no two take the same number
    held = vault.numbers(child, Kind.EVIDENCE)
    if len(held) + len(photos) > MOST_PHOTOS:
        raise TooManyPhotos
    first = held[-1] + 1 if held else 1
    for number, photo in enumerate(photos, first):
        vault.put(child, Kind.EVIDENCE, number, photo.jpeg.reveal())
    if words.strip():
        number = (vault.numbers(child, Kind.MESSAGE) or [0])[-1] + 1
        vault.put(child, Kind.MESSAGE, number, words.strip()[:MAX_WORDS].encode())


def remove_photo(child: Child, number: int) -> None:
    """Take one photo out again."""
    vault.remove(child, Kind.EVIDENCE, number)


def photo_numbers(child: Child) -> list[int]:
    """Which photos there are. Opens nothing."""
    return vault.numbers(child, Kind.EVIDENCE)


def photo(child: Child, number: int, *, actor: Actor, reason: str = "") -> Masked[bytes]:
    """One photo as a JPEG. Staff need the permission, training and a reason (P12)."""
    return vault.read(child, Kind.EVIDENCE, number, purpose=Purpose.PREVIEW, actor=actor, reason=reason)


def words(child: Child, *, actor: Actor, reason: str = "") -> list[Masked[str]]:
    """What the customer wrote, oldest first."""
    return [
        Masked(
            vault.read(child, Kind.MESSAGE, number, purpose=Purpose.PREVIEW, actor=actor, reason=reason)
            .reveal()
            .decode()
        )
        for number in vault.numbers(child, Kind.MESSAGE)
    ]


def open_all(child: Child, *, actor: Actor, reason: str = "") -> Opened:
    """Everything at once, for staff who decide; each look is logged and shown to the parent (P12)."""
    return Opened(
        photos=[(number, photo(child, number, actor=actor, reason=reason)) for number in photo_numbers(child)],
        words=words(child, actor=actor, reason=reason),
    )


def is_open(child: Child | None) -> bool:
    """Whether there is evidence that can still be looked at."""
    return child is not None and children.is_open(child)


def token(child: Child, order: Order) -> str:
    """Names a draft in the form of its order, and in no other."""
    return _signer.sign(f"{child.pk.hex}-{order.number}")


def draft(signed: str, order: Order) -> Child | None:
    """The draft that a token of this order names, if it is still open and was not sent."""
    try:
        held, _, number = _signer.unsign(signed).partition("-")
        child = Child.objects.filter(pk=UUID(hex=held), evidence_of=None).first()
    except (signing.BadSignature, ValueError):
        return None
    if child is None or number != order.number or not children.is_open(child):
        return None
    return child
