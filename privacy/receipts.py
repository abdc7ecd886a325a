"""Receipts of what was forgotten, in a hash chain: nobody can change, drop or insert one unnoticed (P8,
F24)."""

import hashlib
import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from privacy.models import Receipt

START = "0" * 64
_LOCK = 0x6C697474  # any number, as long as it is ours alone


@dataclass(frozen=True)
class Verification:
    """What a check of the chain found."""

    count: int
    head: str
    problems: tuple[str, ...]

    @property
    def sound(self) -> bool:
        return not self.problems


def append(*, at: datetime, reason: str, counts: Mapping[str, int]) -> Receipt:
    """Write the next receipt. Safe against others who do the same at this moment."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            # SQLite's transactions are one after the other anyway (IMMEDIATE).
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        previous = head()
        kept = dict(counts)
        receipt = Receipt.objects.create(
            at=at, reason=reason, counts=kept, previous=previous, sha256=_digest(at, reason, kept, previous)
        )
        transaction.on_commit(lambda: _anchor(receipt))
    return receipt


def head() -> str:
    """The hash of the last receipt: whoever has noted it can tell later whether the chain was cut."""
    last = Receipt.objects.order_by("-pk").values_list("sha256", flat=True).first()
    return last or START


def verify(*, known: Collection[str] = ()) -> Verification:
    """Walk the whole chain. `known`: heads noted earlier, which the chain must still contain: whoever can write to the
    database can compute a new chain, but not one that contains a head of the old one."""
    problems = []
    previous = START
    seen = {START}
    count = 0
    for receipt in Receipt.objects.order_by("pk").iterator():
        count += 1
        if receipt.previous != previous:
            problems.append(f"Before receipt {receipt.pk} an entry is missing or was put in.")
        if receipt.sha256 != _digest(receipt.at, receipt.reason, receipt.counts, receipt.previous):
            problems.append(f"Receipt {receipt.pk} was changed.")
        previous = receipt.sha256
        seen.add(previous)
    noted = [(f"{head[:12]}… that was noted", head) for head in known] + [("beside the keys", _anchored())]
    problems += [
        f"The end of the chain was cut off, or the chain was written anew: the head {name} is not in it."
        for name, head in noted
        if head and head not in seen
    ]
    return Verification(count=count, head=previous, problems=tuple(problems))


def line(receipt: Receipt) -> str:
    """What the receipt's number is the SHA-256 of, so that anybody can compute it again."""
    return _line(receipt.at, receipt.reason, receipt.counts, receipt.previous)


def _line(at: datetime, reason: str, counts: Mapping[str, int], previous: str) -> str:
    entry = {
        "at": at.astimezone(UTC).isoformat(),
        "counts": dict(counts),
        "previous": previous,
        "reason": reason,
    }
    return json.dumps(entry, sort_keys=True, separators=(",", ":"))


def _digest(at: datetime, reason: str, counts: Mapping[str, int], previous: str) -> str:
    return hashlib.sha256(_line(at, reason, counts, previous).encode()).hexdigest()


def _anchor(receipt: Receipt) -> None:
    """Note the head outside the database, so that a cut-off end shows (the newest of two may win: both are in
    the chain)."""
    path = _anchor_path()
    with suppress(OSError):  # a lost key store must not stop a purge
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{receipt.pk}")
        draft.write_text(receipt.sha256)
        draft.replace(path)


def _anchored() -> str:
    try:
        return _anchor_path().read_text().strip()
    except OSError:
        return ""


def _anchor_path() -> Path:
    return Path(settings.KEY_STORE_DIR) / "receipts-head"
