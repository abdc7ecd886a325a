"""What a decision would do, shown before anybody decides: it is carried out and undone.

So nothing that is shown can differ from what happens: amount, points, promised day, and the very mail. Nothing leaves:
mails, messages to workers and the forgetting of keys all wait for a commit that never comes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Max, QuerySet, Sum

from accounts import mail
from accounts.models import OutgoingMail
from orders import money_back
from orders.models import PointsEntry
from refunds import cases, second_person
from refunds.models import Case

ACTOR = "system:rehearsal"


@dataclass(frozen=True)
class Letter:
    """A mail as it would be sent, without its links (P12)."""

    subject: str
    text: str


@dataclass(frozen=True)
class Rehearsal:
    """What would happen. Amounts in minor units; `points_taken` were earned with what goes back; `second`: a colleague
    would have to agree first."""

    amount: int
    shipping: int
    points_back: int
    points_taken: int
    by: date
    second: bool
    letters: tuple[Letter, ...]


def rehearse(decide: Callable[[], Case]) -> Rehearsal:
    """Carry out `decide`, and what a colleague would agree to after it, and undo both. Raises what they raise."""
    with _undone():
        mails, entries = _newest(OutgoingMail), _newest(PointsEntry)
        case = decide()
        second = case.state == Case.State.PROPOSED
        if second:
            case.order = cases.hold(case.order)
            second_person.carry_out(case, actor=ACTOR)
        case.refresh_from_db()
        booked = PointsEntry.objects.filter(pk__gt=entries)
        to_customer = OutgoingMail.objects.filter(pk__gt=mails, recipient=case.order.email).order_by("pk")
        return Rehearsal(
            amount=case.amount,
            shipping=case.shipping,
            points_back=_sum(booked.filter(kind=PointsEntry.Kind.BACK)),
            points_taken=-_sum(booked.filter(kind=PointsEntry.Kind.TAKEN)),
            by=money_back.promised_from_today(case.order.country),
            second=second,
            letters=tuple(Letter(one.subject, mail.shown(one)) for one in to_customer),
        )


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


def _newest(model: type[OutgoingMail] | type[PointsEntry]) -> int:
    return int(model._default_manager.aggregate(newest=Max("pk", default=0))["newest"])


def _sum(entries: QuerySet[PointsEntry]) -> int:
    return int(entries.aggregate(sum=Sum("points", default=0))["sum"])
