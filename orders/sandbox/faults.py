"""Trouble on request: the next answers get lost, or the next requests are turned away (F16)."""

import threading
from fnmatch import fnmatchcase

MODES = ("drop_next_answer", "drop_next_request", "refuse_next_request")


class Faults:
    """How often which trouble is still to happen. A pattern is a method and a path: `GET /v1/checkout/sessions/*`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[tuple[str, str, int]] = []

    def plan(self, mode: str, pattern: str, times: int = 1) -> None:
        """Raises ValueError for a mode that does not exist."""
        if mode not in MODES:
            raise ValueError(mode)
        with self._lock:
            self._planned.append((mode, pattern, times))

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    def strikes(self, mode: str, method: str, path: str) -> bool:
        """Whether it happens to this request; counts down."""
        with self._lock:
            for place, (planned, pattern, times) in enumerate(self._planned):
                if planned == mode and fnmatchcase(f"{method} {path}", pattern):
                    self._planned[place : place + 1] = [(planned, pattern, times - 1)] if times > 1 else []
                    return True
        return False
