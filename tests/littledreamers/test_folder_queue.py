"""The embedded queue: nothing half-written is ever read, nothing is lost, nothing comes twice."""

import multiprocessing
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu.connection import Connection

from littledreamers.celery import app

MESSAGES = 400


def _connection(folder: Path) -> Connection:
    messages = str(folder / "messages")
    return Connection(
        "folder://localhost//",
        transport_options={
            "data_folder_in": messages,
            "data_folder_out": messages,
            "control_folder": str(folder / "control"),
        },
    )


def _send(folder: Path, sender: int) -> None:
    with _connection(folder) as connection:
        channel = connection.channel()
        for number in range(MESSAGES):
            # Longer than a page of memory, so that a reader has every chance to see half of it.
            channel._put("books", {"sender": sender, "number": number, "filling": "x" * 20_000})


def _bind(folder: Path, name: str) -> None:
    with _connection(folder) as connection:
        connection.channel()._queue_bind("exchange", name, "", name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "messages").mkdir()
    return tmp_path


@pytest.fixture
def channel(folder: Path) -> Any:
    with _connection(folder) as connection:
        yield connection.channel()


def test_messages_taken_while_others_write_are_whole_and_come_once(folder: Path, channel: Any) -> None:
    context = multiprocessing.get_context("fork")
    senders = [context.Process(target=_send, args=(folder, number)) for number in range(2)]
    for sender in senders:
        sender.start()
    taken: list[tuple[int, int]] = []
    while len(taken) < MESSAGES * 2:
        writing = any(sender.is_alive() for sender in senders)
        try:
            message = channel._get("books")
        except Empty:
            if writing:
                continue
            break
        assert len(message["filling"]) == 20_000
        taken.append((message["sender"], message["number"]))
    assert sorted(taken) == [(sender, number) for sender in range(2) for number in range(MESSAGES)]
    assert list((folder / "messages").iterdir()) == []


def test_a_message_cut_off_by_a_crash_is_dropped_and_the_next_one_comes(folder: Path, channel: Any) -> None:
    (folder / "messages" / "0_cut.books.msg").write_text("")
    channel._put("books", {"number": 1})
    assert channel._get("books") == {"number": 1}
    with pytest.raises(Empty):
        channel._get("books")


def test_a_queue_takes_only_its_own_messages(channel: Any) -> None:
    channel._put("books", {"number": 1})
    with pytest.raises(Empty):
        channel._get("mail")


def test_queues_bound_at_the_same_time_are_all_in_the_table(folder: Path, channel: Any) -> None:
    context = multiprocessing.get_context("fork")
    binders = [context.Process(target=_bind, args=(folder, f"queue{number}")) for number in range(12)]
    for binder in binders:
        binder.start()
    for binder in binders:
        binder.join()
        assert binder.exitcode == 0
    assert {row.queue for row in channel.get_table("exchange")} == {f"queue{number}" for number in range(12)}


def test_the_shop_uses_this_queue_where_it_has_no_redis(settings: Any) -> None:
    if settings.REDIS_URL:
        assert app.conf.broker_url == settings.REDIS_URL
    else:
        assert app.connection().transport_cls.split(":")[0] in ("folder", "littledreamers.folder_queue")
