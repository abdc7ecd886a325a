"""A TOML file that people write: what is wrong with it is said with file and line."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Tables:
    """The tables of one file, and on which line each `[[table]]` of it begins."""

    def __init__(self, path: Path, error: type[Exception]) -> None:
        """`error`: what is raised for anything wrong. Raises it for a file that is no TOML."""
        self.path, self.error = path, error
        text = path.read_text(encoding="utf-8")
        try:
            self.data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as problem:
            raise error(f"{path}: {problem}") from None
        self._lines: dict[str, list[int]] = {}
        for number, line in enumerate(text.splitlines(), 1):
            if header := re.match(r"\s*\[\[([\w.]+)\]\]", line):
                self._lines.setdefault(header.group(1), []).append(number)

    def line(self, table: str) -> int:
        """The line of the next `[[table]]`; tables are read in the order of the file."""
        lines = self._lines.get(table, [])
        return lines.pop(0) if lines else 0

    def wrong(self, line: int, message: str) -> Exception:
        """The error to raise about a line (0: about the file as a whole)."""
        return self.error(f"{self.path}:{line}: {message}" if line else f"{self.path}: {message}")

    def take(self, table: Mapping[str, Any], name: str, kind: type, line: int, default: Any = None) -> Any:
        """The value of `name` in a table that begins on `line`; a whole number where `kind` is float is one too."""
        value = table.get(name, default)
        if value is None:
            raise self.wrong(line, f"“{name}” is missing")
        if kind is float and isinstance(value, int):
            value = float(value)
        if not isinstance(value, kind):
            raise self.wrong(line, f"“{name}” should be {kind.__name__}")
        return value

    def colour(self, table: Mapping[str, Any], name: str, line: int, default: str | None = None) -> str:
        """The `#rrggbb` of `name`."""
        value: str = self.take(table, name, str, line, default)
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
            raise self.wrong(line, f"“{name}” should be a colour like #2e1a33")
        return value
