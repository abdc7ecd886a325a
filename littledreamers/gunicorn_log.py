"""gunicorn's own lines, written like the shop's: no path, no address, no words of an error (P58)."""

import logging
from typing import Any

import structlog
from django.conf import settings
from gunicorn.glogging import Logger

from littledreamers import log_lines

# Frames between gunicorn's call and logging's: what counts is the line in gunicorn's source.
_CALLER = 2


class GunicornLog(Logger):  # type: ignore[misc]
    """Structured lines on stderr; requests are logged by `littledreamers.request_log` alone."""

    def _set_handler(self, log: Any, output: Any, fmt: Any, stream: Any = None) -> None:
        written = structlog.stdlib.ProcessorFormatter(**log_lines.formatter(plain=settings.DEMO))
        super()._set_handler(log, output, written, stream)

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Never: such a line consists of address, path and browser."""

    def critical(self, msg: str, *args: Any, **kwargs: Any) -> None:
        self.error_log.critical(msg, *args, stacklevel=_CALLER, **kwargs)

    def error(self, msg: str, *args: Any, **kwargs: Any) -> None:
        self.error_log.error(msg, *args, stacklevel=_CALLER, **kwargs)

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        self.error_log.warning(msg, *args, stacklevel=_CALLER, **kwargs)

    def info(self, msg: str, *args: Any, **kwargs: Any) -> None:
        self.error_log.info(msg, *args, stacklevel=_CALLER, **kwargs)

    def debug(self, msg: str, *args: Any, **kwargs: Any) -> None:
        self.error_log.debug(msg, *args, stacklevel=_CALLER, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        self.error_log.error(msg, *args, exc_info=True, stacklevel=_CALLER, **kwargs)

    def log(self, lvl: Any, msg: str, *args: Any, **kwargs: Any) -> None:
        level = self.LOG_LEVELS.get(lvl.lower(), logging.INFO) if isinstance(lvl, str) else lvl
        self.error_log.log(level, msg, *args, stacklevel=_CALLER, **kwargs)
