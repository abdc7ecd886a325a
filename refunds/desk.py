"""The desk of staff: everything that waits for a person, most urgent first.

Each feature says here what of it waits (`register`), in a fixed number of queries however much that is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from orders import business_days, shipping
from orders.models import Order, PrintJob

# How many rows of one kind the queue shows; its list in the admin has them all.
MOST = 100
# Working days of ours for what stands still until somebody acts.
ACT_WITHIN = 1


@dataclass(frozen=True)
class Row:
    """One thing that waits. `number` names the order, or whatever it is about; `act` is what its link says; `due` is
    the day by which a person should have acted; `red`: a promise to a customer is being broken."""

    number: str
    what: str
    since: datetime
    due: date | None
    url: str
    act: str = "Open"
    red: bool = False

    @property
    def passed(self) -> bool:
        """Its day is over."""
        return self.due is not None and self.due < timezone.localdate()

    @property
    def overdue(self) -> bool:
        return self.red or self.passed

    @property
    def today(self) -> bool:
        return self.due == timezone.localdate()

    @property
    def when(self) -> str:
        """The deadline in words."""
        return in_words(self.due) if self.due else "no deadline"


@dataclass(frozen=True)
class Source:
    """One kind of work. `rows` gives so many at most, most urgent first; `count` how many there are; `elsewhere` is the
    list of them all in the admin; `permission` is what a member of staff needs to do it. `urgent`: the first page of
    the admin says so loudly; `red`: more loudly still, a promise is being broken."""

    key: str
    label: str
    rows: Callable[[int], list[Row]]
    count: Callable[[], int]
    permission: str
    elsewhere: Callable[[], str] | None = None
    urgent: bool = False
    red: bool = False


@dataclass(frozen=True)
class Waiting:
    """One kind of work: how much of it there is, and where. `overdue`: a promise is being broken."""

    label: str
    count: int
    url: str
    urgent: bool = False
    overdue: bool = False


@dataclass(frozen=True)
class Desk:
    """What one member of staff sees. `more`: lists of what is not shown here, with how many they hold in all."""

    rows: list[Row]
    tiles: list[Waiting]
    more: list[Waiting]


_SOURCES: list[Source] = []


def register(source: Source) -> None:
    """Say that a kind of work waits for people. Its key stands in the queue's address; again replaces it."""
    _SOURCES[:] = [known for known in _SOURCES if known.key != source.key] + [source]


def sources(user: User) -> list[Source]:
    """The kinds of work that somebody may do, the red and urgent ones first."""
    mine = [source for source in _SOURCES if user.has_perm(source.permission)]
    return sorted(mine, key=lambda source: (not source.red, not source.urgent))


def look(user: User, *, kind: str = "") -> Desk:
    """Everything that waits for `user`, or of one kind only, by deadline: what is overdue first, then by the day it is
    due, what has none last."""
    rows: list[Row] = []
    tiles: list[Waiting] = []
    more: list[Waiting] = []
    for source in sources(user):
        if kind and source.key != kind:
            continue
        found = source.rows(MOST)
        count = source.count() if len(found) == MOST else len(found)
        rows += found
        address = f"{reverse('refunds:queue')}?kind={source.key}"
        tiles.append(Waiting(source.label, count, address, urgent=source.urgent, overdue=source.red))
        if count > len(found) and source.elsewhere is not None:
            more.append(Waiting(source.label, count, source.elsewhere()))
    rows.sort(key=lambda row: (not row.overdue, row.due or date.max, row.since))
    return Desk(rows, tiles, more)


def elsewhere() -> list[Waiting]:
    """What is under way and waits for somebody else: worth knowing, nothing to do."""
    orders, jobs = reverse("admin:orders_order_changelist"), reverse("admin:orders_printjob_changelist")
    at_the_printer = PrintJob.objects.filter(state__in=[PrintJob.State.SENT, PrintJob.State.RECEIVED])
    with_parents = Order.objects.filter(state=Order.State.IN_REVIEW)
    return [
        Waiting("Digital copies with parents", with_parents.count(), orders + "?state__exact=in_review"),
        Waiting("Books at the printer", at_the_printer.count(), jobs + "?waits=printer"),
    ]


def within(since: datetime, days: int) -> date:
    """The day on which so many of our own working days after `since` are over."""
    return business_days.after(timezone.localdate(since), days, shipping.HOME)


def in_words(due: date) -> str:
    """How long there is until a day, in our own working days."""
    today = timezone.localdate()
    if due < today:
        return f"overdue since {due:%A} {due.day} {due:%B}"
    if due == today:
        return "due today"
    left = business_days.between(today, due, shipping.HOME)
    if not left:
        return "due before the next working day"
    return f"{left} business day{'' if left == 1 else 's'} left"
