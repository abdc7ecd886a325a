"""The life of a child's data: collected, perhaps kept for an order, and forgotten (P4, P5, P8, P10)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, CharField, Q, Value, When
from django.db.models.functions import Cast, Coalesce, Concat
from django.http import HttpRequest

from privacy import blobs, clock, keystore, receipts, together, vault
from privacy.consent import ConsentGiven
from privacy.consent import record as record_consent
from privacy.forgetting import Forgotten
from privacy.models import Child, Consent, Receipt, VaultAccess, VaultItem

log = structlog.get_logger("littledreamers.privacy")

Hook = Callable[[Child], None]
Finder = Callable[[HttpRequest, UUID], Child | None]

_hooks: list[Hook] = []
_finders: list[Finder] = []


def on_forget(hook: Hook) -> Hook:
    """Register what else has to stop when a child is forgotten. Called with the ended child, in the same
    transaction; if it raises, the data is forgotten all the same and the hook is called again by the next
    purge: it must be repeatable."""
    if hook not in _hooks:
        _hooks.append(hook)
    return hook


def register_finder(finder: Finder) -> Finder:
    """Register who finds the child behind an edition's uuid, if this visitor may (None: not mine, or may
    not)."""
    if finder not in _finders:
        _finders.append(finder)
    return finder


def find(request: HttpRequest, uuid: UUID) -> Child | None:
    """The child behind an edition's uuid, if this visitor may decide about it."""
    return next((child for finder in _finders if (child := finder(request, uuid)) is not None), None)


def is_open(child: Child) -> bool:
    """Whether the vault still opens for this child. Looks at the row as given and at the clock."""
    return vault.is_open(child)


def collect(*, consent: ConsentGiven, now: datetime | None = None, together_with: Child | None = None) -> Child:
    """Begin a child's time: its row, its key and the proof of consent. Must be called inside
    `transaction.atomic`, together with the data, so that neither exists without the other (P4). `together_with`: the
    first child of the same book, whose time it shares (`together`). Raises ConsentMissing."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("collect() belongs into the transaction that stores the data.")
    at = together_with.collected_at if together_with else now or clock.now()
    child = Child.objects.create(
        collected_at=at,
        expires_at=at + settings.CHILD_RETENTION,
        abandoned_at=at + settings.ABANDONED_RETENTION,
        together_with=together_with,
    )
    record_consent(child, consent, at=at)
    keystore.current().create(child.pk, keystore.hour_of(at))
    return child


def keep_for_order(child: Child) -> None:
    """Somebody orders this child's book: it is kept until its expiry, which does not move (P10). Raises
    Forgotten."""
    now = clock.latest()
    kept = (
        Child.objects.filter(Q(pk=child.pk) | Q(together_with=child.pk), ended_at=None, expires_at__gt=now)
        .filter(Q(abandoned_at=None) | Q(abandoned_at__gt=now))
        .update(abandoned_at=None)
    )
    if not kept:
        raise Forgotten
    child.abandoned_at = None


def release(child: Child) -> None:
    """Nobody orders this child's book after all: it is forgotten like any other that nobody has ordered, 48 hours from
    now or at its expiry if that comes first (P10). A child that waits for no order, or is forgotten, stays as it is."""
    until = min(clock.now() + settings.ABANDONED_RETENTION, child.expires_at)
    both = Child.objects.filter(Q(pk=child.pk) | Q(together_with=child.pk), ended_at=None, abandoned_at=None)
    if both.update(abandoned_at=until):
        child.abandoned_at = until


def forget(child: Child, *, reason: Child.End) -> Receipt:
    """Forget a child at once: first its key, which makes every copy unreadable, backups included, then rows
    and files (P5, P8). Returns the receipt; a child already forgotten has the one from then."""
    forgotten = forget_batch([child], reason=reason)
    child.refresh_from_db()
    receipt = forgotten.receipt or child.receipt
    if receipt is None:
        raise RuntimeError("A forgotten child must have a receipt.")
    return receipt


@dataclass(frozen=True)
class Batch:
    """What a forgetting did. `receipt` is None if somebody else had forgotten all of them before."""

    receipt: Receipt | None
    children: int
    keys: int
    rows: int
    files: int
    # Children whose keys would not go: nothing of them is read any more, and the next purge tries again.
    stuck: int = 0
    # Children whose files would not go: noise without their keys, tried again too.
    with_files: int = 0


def forget_batch(children: Sequence[Child], *, reason: Child.End, now: datetime | None = None) -> Batch:
    """Forget several children, and whoever is in a book together with them, with one receipt; the order of things is
    that of `forget`. What could not be finished
    (a key, a file, a hook) leaves the child without `purged_at`, and the next purge goes on."""
    at = now or clock.now()
    children = together.complete(children)
    # Known before their keys were looked for: one that is still there had been stuck.
    known = {child.pk for child in children if child.receipt_id is not None}
    destroyed, stuck = _destroy_keys(children)
    with transaction.atomic():
        pks = [child.pk for child in children]
        locked = list(Child.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk"))
        fresh = [child for child in locked if child.receipt_id is None]
        files = _blob_names(locked)
        rows, _ = VaultItem.objects.filter(child__in=locked).delete()
        # A reason typed by staff may say more than it should; that somebody looked stays.
        VaultAccess.objects.filter(child__in=locked).exclude(reason="").update(
            reason=Concat(Value("forgotten "), Cast("pk", CharField()))
        )
        receipt = None
        if fresh or destroyed & known:
            # The keys of all fresh ones but the stuck are gone now, whether they went here or a moment ago with their
            # hour.
            gone = {child.pk for child in fresh} - stuck | destroyed & known
            counts = {"children": len(fresh), "keys": len(gone), "rows": rows, "files": sum(map(len, files.values()))}
            receipt = receipts.append(at=at, reason=str(reason), counts=counts)
        if fresh:
            for child in fresh:
                child.receipt = receipt
                child.ended_at = child.ended_at or at
                child.end_reason = child.end_reason or reason
            Child.objects.filter(pk__in=[child.pk for child in fresh]).update(
                receipt=receipt,
                ended_at=Coalesce("ended_at", Value(at)),
                end_reason=Case(When(end_reason="", then=Value(str(reason))), default="end_reason"),
            )
            if reason in (Child.End.DELETED, Child.End.WITHDRAWN):
                Consent.objects.filter(child__in=fresh, withdrawn_at=None).update(withdrawn_at=at)
        done = [child for child in locked if _told(child) and child.pk not in stuck]
        with_files = {child.pk for child in locked if child.pk in files or blobs.child_folder(child).exists()}
        _finish([child for child in done if child.pk not in with_files], at)
        left: set[UUID] = set()
        if with_files:
            transaction.on_commit(lambda: left.update(_remove_files(locked, files, done=done, at=at)))
    return Batch(
        receipt=receipt,
        children=len(fresh),
        keys=len(destroyed),
        rows=rows,
        files=sum(map(len, files.values())),
        stuck=len(stuck),
        with_files=len(left),
    )


def _destroy_keys(children: Sequence[Child]) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """First of all, and without the database. Returns whose keys were destroyed here, and whose would not go."""
    try:
        return keystore.current().destroy(
            (child.pk, keystore.hour_of(child.collected_at)) for child in children
        ), frozenset()
    except keystore.KeysLeft as error:
        log.error("keys could not be destroyed; the next purge tries again", keys=len(error.left))
        return error.destroyed, frozenset(left for left in error.left if isinstance(left, UUID))


def _blob_names(children: Sequence[Child]) -> dict[UUID, list[str]]:
    names: dict[UUID, list[str]] = {}
    items = VaultItem.objects.filter(child__in=children).exclude(blob="")
    for child, name in items.values_list("child_id", "blob"):
        names.setdefault(child, []).append(name)
    return names


def _remove_files(
    children: Sequence[Child], names: Mapping[UUID, Sequence[str]], *, done: Sequence[Child], at: datetime
) -> set[UUID]:
    """The rows are gone for good: now their files. A child whose files would not go stays unfinished; returns these."""
    left = set()
    for child in children:
        try:
            blobs.delete_all(child, names.get(child.pk, ()))
        except OSError:
            left.add(child.pk)
    if left:
        log.error("files could not be removed, their keys are gone; the next purge tries again", children=len(left))
    _finish([child for child in done if child.pk not in left], at)
    return left


def _finish(children: Sequence[Child], at: datetime) -> None:
    if children:
        Child.objects.filter(pk__in=[child.pk for child in children], purged_at=None).update(purged_at=at)


def _told(child: Child) -> bool:
    """Tell every hook; False if one of them failed and has to be told again."""
    told = True
    for hook in _hooks:
        try:
            with transaction.atomic():
                hook(child)
        except Exception:
            log.exception("a hook of the forgetting failed and will be called again")
            told = False
    return told
