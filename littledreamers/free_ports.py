"""Ports of this machine that nobody uses."""

import socket


def pair() -> int:
    """A port that is free together with the next one, for the shop and its payment sandbox."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
