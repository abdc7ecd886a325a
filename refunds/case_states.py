"""The one door through which a case changes its state. What a state means for money is said in `refunds.cases`."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from refunds.models import Case, CaseEvent

State = Case.State

TRANSITIONS: dict[str, frozenset[str]] = {
    # Above the limit a colleague looks at it first. Nothing has left by then.
    State.PROPOSED: frozenset({State.APPROVED, State.UNPAID, State.DECLINED}),
    State.APPROVED: frozenset({State.REFUNDED, State.FAILED}),
    # The bank may send money back days after it had arrived.
    State.REFUNDED: frozenset({State.FAILED}),
    # Sent again, to the same card.
    State.FAILED: frozenset({State.APPROVED, State.REFUNDED}),
    State.UNPAID: frozenset(),
    State.DECLINED: frozenset(),
}
OVER = (State.REFUNDED, State.UNPAID, State.DECLINED)


class IllegalMove(Exception):
    """No case may go from the one state to the other."""


@transaction.atomic
def move(case: Case, to: str, *, actor: str, detail: str = "", **changes: Any) -> bool:
    """Move `case` from the state it was loaded with to `to`, and write the event; `changes` are other fields.

    False: it is there already, or somebody else was first; nothing is written. Raises `IllegalMove`. `actor` and
    `detail` never hold anything about a child.
    """
    old = case.state
    if old == to:
        return False
    if to not in TRANSITIONS[old]:
        raise IllegalMove(f"case {case.pk}: no way from {old} to {to}")
    changes = {**changes, "state": to, "closed_at": timezone.now() if to in OVER else None}
    if not Case.objects.filter(pk=case.pk, state=old).update(**changes):
        case.refresh_from_db()
        return False
    for name, value in changes.items():
        setattr(case, name, value)
    record(case, to, actor=actor, detail=detail)
    return True


def record(case: Case, kind: str, *, actor: str, detail: str = "") -> None:
    """Write down something that happened to a case without changing its state."""
    CaseEvent.objects.create(case=case, kind=kind, actor=actor, detail=detail[:300])
