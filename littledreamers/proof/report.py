"""What a proof found, for people, for programs, and for the policy page."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from littledreamers.proof.search import Hit

MIB = 1024 * 1024
MOST_LINES = 40


@dataclass
class PlaceSearched:
    """How much was looked at in a place. `unpacked_bytes`: what came out of what was packed."""

    name: str
    files: int = 0
    bytes: int = 0
    unpacked_bytes: int = 0


@dataclass
class Searching:
    """One search of all places. `when`: on which day of the child's fourteen."""

    when: str
    places: list[PlaceSearched] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)

    @property
    def files(self) -> int:
        return sum(place.files for place in self.places)

    @property
    def bytes(self) -> int:
        return sum(place.bytes for place in self.places)


@dataclass
class Restored:
    """One attempt to read a restored backup."""

    when: str
    items: int
    readable: int


@dataclass
class Report:
    """Everything that a proof found out."""

    at: datetime
    database: str
    queue: str
    planted: int = 0
    missed: list[str] = field(default_factory=list)
    searches: list[Searching] = field(default_factory=list)
    readable_on_day_13: Restored | None = None
    pages_on_day_13: dict[str, int] = field(default_factory=dict)
    pages_on_day_14: dict[str, int] = field(default_factory=dict)
    left_on_day_14: dict[str, int] = field(default_factory=dict)
    restored: list[Restored] = field(default_factory=list)
    not_searched: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def hits(self) -> list[Hit]:
        return [hit for search in self.searches for hit in search.hits]

    def problems(self) -> Iterator[str]:
        """Everything that keeps this from being a proof, in words."""
        for missed in self.missed:
            yield f"The search itself is broken: it did not find {missed}."
        if not self.planted:
            yield "The search itself was not tried."
        for search in self.searches:
            if search.hits:
                yield f"{len(search.hits)} hits on {search.when}."
        if len(self.searches) < 2:
            yield "Not every day was searched."
        on_13 = self.readable_on_day_13
        if on_13 is None or not on_13.items or on_13.readable < on_13.items:
            yield "On day 13 not everything could be read, so that nothing on a later day says anything."
        if not self.pages_on_day_13 or set(self.pages_on_day_13.values()) != {200}:
            yield "On day 13 the parent's pages did not open, so that nothing on a later day says anything."
        if not self.pages_on_day_14 or set(self.pages_on_day_14.values()) != {410}:
            yield f"On day 14 the parent's pages answered {sorted(set(self.pages_on_day_14.values()))}, not 410."
        for what, count in self.left_on_day_14.items():
            if count:
                yield f"On day 14 there were still {count} {what}."
        if not self.restored:
            yield "No backup was restored."
        for restored in self.restored:
            if restored.readable or not restored.items:
                yield f"{restored.readable} of {restored.items} things were readable {restored.when}."

    @property
    def passed(self) -> bool:
        return not list(self.problems())

    def summary(self) -> dict[str, int | float | str]:
        """For `privacy.proofs`: flat and without anything about anybody."""
        return {
            "database": self.database,
            "queue": self.queue,
            "places": len({place.name for search in self.searches for place in search.places}),
            "files": sum(search.files for search in self.searches),
            "bytes": sum(search.bytes for search in self.searches),
            "hits": len(self.hits),
            "seconds": round(sum(self.seconds.values()), 1),
            "readable_after_restore": sum(restored.readable for restored in self.restored),
        }

    def as_json(self) -> dict[str, Any]:
        """Everything, for `--json`."""
        return {
            "passed": self.passed,
            "problems": list(self.problems()),
            "summary": self.summary(),
            **{name: value for name, value in asdict(self).items() if name != "at"},
            "at": self.at.isoformat(),
        }

    def lines(self) -> Iterator[str]:
        """A table for people."""
        yield f"{'place':44}{'':10}{'files':>8}{'MiB':>9}{'unpacked':>10}{'hits':>6}"
        for search in self.searches:
            for place in search.places:
                hits = sum(hit.place == place.name for hit in search.hits)
                yield (
                    f"{place.name:44}{search.when:10}{place.files:8,}{place.bytes / MIB:9.1f}"
                    f"{place.unpacked_bytes / MIB:10.1f}{hits:6}"
                )
        yield ""
        for hit in self.hits[:MOST_LINES]:
            yield f"HIT  {hit.place}: {hit.file}: {hit.canary}, as {hit.encoding}"
        if len(self.hits) > MOST_LINES:
            yield f"     and {len(self.hits) - MOST_LINES} more; --json names all"
        for what in self.not_searched:
            yield f"Not searched: {what}."
        yield f"The search found {self.planted - len(self.missed)} of {self.planted} planted canaries."
        for read in [*filter(None, [self.readable_on_day_13]), *self.restored]:
            yield f"{read.when}: {read.readable} of {read.items} things in the vault could be read."
        yield ", ".join(f"{step} {taken:.0f} s" for step, taken in self.seconds.items())
        for problem in self.problems():
            yield f"PROBLEM  {problem}"
        yield self._verdict()

    def _verdict(self) -> str:
        numbers = self.summary()
        return (
            f"{'FORGOTTEN' if self.passed else 'NOT PROVEN'}: {numbers['places']} places, {numbers['files']:,} files "
            f"and {int(numbers['bytes']) / MIB:,.0f} MiB searched in {numbers['seconds']} s on {self.database}, "
            f"{self.queue}; {numbers['hits']} hits, {numbers['readable_after_restore']} readable after a restore"
        )
