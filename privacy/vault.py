"""The vault: the only place where anything about a child is kept, and the only way to it.

Reading needs a purpose and an actor, is logged, and is refused from the exact second the child's time is
over, whatever the workers do: the vault looks at the clock itself (`clock.latest`), and the key that it needs
dies soon after.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from privacy import access, blobs, ciphers, clock, keystore
from privacy.forgetting import Forgotten, NotInVault
from privacy.masked import Masked
from privacy.models import Child, VaultItem
from privacy.purposes import Actor, Kind, Purpose
from privacy.uploads import EncryptedUpload

__all__ = [
    "AccessRefused",
    "Forgotten",
    "NotInVault",
    "PurposeRefused",
    "holds",
    "is_open",
    "numbers",
    "put",
    "put_upload",
    "read",
    "remove",
    "size",
    "sizes",
]

IN_ROW = 64 * 1024

AccessRefused = access.AccessRefused
PurposeRefused = access.PurposeRefused


def is_open(child: Child, *, now: datetime | None = None) -> bool:
    """Whether a child's time has not come: not ended, before its expiry (P10) and, unless ordered, not
    abandoned. A clock that was set back does not bring it back (F8)."""
    now = now or clock.latest()
    return (
        child.ended_at is None
        and now < access.expiry(child)
        and (child.abandoned_at is None or now < child.abandoned_at)
    )


def put(child: Child, kind: Kind, number: int, data: bytes) -> VaultItem:
    """Store something about a child, in place of what was there. Raises Forgotten."""
    kind = Kind(kind)
    where = ciphers.place(child.pk, kind, number)
    key = _key(child)
    name = ""
    sealed: bytes | None = None
    if len(data) > IN_ROW:
        name = blobs.new_name()
        blobs.write(ciphers.seal_file(key, data, where, name), name)
    else:
        sealed = ciphers.seal(key, data, where)
    try:
        return _store(child, kind, number, ciphertext=sealed, blob=name, size=len(data))
    except BaseException:
        if name:
            blobs.delete(child, name)
        raise


def put_upload(child: Child, kind: Kind, number: int, upload: EncryptedUpload) -> VaultItem:
    """Move an upload into the vault; what it left on disk is discarded. Raises Forgotten."""
    try:
        return put(child, kind, number, upload.read_all())
    finally:
        upload.discard()


def read(child: Child, kind: Kind, number: int, *, purpose: Purpose, actor: Actor, reason: str = "") -> Masked[bytes]:
    """Open one thing in the vault and log that it was opened (P12).

    Raises PurposeRefused (P3), AccessRefused (staff without permission, training or a reason: P12, P14),
    Forgotten (410, P10) and NotInVault (404).
    """
    kind = Kind(kind)
    access.check(kind, purpose=purpose, actor=actor, reason=reason)
    # The row as it is now: the caller's copy of the child may be hours old.
    item = VaultItem.objects.select_related("child").filter(child_id=child.pk, kind=kind, number=number).first()
    if item is None:
        _key(_fresh(child))
        raise NotInVault("There is nothing in this place.")
    child = item.child
    key = _key(child)
    access.record(child, kind, purpose=purpose, actor=actor, reason=reason)
    where = ciphers.place(child.pk, kind, number)
    if not item.blob:
        return Masked(ciphers.unseal(key, bytes(item.ciphertext or b""), where))
    try:
        file = blobs.open_blob(child, item.blob)
    except FileNotFoundError as error:
        raise NotInVault("The file of this place is missing.") from error
    with file:
        return Masked(ciphers.unseal_file(key, file, where, item.blob))


def holds(child: Child, kind: Kind, number: int) -> bool:
    """Whether there is something in this place. Opens nothing."""
    return VaultItem.objects.filter(child_id=child.pk, kind=kind, number=number).exists()


def size(child: Child, kind: Kind, number: int) -> int | None:
    """How many bytes lie in this place; None where there is nothing. Opens nothing."""
    return VaultItem.objects.filter(child_id=child.pk, kind=kind, number=number).values_list("size", flat=True).first()


def numbers(child: Child, kind: Kind) -> list[int]:
    """The numbers in use for a kind, ascending. Opens nothing."""
    return list(
        VaultItem.objects.filter(child_id=child.pk, kind=kind).order_by("number").values_list("number", flat=True)
    )


def sizes(child: Child, kind: Kind) -> dict[int, int]:
    """How many bytes lie in each place of a kind. Opens nothing."""
    return dict(VaultItem.objects.filter(child_id=child.pk, kind=kind).values_list("number", "size"))


def remove(child: Child, kind: Kind, number: int) -> None:
    """Delete one thing before its time. Nothing happens if it is not there."""
    with transaction.atomic():
        item = VaultItem.objects.select_for_update().filter(child_id=child.pk, kind=kind, number=number).first()
        if item is None:
            return
        item.delete()
        if item.blob:
            transaction.on_commit(lambda: blobs.delete(child, item.blob))


def _store(child: Child, kind: Kind, number: int, *, ciphertext: bytes | None, blob: str, size: int) -> VaultItem:
    with transaction.atomic():
        # The lock lets a forgetting that began meanwhile find this row, or us find that it happened.
        current = Child.objects.select_for_update(no_key=True).filter(pk=child.pk).first()
        if current is None or not is_open(current):
            raise Forgotten(end_reason(current))
        old = VaultItem.objects.filter(child=current, kind=kind, number=number).first()
        item, _ = VaultItem.objects.update_or_create(
            child=current,
            kind=kind,
            number=number,
            defaults={"ciphertext": ciphertext, "blob": blob, "size": size, "created_at": timezone.now()},
        )
        if blob:
            transaction.on_commit(lambda: _settle(item, blob))
        if old and old.blob:
            old_blob = old.blob
            transaction.on_commit(lambda: blobs.delete(current, old_blob))
    return item


def _settle(item: VaultItem, blob: str) -> None:
    """Move a committed blob to its child, unless the child was forgotten between the commit and now."""
    blobs.settle(item.child, blob)
    if not VaultItem.objects.filter(pk=item.pk).exists():
        blobs.delete(item.child, blob)


def _key(child: Child) -> bytes:
    """The child's key, if its time has not come. Raises Forgotten."""
    if not is_open(child):
        raise Forgotten(end_reason(child))
    try:
        return keystore.current().get(child.pk, keystore.hour_of(child.collected_at))
    except keystore.KeyGone as error:
        raise Forgotten from error


def _fresh(child: Child) -> Child:
    return Child.objects.filter(pk=child.pk).first() or child


def end_reason(child: Child | None) -> Child.End | None:
    """Why nothing of a child can be read any more; None for a child that nobody knows."""
    if child is None:
        return None
    if child.end_reason:
        return Child.End(child.end_reason)
    return Child.End.EXPIRED if clock.latest() >= access.expiry(child) else Child.End.ABANDONED
