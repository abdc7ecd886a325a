"""A value that cannot be shown by accident: not in a log, a traceback, a mail, a template or a pickle."""

import hmac
from collections.abc import Callable
from typing import Any, Generic, NoReturn, TypeVar

T = TypeVar("T")
U = TypeVar("U")

DOTS = "•••"


class Masked(Generic[T]):
    """Something about a child. `reveal()` opens it, at the point of use and nowhere before.

    It has no `__dict__` and no hash (the hash of a short name can be guessed back), and it refuses to be
    pickled, so that it reaches neither a cache, a session nor a task. The value lies in no attribute, so that
    what walks through attributes (inspectors, serialisers) finds only a function. It is true even when what it
    holds is empty: that the parent wrote nothing is nobody's business either.
    """

    __slots__ = ("__opened",)
    __hash__ = None  # type: ignore[assignment]

    __opened: Callable[[], T]

    def __init__(self, value: T) -> None:
        self.__opened = lambda: value

    def reveal(self) -> T:
        """The value itself."""
        return self.__opened()

    def map(self, change: Callable[[T], U]) -> "Masked[U]":
        """The changed value, masked again."""
        return Masked(change(self.__opened()))

    def __repr__(self) -> str:
        return DOTS

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return DOTS

    def __eq__(self, other: object) -> bool:
        """Equal to another masked value only; bytes and text are compared in constant time."""
        if not isinstance(other, Masked):
            return NotImplemented
        mine, theirs = self.__opened(), other.reveal()
        if isinstance(mine, str) and isinstance(theirs, str):
            # Half a character must not end in an error that carries the whole text.
            return hmac.compare_digest(mine.encode(errors="surrogatepass"), theirs.encode(errors="surrogatepass"))
        if isinstance(mine, bytes) and isinstance(theirs, bytes):
            return hmac.compare_digest(mine, theirs)
        return bool(mine == theirs)

    def __copy__(self) -> "Masked[T]":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Masked[T]":
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("A masked value is never stored or sent.")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("A masked value is never stored or sent.")

    def __getstate__(self) -> NoReturn:
        raise TypeError("A masked value is never stored or sent.")
