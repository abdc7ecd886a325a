"""How long parents wait for an answer: within a working day, we say on the page where they ask (P22)."""

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from orders import business_days, mails, shipping
from refunds import changes
from refunds.models import ChangeMessage, ChangeRequest

WORKING_DAYS = 1
# A new version is announced when its copy is ready. One that never gets so far is announced all the same.
COPY_TAKES_AT_MOST = timedelta(minutes=15)
_FORGET_TO_TELL = timedelta(days=14)


def answer_by(request: ChangeRequest) -> date | None:
    """The day on which the parent has an answer, if we keep our word; None where nobody waits. It is our own working
    days that count: the parent was not told of other ones."""
    if request.state != ChangeRequest.State.OPEN or request.waits_since is None:
        return None
    return business_days.after(timezone.localdate(request.waits_since), WORKING_DAYS, shipping.HOME)


def waiting() -> QuerySet[ChangeRequest]:
    """Conversations in which it is our turn, the longest wait first."""
    return ChangeRequest.objects.filter(state=ChangeRequest.State.OPEN).order_by("waits_since")


def overdue() -> QuerySet[ChangeRequest]:
    """Conversations whose day is over without an answer."""
    yesterday = timezone.localdate() - timedelta(days=1)
    last = business_days.before(yesterday, WORKING_DAYS, shipping.HOME)
    end = timezone.make_aware(datetime.combine(last + timedelta(days=1), time.min))
    return waiting().filter(waits_since__lt=end)


def alarm() -> None:
    """Mail staff once about each wait that has become too long."""
    for request in overdue().select_related("line__order"):
        assert request.waits_since is not None
        mails.staff_task(
            key=f"change:{request.pk}:{request.waits_since.timestamp():.0f}:overdue",
            what=f"a parent waits for an answer about {request.line.order.number} for longer than a working day",
            link=settings.SITE_URL + reverse("refunds:change", args=[request.pk]),
        )


def tell_of_silent_proposals() -> None:
    """Announce versions of ours whose copy was overtaken or could not be made: the words with them still want to be
    read. Those that were announced are not announced again."""
    now = timezone.now()
    silent = ChangeMessage.objects.filter(
        version__isnull=False, sent_at__lt=now - COPY_TAKES_AT_MOST, sent_at__gt=now - _FORGET_TO_TELL
    ).exclude(request__state=ChangeRequest.State.CLOSED)
    for message in silent.select_related("request__line__order"):
        changes.tell_of_proposal(message)
