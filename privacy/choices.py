"""What surrounds a child's data on the parent's page: where its book is, how it is corrected (P7), and what deleting
would do to an order (P5, P8).

The books and orders live above: they register who answers. The app that knows most is set up first (INSTALLED_APPS
begins with the highest), so the first one that has an answer is right.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from privacy.models import Child


@dataclass(frozen=True)
class Place:
    """Where a child's book is. Addresses and words; nothing about the child.

    `correct` is the address of the form, empty once the book is locked for print; `ask` is where to write to us.
    """

    title: str = ""
    back: str = "/"
    back_label: str = "Back to the books"
    correct: str = ""
    locked: bool = False
    ask: str = ""
    order_number: str = ""


@dataclass(frozen=True)
class Consequence:
    """What deleting would do, as a template of the app that knows. `context` holds nothing about the child."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


_PLACES: list[Callable[[Child], Place | None]] = []
_CONSEQUENCES: list[Callable[[Child], Consequence | None]] = []


def register_place(call: Callable[[Child], Place | None]) -> None:
    """Add who knows where a child's book is; None: this one is not known there."""
    if call not in _PLACES:
        _PLACES.append(call)


def register_consequence(call: Callable[[Child], Consequence | None]) -> None:
    """Add who knows what deleting would do; None: nothing that is known there."""
    if call not in _CONSEQUENCES:
        _CONSEQUENCES.append(call)


def place(child: Child) -> Place:
    """Where the child's book is, as well as anybody knows."""
    return next((found for call in _PLACES if (found := call(child)) is not None), Place())


def consequence(child: Child) -> Consequence | None:
    """What deleting the child's data now would do elsewhere; None: nothing."""
    return next((found for call in _CONSEQUENCES if (found := call(child)) is not None), None)
