"""The one door through which a print job changes its state."""

from typing import Any

from django.db import transaction

from orders.models import Order, PrintJob, PrintJobEvent

State = PrintJob.State

TRANSITIONS: dict[str, frozenset[str]] = {
    State.QUEUED: frozenset({State.SENDING, State.BLOCKED, State.CANCELLED}),
    # A worker holds it by a lease; the one that takes over from a dead one finds it in the same state.
    State.SENDING: frozenset({State.SENT, State.BLOCKED}),
    State.SENT: frozenset({State.RECEIVED, State.SHIPPED, State.REJECTED}),
    State.RECEIVED: frozenset({State.SHIPPED, State.REJECTED}),
    State.SHIPPED: frozenset(),
    # Staff queue it anew as another job, or the order is cancelled.
    State.BLOCKED: frozenset({State.CANCELLED}),
    # The customer of a faulty book chose something else than new copies (P43).
    State.REJECTED: frozenset({State.CANCELLED}),
    State.CANCELLED: frozenset(),
}

# Jobs in these states have nothing at the printer: their order can still be cancelled.
STOPPED_OR_WAITING = (State.QUEUED, State.CANCELLED, State.BLOCKED, State.REJECTED)


class TooLate(Exception):
    """The job is not where somebody takes it to be; `job.state` says where it is, the message why not, for staff."""


@transaction.atomic
def move(job: PrintJob, old: tuple[str, ...], new: str, *, actor: str, detail: str = "", **changes: Any) -> None:
    """Move `job` from one of the states `old` to `new`, with its other fields and the event.

    A conditional update: raises `TooLate` for a lost race, and ValueError for a way that the table does not know.
    """
    if unknown := [state for state in old if new not in TRANSITIONS[state]]:
        raise ValueError(f"{job.number}: no way from {unknown[0]} to {new}")
    if not PrintJob.objects.filter(pk=job.pk, state__in=old).update(state=new, **changes):
        job.refresh_from_db(fields=["state"])
        raise TooLate(f"{job.number} is {job.get_state_display()}.")
    job.state = new
    for name, value in changes.items():
        setattr(job, name, value)
    record(job, new, actor=actor, detail=detail)


def record(job: PrintJob, kind: str, *, actor: str, detail: str = "") -> None:
    """Write down something that happened to a job without changing its state."""
    PrintJobEvent.objects.create(job=job, kind=kind, actor=actor, detail=detail[:500])


def hold(job: PrintJob) -> Order:
    """Lock the order of a job, and look again at what the job's row says."""
    order = Order.objects.select_for_update(no_key=True).get(pk=job.line.order_id)
    job.refresh_from_db(fields=["state"])
    return order
