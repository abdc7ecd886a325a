"""A book's way through the print partner: queued, sent, received, shipped or rejected.

The job's row is the truth. One worker at a time holds a job by a lease; a worker that dies is replaced when the lease
is over. A mail that was sent just before such a death is sent again with the same Message-ID and job number, and
the printer prints a job number once.

Whoever changes a job of an order locks the order's row first, so that cancelling and sending never cross.

New copies in place of faulty ones (`reprints`, P43) go the same way, but never move the order's state.
"""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.hints import hint
from books import print_files
from books.print_profiles import PROFILES, CannotPrint
from orders import job_states, mails, prices, print_mail, print_parcel, reprints, states
from orders.job_states import TooLate as TooLate
from orders.models import Order, OrderLine, PrintJob, PrintJobEvent
from orders.print_parcel import Parcel
from privacy import children
from privacy.models import Child
from privacy.vault import Forgotten

log = structlog.get_logger("littledreamers.printing")

State = PrintJob.State
LEASE = timedelta(minutes=5)
MAX_TRIES = 10
LONGEST_PAUSE = timedelta(hours=1)
SYSTEM = "system:print"
PRINTER = "printer"
FORGOTTEN = "the child was forgotten before the book was printed"
# Orders whose books may be made. A cancelled order's jobs are never made, even if cancelling them was interrupted.
PRINTABLE = (Order.State.APPROVED, Order.State.IN_PRINT)
_GOES_ON = Q(reprint_of=None, line__order__state__in=PRINTABLE) | Q(
    reprint_of__isnull=False, line__order__state__in=reprints.REPRINTABLE
)
_AT_THE_PRINTER = (State.SENT, State.RECEIVED)
_STUCK = (State.BLOCKED, State.REJECTED)


def queue_jobs(order: Order) -> None:
    """For `orders.review.on_approved`: one job for each book of an approved order (P21). Rows and hints only.

    A book that was cancelled alone (P23) is left out; the others keep the numbers they would have had.
    """
    from orders.print_tasks import make_print_job

    for number, line in enumerate(order.lines.order_by("pk"), 1):
        if line.cancelled_at is not None:
            continue
        if line.approved_revision is None:
            raise ValueError(f"{order.number}: a book that nobody approved is never printed")
        job, created = PrintJob.objects.get_or_create(
            number=f"J-{order.number.removeprefix('LD-')}-{number}",
            defaults={
                "line": line,
                "revision": line.approved_revision,
                "profile": settings.PRINT_PARTNER["profile"],
            },
        )
        if created:
            job_states.record(job, State.QUEUED, actor=SYSTEM)
            hint(make_print_job, job.pk)


def waiting() -> QuerySet[PrintJob]:
    """Jobs that nobody works on: queued ones, and those whose worker died or was refused and whose lease is over.

    Jobs of an order that staff are deciding about (`held_at`) wait with it.
    """
    return PrintJob.objects.filter(_free(timezone.now()), _GOES_ON, line__order__held_at=None, line__cancelled_at=None)


def needing_staff() -> QuerySet[PrintJob]:
    """Jobs of living orders that will not go on by themselves: blocked or rejected and not queued again, or refused
    by the mail server for hours."""
    newer = PrintJob.objects.filter(line=OuterRef("line"), pk__gt=OuterRef("pk"))
    return PrintJob.objects.filter(
        (Q(state__in=_STUCK) & ~Exists(newer)) | Q(state=State.SENDING, tries__gte=MAX_TRIES), _GOES_ON
    )


def unprintable(order: Order) -> list[OrderLine]:
    """Books of an approved order that can never be made: not printed, and the child is forgotten (F23)."""
    if order.state not in PRINTABLE:
        return []
    stuck = needing_staff().filter(line__order=order).select_related("line__edition__child").order_by("pk")
    lines = [job.line for job in stuck]
    return [line for line in lines if line.edition is None or not children.is_open(line.edition.child)]


def make_and_send(job_id: int) -> bool:
    """Make, check and mail one job's files. False: somebody else has it, or it has to wait or needs a person.

    Files that fail the preflight and books whose child is forgotten (F23) block the job for staff; what a mail server
    refuses is tried again for as long as the book can be made.
    """
    job = _claim(job_id)
    if job is None:
        return False
    try:
        parcel = _make(job)
        # The link in the mail works from the moment that the mail has left.
        if not _still_mine(job, **_found(parcel)):
            return False
        print_mail.send(job, parcel)
    except Forgotten:
        _block(job, FORGOTTEN)
    except print_files.PreflightFailed as error:
        _block(job, "; ".join(str(problem) for problem in error.problems))
    except CannotPrint as error:
        _block(job, str(error))
    except Exception as error:
        # The kind of error only: its words may hold what the parent typed (F22). smtplib's errors are OSErrors.
        log.error("print job not sent", job=job.number, tries=job.tries, error=type(error).__name__)
        if job.tries >= MAX_TRIES and not isinstance(error, OSError):
            _block(job, f"{type(error).__name__} while the files were made")
        else:
            _put_off(job)
    else:
        return _sent(job, parcel)
    return False


def received(job: PrintJob) -> None:
    """The printer has the files. The parent is told once per order. Raises `TooLate`."""
    with transaction.atomic():
        order = job_states.hold(job)
        if job.state == State.RECEIVED:
            return
        job_states.move(job, (State.SENT,), State.RECEIVED, actor=PRINTER, received_at=timezone.now())
        if job.reprint_of_id is None:
            mails.in_print(order)
        else:
            mails.reprint_in_print(order, job=job)


def shipped(job: PrintJob, *, carrier: str, tracking: str) -> None:
    """The parcel is on its way: the parent is told, and the order follows when all its books are. Raises `TooLate`."""
    with transaction.atomic():
        order = job_states.hold(job)
        if job.state == State.SHIPPED:
            return
        job_states.move(
            job, _AT_THE_PRINTER, State.SHIPPED, actor=PRINTER, detail=carrier,
            shipped_at=timezone.now(), carrier=carrier, tracking=tracking,
        )  # fmt: skip
        if job.reprint_of_id is not None:
            mails.reprint_on_its_way(order, job=job)
            reprints.tell(job)
            return
        mails.shipped(order, carrier=carrier, tracking=tracking)
        follow(order, actor=PRINTER)


def follow(order: Order, *, actor: str) -> bool:
    """Move an order that is in print to shipped once every book that was not cancelled has left.

    Also for whoever cancels the last book that was missing. The caller holds the order's row.
    """
    books = order.lines.filter(cancelled_at=None)
    missing = books.exclude(pk__in=PrintJob.objects.filter(state=State.SHIPPED).values("line"))
    if order.state != Order.State.IN_PRINT or missing.exists() or not books.exists():
        return False
    return states.move(order, Order.State.SHIPPED, actor=actor)


def rejected(job: PrintJob, *, reason: str) -> None:
    """The printer cannot print it: staff look and queue it again or give the money back. Raises `TooLate`."""
    with transaction.atomic():
        job_states.hold(job)
        if job.state == State.REJECTED:
            return
        job_states.move(job, _AT_THE_PRINTER, State.REJECTED, actor=PRINTER, detail=reason, rejection=reason)
        mails.job_needs_staff(job)


def again(job: PrintJob, *, actor: str) -> PrintJob:
    """Queue a rejected or blocked job anew, with a number of its own. Raises `TooLate` with words for staff."""
    from orders.print_tasks import make_print_job

    with transaction.atomic():
        order = job_states.hold(job)
        if not goes_on(order, job) or job.state not in _STUCK:
            raise TooLate(f"{job.number} is neither rejected nor stopped.")
        line = OrderLine.objects.select_related("edition__child").get(pk=job.line_id)
        if line.print_jobs.filter(pk__gt=job.pk).exists():
            raise TooLate(f"{job.number} has been queued again before.")
        if line.edition is None or not children.is_open(line.edition.child):
            what = "The customer chooses again" if job.reprint_of_id else "Cancel and refund the order"
            raise TooLate(f"{job.number} cannot be made any more: {FORGOTTEN}. {what}.")
        if job.state == State.BLOCKED:
            job_states.move(job, (State.BLOCKED,), State.CANCELLED, actor=actor, detail="queued again")
        stem = job.number.partition("r")[0]
        fresh = PrintJob.objects.create(
            number=f"{stem}r{line.print_jobs.count() + 1}", line=line, revision=job.revision, profile=job.profile,
            reprint_of=job.reprint_of, copies=job.copies,
        )  # fmt: skip
        job_states.record(fresh, State.QUEUED, actor=actor)
        if fresh.reprint_of_id is not None:
            reprints.tell(fresh, before=job)
        hint(make_print_job, fresh.pk)
    return fresh


@transaction.atomic
def cancel(order: Order, *, actor: str) -> bool:
    """Stop every job that has not left the house. False: some job has, and printing cannot be stopped any more.

    The caller holds the order's row.
    """
    return _stop(list(PrintJob.objects.filter(line__order=order).order_by("pk")), actor=actor)


@transaction.atomic
def cancel_book(line: OrderLine, *, actor: str) -> bool:
    """Stop the jobs of one book, as `cancel` does for all. False: one has left the house. The caller holds the order's
    row."""
    return _stop(list(line.print_jobs.order_by("pk")), actor=actor)


def child_forgotten(child: Child) -> None:
    """For `privacy.children.on_forget`: a book that is not printed can no longer be, and the parent is told (P5, F23).

    The printer's words about the book go with the child: they may say more than they should.
    """
    jobs = PrintJob.objects.filter(line__edition__child=child)
    for job in jobs.filter(_GOES_ON, state=State.QUEUED).select_related("line__order"):
        _block(job, FORGOTTEN, held_in=(State.QUEUED,))
    for job in needing_staff().filter(line__edition__child=child, state__in=_STUCK).select_related("line__order"):
        _cannot_be_made(job)
    jobs.exclude(rejection="").update(rejection="(forgotten)")
    PrintJobEvent.objects.filter(job__in=jobs, kind=State.REJECTED).exclude(detail="").update(detail="(forgotten)")


def _stop(jobs: list[PrintJob], *, actor: str) -> bool:
    if any(job.state not in job_states.STOPPED_OR_WAITING for job in jobs):
        return False
    for job in jobs:
        if job.state in (State.QUEUED, State.BLOCKED):
            job_states.move(job, (State.QUEUED, State.BLOCKED), State.CANCELLED, actor=actor)
    return True


def _free(now: datetime) -> Q:
    return Q(state=State.QUEUED) | Q(state=State.SENDING, lease_until__lt=now)


@transaction.atomic
def _claim(job_id: int) -> PrintJob | None:
    """Take a waiting job, or None. The order is held meanwhile: of cancelling and sending one comes first."""
    job = PrintJob.objects.select_related("line__order", "line__edition__child").filter(pk=job_id).first()
    if job is None:
        return None
    order = job_states.hold(job)
    cancelled = OrderLine.objects.filter(pk=job.line_id).exclude(cancelled_at=None).exists()
    if not goes_on(order, job) or order.held_at is not None or cancelled:
        return None
    now = timezone.now()
    lease = now + LEASE
    if not PrintJob.objects.filter(_free(now), pk=job_id).update(
        state=State.SENDING, lease_until=lease, tries=F("tries") + 1
    ):
        return None
    job.refresh_from_db(fields=["state", "lease_until", "tries"])
    return job


def _make(job: PrintJob) -> Parcel:
    line = job.line
    if line.edition is None:
        raise Forgotten
    if line.approved_revision != job.revision:
        raise CannotPrint("another version of the book was approved (P21)")
    profile = PROFILES[job.profile]
    files = print_files.print_files(line.edition, job.revision, profile, prices.FORMATS[line.format].binding)
    return print_parcel.pack(job, files, profile=profile)


def _found(parcel: Parcel) -> dict[str, Any]:
    """What a job's row says of its files."""
    return {
        "interior_sha256": parcel.interior.sha256,
        "cover_sha256": parcel.cover.sha256,
        "page_count": parcel.page_count,
    }


def _still_mine(job: PrintJob, **changes: Any) -> bool:
    """Renew the lease, with other fields, just before the mail leaves; False when another worker has taken the job
    over."""
    mine = PrintJob.objects.filter(pk=job.pk, state=State.SENDING, lease_until=job.lease_until)
    job.lease_until = timezone.now() + LEASE
    return bool(mine.update(lease_until=job.lease_until, **changes))


@transaction.atomic
def _sent(job: PrintJob, parcel: Parcel) -> bool:
    order = job_states.hold(job)
    try:
        job_states.move(
            job, (State.SENDING,), State.SENT, actor=SYSTEM, sent_at=timezone.now(), lease_until=None,
            **_found(parcel),
        )  # fmt: skip
    except TooLate:  # another worker sent it while this one slept; the printer prints the number once
        return False
    if order.state == Order.State.APPROVED:
        states.move(order, Order.State.IN_PRINT, actor=SYSTEM)
    return True


def _put_off(job: PrintJob) -> None:
    pause = min(timedelta(seconds=15) * 2 ** min(job.tries, 8), LONGEST_PAUSE)
    mine = PrintJob.objects.filter(pk=job.pk, state=State.SENDING, lease_until=job.lease_until)
    mine.update(lease_until=timezone.now() + pause)
    if job.tries == MAX_TRIES:
        mails.job_needs_staff(job)


@transaction.atomic
def _block(job: PrintJob, why: str, *, held_in: tuple[str, ...] = (State.SENDING,)) -> None:
    """Stop a job until a person looks: staff are told, and the parent too when the book can never be made (F23)."""
    job_states.hold(job)
    log.error("print job blocked", job=job.number)
    try:
        job_states.move(job, held_in, State.BLOCKED, actor=SYSTEM, detail=why, lease_until=None)
    except TooLate:
        return
    mails.job_needs_staff(job)
    if why == FORGOTTEN:
        _cannot_be_made(job)


def _cannot_be_made(job: PrintJob) -> None:
    """The child is forgotten: the parent gets the money back or chooses anew (F23, P43)."""
    if job.reprint_of_id is None:
        mails.not_printed(job.line.order, line=job.line)
    else:
        reprints.tell(job)


def goes_on(order: Order, job: PrintJob) -> bool:
    """Whether a job of this order may be made, as `_GOES_ON` says of rows."""
    return order.state in (PRINTABLE if job.reprint_of_id is None else reprints.REPRINTABLE)
