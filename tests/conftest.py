"""What every test starts from: a scratch installation of its own, an eager queue, mail kept in memory."""

import gc
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.core.cache import cache
from pytest_django import Settings

from privacy import clock


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL + Redis, leave out what draws and decodes without ever asking a database or a queue: it has just
    run on the embedded defaults, would run in the same way, and takes a quarter of the time."""
    if not django_settings.REDIS_URL:
        return
    drawing = [item for item in items if item.path.parent.name == "books" and not _asks_the_database(item)]
    decoding = [item for item in items if item.path.name.startswith(("test_f17_", "test_f18_"))]
    left_out = {*drawing, *(item for item in decoding if not _asks_the_database(item))}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector of garbage need not look through all of it again and again, which
    takes an eighth of the time of these tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _asks_the_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & {"db", "transactional_db"})


@pytest.fixture(autouse=True)
def scratch_installation(settings: Settings, tmp_path: Path) -> None:
    """Folders of the installation lie below the test's own temporary folder."""
    for name in ("keys", "blobs", "tmp", "outbox"):
        (tmp_path / name).mkdir()
    settings.KEY_STORE_DIR = tmp_path / "keys"
    settings.BLOB_DIR = tmp_path / "blobs"
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "tmp")
    settings.OUTBOX_DIR = tmp_path / "outbox"


@pytest.fixture(autouse=True)
def honest_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that moves the clock means that time passes: what the kernel counts goes on with it."""
    monkeypatch.setattr(clock, "since_boot", time.time)
    monkeypatch.setattr(clock, "synchronised", lambda: None)


def _cache_keys(server: redis.Redis) -> list[bytes]:
    """This worker's keys only: the workers of a test run share one Redis."""
    return list(server.scan_iter(f"{django_settings.CACHES['default']['KEY_PREFIX']}:*"))


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Rate limits and their like never reach from one test into the next."""
    if django_settings.REDIS_URL:
        server = redis.Redis.from_url(django_settings.REDIS_URL)
        if keys := _cache_keys(server):
            server.delete(*keys)
    else:
        cache.clear()


@pytest.fixture
def cached() -> Callable[[], dict[str, str]]:
    """A way to see everything that is cached: keys and values as text."""

    def contents() -> dict[str, str]:
        if django_settings.REDIS_URL:
            server = redis.Redis.from_url(django_settings.REDIS_URL)
            return {key.decode(): repr(server.get(key)) for key in _cache_keys(server)}
        return {key: repr(value) for key, value in cache._cache.items()}  # type: ignore[attr-defined]

    return contents


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Browser tests drive the system's Chromium, which asks nobody anything by itself."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert chromium, "Chromium is missing: install it, or name it in CHROMIUM"
    quiet = ("background-networking", "component-update", "sync", "quic", "gpu")
    arguments = ["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in quiet)]
    return {**browser_type_launch_args, "executable_path": chromium, "args": arguments}
