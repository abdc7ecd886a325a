"""A parent and staff talk about a digital copy (P22). The words are child data: they lie in the vault (P10)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from books import editions, revisions
from books.models import Edition, Revision
from books.personalisation import Personalisation
from orders import mails, states
from orders.models import Order, OrderLine
from privacy import vault
from privacy.masked import Masked
from privacy.models import Child
from privacy.purposes import Actor, Kind, Purpose
from refunds.models import ChangeMessage, ChangeRequest

MAX_LENGTH = 2000
State = ChangeRequest.State
CHANGEABLE = (Order.State.PAID, Order.State.IN_REVIEW)

# Nothing leads out of CLOSED: a book that is approved or cancelled is not talked about as a draft any more.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.OPEN: frozenset({State.ANSWERED, State.CLOSED}),
    State.ANSWERED: frozenset({State.OPEN, State.CLOSED}),
    State.CLOSED: frozenset(),
}


class CannotAsk(Exception):
    """The book can no longer be changed: it is approved, cancelled or not paid."""


@dataclass(frozen=True, repr=False)
class Wish:
    """What a parent would like to be different. `page`: 0 is the front cover; None: the whole book."""

    text: str
    page: int | None = None


@dataclass(frozen=True)
class Message:
    """One message with its words. `page`: what it is about; `version`: the one that it proposes."""

    sent_at: datetime
    from_staff: bool
    text: Masked[str]
    page: int | None = None
    version: int | None = None


def changeable(line: OrderLine) -> bool:
    """Whether a book can still be talked about and changed: paid, not approved, not cancelled, not forgotten."""
    if line.order.state not in CHANGEABLE or line.approved_revision is not None or line.edition is None:
        return False
    return vault.is_open(line.edition.child)


@transaction.atomic
def ask(line: OrderLine, *wishes: Wish | str) -> ChangeRequest:
    """A parent asks for something, or for several things at once; it joins the open conversation of the book, if there
    is one. A plain text is about the whole book.

    Raises `CannotAsk`, and privacy.vault.Forgotten once the child is forgotten.
    """
    line, edition = held(line)
    request = line.change_requests.exclude(state=State.CLOSED).first()
    if request is None:
        request = ChangeRequest.objects.create(line=line, waits_since=timezone.now())
    pages = editions.page_numbers(revisions.story_of(edition))
    for wish in (Wish(wish) if isinstance(wish, str) else wish for wish in wishes):
        page = wish.page if wish.page is not None and wish.page in pages else None
        _say(request, edition.child, wish.text, page=page)
    _move(request, State.OPEN, waits_since=timezone.now())
    states.record(line.order, "change_asked", actor="customer", detail=line.title)
    return request


@transaction.atomic
def answer(request: ChangeRequest, *, staff: User, text: str) -> None:
    """A member of staff answers; the parent is told by mail that there is an answer, and reads it on the order's page.

    Raises `CannotAsk`, and privacy.vault.Forgotten once the child is forgotten.
    """
    line, edition = held(request.line)
    message = _say(request, edition.child, text, staff=staff)
    _answered(request)
    states.record(line.order, "change_answered", actor=f"staff:{staff.pk}", detail=line.title)
    mails.change_answered(line.order, message=message.pk)


@transaction.atomic
def propose(request: ChangeRequest, *, staff: User, personalisation: Personalisation, text: str, seen: int) -> Revision:
    """A member of staff changes the book as the parent could, and says what was done (P22). The parent approves the new
    version, takes an older one again, or answers.

    `seen`: the revision that was looked at. Raises `CannotAsk`, editions.Overtaken when the parent has changed the book
    meanwhile, and privacy.vault.Forgotten once the child is forgotten.
    """
    line, edition = held(request.line)
    revision = editions.revise(edition, personalisation=personalisation, made_by=Revision.MadeBy.STAFF, seen=seen)
    message = _say(request, edition.child, text, staff=staff, version=revision.number)
    _answered(request)
    detail = f"{line.title}, revision {revision.number}"
    states.record(line.order, "version_proposed", actor=f"staff:{staff.pk}", detail=detail)
    if line.order.state != Order.State.IN_REVIEW:  # no new copy will be announced for itself
        tell_of_proposal(message)
    return revision


def announce(line: OrderLine, revision: Revision) -> bool:
    """For `orders.review.on_new_copy`: the copy of a version that staff made is announced together with their words."""
    message = ChangeMessage.objects.filter(request__line=line, version=revision.number).order_by("pk").first()
    if message is None:
        return False
    tell_of_proposal(message)
    return True


def tell_of_proposal(message: ChangeMessage) -> None:
    """Tell the parent by mail of a new version and the words with it, once however often it is asked for."""
    line = message.request.line
    mails.change_answered(line.order, message=message.pk, line=line, version=message.version)


def close(order: Order) -> None:
    """When an order is cancelled: nothing is left to be changed."""
    for line in order.lines.all():
        close_book(line)


def close_book(line: OrderLine) -> None:
    """For `orders.review.on_book_approved`: end the conversation about one book; nobody waits for an answer any
    more."""
    for request in line.change_requests.exclude(state=State.CLOSED):
        _move(request, State.CLOSED, waits_since=None)


def conversation(line: OrderLine, *, actor: Actor, reason: str = "") -> list[Message]:
    """Everything that was said about a book, oldest first. Staff need the permission, training and a reason (P12)."""
    if line.edition is None:
        return []
    child = line.edition.child
    spoken = ChangeMessage.objects.filter(request__line=line).order_by("pk")
    return [
        Message(
            sent_at=one.sent_at,
            from_staff=one.from_staff,
            text=Masked(
                vault.read(child, Kind.MESSAGE, one.number, purpose=Purpose.RENDER, actor=actor, reason=reason)
                .reveal()
                .decode()
            ),
            page=one.page,
            version=one.version,
        )
        for one in spoken
    ]


def held(line: OrderLine) -> tuple[OrderLine, Edition]:
    """A book that can be changed, its order locked: everybody locks the order first. Raises `CannotAsk`, Forgotten."""
    Order.objects.select_for_update(no_key=True).get(pk=line.order_id)
    line = OrderLine.objects.select_related("order", "edition__child").get(pk=line.pk)
    if line.order.state not in CHANGEABLE or line.approved_revision is not None or line.edition is None:
        if line.edition is not None:
            editions.require_open(line.edition.child)
        raise CannotAsk
    editions.require_open(line.edition.child)
    return line, line.edition


def _answered(request: ChangeRequest) -> None:
    """The parent waits no more; a second word of ours in a row moves nothing."""
    now = timezone.now()
    if not _move(request, State.ANSWERED, answered_at=now, waits_since=None):
        ChangeRequest.objects.filter(pk=request.pk, state=State.ANSWERED).update(answered_at=now)


def _move(request: ChangeRequest, to: str, **fields: datetime | None) -> bool:
    """The one door of a request's state. False: there is no way there from where it is now."""
    ways = [state for state, onwards in TRANSITIONS.items() if to in onwards]
    return ChangeRequest.objects.filter(pk=request.pk, state__in=ways).update(state=to, **fields) == 1


def _say(
    request: ChangeRequest,
    child: Child,
    text: str,
    *,
    page: int | None = None,
    staff: User | None = None,
    version: int | None = None,
) -> ChangeMessage:
    # The child's row is locked so that two messages never take the same number.
    Child.objects.select_for_update().get(pk=child.pk)
    number = (vault.numbers(child, Kind.MESSAGE) or [0])[-1] + 1
    vault.put(child, Kind.MESSAGE, number, text.strip()[:MAX_LENGTH].encode())
    return ChangeMessage.objects.create(
        request=request, number=number, page=page, version=version, from_staff=staff is not None, staff=staff
    )
