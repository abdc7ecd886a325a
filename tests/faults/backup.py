"""A real backup of the database, and restoring it: SQLite's own, and copied tables in PostgreSQL."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from django.apps import apps
from django.db import connection


def take(folder: Path) -> Callable[[], None]:
    """Copies the whole database as it is now; the result puts that copy in the place of the database."""
    return _sqlite(folder / "backup.sqlite3") if connection.vendor == "sqlite" else _postgresql()


def _sqlite(path: Path) -> Callable[[], None]:
    connection.ensure_connection()
    with sqlite3.connect(path) as copy:
        connection.connection.backup(copy)

    def restore() -> None:
        connection.ensure_connection()
        with sqlite3.connect(path) as copy:
            copy.backup(connection.connection)

    return restore


def _postgresql() -> Callable[[], None]:
    tables = [model._meta.db_table for model in apps.get_app_config("privacy").get_models()]
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS backup")
        for table in tables:
            cursor.execute(f'DROP TABLE IF EXISTS backup."{table}"')
            cursor.execute(f'CREATE TABLE backup."{table}" AS SELECT * FROM public."{table}"')

    def restore() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")  # no order of foreign keys
            for table in tables:
                cursor.execute(f'DELETE FROM public."{table}"')
                cursor.execute(f'INSERT INTO public."{table}" OVERRIDING SYSTEM VALUE SELECT * FROM backup."{table}"')
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute("DROP SCHEMA backup CASCADE")

    return restore
