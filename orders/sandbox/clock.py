"""The sandbox's own time: it can be moved forward, so that expiries and slow refunds can be tried without waiting."""

import secrets
import time


class Clock:
    """Seconds since 1970, plus what somebody moved it by."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return time.time() + self.ahead

    def stamp(self) -> int:
        """Now, as the API writes it."""
        return int(self.now())

    def advance(self, seconds: float) -> None:
        self.ahead += seconds


def new_id(prefix: str, length: int = 12) -> str:
    """A random identifier like `pi_…`; `length` in bytes."""
    return f"{prefix}_{secrets.token_hex(length)}"
