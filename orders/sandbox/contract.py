"""Holds what the sandbox is asked and what it answers to the SDK's types.

`read_params` turns a decoded form into typed parameters and refuses what Stripe would refuse; `problems` finds where
an answer departs from the resource that it claims to be.
"""

import collections.abc
import types
import typing
from decimal import Decimal
from typing import Any

import typing_extensions
from stripe import ListObject
from stripe._stripe_object import StripeObject

from orders.sandbox.errors import invalid
from orders.sandbox.sdk_types import Names, fields, parameters, resolve

_WRAPPERS = (typing.Annotated, typing_extensions.NotRequired, typing_extensions.Required)
_UNIONS = (typing.Union, types.UnionType)
_LITERALS = (typing.Literal, typing_extensions.Literal)


class _DoesNotFit(Exception):
    def __init__(self, param: str, message: str, code: str = "") -> None:
        super().__init__(message)
        self.param = param
        self.code = code


def read_params(params: type, data: dict[str, Any]) -> dict[str, Any]:
    """Form values as the request's own types. Raises the API's 400, naming the parameter."""
    try:
        return _typed_dict(params, data, "")
    except _DoesNotFit as error:
        raise invalid(str(error), code=error.code, param=error.param, remember=False) from error


def problems(value: Any, resource: type) -> list[str]:
    """Where `value` is not what `resource` says; empty when it is."""
    return _resource(value, resource, "$")


# --- requests ---


def _typed_dict(params: type, data: Any, path: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _DoesNotFit(path, f"Invalid object: {path}")
    hints = parameters(params)
    read: dict[str, Any] = {}
    for key, value in data.items():
        place = f"{path}[{key}]" if path else key
        if key not in hints:
            raise _DoesNotFit(place, f"Received unknown parameter: {place}", "parameter_unknown")
        hint, names = hints[key]
        read[key] = _param(value, hint, names, place)
    required: frozenset[str] = getattr(params, "__required_keys__", frozenset())
    for key in hints.keys() & required - read.keys():
        place = f"{path}[{key}]" if path else key
        raise _DoesNotFit(place, f"Missing required param: {place}.", "parameter_missing")
    return read


def _param(value: Any, hint: Any, names: Names, path: str) -> Any:
    hint = resolve(hint, names)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in _WRAPPERS:
        return _param(value, arguments[0], names, path)
    if origin in _UNIONS:
        return _one_of(value, arguments, names, path)
    if origin in _LITERALS:
        return _literal(value, arguments, path)
    if typing_extensions.is_typeddict(hint):
        return _typed_dict(hint, value, path)
    if origin in (list, collections.abc.Sequence):
        return _list(value, arguments[0], names, path)
    if origin in (dict, collections.abc.Mapping):
        if not isinstance(value, dict):
            raise _DoesNotFit(path, f"Invalid object: {path}")
        return {key: _param(item, arguments[1], names, f"{path}[{key}]") for key, item in value.items()}
    return _scalar(value, hint, path)


def _one_of(value: Any, choices: tuple[Any, ...], names: Names, path: str) -> Any:
    hints = [resolve(choice, names) for choice in choices]
    # "Literal['a', 'b'] | str" is how the SDK stays open for the future; the API of today takes a or b.
    if any(typing.get_origin(hint) in _LITERALS and typing.get_args(hint) != ("",) for hint in hints):
        hints = [hint for hint in hints if hint is not str]
    errors: list[_DoesNotFit] = []
    for hint in hints:
        try:
            return _param(value, hint, names, path)
        except _DoesNotFit as error:
            errors.append(error)
    # The error that got furthest is the one that helps.
    raise max(errors, key=lambda error: len(error.param))


def _literal(value: Any, allowed: tuple[Any, ...], path: str) -> Any:
    if value not in allowed:
        raise _DoesNotFit(path, f"Invalid {path}: must be one of {', '.join(map(str, allowed))}")
    return value


def _list(value: Any, item: Any, names: Names, path: str) -> list[Any]:
    if not isinstance(value, dict) or not all(key.isdigit() for key in value):
        raise _DoesNotFit(path, "Invalid array")
    return [_param(value[key], item, names, f"{path}[{key}]") for key in sorted(value, key=int)]


def _scalar(value: Any, hint: Any, path: str) -> Any:
    if not isinstance(value, str):
        raise _DoesNotFit(path, f"Invalid string: {path}")
    if hint is str:
        return value
    if hint is bool and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if hint is int:
        try:
            return int(value)
        except ValueError:
            raise _DoesNotFit(path, f"Invalid integer: {value}", "parameter_invalid_integer") from None
    if hint in (float, Decimal):
        try:
            return float(value)
        except ValueError:
            raise _DoesNotFit(path, f"Invalid decimal: {value}") from None
    raise _DoesNotFit(path, f"Invalid value: {path}")


# --- answers ---


def _resource(value: Any, resource: type, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: no object, {resource.__name__} expected"]
    hints = fields(resource)
    found = [f"{path}.{key}: unknown to {resource.__name__}" for key in value if key not in hints]
    for key, (hint, names) in hints.items():
        resolved = resolve(hint, names)
        if key in value:
            found += _field(value[key], resolved, names, f"{path}.{key}")
        elif key != "deleted" and not _optional(resolved):
            found.append(f"{path}.{key}: missing")
    return found


def _optional(hint: Any) -> bool:
    return typing.get_origin(hint) in _UNIONS and type(None) in typing.get_args(hint)


def _field(value: Any, hint: Any, names: Names, path: str) -> list[str]:
    hint = resolve(hint, names)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in (Any, object):
        return []
    if origin in _UNIONS:
        attempts = [_field(value, choice, names, path) for choice in arguments]
        return min(attempts, key=len)
    if origin in _LITERALS:
        return [] if value in arguments else [f"{path}: {value!r} is none of {arguments}"]
    if origin in (list, collections.abc.Sequence):
        return _items(value, arguments[0], names, path)
    if origin in (dict, collections.abc.Mapping):
        return [] if isinstance(value, dict) else [f"{path}: no object"]
    if isinstance(origin, type) and issubclass(origin, ListObject):
        if not isinstance(value, dict) or value.get("object") != "list":
            return [f"{path}: no list object"]
        return _items(value.get("data"), arguments[0], names, f"{path}.data")
    if isinstance(origin, type) and issubclass(origin, StripeObject):  # a free map, e.g. metadata
        return [] if isinstance(value, dict) else [f"{path}: no object"]
    if isinstance(hint, type) and issubclass(hint, StripeObject):
        return _resource(value, hint, path)
    return _plain(value, hint, path)


def _items(value: Any, item: Any, names: Names, path: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{path}: no list"]
    return [problem for n, part in enumerate(value) for problem in _field(part, item, names, f"{path}[{n}]")]


def _plain(value: Any, hint: Any, path: str) -> list[str]:
    if hint is type(None) or hint is None:
        return [] if value is None else [f"{path}: not null"]
    if hint in (float, Decimal):
        fits = isinstance(value, int | float | str) and not isinstance(value, bool)
    elif hint is int:
        fits = isinstance(value, int) and not isinstance(value, bool)
    else:
        fits = isinstance(hint, type) and isinstance(value, hint)
    return [] if fits else [f"{path}: {value!r} does not fit {hint}"]
