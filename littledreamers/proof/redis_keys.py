"""Broker and cache in Redis: every key of the scratch installation, whatever its type."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import redis

from littledreamers.proof.places import Piece
from littledreamers.proof.planting import Plant
from littledreamers.proof.scratch import CannotRun

ON_DISK = "what Redis may have written to its own disk: compressed in a way of its own; its keys were searched instead"


@dataclass
class RedisKeys:
    """Keys whose names hold `prefix`: of the queue, or of the cache."""

    name: str
    url: str
    prefix: str
    cache: bool
    pictures: bool = True
    unpack_since: float = 0.0
    planted: list[str] = field(default_factory=list)

    def _server(self) -> Any:
        return redis.Redis.from_url(self.url, socket_timeout=10)

    def keys(self) -> list[bytes]:
        """Their names. Raises CannotRun when Redis does not answer."""
        try:
            found = list(self._server().scan_iter(f"*{self.prefix}*", count=1000))
        except redis.RedisError as error:
            raise CannotRun(f"Redis did not answer: {type(error).__name__}") from error
        cached = f"{self.prefix}ld:".encode()
        return sorted(key for key in found if key.startswith(cached) == self.cache)

    def contents(self) -> Iterator[Piece]:
        server = self._server()
        for key in self.keys():
            yield f"key {key.decode(errors='replace')}", b"\n".join([key, *_values(server, key)])

    def plant(self, plants: list[Plant]) -> list[tuple[str, Plant]]:
        server, where = self._server(), []
        puts = (
            lambda key, value: server.set(key, value),
            lambda key, value: server.rpush(key, value),
            lambda key, value: server.hset(key, "field", value),
            lambda key, value: server.sadd(key, value),
            lambda key, value: server.zadd(key, {value: 1}),
            lambda key, value: server.xadd(key, {"field": value}),
        )
        for number, plant in enumerate(plants):
            key = f"{self.prefix}{'ld:' if self.cache else ''}planted-{number:03}"
            puts[number % len(puts)](key, plant.content)
            self.planted.append(key)
            where.append((f"key {key}", plant))
        return where

    def weed(self) -> None:
        if self.planted:
            self._server().delete(*self.planted)
            self.planted.clear()

    def remove_all(self) -> None:
        """Every key of the installation, queue and cache."""
        server = self._server()
        for key in list(server.scan_iter(f"*{self.prefix}*", count=1000)):
            server.delete(key)


def _values(server: Any, key: bytes) -> list[bytes]:
    kind = server.type(key).decode()
    if kind == "string":
        return [server.get(key) or b""]
    if kind == "list":
        return list(server.lrange(key, 0, -1))
    if kind == "hash":
        return [part for pair in server.hgetall(key).items() for part in pair]
    if kind == "set":
        return list(server.smembers(key))
    if kind == "zset":
        return list(server.zrange(key, 0, -1))
    if kind == "stream":
        return [part for _, entry in server.xrange(key) for pair in entry.items() for part in pair]
    return []
