"""A colleague agrees to what was proposed above the limit, or does not. Nobody agrees to a proposal of their own."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from orders import states
from orders.models import Order
from refunds import cancelling, case_states, cases
from refunds.models import Case

State = Case.State


class NotThisPerson(Exception):
    """Whoever proposed it cannot agree to it as well."""


class NotProposed(Exception):
    """Somebody has decided meanwhile."""


def waiting() -> QuerySet[Case]:
    """What waits for a second person, the longest wait first."""
    return Case.objects.filter(state=State.PROPOSED).order_by("created_at")


@transaction.atomic
def agree(case: Case, *, staff: User) -> Case:
    """Carry out what a colleague proposed. Raises `NotThisPerson`, `NotProposed`, and `cancelling.CannotCancel` when
    the order has gone too far meanwhile: then decline it."""
    held = _proposed(case, staff)
    Case.objects.filter(pk=held.pk).update(decided_by=staff)
    carry_out(held, actor=f"staff:{staff.pk}")
    held.refresh_from_db()
    return held


def carry_out(held: Case, *, actor: str) -> None:
    """What agreeing does, whoever agrees; the caller holds the order's row. Raises `cancelling.CannotCancel`."""
    if held.kind in cancelling.CANCELLING:
        _release(held)
        (cancelling.finish if held.whole else cancelling.finish_book)(held, actor=actor)
    else:
        case_states.move(held, State.APPROVED, actor=actor, decided_at=timezone.now())
        cases.tell(held, cases.carry_out(held, actor=actor))


@transaction.atomic
def decline(case: Case, *, staff: User, why: str) -> Case:
    """Do not carry out what was proposed; `why` is for colleagues. The order goes on as it was. Raises `NotProposed`.

    Whoever proposed it may take it back in this way too.
    """
    held = _proposed(case, None)
    case_states.move(
        held, State.DECLINED, actor=f"staff:{staff.pk}", detail=why, decided_by=staff, decided_at=timezone.now()
    )
    states.record(held.order, "refund_declined", actor=f"staff:{staff.pk}")
    _release(held)
    return held


def _proposed(case: Case, staff: User | None) -> Case:
    order = cases.hold(case.order)
    held = Case.objects.get(pk=case.pk)
    held.order = order
    if held.state != State.PROPOSED:
        raise NotProposed(f"Case {held.pk} has been decided meanwhile.")
    if staff is not None and (held.proposed_by_id is None or held.proposed_by_id == staff.pk):
        raise NotThisPerson("You proposed this yourself. Somebody else has to agree.")
    return held


def _release(case: Case) -> None:
    """The order goes on, unless another proposal about it is still open."""
    others = Case.objects.filter(order=case.order, state=State.PROPOSED, kind__in=cancelling.CANCELLING)
    if not others.exclude(pk=case.pk).exists():
        Order.objects.filter(pk=case.order_id).update(held_at=None)
