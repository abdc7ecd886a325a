"""Deciding that money goes back, and how much (P23, P26-P28). `refunds.payouts` carries it out, and nobody else.

A case is opened with what it owes. Small sums and everything the customer or the calendar decides go out at once; what
a member of staff decides above `SECOND_PERSON_ABOVE` waits for a colleague (`refunds.second_person`). Whoever decides
holds the order's row, so that two decisions never owe the same copy twice (F13, F14).
"""

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from orders import mails, points, states
from orders.models import Invoice, Order, Payment, Refund
from refunds import amounts, case_states, payouts
from refunds.amounts import Owed
from refunds.models import Case, CaseLine, CaseRefund, Return

State = Case.State
ACTOR = "system:cases"


class CannotDecide(Exception):
    """This cannot be decided (any more); the message says why, for staff."""


def needs_second(owed: Owed, staff: User | None) -> bool:
    """Whether a second person has to agree: a member of staff decides about more than the limit."""
    return staff is not None and owed.money > settings.SECOND_PERSON_ABOVE


def open_case(
    order: Order,
    owed: Owed,
    *,
    kind: str,
    actor: str,
    whole: bool = False,
    staff: User | None = None,
    note: str = "",
    reason: str = "",
) -> Case:
    """A case about `order`, whose row the caller holds, that owes `owed`. Nothing leaves before `carry_out`.

    Above the limit it is proposed, and colleagues are told.
    """
    second = needs_second(owed, staff)
    case = Case.objects.create(
        order=order,
        kind=kind,
        whole=whole,
        state=State.PROPOSED if second else State.APPROVED,
        amount=owed.money,
        shipping=owed.shipping,
        points=owed.points,
        reason=reason,
        note=note[:300],
        proposed_by=staff if second else None,
        decided_by=None if second else staff,
        decided_at=None if second else timezone.now(),
    )
    CaseLine.objects.bulk_create(
        CaseLine(case=case, line_id=line.line_id, copies=line.copies, amount=line.money, points=line.points)
        for line in owed.lines
    )
    case_states.record(case, "proposed" if second else "decided", actor=actor)
    if second:
        states.record(order, "refund_proposed", actor=actor)
        mails.staff_task(
            key=f"case:{case.pk}:proposed",
            what=f"a colleague proposes a refund for {order.number} that needs a second person",
            link=settings.SITE_URL + reverse("refunds:decide", args=[case.pk]),
        )
    return case


def carry_out(case: Case, *, actor: str) -> list[Refund]:
    """Send what an approved case owes on its way, from the payments it came from; the caller holds the order's row.

    A case that turns out to owe nothing, because nothing was paid, is closed as such. Points that were spent come back,
    and what was earned with these copies is taken back (P40).
    """
    key = f"case-{case.pk}"
    points.give_back(case.order, case.points, key=key)
    points.take_back_earned(case.order, *amounts.of_case(case), key=key)
    refunds: list[Refund] = []
    left = case.amount
    for payment in _payments(case.order):
        part = min(left, payouts.left_to_refund(payment))
        if part:
            refund = payouts.decide(payment, reason=case.kind, key=f"{key}-payment-{payment.pk}", amount=part)
            CaseRefund.objects.get_or_create(case=case, refund=refund)
            refunds.append(refund)
            left -= part
    if left:
        case.amount -= left
        case.shipping = min(case.shipping, case.amount)
        case.save(update_fields=["amount", "shipping"])
    if not refunds:
        Case.objects.filter(pk=case.pk).update(state=State.UNPAID, closed_at=timezone.now())
        case.refresh_from_db()
    return refunds


@transaction.atomic
def decide_return(back: Return, *, staff: User, actor: str) -> Case:
    """The money for a return whose fault was verified: what was paid for these copies, with their share of the
    delivery (P26). Asked again it is the same case.

    Raises `CannotDecide` before the inspection has found the fault: no refund without one.
    """
    order = hold(back.order)
    held = Return.objects.get(pk=back.pk)
    if held.case is not None and held.case.state != State.DECLINED:
        return held.case
    if held.state != Return.State.VERIFIED or held.inspected_at is None:
        raise CannotDecide(f"{held.number} has not been inspected, or its inspection found no fault.")
    owed = _owed_for(held)
    case = open_case(order, owed, kind=Case.Kind.RETURN, actor=actor, staff=staff)
    Return.objects.filter(pk=held.pk).update(case=case)
    back.case = case
    if case.state == State.APPROVED:
        carry_out(case, actor=actor)
    return case


@transaction.atomic
def give_goodwill(order: Order, *, amount: int, staff: User, note: str, seen: int | None = None) -> Case:
    """Staff give back a part of what was paid, because something went wrong that nobody has to send back for.

    `amount` in minor units; `seen` the order's newest case (0: none) when the page was shown, so that a second click
    gets the first one's case. Raises `CannotDecide` when so much is not left of what was paid (P27), or a colleague has
    decided something about this order meanwhile.
    """
    held = hold(order)
    newer = Case.objects.filter(order=held, pk__gt=seen) if seen is not None else Case.objects.none()
    if newer.exists():
        mine = Q(proposed_by=staff) | Q(decided_by=staff, proposed_by=None)
        same = newer.filter(mine, kind=Case.Kind.GOODWILL, amount=amount, note=note[:300]).first()
        if same is None:
            raise CannotDecide("Something was decided about this order while you looked. Please look at it again.")
        return same
    if not 0 < amount <= amounts.left_of(held):
        raise CannotDecide("There is not so much left of what was paid for this order.")
    owed = Owed((), amount, 0, 0, (), ())
    case = open_case(held, owed, kind=Case.Kind.GOODWILL, actor=f"staff:{staff.pk}", staff=staff, note=note)
    if case.state == State.APPROVED:
        tell(case, carry_out(case, actor=f"staff:{staff.pk}"))
    return case


def tell(case: Case, refunds: list[Refund]) -> None:
    """The customer reads that money goes back, how much and until when it is there (P29)."""
    books = ", ".join(one.line.title for one in case.lines.select_related("line"))
    words = {
        Case.Kind.RETURN: "We have looked at what you sent back, and you were right.",
        Case.Kind.CANCELLATION: f"{books} is cancelled and will not be printed. The rest of your order goes on.",
        Case.Kind.UNPRINTABLE: f"{books} could not be printed any more. The rest of your order goes on.",
    }
    reason = words.get(Case.Kind(case.kind), "Something about this order was not as it should have been.")
    for number, refund in enumerate(refunds):
        points = 0 if number else points_back(case)
        mails.money_back(case.order, refund=refund, reason=reason, points=points)


def points_back(case: Case) -> int:
    """The points that a case gives back: none to a customer whose account is gone."""
    return case.points if case.order.user_id else 0


def hold(order: Order) -> Order:
    """The order as it is now, locked: whoever holds it decides alone."""
    return Order.objects.select_for_update(no_key=True).get(pk=order.pk)


def case_page(case: Case) -> str:
    """The address of the page on which staff see the whole story of a case."""
    return reverse("admin:refunds_case_change", args=[case.pk])


def _owed_for(back: Return) -> Owed:
    wanted = {one.line_id: one.copies for one in back.lines.all()}
    try:
        return amounts.of_copies(back.order, wanted, shipping=True)
    except amounts.TooManyCopies:
        raise CannotDecide("The money for these copies has gone back before.") from None


def _payments(order: Order) -> list[Payment]:
    """The payments that money can go back to, the one with the invoice first."""
    invoiced = set(Invoice.objects.filter(order=order).values_list("payment", flat=True))
    paid = order.payments.filter(state=Payment.State.PAID).order_by("pk")
    return sorted(paid, key=lambda payment: payment.pk not in invoiced)
