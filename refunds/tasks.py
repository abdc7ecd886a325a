"""Background work on refunds and on orders that nobody approves."""

import structlog
from celery import shared_task

from orders.models import Order, Refund
from refunds import answer_deadlines, cancelling, credit_notes, deadlines, forgetting, payouts, returns, settling
from refunds.models import Return

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


@shared_task(name="refunds.sweep_returns")
def sweep_returns() -> None:
    """Remind of parcels and photos that have not come, close what never came, and settle what has been put right."""
    waiting = Return.objects.filter(state__in=[Return.State.INSTRUCTED, Return.State.MORE_ASKED])
    for one in waiting.select_related("order").order_by("pk"):
        try:
            returns.remind_or_lapse(one)
        except returns.Refused:  # it has moved on at this moment
            continue
        except Exception as error:
            log.error("return not looked at", order=one.order.number, error=type(error).__name__)
    settling.follow()


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
    for order in list(Order.objects.filter(state__in=cancelling.UNAPPROVED).order_by("pk")):
        try:
            forgetting.remind_or_cancel(order)
        except cancelling.CannotCancel:  # approved or cancelled at this moment
            continue
        except Exception as error:
            log.error("order not looked at", order=order.number, error=type(error).__name__)
    cancelling.forget_left_over(limit=BATCH)
    forgetting.stop_wished()
