"""The digital copy of an ordered book: the PDF that the parent approves before anything is printed (P21)."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from accounts.hints import hint
from books import composing, revisions
from books.models import Revision
from privacy import vault
from privacy.masked import Masked
from privacy.purposes import Actor, Kind, Purpose

_WHEN_READY: list[Callable[[Revision], None]] = []


def on_full_ready(call: Callable[[Revision], None]) -> None:
    """Register what happens, once and in the same transaction, when a revision's digital copy is ready."""
    if call not in _WHEN_READY:
        _WHEN_READY.append(call)


def want_full(revision: Revision) -> None:
    """Have the digital copy made: the book was ordered, or changed after it was. Asking twice changes nothing."""
    from books.tasks import render_revision

    Revision.objects.filter(pk=revision.pk, full_wanted=False).update(
        full_wanted=True, state=Revision.State.NEW, tries=0, lease_until=None
    )
    revision.refresh_from_db(fields=["full_wanted", "state", "tries", "lease_until"])
    if revision.state == Revision.State.NEW:
        hint(render_revision, revision.pk)


def digital_copy(revision: Revision, *, actor: Actor, reason: str = "") -> Masked[bytes]:
    """The whole book as a PDF, watermarked until it is approved; made on the spot if it is not in the vault.

    Raises privacy.vault.Forgotten once the child is forgotten (P10).
    """
    clean = revision.edition.locked_at is not None
    number = revisions.place(revision, clean=clean)
    child = revision.edition.child
    try:
        return vault.read(child, Kind.DIGITAL_COPY, number, purpose=Purpose.PREVIEW, actor=actor, reason=reason)
    except vault.NotInVault:
        content = revisions.content(revision, purpose=Purpose.RENDER, actor=actor, reason=reason, settle=True)
        story = revisions.story_of(revision.edition)
        pdf = composing.digital_copy(story, content.reveal(), watermark=not clean)
        if revisions.is_latest(revision):
            vault.put(child, Kind.DIGITAL_COPY, number, pdf)
        return Masked(pdf)


def announce(revision: Revision) -> None:
    """Note that the digital copy is ready and tell who registered, exactly once however often it is made."""
    with transaction.atomic():
        waiting = Revision.objects.filter(pk=revision.pk, full_wanted=True, full_ready_at=None)
        if waiting.update(full_ready_at=timezone.now()):
            revision.refresh_from_db(fields=["full_ready_at"])
            for call in _WHEN_READY:
                call(revision)
