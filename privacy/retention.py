"""Forgetting on time (P10): keys first, then ciphertext, in bounded batches, with work proportional to what
is due.

The vault refuses on its own from the exact second; this makes sure that soon after nothing is left to refuse.
It may run as often as one likes, in several processes at once, and catches up after any pause.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.models import QuerySet

from privacy import blobs, children, clock, contact, keystore, monitor
from privacy.models import Child, ContactMessage, VaultAccess, VaultItem
from privacy.register import ACCESS_LOG_RETENTION

log = structlog.get_logger("littledreamers.privacy")

BATCH = 200
ROUNDS = 50
UPLOAD_AGE = timedelta(hours=1)
AHEAD = timedelta(minutes=5)  # of the date that a child collected this very moment would have


@dataclass
class PurgeReport:
    """What a purge did, or in a dry run would do. Counts only, nothing personal."""

    hour_keys: int = 0
    expired: int = 0
    abandoned: int = 0
    unfinished: int = 0
    rows: int = 0
    files: int = 0
    orphans: int = 0
    uploads: int = 0
    messages: int = 0
    accesses: int = 0
    shortened: int = 0
    remaining: int = 0
    # What went wrong, in words without paths or names. The next purge tries all of it again.
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in self._counts())

    @property
    def did_something(self) -> bool:
        return any(count for name, count in self._counts() if name != "remaining")

    def _counts(self) -> Iterator[tuple[str, int]]:
        yield from ((one.name, getattr(self, one.name)) for one in fields(self) if one.name != "problems")


def purge(
    *, now: datetime | None = None, batch: int = BATCH, rounds: int = ROUNDS, dry_run: bool = False
) -> PurgeReport:
    """Forget what is due at `now`: at most `batch` children at a time and `rounds` times as many in one call;
    what is then still due is counted in `remaining`, unreadable already, and is for the next call.

    Destroys due hour keys; forgets expired and abandoned children and finishes interrupted forgettings;
    removes blobs of rolled-back transactions, leftovers of uploads older than an hour, old contact messages
    and access logs. A step that fails does not keep the others from being done; what failed is in `problems`, in the
    log, and makes the alarm ring (`privacy.monitor`).

    Without `now` the time is what the clocks agree on (`privacy.clock`): a clock that runs ahead destroys nothing
    early, and is a problem too. `now` is the caller's word and is believed.
    """
    report = PurgeReport()
    at = now or _believed(report, dry_run=dry_run)
    tried: set[UUID] = set()
    steps: list[tuple[str, Callable[[], None]]] = [
        ("hour keys", lambda: _purge_hour_keys(report, at, dry_run=dry_run)),
    ]
    if now is None and not report.problems:  # the clock is believed
        steps.append(("too late dates", lambda: _shorten(report, at, dry_run=dry_run)))
    for select, reason, name in (
        (expired, Child.End.EXPIRED, "expired"),
        (abandoned, Child.End.ABANDONED, "abandoned"),
        (unfinished, None, "unfinished"),
    ):
        steps.append(
            (
                f"{name} children",
                partial(
                    _purge_children,
                    report,
                    select(at),
                    reason,
                    name,
                    at=at,
                    batch=batch,
                    rounds=rounds,
                    dry_run=dry_run,
                    tried=tried,
                ),
            )
        )
    steps += [
        ("blobs without a row", lambda: _purge_orphans(report, at, dry_run=dry_run)),
        ("old uploads", lambda: _purge_files(report, at, dry_run=dry_run)),
        ("blobs of past hours", lambda: None if dry_run else _purge_blob_hours(at)),
        ("contact messages", lambda: _purge_messages(report, at, batch=batch * rounds, dry_run=dry_run)),
        ("access log", lambda: _purge_accesses(report, at, batch=batch * rounds, dry_run=dry_run)),
        ("database file", lambda: shrink_database() if report.did_something and not dry_run else None),
    ]
    for name, step in steps:
        try:
            step()
        except (DatabaseError, OSError) as error:
            # The error's own words may hold a path or a statement: its kind is enough.
            report.problems.append(f"Purging {name} failed ({type(error).__name__}).")
            log.exception("a step of the purge failed; the next purge tries again", step=name)
    if now is None and not dry_run:
        monitor.finished(report.problems)
    return report


def purge_at_start() -> PurgeReport | None:
    """Called by the web server before its first request (F7), and by every worker. Never keeps the shop from starting:
    the vault refuses anyway. None if it could not even begin."""
    try:
        return purge()
    except Exception:
        log.exception("the purge before the first request failed; the worker's will follow")
        return None


def _believed(report: PurgeReport, *, dry_run: bool) -> datetime:
    """The moment whose due may be destroyed. Notes the time if the clock is believed, else it is a problem."""
    newest: datetime | None = None
    with suppress(OSError):
        newest = max(keystore.current().hours(), default=None)
    reading = clock.read(evidence=newest)
    if reading.trouble:
        report.problems.append(reading.trouble)
        log.error("the clock is not believed", trouble=reading.trouble)
    if not dry_run:
        try:
            clock.renew(reading)
        except OSError as error:
            report.problems.append(f"The time could not be noted beside the keys ({type(error).__name__}).")
            log.exception("the time could not be noted beside the keys")
    return reading.earliest


def expired(at: datetime) -> "QuerySet[Child]":
    """Children past their expiry (ordered or not) whose traces are not all gone."""
    return Child.objects.filter(purged_at=None, ended_at=None, expires_at__lte=at).order_by("expires_at", "pk")


def abandoned(at: datetime) -> "QuerySet[Child]":
    """Children whose book nobody ordered in time. Ordered ones have no `abandoned_at`."""
    return Child.objects.filter(purged_at=None, ended_at=None, abandoned_at__lte=at, expires_at__gt=at).order_by(
        "abandoned_at", "pk"
    )


def unfinished(at: datetime) -> "QuerySet[Child]":
    """Children whose forgetting was interrupted, or of whom a hook could not be told."""
    return Child.objects.filter(purged_at=None, ended_at__isnull=False).order_by("ended_at", "pk")


def _shorten(report: PurgeReport, at: datetime, *, dry_run: bool) -> None:
    """A child that was collected while the clock ran ahead would stay too long: its 14 days are over 14 days from
    now, at the latest."""
    latest = at + settings.CHILD_RETENTION
    late = Child.objects.filter(purged_at=None, ended_at=None, expires_at__gt=latest + AHEAD)
    report.shortened = late.count() if dry_run else late.update(expires_at=latest)


def _purge_hour_keys(report: PurgeReport, at: datetime, *, dry_run: bool) -> None:
    """First of all and without the database: this alone makes every child of these hours unreadable."""
    store = keystore.current()
    left = 0
    for hour in store.hours():
        if not keystore.hour_due(hour, at):
            break
        if not dry_run:
            try:
                store.destroy_hour(hour)
            except keystore.KeysLeft as error:
                left += len(error.left)
                continue
        report.hour_keys += 1
    if left:
        report.problems.append(f"{left} keys of hours that are over could not be destroyed.")
        log.error("keys of hours that are over could not be destroyed; the next purge tries again", keys=left)


def _purge_children(
    report: PurgeReport,
    due: "QuerySet[Child]",
    reason: Child.End | None,
    name: str,
    *,
    at: datetime,
    batch: int,
    rounds: int,
    dry_run: bool,
    tried: set[UUID],
) -> None:
    """A child that stays unfinished (a hook, a key or a file that fails) goes into `tried`, once per purge."""
    if dry_run:
        setattr(report, name, due.count())
        items = VaultItem.objects.filter(child__in=due)
        report.rows += items.count()
        report.files += items.exclude(blob="").count()
        return
    count = stuck = with_files = 0
    for _ in range(rounds):
        group = list(due.exclude(pk__in=tried)[:batch])
        if not group:
            break
        done = children.forget_batch(group, reason=reason or Child.End(group[0].end_reason), now=at)
        pks = [child.pk for child in group]
        tried.update(Child.objects.filter(pk__in=pks, purged_at=None).values_list("pk", flat=True))
        count += len(group)
        stuck += done.stuck
        with_files += done.with_files
        report.rows += done.rows
        report.files += done.files
        setattr(report, name, count)
    report.remaining += due.exclude(pk__in=tried).count()
    if stuck:
        report.problems.append(f"The keys of {stuck} {name} children could not be destroyed.")
    if with_files:
        report.problems.append(f"The files of {with_files} {name} children could not be removed.")


def _purge_orphans(report: PurgeReport, at: datetime, *, dry_run: bool) -> None:
    """Pending blobs: those with a row are moved where they belong, the others came from rolled-back
    transactions."""
    for path in blobs.pending(now=at):
        item = VaultItem.objects.select_related("child").filter(blob=path.name).first()
        if item is None:
            report.orphans += 1
            if not dry_run:
                path.unlink(missing_ok=True)
        elif not dry_run:
            blobs.settle(item.child, path.name)


def _purge_blob_hours(at: datetime) -> None:
    """Folders of hours that are over for good: what a crash between a commit and its clean-up may have left there."""
    for hour in blobs.hours():
        if not keystore.hour_due(hour, at):
            break
        end = hour + timedelta(hours=1)
        # By expiry too, which has an index: cost follows what is due.
        due = Child.objects.filter(purged_at=None, expires_at__lt=end + settings.CHILD_RETENTION)
        rest = due.filter(collected_at__gte=hour, collected_at__lt=end)
        if not rest.exists():
            blobs.delete_hour(hour)


def _purge_files(report: PurgeReport, at: datetime, *, dry_run: bool) -> None:
    """Uploads have no name on disk where the system can do that; elsewhere a killed process may leave
    ciphertext."""
    for path in blobs.old_files(Path(settings.FILE_UPLOAD_TEMP_DIR), at - UPLOAD_AGE):
        report.uploads += 1
        if not dry_run:
            path.unlink(missing_ok=True)


def _purge_messages(report: PurgeReport, at: datetime, *, batch: int, dry_run: bool) -> None:
    messages = ContactMessage.objects.filter(purge_at__lte=at)
    report.messages = messages.count() if dry_run else contact.forget(list(messages[:batch]))


def _purge_accesses(report: PurgeReport, at: datetime, *, batch: int, dry_run: bool) -> None:
    old = VaultAccess.objects.filter(hour__lte=at - ACCESS_LOG_RETENTION, child__purged_at__isnull=False)
    if dry_run:
        report.accesses = old.count()
    else:
        pks = list(old.values_list("pk", flat=True)[:batch])
        report.accesses = VaultAccess.objects.filter(pk__in=pks).delete()[0]


def shrink_database() -> None:
    """SQLite: what was deleted is overwritten (`secure_delete`) and leaves the write-ahead log too. Raises
    ImproperlyConfigured if the connection does not overwrite. PostgreSQL's remains are ciphertext without a
    key."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete")
        if cursor.fetchone()[0] != 1:
            raise ImproperlyConfigured("SQLite must run with PRAGMA secure_delete=ON; see DATABASES.")
        if not connection.in_atomic_block:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
