"""What `make run` says when it is up."""

import pytest

from books import likeness
from littledreamers.management.commands import demo


def test_what_is_missing_is_said_and_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert demo._photos() == ""
    monkeypatch.setattr(likeness, "missing", lambda: "ai-edge-litert")
    assert demo._photos() == "  Photos      nothing is guessed from them: ai-edge-litert not installed\n"
