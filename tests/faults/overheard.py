"""Everything that a process says by itself: every line of every logger, whoever writes it."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from littledreamers import log_lines


@contextmanager
def overheard() -> Iterator[io.StringIO]:
    """What is logged inside, down to DEBUG, as people and as machines read it."""
    said = io.StringIO()
    root = logging.getLogger()
    level, handlers = root.level, []
    for plain in (True, False):
        handler = logging.StreamHandler(said)
        handler.setFormatter(structlog.stdlib.ProcessorFormatter(**log_lines.formatter(plain=plain)))
        handlers.append(handler)
        root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        root.setLevel(level)
        for handler in handlers:
            root.removeHandler(handler)
