"""Where the sandbox keeps everything: one SQLite file, one connection, one writer at a time."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orders.sandbox.errors import missing

Json = dict[str, Any]

_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
CREATE TABLE IF NOT EXISTS objects (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL,
    body TEXT NOT NULL, hidden TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_kind ON objects (kind, number);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    event TEXT PRIMARY KEY, due REAL NOT NULL, until REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0
);
"""


@dataclass(frozen=True)
class Answer:
    """What a request with an idempotency key was answered the first time."""

    fingerprint: str
    status: int
    body: str


@dataclass(frozen=True)
class Delivery:
    """An event on its way to the shop; `tries` so far."""

    event: str
    tries: int


class Store:
    """Objects as their JSON, plus `hidden` facts that the API does not show."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and nobody else meanwhile."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # --- objects ---

    def put(self, body: Json, **hidden: Any) -> Json:
        """Store an object; `hidden` facts are added to those it has."""
        kept = {**self.hidden(body["id"]), **hidden}
        self._db.execute(
            "INSERT INTO objects (id, kind, body, hidden) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body, hidden = excluded.hidden",
            (body["id"], body["object"], json.dumps(body), json.dumps(kept)),
        )
        return body

    def get(self, kind: str, key: str) -> Json:
        """Raises the API's 404."""
        row = self._db.execute("SELECT body FROM objects WHERE id = ? AND kind = ?", (key, kind)).fetchone()
        if row is None:
            raise missing(kind, key)
        return self._json(row[0])

    def hidden(self, key: str) -> Json:
        row = self._db.execute("SELECT hidden FROM objects WHERE id = ?", (key,)).fetchone()
        return self._json(row[0]) if row else {}

    def newest(self, kind: str) -> Iterator[Json]:
        for (body,) in self._db.execute("SELECT body FROM objects WHERE kind = ? ORDER BY number DESC", (kind,)):
            yield self._json(body)

    def where(self, kind: str, field: str, value: str) -> list[Json]:
        """Objects whose top-level field has a value, oldest first."""
        rows = self._db.execute(
            "SELECT body FROM objects WHERE kind = ? AND json_extract(body, '$.' || ?) = ? ORDER BY number",
            (kind, field, value),
        )
        return [self._json(body) for (body,) in rows]

    def due(self, kind: str, now: float) -> list[Json]:
        """Objects whose hidden `due` time has come, oldest first."""
        rows = self._db.execute(
            "SELECT body FROM objects WHERE kind = ? AND json_extract(hidden, '$.due') <= ? ORDER BY number",
            (kind, now),
        )
        return [self._json(body) for (body,) in rows]

    @staticmethod
    def _json(text: str) -> Json:
        value: Json = json.loads(text)
        return value

    # --- idempotency ---

    def recall(self, key: str, *, since: float) -> Answer | None:
        row = self._db.execute(
            "SELECT fingerprint, status, body FROM answers WHERE key = ? AND at > ?", (key, since)
        ).fetchone()
        return Answer(*row) if row else None

    def remember(self, key: str, answer: Answer, *, at: float) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)",
            (key, answer.fingerprint, answer.status, answer.body, at),
        )

    # --- deliveries ---

    def deliver(self, event: str, *, due: float, until: float) -> None:
        self._db.execute("INSERT INTO deliveries (event, due, until) VALUES (?, ?, ?)", (event, due, until))

    def deliveries(self, now: float) -> list[Delivery]:
        """What is due and not given up, oldest first."""
        rows = self._db.execute(
            "SELECT event, tries FROM deliveries WHERE done = 0 AND due <= ? AND until > ? ORDER BY rowid", (now, now)
        )
        return [Delivery(*row) for row in rows]

    def delivered(self, event: str) -> None:
        self._db.execute("UPDATE deliveries SET done = 1, tries = tries + 1 WHERE event = ?", (event,))

    def deliver_later(self, event: str, *, due: float) -> None:
        self._db.execute("UPDATE deliveries SET tries = tries + 1, due = ? WHERE event = ?", (due, event))

    def undelivered(self) -> int:
        count: int = self._db.execute("SELECT count(*) FROM deliveries WHERE done = 0").fetchone()[0]
        return count
