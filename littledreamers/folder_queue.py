"""The embedded queue: Kombu's filesystem transport with messages that appear whole or not at all.

The stock transport creates a message under its final name and writes it afterwards, so a worker that looks in between
takes an empty file, fails to read it and stops for good (https://github.com/celery/kombu/issues/1551). The same holds
for the table of queues, which is emptied before it is locked.
"""

import contextlib
import fcntl
import uuid
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from time import monotonic_ns
from typing import Any

import structlog
from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

_log = structlog.get_logger(__name__)


def _write_whole(path: Path, text: str) -> None:
    """Write beside the folder's other files and rename: readers see the old state or the new one, nothing between."""
    part = path.with_name(f"{uuid.uuid4()}.part")
    try:
        part.write_text(text)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class Channel(filesystem.Channel):
    """Puts, takes and binds by renaming, which the file system does in one step."""

    def _put(self, queue: str, payload: dict[str, Any], **_kwargs: Any) -> None:  # type: ignore[override]
        name = f"{monotonic_ns() // 1_000_000}_{uuid.uuid4()}.{queue}.msg"
        _write_whole(Path(self.data_folder_out, name), dumps(payload))

    def _get(self, queue: str) -> Any:  # type: ignore[override]
        """The oldest message of a queue; one that cannot be read is dropped, for messages are only hints.

        Raises `queue.Empty` when nothing waits.
        """
        suffix = f"{queue}.msg"
        for waiting in sorted(Path(self.data_folder_in).iterdir()):
            if waiting.name.partition(".")[2] != suffix:
                continue
            taken = waiting.with_name(f"{uuid.uuid4()}.taken")
            try:
                waiting.rename(taken)
            except FileNotFoundError:
                continue  # another worker was faster
            try:
                return loads(taken.read_text())
            except ValueError:
                _log.warning("An unreadable message was dropped from the queue", queue=queue)
            finally:
                taken.unlink(missing_ok=True)
        raise Empty

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        file: Path = self._exchange_file(exchange)  # type: ignore[no-untyped-call]
        bound = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._table_locked():
            table = self.get_table(exchange)  # type: ignore[no-untyped-call]
            if bound not in table:
                _write_whole(file, dumps([bound, *table]))

    @contextlib.contextmanager
    def _table_locked(self) -> Iterator[None]:
        self.control_folder.mkdir(parents=True, exist_ok=True)
        with (self.control_folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    Channel = Channel
