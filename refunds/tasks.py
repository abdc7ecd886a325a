"""Background work on refunds and on orders that nobody approves."""

import structlog
from celery import shared_task
from django.utils import timezone

from orders.models import Order, Refund
from privacy.models import Child
from refunds import answer_deadlines, cases, credit_notes, deadlines, payouts

log = structlog.get_logger("littledreamers.refunds")

BATCH = 100


@shared_task(name="refunds.execute_payout")
def execute_payout(refund_id: int) -> None:
    """Carry out one refund."""
    payouts.execute(refund_id)


@shared_task(name="refunds.sweep_payouts")
def sweep_payouts() -> None:
    """Carry out what waits, oldest first."""
    for refund_id in list(payouts.waiting().order_by("pk").values_list("pk", flat=True)[:BATCH]):
        payouts.execute(refund_id)


@shared_task(name="refunds.write_credit_note")
def write_credit_note(refund_id: int) -> None:
    """Write the credit note of one refund, or its correction."""
    credit_notes.follow(Refund.objects.get(pk=refund_id))


@shared_task(name="refunds.sweep_credit_notes")
def sweep_credit_notes() -> None:
    """Write credit notes whose message was lost, or whose invoice came later."""
    credit_notes.sweep()


@shared_task(name="refunds.sweep_deadlines")
def sweep_deadlines() -> None:
    """Tell staff about refunds that are late, and about parents who wait too long for an answer."""
    deadlines.alarm()
    answer_deadlines.alarm()


@shared_task(name="refunds.sweep_proposals")
def sweep_proposals() -> None:
    """Tell parents of versions that staff made, where the copy's own announcement did not come."""
    answer_deadlines.tell_of_silent_proposals()


@shared_task(name="refunds.sweep_unapproved")
def sweep_unapproved() -> None:
    """Remind parents of digital copies, cancel orders that were not approved while there was time, forget the
    children of cancelled orders where a crash came between, and stop what a parent wished away while it was
    being sent."""
    for order in list(Order.objects.filter(state__in=cases.UNAPPROVED).order_by("pk")):
        try:
            cases.remind_or_cancel(order)
        except cases.CannotCancel:  # approved or cancelled at this moment
            continue
        except Exception as error:
            log.error("order not looked at", order=order.number, error=type(error).__name__)
    open_children = Child.objects.filter(ended_at=None, expires_at__gt=timezone.now())
    left_over = Order.objects.filter(state=Order.State.CANCELLED, lines__edition__child__in=open_children)
    for order in left_over.distinct()[:BATCH]:
        cases.forget_children_of(order)
    cases.stop_wished()
