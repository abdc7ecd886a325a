"""The whole story of a case on one page: what was paid, what goes back and why, every event, every mail. Nothing about
the child (P35): what a parent wrote is not here, only that they wrote.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from accounts import mail
from accounts.models import OutgoingMail, User
from orders import allocation, money_back
from orders.models import Order, OrderEvent, PrintJobEvent, Refund
from refunds.models import Case, CaseEvent, ChangeRequest, CreditNote, Return, ReturnEvent

STAFF = "staff:"


@dataclass(frozen=True)
class LineStory:
    """Copies of one book, and how what goes back for them comes about. Minor units; `points` were spent on them."""

    title: str
    format: str
    copies: int
    of: int
    price: int
    coupon: int
    by_points: int
    paid: int
    back: int
    points: int


@dataclass(frozen=True)
class RefundStory:
    """Money on its way back, with its credit notes."""

    refund: Refund
    promised: date
    notes: list[CreditNote]
    may_send_again: bool


@dataclass(frozen=True)
class Moment:
    """Something that happened. `of` says to what: the order, the case, a return or a print job."""

    at: datetime
    of: str
    what: str
    who: str
    detail: str


@dataclass(frozen=True)
class Letter:
    """A mail to the customer, without its links (P12)."""

    at: datetime
    subject: str
    state: str
    text: str


@dataclass(frozen=True)
class CaseStory:
    """Everything about a case."""

    case: Case
    lines: list[LineStory]
    refunds: list[RefundStory]
    returned: Return | None
    asked: list[ChangeRequest]
    moments: list[Moment]
    letters: list[Letter]
    others: list[Case]


def tell(case: Case) -> CaseStory:
    """The story of `case`, in a fixed number of queries."""
    order = case.order
    returned = Return.objects.filter(case=case).first()
    return CaseStory(
        case=case,
        lines=_lines(case),
        refunds=_refunds(case),
        returned=returned,
        asked=list(ChangeRequest.objects.filter(line__order=order).select_related("line")),
        moments=_moments(case, returned),
        letters=_letters(order, returned),
        others=list(order.cases.exclude(pk=case.pk)),
    )


def _lines(case: Case) -> list[LineStory]:
    copies = allocation.copies_of(case.order)
    stories = []
    before = Counter[int]()
    earlier = Case.objects.filter(order=case.order, pk__lt=case.pk).exclude(state=Case.State.DECLINED)
    for line_id, count in earlier.values_list("lines__line", "lines__copies"):
        if line_id is not None:
            before[line_id] += count
    for one in case.lines.select_related("line"):
        line, gone = one.line, before[one.line_id]
        mine = [copy for copy in copies if copy.line_id == line.pk][gone : gone + one.copies]
        price, by_points = line.unit_price * len(mine), sum(copy.points for copy in mine) * case.order.point_value
        paid = sum(copy.money for copy in mine)
        stories.append(
            LineStory(
                title=line.title,
                format=line.format,
                copies=one.copies,
                of=line.quantity,
                price=price,
                coupon=price - by_points - paid,
                by_points=by_points,
                paid=paid,
                back=one.amount,
                points=one.points,
            )
        )
    return stories


def _refunds(case: Case) -> list[RefundStory]:
    mine = Refund.objects.filter(of_case__case=case).select_related("payment__order").order_by("pk")
    waiting = set(money_back.failed().filter(of_case__case=case).values_list("pk", flat=True))
    notes: dict[int, list[CreditNote]] = {}
    for note in CreditNote.objects.filter(refund__of_case__case=case).order_by("pk"):
        notes.setdefault(note.refund_id, []).append(note)
    return [
        RefundStory(one, money_back.promised_by(one), notes.get(one.pk, []), may_send_again=one.pk in waiting)
        for one in mine
    ]


def _moments(case: Case, returned: Return | None) -> list[Moment]:
    found: list[tuple[str, OrderEvent | CaseEvent | ReturnEvent | PrintJobEvent]] = []
    found += [("order", event) for event in OrderEvent.objects.filter(order=case.order)]
    found += [("case", event) for event in CaseEvent.objects.filter(case=case)]
    if returned is not None:
        found += [(f"return {returned.number}", event) for event in ReturnEvent.objects.filter(of=returned)]
    jobs = PrintJobEvent.objects.filter(job__line__order=case.order).select_related("job")
    # The printer's own words about a book stay on the job's page.
    found += [(f"job {event.job.number}", event) for event in jobs]
    names = _names({event.actor for _, event in found})
    moments = [
        Moment(
            at=event.at,
            of=of,
            what=event.kind.replace("_", " "),
            who=names.get(event.actor, event.actor.replace("system:", "by itself: ")),
            detail="" if of.startswith("job") else event.detail,
        )
        for of, event in found
    ]
    return sorted(moments, key=lambda moment: moment.at)


def _names(actors: set[str]) -> dict[str, str]:
    """Who "staff:12" is."""
    pks = [int(actor.removeprefix(STAFF)) for actor in actors if actor.removeprefix(STAFF).isdigit()]
    return {f"{STAFF}{user.pk}": str(user) for user in User.objects.filter(pk__in=pks)}


def _letters(order: Order, returned: Return | None) -> list[Letter]:
    about = Q(key__startswith=f"order:{order.number}:")
    if returned is not None:
        about |= Q(key__startswith=f"return:{returned.number}:")
    return [
        Letter(one.created_at, one.subject or "(forgotten)", one.state, mail.shown(one))
        for one in OutgoingMail.objects.filter(about).order_by("pk")
    ]
