"""A parent and staff talk about a digital copy (P22). The words are child data: they lie in the vault (P10)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from books import editions
from orders import mails, states
from orders.models import Order, OrderLine
from privacy import vault
from privacy.masked import Masked
from privacy.models import Child
from privacy.purposes import Actor, Kind, Purpose
from refunds.models import ChangeMessage, ChangeRequest

MAX_LENGTH = 2000


class CannotAsk(Exception):
    """The book can no longer be changed: it is approved, cancelled or not paid."""


@dataclass(frozen=True)
class Message:
    """One message with its words."""

    sent_at: datetime
    from_staff: bool
    text: Masked[str]


@transaction.atomic
def ask(line: OrderLine, text: str) -> ChangeRequest:
    """A parent asks for something; it joins the open conversation of the book, if there is one.

    Raises `CannotAsk`, and privacy.vault.Forgotten once the child is forgotten.
    """
    line = OrderLine.objects.select_related("order", "edition__child").get(pk=line.pk)
    askable = line.order.state in (Order.State.PAID, Order.State.IN_REVIEW) and line.approved_revision is None
    if not askable or line.edition is None:
        raise CannotAsk
    editions.require_open(line.edition.child)
    request = line.change_requests.exclude(state=ChangeRequest.State.CLOSED).first()
    if request is None:
        request = ChangeRequest.objects.create(line=line)
    _say(request, line.edition.child, text, from_staff=False, staff=None)
    ChangeRequest.objects.filter(pk=request.pk).update(state=ChangeRequest.State.OPEN)
    states.record(line.order, "change_asked", actor="customer", detail=line.title)
    return request


@transaction.atomic
def answer(request: ChangeRequest, *, staff: User, text: str) -> None:
    """A member of staff answers; the parent is told by mail that there is an answer, and reads it on the order's page.

    Raises privacy.vault.Forgotten once the child is forgotten.
    """
    line = OrderLine.objects.select_related("order", "edition__child").get(pk=request.line_id)
    if line.edition is None:
        raise vault.Forgotten
    editions.require_open(line.edition.child)
    message = _say(request, line.edition.child, text, from_staff=True, staff=staff)
    ChangeRequest.objects.filter(pk=request.pk).update(state=ChangeRequest.State.ANSWERED, answered_at=timezone.now())
    states.record(line.order, "change_answered", actor=f"staff:{staff.pk}", detail=line.title)
    mails.change_answered(line.order, message=message.pk)


def close(order: Order) -> None:
    """For `orders.review.on_approved`, and when an order is cancelled: nothing is left to be changed."""
    for line in order.lines.all():
        close_book(line)


def close_book(line: OrderLine) -> None:
    """End the conversation about one book: nobody waits for an answer any more."""
    line.change_requests.exclude(state=ChangeRequest.State.CLOSED).update(state=ChangeRequest.State.CLOSED)


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
        )
        for one in spoken
    ]


def _say(request: ChangeRequest, child: Child, text: str, *, from_staff: bool, staff: User | None) -> ChangeMessage:
    # The child's row is locked so that two messages never take the same number.
    Child.objects.select_for_update().get(pk=child.pk)
    number = (vault.numbers(child, Kind.MESSAGE) or [0])[-1] + 1
    vault.put(child, Kind.MESSAGE, number, text.strip()[:MAX_LENGTH].encode())
    return ChangeMessage.objects.create(request=request, number=number, from_staff=from_staff, staff=staff)
