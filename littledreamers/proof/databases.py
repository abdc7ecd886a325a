"""The scratch shop's database: made, copied and dropped; its rows, and the files in which it keeps them."""

import re
import secrets
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from littledreamers.proof.places import Files, Piece, Place, changed_since
from littledreamers.proof.planting import Plant, in_words
from littledreamers.proof.scratch import CannotRun

PREFIX = "littledreamers_proof_"
_PLANTED = "proof_planted"
_LOGS = Path("/var/log/postgresql")
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


class SQLite:
    """A file. `path` is where it lies."""

    kind = "SQLite"
    blob = "BLOB"
    mark = "?"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = ""

    def connect(self) -> Any:
        return sqlite3.connect(self.path, timeout=20, isolation_level=None)

    def tables(self, connection: Any) -> list[str]:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return [name for (name,) in rows]

    def settle(self, connection: Any) -> None:
        """Nothing: what was committed is in a file."""

    def copy(self, to: Path) -> "SQLite":
        """As it is now, by SQLite's own backup, which also reads the write-ahead log."""
        with closing(self.connect()) as source, closing(sqlite3.connect(to)) as target:
            source.backup(target)
        return SQLite(to)

    def drop(self) -> None:
        """It goes with its folder."""

    def places(self, since: float) -> tuple[list[Place], list[str]]:
        """Where its files are searched, and what cannot be."""
        name = self.path.name
        mine = Files("database files and write-ahead log", [self.path.parent], mine=lambda path: name in path.name)
        return [DatabaseFiles(mine, self)], []


class PostgreSQL:
    """A database of its own on the server that `server` (an address with any database) names. Raises CannotRun."""

    kind = "PostgreSQL"
    blob = "bytea"
    mark = "%s"

    def __init__(self, server: str, *, template: str = "template1") -> None:
        self.server = server
        self.name = PREFIX + secrets.token_hex(8)
        self.url = urlunsplit(urlsplit(server)._replace(path=f"/{self.name}"))
        self._on_server(f"CREATE DATABASE {self.name} TEMPLATE {template}")

    def _on_server(self, statement: str) -> None:
        import psycopg
        from psycopg import sql

        try:
            try:
                connection = psycopg.connect(self.server, autocommit=True, connect_timeout=10)
            except psycopg.OperationalError:  # the shop's own database has not been made yet
                other = urlunsplit(urlsplit(self.server)._replace(path="/postgres"))
                connection = psycopg.connect(other, autocommit=True, connect_timeout=10)
            with connection:
                connection.execute(sql.SQL(statement))
        except psycopg.errors.InsufficientPrivilege as error:
            raise CannotRun(
                "The user of DATABASE_URL may not create databases, and the proof needs one of its own. "
                "Allow it (ALTER ROLE ... CREATEDB), or run the proof with --embedded."
            ) from error
        except psycopg.Error as error:
            raise CannotRun(f"PostgreSQL did not do what the proof needs: {type(error).__name__}: {error}") from error

    def connect(self) -> Any:
        import psycopg

        return psycopg.connect(self.url, autocommit=True)

    def tables(self, connection: Any) -> list[str]:
        return [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]

    def settle(self, connection: Any) -> None:
        """Have the server write what it holds to its files, where it lets us."""
        import psycopg

        with suppress(psycopg.errors.InsufficientPrivilege):
            connection.execute("CHECKPOINT")

    def copy(self, to: Path) -> "PostgreSQL":
        """Byte for byte, by the server. Nobody may be connected."""
        return PostgreSQL(self.server, template=self.name)

    def drop(self) -> None:
        self._on_server(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def places(self, since: float) -> tuple[list[Place], list[str]]:
        """Where its files are searched, and what cannot be."""
        folder = self._data_directory()
        if folder is None:
            return [], ["PostgreSQL's own files and write-ahead log: on another host, or not readable by this user"]
        with closing(self.connect()) as connection:
            (oid,) = connection.execute("SELECT oid FROM pg_database WHERE datname = %s", [self.name]).fetchone()
        files: list[Place] = [
            DatabaseFiles(Files("PostgreSQL's files", [folder / "base" / str(oid)]), self),
            # Other databases of the server write there too: pictures of theirs are none of our business.
            DatabaseFiles(
                Files("PostgreSQL's write-ahead log", [folder / "pg_wal"], pictures=False, mine=_written_since(since)),
                self,
            ),
        ]
        logs = Files("PostgreSQL's server log", [_LOGS, folder / "log"], pictures=False, mine=_written_since(since))
        if any(logs.paths()):
            return [*files, Unplantable(logs)], []
        return files, ["PostgreSQL's server log: none was written in the usual places since the proof began"]

    def _data_directory(self) -> Path | None:
        import psycopg

        local = urlsplit(self.server).hostname in (None, "", "localhost", "127.0.0.1", "::1")
        try:
            with closing(self.connect()) as connection:
                folder = Path(connection.execute("SHOW data_directory").fetchone()[0])
                (server,) = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
            # A container's server may name a folder that on this side belongs to another one.
            here = int.from_bytes((folder / "global" / "pg_control").read_bytes()[:8], sys.byteorder, signed=True)
            return folder if local and here == server and any((folder / "base").iterdir()) else None
        except (psycopg.Error, OSError):
            return None


Database = SQLite | PostgreSQL


def _written_since(moment: float) -> Any:
    return changed_since(moment, by_anybody=True)


@dataclass
class Rows:
    """Every row of some tables, as text and bytes. `only`: these tables; `without`: all but these."""

    name: str
    database: Database
    only: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    pictures: bool = True
    unpack_since: float = 0.0

    def contents(self) -> Iterator[Piece]:
        with closing(self.database.connect()) as connection:
            for table in self.database.tables(connection):
                if table in self.without or (self.only and table not in self.only) or not _PLAIN_NAME.fullmatch(table):
                    continue
                for number, row in enumerate(connection.execute(f"SELECT * FROM {table}"), 1):  # noqa: S608
                    yield f"{table}, row {number}", b"\n".join(_as_bytes(value) for value in row)

    def plant(self, plants: list[Plant]) -> list[tuple[str, Plant]]:
        with closing(self.database.connect()) as connection:
            return self._plant(connection, plants)

    def _plant(self, connection: Any, plants: list[Plant]) -> list[tuple[str, Plant]]:
        plant_rows(self.database, connection, plants)
        return [(f"{_PLANTED}, row {number}", plant) for number, plant in enumerate(plants, 1)]

    def weed(self) -> None:
        with closing(self.database.connect()) as connection:
            connection.execute(f"DROP TABLE IF EXISTS {_PLANTED}")


@dataclass
class Sessions(Rows):
    """The table of sessions."""

    only: frozenset[str] = frozenset({"django_session"})

    def _plant(self, connection: Any, plants: list[Plant]) -> list[tuple[str, Plant]]:
        mark = self.database.mark
        until = (datetime.now(UTC) + timedelta(days=1)).replace(tzinfo=None).isoformat(" ")
        fitting = in_words(plants)
        for number, plant in enumerate(fitting):
            connection.execute(
                f"INSERT INTO django_session (session_key, session_data, expire_date)"  # noqa: S608
                f" VALUES ({mark}, {mark}, {mark})",
                (f"planted-{number:03}", plant.content.decode("ascii"), until),
            )
        return [(f"django_session, row {number}", plant) for number, plant in enumerate(fitting, 1)]

    def weed(self) -> None:
        with closing(self.database.connect()) as connection:
            connection.execute("DELETE FROM django_session WHERE session_key LIKE 'planted-___'")


@dataclass
class Unplantable:
    """Files of others, that we may read but not write."""

    files: Files

    def __post_init__(self) -> None:
        self.name, self.pictures, self.unpack_since = self.files.name, self.files.pictures, self.files.unpack_since

    def contents(self) -> Iterator[Piece]:
        return self.files.contents()

    def plant(self, plants: list[Plant]) -> list[tuple[str, Plant]]:
        return []

    def weed(self) -> None:
        """Nothing grows there."""


@dataclass
class DatabaseFiles(Unplantable):
    """A database's own files: planted through the database."""

    database: Database

    def contents(self) -> Iterator[Piece]:
        with closing(self.database.connect()) as connection:
            self.database.settle(connection)
        return self.files.contents()

    def plant(self, plants: list[Plant]) -> list[tuple[str, Plant]]:
        with closing(self.database.connect()) as connection:
            plant_rows(self.database, connection, plants)
        return [("", plant) for plant in plants]

    def weed(self) -> None:
        with closing(self.database.connect()) as connection:
            connection.execute(f"DROP TABLE IF EXISTS {_PLANTED}")
            if isinstance(self.database, SQLite):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def plant_rows(database: Database, connection: Any, plants: list[Plant]) -> None:
    """A table of planted canaries."""
    connection.execute(f"CREATE TABLE IF NOT EXISTS {_PLANTED} (what {database.blob})")
    for plant in plants:
        connection.execute(f"INSERT INTO {_PLANTED} VALUES ({database.mark})", (plant.content,))  # noqa: S608


def _as_bytes(value: Any) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    return str(value).encode(errors="surrogatepass")
