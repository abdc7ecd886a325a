"""New copies in place of faulty ones (P43): jobs of their own, from the stored book of an order that has been shipped.

They go the way of every job (`printing`), but never move the order's state; whoever keeps the return has registered
with `on_reprint`.
"""

from collections.abc import Callable

from django.db import transaction

from accounts.hints import hint
from orders import job_states
from orders.job_states import TooLate as TooLate
from orders.models import Order, OrderLine, PrintJob
from privacy import children
from privacy.vault import Forgotten

State = PrintJob.State
# Orders whose books may be made again.
REPRINTABLE = (Order.State.SHIPPED, Order.State.DELIVERED, Order.State.COMPLETED)

_ON_REPRINT: list[Callable[[PrintJob, PrintJob | None], None]] = []


def on_reprint(call: Callable[[PrintJob, PrintJob | None], None]) -> None:
    """Register what follows when new copies have been shipped, can never be made, or were queued again: called with
    the job, and with the one whose place it takes, in the same transaction. It must be repeatable."""
    if call not in _ON_REPRINT:
        _ON_REPRINT.append(call)


def tell(job: PrintJob, *, before: PrintJob | None = None) -> None:
    """Say what has become of new copies to whoever registered; `before` is the job whose place this one takes."""
    for call in _ON_REPRINT:
        call(job, before)


def reprint(line: OrderLine, *, copies: int, actor: str) -> PrintJob:
    """Queue new copies of a shipped book in place of faulty ones, from the stored book as it was approved.

    Raises `TooLate` with words for staff, and privacy.vault.Forgotten once the child is forgotten.
    """
    from orders.print_tasks import make_print_job

    with transaction.atomic():
        order = Order.objects.select_for_update(no_key=True).get(pk=line.order_id)
        held = OrderLine.objects.select_related("edition__child").get(pk=line.pk)
        faulty = held.print_jobs.filter(state=State.SHIPPED).order_by("-pk").first()
        if order.state not in REPRINTABLE or faulty is None:
            raise TooLate(f"{order.number} has not been sent, so there is nothing to print again.")
        if held.edition is None or not children.is_open(held.edition.child):
            raise Forgotten
        if not 1 <= copies <= held.quantity:
            raise ValueError(f"{copies} copies of {held.quantity}")
        if PrintJob.objects.filter(reprint_of=faulty).exclude(state__in=[State.REJECTED, State.CANCELLED]).exists():
            raise TooLate("New copies of this book are being made already. Wait until they are shipped.")
        job = PrintJob.objects.create(
            number=f"{faulty.number.partition('r')[0]}r{held.print_jobs.count() + 1}", line=held,
            revision=faulty.revision, profile=faulty.profile, reprint_of=faulty, copies=copies,
        )  # fmt: skip
        job_states.record(job, State.QUEUED, actor=actor, detail=f"new copies in place of faulty ones: {copies}")
        hint(make_print_job, job.pk)
    return job


@transaction.atomic
def stop_reprint(job: PrintJob, *, actor: str) -> bool:
    """The customer chose something else: new copies that are not at the printer are not made. False: they are."""
    job_states.hold(job)
    if job.state == State.CANCELLED:
        return True
    if job.reprint_of_id is None or job.state not in job_states.STOPPED_OR_WAITING:
        return False
    job_states.move(job, (job.state,), State.CANCELLED, actor=actor)
    return True
