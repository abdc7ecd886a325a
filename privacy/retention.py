"""Forgetting on time (P10): keys first, then ciphertext, in bounded batches, with work proportional to what
is due.

The vault refuses on its own from the exact second; this makes sure that soon after nothing is left to refuse.
It may run as often as one likes, in several processes at once, and catches up after any pause.
"""

import logging
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.models import QuerySet
from django.utils import timezone

from privacy import blobs, children, contact, keystore
from privacy.models import Child, ContactMessage, VaultAccess, VaultItem
from privacy.register import ACCESS_LOG_RETENTION

log = logging.getLogger(__name__)

BATCH = 200
ROUNDS = 50
UPLOAD_AGE = timedelta(hours=1)


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
    remaining: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{field.name} {getattr(self, field.name)}" for field in fields(self))

    @property
    def did_something(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self) if field.name != "remaining")


def purge(
    *, now: datetime | None = None, batch: int = BATCH, rounds: int = ROUNDS, dry_run: bool = False
) -> PurgeReport:
    """Forget what is due at `now`: at most `batch` children at a time and `rounds` times as many in one call;
    what is then still due is counted in `remaining`, unreadable already, and is for the next call.

    Destroys due hour keys; forgets expired and abandoned children and finishes interrupted forgettings;
    removes blobs of rolled-back transactions, leftovers of uploads older than an hour, old contact messages
    and access logs.
    """
    at = now or timezone.now()
    report = PurgeReport()
    _purge_hour_keys(report, at, dry_run=dry_run)
    for select, reason, field in (
        (expired, Child.End.EXPIRED, "expired"),
        (abandoned, Child.End.ABANDONED, "abandoned"),
        (unfinished, None, "unfinished"),
    ):
        _purge_children(report, select(at), reason, field, at=at, batch=batch, rounds=rounds, dry_run=dry_run)
    _purge_orphans(report, at, dry_run=dry_run)
    _purge_files(report, at, dry_run=dry_run)
    if not dry_run:
        _purge_blob_hours(at)
    _purge_rows(report, at, batch=batch * rounds, dry_run=dry_run)
    if report.did_something and not dry_run:
        shrink_database()
    return report


def purge_at_start() -> PurgeReport | None:
    """Called by the web server before its first request (F7). Never keeps the shop from starting: the vault
    refuses anyway."""
    try:
        return purge()
    except (DatabaseError, OSError):
        log.exception("The purge before the first request failed; the worker's will follow.")
        return None


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


def _purge_hour_keys(report: PurgeReport, at: datetime, *, dry_run: bool) -> None:
    """First of all and without the database: this alone makes every child of these hours unreadable."""
    store = keystore.current()
    for hour in store.hours():
        if not keystore.hour_due(hour, at):
            break
        report.hour_keys += 1
        if not dry_run:
            store.destroy_hour(hour)


def _purge_children(
    report: PurgeReport,
    due: "QuerySet[Child]",
    reason: Child.End | None,
    field: str,
    *,
    at: datetime,
    batch: int,
    rounds: int,
    dry_run: bool,
) -> None:
    if dry_run:
        setattr(report, field, due.count())
        items = VaultItem.objects.filter(child__in=due)
        report.rows += items.count()
        report.files += items.exclude(blob="").count()
        return
    count = 0
    seen: set[UUID] = set()
    for _ in range(rounds):
        # A child whose hook fails stays due; it is tried once per purge.
        group = list(due.exclude(pk__in=seen)[:batch])
        if not group:
            break
        seen.update(child.pk for child in group)
        done = children.forget_batch(group, reason=reason or Child.End(group[0].end_reason), now=at)
        count += len(group)
        report.rows += done.rows
        report.files += done.files
    setattr(report, field, count)
    report.remaining += due.exclude(pk__in=seen).count()


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
        rest = Child.objects.filter(collected_at__gte=hour, collected_at__lt=hour + timedelta(hours=1), purged_at=None)
        if not rest.exists():
            blobs.delete_hour(hour)


def _purge_files(report: PurgeReport, at: datetime, *, dry_run: bool) -> None:
    """Uploads have no name on disk where the system can do that; elsewhere a killed process may leave
    ciphertext."""
    for path in blobs.old_files(Path(settings.FILE_UPLOAD_TEMP_DIR), at - UPLOAD_AGE):
        report.uploads += 1
        if not dry_run:
            path.unlink(missing_ok=True)


def _purge_rows(report: PurgeReport, at: datetime, *, batch: int, dry_run: bool) -> None:
    messages = ContactMessage.objects.filter(purge_at__lte=at)
    report.messages = messages.count() if dry_run else contact.forget(list(messages[:batch]))
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
