"""Making what waits: the worker's side of a revision.

The row's state is the truth. Whoever makes a revision first claims it with a conditional update and a lease; a worker
that dies leaves a lease that runs out, and the sweeper finds the revision again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from books import digital_copies, page_images, revisions
from books.models import Revision
from privacy import vault
from privacy.purposes import Actor

log = structlog.get_logger("littledreamers.books")

LEASE = timedelta(seconds=90)
MAX_TRIES = 3
DIED = "its worker died"
HINT_GRACE = timedelta(seconds=3)  # a fresh revision has a message under way already


_WHEN_HOPELESS: list[Callable[[Revision, str], None]] = []


def on_hopeless(call: Callable[[Revision, str], None]) -> None:
    """Register who is told, once, that a revision could not be made and will not be tried again, and why in a word."""
    if call not in _WHEN_HOPELESS:
        _WHEN_HOPELESS.append(call)


def overdue(*, limit: int) -> list[int]:
    """Ids of revisions whose message must have been lost or whose worker died, oldest first."""
    now = timezone.now()
    waiting = revisions.of_living_children().filter(_free(now))
    fresh = Q(state=Revision.State.NEW, tries=0, created_at__gt=now - HINT_GRACE)
    return list(waiting.exclude(fresh).order_by("pk").values_list("pk", flat=True)[:limit])


def make(revision_id: int) -> bool:
    """Make all page images of a revision, and its digital copy where one is due.

    False: it is done already, somebody else is at it, it failed, or the child has been forgotten meanwhile.
    """
    if not revisions.of_living_children().filter(pk=revision_id).exists():
        return False
    now = timezone.now()
    # The conditions stand in the update itself: of two claims at the same moment the database lets one through.
    if not Revision.objects.filter(_free(now), pk=revision_id).update(
        state=Revision.State.RENDERING, lease_until=now + LEASE, tries=F("tries") + 1
    ):
        return False
    revision = Revision.objects.select_related("edition__child").get(pk=revision_id)
    try:
        _make_all(revision)
        with transaction.atomic():
            if not _finish(revision, Revision.State.READY, None):
                return False
            if revision.full_wanted and revisions.is_latest(revision):
                digital_copies.announce(revision)
    except vault.Forgotten:
        return False
    except Exception as error:
        # The kind of error only, and no raising: its words may hold what the parent typed (F22).
        log.error("revision not made", revision=revision_id, tries=revision.tries, error=type(error).__name__)
        with transaction.atomic():
            again = timezone.now() + timedelta(seconds=5) * 2**revision.tries
            if _finish(revision, Revision.State.FAILED, again) and revision.tries >= MAX_TRIES:
                _give_up(revision, type(error).__name__)
        return False
    return True


def give_up_dead(*, limit: int) -> None:
    """Revisions at which a worker died again and again: they are tried no more, and a person is told."""
    died = Q(state=Revision.State.RENDERING, lease_until__lt=timezone.now(), tries__gte=MAX_TRIES)
    for revision in revisions.of_living_children().filter(died).order_by("pk")[:limit]:
        with transaction.atomic():
            if Revision.objects.filter(died, pk=revision.pk).update(state=Revision.State.FAILED, lease_until=None):
                _give_up(revision, DIED)


def _give_up(revision: Revision, why: str) -> None:
    for call in _WHEN_HOPELESS:
        call(revision, why)


def _free(now: datetime) -> Q:
    """Nobody is making it: new, or the lease of a dead worker or of a failed try is over. The hopeless are left out."""
    state = Revision.State
    again = Q(lease_until__lt=now, tries__lt=MAX_TRIES)
    return Q(state=state.NEW) | Q(again, state=state.RENDERING) | Q(again, state=state.FAILED)


def _make_all(revision: Revision) -> None:
    if not revisions.is_latest(revision):
        return  # nobody will look at it any more
    actor = Actor.system("preview")
    for full in (False, True) if revision.full_wanted else (False,):
        pages = page_images.missing(revision, full=full)
        if pages:
            for _ in page_images.make(revision, pages, full=full, actor=actor, settle=True):
                pass
    if revision.full_wanted:
        digital_copies.digital_copy(revision, actor=actor)


def _finish(revision: Revision, state: Revision.State, lease_until: datetime | None) -> bool:
    """Set the end state unless the lease was lost, or the revision was ordered or approved while it was made."""
    mine = Revision.objects.filter(
        pk=revision.pk,
        state=Revision.State.RENDERING,
        lease_until=revision.lease_until,
        full_wanted=revision.full_wanted,
    )
    return bool(mine.update(state=state, lease_until=lease_until))
