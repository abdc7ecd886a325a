"""The annotations of the SDK's generated classes, resolved.

The SDK is generated from Stripe's own description of its API, so its types say exactly which parameters a request may
have and which fields an answer must have. Their annotations are strings full of names that are imported for type
checkers only; here those imports are carried out when a name is first needed.
"""

import ast
import functools
import importlib
import inspect
import sys
import typing
from collections.abc import Mapping
from typing import Any

import typing_extensions
from stripe import RequestOptions
from stripe._stripe_object import StripeObject


class Names(dict[str, Any]):
    """What names mean inside a class of a module of the SDK."""

    def __init__(self, owner: type) -> None:
        super().__init__()
        self._owner = owner
        self._module = sys.modules[owner.__module__]

    def __missing__(self, name: str) -> Any:
        for place in (*_outer_classes(self._owner), self._module):
            if name in vars(place):
                return vars(place)[name]
        imported = _imports(self._module.__name__).get(name)
        if imported is None:
            raise KeyError(name)
        return getattr(importlib.import_module(imported[0]), imported[1])


@functools.cache
def _imports(module: str) -> Mapping[str, tuple[str, str]]:
    """Every `from a import b as c` of a module, those for type checkers included: c -> (a, b)."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def _outer_classes(owner: type) -> list[type]:
    """The class itself and the classes around it, innermost first."""
    found: list[type] = []
    place: Any = sys.modules[owner.__module__]
    for part in owner.__qualname__.split("."):
        place = vars(place).get(part)
        if not isinstance(place, type):
            break
        found.insert(0, place)
    return found or [owner]


def resolve(hint: Any, names: Names) -> Any:
    """A hint whose outermost layer is no string any more."""
    while isinstance(hint, str | typing.ForwardRef):
        text = hint if isinstance(hint, str) else hint.__forward_arg__
        # The strings are those of the installed SDK's own source, nobody else's.
        hint = eval(text, vars(typing_extensions).copy(), names)  # noqa: S307
    return hint


Hints = dict[str, tuple[Any, Names]]


@functools.cache
def fields(resource: type) -> Hints:
    """The fields of a resource class with their hints; underscored and class variables left out."""
    found: Hints = {}
    for base in reversed(resource.__mro__):
        if not base.__module__.startswith("stripe.") or base is StripeObject:
            continue
        names = Names(base)
        for name, hint in inspect.get_annotations(base).items():
            if name.startswith("_") or "ClassVar" in str(hint):
                continue
            found[name] = (hint, names)
    return found


@functools.cache
def parameters(params: type) -> Hints:
    """The parameters of a request, without the options that go into headers."""
    names = Names(params)
    options = inspect.get_annotations(RequestOptions)
    hints = inspect.get_annotations(params)
    return {name: (hint, names) for name, hint in hints.items() if name not in options}
