"""What follows a verified fault: the money back, new copies from the stored book, or a book made anew (P26, P43).

Nothing here happens before an inspection: `refunds.returns` has no other way to "fault verified", and the database
refuses a case or a replacement without an inspection too.
"""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from orders import money_back, replacements, reprints
from orders.models import Order, OrderLine, PrintJob
from privacy import children
from privacy.models import Child
from privacy.vault import Forgotten
from refunds import amounts, cases, return_mails, returns
from refunds.amounts import Owed
from refunds.models import Case, Return
from refunds.returns import Refused

State = Return.State
Wish = Return.Wish
# A job in these states has come to nothing, or will without somebody who helps.
_STUCK = (PrintJob.State.BLOCKED, PrintJob.State.REJECTED, PrintJob.State.CANCELLED)


def waiting_for_staff() -> QuerySet[Return]:
    """Returns that a member of staff has to do something about."""
    undecided = Q(case=None) | Q(case__state=Case.State.DECLINED)
    money = Q(state=State.VERIFIED, wish=Wish.REFUND) & undecided
    open_book = Q(
        lines__line__edition__child__ended_at=None, lines__line__edition__child__expires_at__gt=timezone.now()
    )
    stuck = Q(lines__reprint=None) | Q(lines__reprint__state__in=_STUCK)
    copies = Q(state=State.VERIFIED, wish=Wish.REPRINT, replacement=None) & open_book & stuck & undecided
    looking = Q(state__in=[State.ASKED, State.RECEIVED, State.APPEALED])
    return Return.objects.filter(pk__in=Return.objects.filter(looking | money | copies).values("pk"))


def can_reprint(of: Return) -> bool:
    """Whether every book of a return can still be made from what is stored (P10, P43)."""
    return all(
        one.line.edition is not None and children.is_open(one.line.edition.child)
        for one in of.lines.select_related("line__edition__child")
    )


def jobs(of: Return) -> list[PrintJob]:
    """The jobs of new copies that are under way or sent."""
    found = [one.reprint for one in of.lines.select_related("reprint__line").order_by("pk")]
    return [job for job in found if job is not None and job.state not in _STUCK]


def replacement(of: Return) -> Order | None:
    """The book made anew, if it was not cancelled."""
    order = of.replacement
    return order if order is not None and order.state != Order.State.CANCELLED else None


def must_choose(of: Return) -> bool:
    """Whether the customer decides next: a new copy is wished, and the stored book is forgotten."""
    if of.state != State.VERIFIED or of.wish != Wish.REPRINT or money_under_way(of):
        return False
    return not jobs(of) and replacement(of) is None and not can_reprint(of)


def to_make_anew(of: Return) -> OrderLine | None:
    """The one book that the parent may make anew; None: not this return, or it is about several books."""
    lines = list(of.lines.select_related("line__edition")) if must_choose(of) else []
    return lines[0].line if len(lines) == 1 and lines[0].line.edition is not None else None


def money_under_way(of: Return) -> bool:
    """Whether a case about the money stands, decided or waiting for a second person."""
    return of.case is not None and of.case.state != Case.State.DECLINED


def would_go_back(of: Return) -> Owed | None:
    """What would go back now, for staff before they decide; None when these copies have been paid back before."""
    try:
        return amounts.of_copies(of.order, {one.line_id: one.copies for one in of.lines.all()}, shipping=True)
    except amounts.TooManyCopies:
        return None


@transaction.atomic
def give_back(of: Return, *, staff: User) -> Case:
    """Everything that was paid for these copies, with their share of the delivery, goes back (P26); above the limit a
    second person has to agree first, and the return stays where it is until then. Raises `Refused`."""
    held = _held(of)
    if held.state != State.VERIFIED or held.wish != Wish.REFUND or jobs(held) or replacement(held) is not None:
        raise Refused(f"{held.number} is not waiting for money.")
    if held.order.replaces is not None:
        raise Refused(
            f"{held.order.number} cost nothing. Give the money back as goodwill on {held.order.replaces.number}."
        )
    actor = f"staff:{staff.pk}"
    try:
        case = cases.decide_return(held, staff=staff, actor=actor)
    except cases.CannotDecide as error:
        raise Refused(str(error)) from error
    if case.state == Case.State.APPROVED:
        returns.settle(held, actor=actor, detail="money decided")
        return_mails.money(held, case=case, by=money_back.promised_from_today(held.order.country))
    else:
        returns.record(held, "proposed", actor=actor)
    of.refresh_from_db()
    return case


@transaction.atomic
def choose(of: Return, wish: str, *, actor: str) -> None:
    """Another solution than the one that was wished at first. Raises `Refused` once the first is under way."""
    held = _held(of)
    if held.state in returns.CLOSED or money_under_way(held) or replacement(held) is not None:
        raise Refused(f"{held.number} is under way or closed, so nothing else can be chosen.")
    for job in [one.reprint for one in held.lines.select_related("reprint__line") if one.reprint is not None]:
        if not reprints.stop_reprint(job, actor=actor):
            raise Refused("The new copies are at the printer already.")
    if held.wish != wish:
        Return.objects.filter(pk=held.pk).update(wish=wish)
        returns.record(held, "wish", actor=actor, detail=Wish(wish).label)
    of.refresh_from_db()


@transaction.atomic
def print_again(of: Return, *, staff: User) -> list[PrintJob]:
    """New copies from the stored book, for a fault that was verified (P43). Raises `Refused`; when the book is
    forgotten the customer is asked to choose, and nothing is queued."""
    held = _held(of)
    if held.state != State.VERIFIED or held.wish != Wish.REPRINT or money_under_way(held):
        raise Refused(f"{held.number} is not waiting for new copies.")
    if jobs(held) or replacement(held) is not None:
        raise Refused("The new copies are being made already.")
    actor, made = f"staff:{staff.pk}", []
    try:
        with transaction.atomic():
            for one in held.lines.select_related("line"):
                job = reprints.reprint(one.line, copies=one.copies, actor=actor)
                type(one).objects.filter(pk=one.pk).update(reprint=job)
                made.append(job)
    except Forgotten:
        return_mails.choose_again(held)
        return []
    except reprints.TooLate as error:
        raise Refused(str(error)) from error
    returns.record(held, "reprint", actor=actor, detail=", ".join(job.number for job in made))
    return_mails.reprint_begun(held)
    return made


def reprint_changed(job: PrintJob, before: PrintJob | None) -> None:
    """For `orders.reprints.on_reprint`: settled when everything has been sent; a book that is forgotten needs a new
    choice; a job that was queued again takes its place here."""
    found = Return.objects.filter(lines__reprint=before or job).first()
    if found is None:
        return
    if before is not None:
        found.lines.filter(reprint=before).update(reprint=job)
    elif job.state == PrintJob.State.SHIPPED:
        _settle_if_sent(found)
    elif found.state == State.VERIFIED and must_choose(found):
        return_mails.choose_again(found)


@transaction.atomic
def make_anew(of: Return, *, child: Child) -> Order:
    """The parent has made the book anew, after the first one was forgotten: an order that costs nothing (P43).

    The second call gets the same order. Raises `Refused` for a return that does not wait for it, or another story, and
    privacy.vault.Forgotten.
    """
    held = _held(of)
    known = replacement(held)
    if known is not None:
        return known
    line = to_make_anew(held)
    edition = getattr(child, "edition", None)
    if line is None or line.edition is None or edition is None or edition.story != line.edition.story:
        raise Refused("This is not the book that the return is about.")
    copies = held.lines.get().copies
    order = replacements.place(of=line, edition=edition, copies=copies, key=f"{held.number}-{held.events.count()}")
    Return.objects.filter(pk=held.pk).update(replacement=order)
    returns.record(held, "new_book", actor=returns.CUSTOMER, detail=order.number)
    of.refresh_from_db()
    return_mails.new_copy_begun(of, order)
    return order


def follow() -> int:
    """The sweeper's part: settle what has been sent, and ask again where a book made anew was cancelled. How many."""
    done = 0
    for of in Return.objects.filter(state=State.VERIFIED).select_related("replacement", "order", "case").order_by("pk"):
        done += _settle_if_decided(of) or _settle_if_sent(of)
        if of.replacement is not None and of.replacement.state == Order.State.CANCELLED:
            _let_go(of)
    return done


@transaction.atomic
def _let_go(of: Return) -> None:
    if Return.objects.filter(pk=of.pk, replacement=of.replacement).update(replacement=None):
        returns.record(of, "new_book_gone", actor=returns.SYSTEM)
        of.refresh_from_db()
        return_mails.choose_again(of)


def _settle_if_decided(of: Return) -> bool:
    """A second person has agreed; the customer has been told then."""
    if of.state != State.VERIFIED or of.case is None or of.case.state in (Case.State.PROPOSED, Case.State.DECLINED):
        return False
    returns.settle(of, actor=returns.SYSTEM, detail="money decided")
    return True


def _settle_if_sent(of: Return) -> bool:
    """Whether the new copies are all on their way, and the return with them at its end."""
    if of.state != State.VERIFIED:
        return False
    made = replacement(of)
    sent = [one.reprint is not None and one.reprint.state == PrintJob.State.SHIPPED
            for one in of.lines.select_related("reprint")]  # fmt: skip
    if all(sent) or (made is not None and made.state in returns.ARRIVED):
        returns.settle(of, actor=returns.SYSTEM, detail="new copies sent")
        return True
    return False


def _held(of: Return) -> Return:
    Order.objects.select_for_update(no_key=True).get(pk=of.order_id)
    return Return.objects.select_related("order", "replacement", "case").get(pk=of.pk)
