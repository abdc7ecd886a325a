"""What waits on the desk, kind by kind: where it is found, until when somebody should act, and on which page."""

from datetime import date, datetime

from django.db.models import Max, Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from orders import delivery, money_back, payment_trouble, printing, review
from orders.models import Refund
from orders.money_words import price
from privacy.models import ContactMessage
from refunds import answer_deadlines, cases, payouts, second_person, settling
from refunds.desk import ACT_WITHIN, Row, Source, register, within
from refunds.models import Return

# Our own working days, as the mails of returns promise them.
RETURN_WITHIN = {
    Return.State.ASKED: 2,
    Return.State.RECEIVED: 3,
    Return.State.APPEALED: 5,
    Return.State.VERIFIED: 2,
}


def overdue_refunds(most: int) -> list[Row]:
    """Money that is still under way on the day that was promised, or after it (P29)."""
    return [
        _under_way(refund, "was promised until then and is still under way", red=True)
        for refund in _with_order(payouts.overdue())[:most]
    ]


def late_refunds(most: int) -> list[Row]:
    """Money that is late at the bank: some days are left to keep the promise (P29)."""
    return [
        _under_way(refund, "is still under way: ask the payment provider")
        for refund in _with_order(payouts.late())[:most]
    ]


def failed_refunds(most: int) -> list[Row]:
    """Money that the bank sent back to us (P28)."""
    rows = []
    for refund in _with_order(money_back.failed())[:most]:
        failed_at = refund.settled_at or refund.decided_at
        promised = money_back.promised_by(refund)
        rows.append(
            Row(
                number=refund.payment.order.number,
                what=f"{_sum(refund)} did not arrive; promised by {_day(promised)}",
                since=failed_at,
                due=min(within(failed_at, ACT_WITHIN), promised),
                url=reverse("refunds:send_again", args=[refund.pk]),
                act="Send again …",
                red=promised <= timezone.localdate(),
            )
        )
    return rows


def proposed_cases(most: int) -> list[Row]:
    """What a colleague proposed above the limit."""
    return [
        Row(
            number=case.order.number,
            what=f"{price(case.amount, case.order.currency)} proposed by {case.proposed_by or 'a colleague'}"
            f" ({case.get_kind_display()})",
            since=case.created_at,
            due=within(case.created_at, ACT_WITHIN),
            url=reverse("refunds:decide", args=[case.pk]),
            act="Agree or decline …",
        )
        for case in second_person.waiting().select_related("order", "proposed_by")[:most]
    ]


def open_returns(most: int) -> list[Row]:
    """Printed books that came back, or want to (P24-P26)."""
    found = settling.waiting_for_staff().select_related("order").annotate(last=Max("events__at")).order_by("asked_at")
    return [
        Row(
            number=one.order.number,
            what=f"Return {one.number}: {one.get_state_display()}",
            since=one.last or one.asked_at,
            due=within(one.last or one.asked_at, RETURN_WITHIN[Return.State(one.state)]),
            url=reverse("refunds:staff_return", args=[one.number]),
        )
        for one in found[:most]
    ]


def change_requests(most: int) -> list[Row]:
    """Parents who wait for an answer about a digital copy (P22)."""
    return [
        Row(
            number=asked.line.order.number,
            what=f"A parent asks about {asked.line.title}",
            since=asked.waits_since or asked.created_at,
            due=answer_deadlines.answer_by(asked),
            url=reverse("refunds:change", args=[asked.pk]),
            act="Read and answer …",
        )
        for asked in answer_deadlines.waiting().select_related("line__order")[:most]
    ]


def print_jobs(most: int) -> list[Row]:
    """Print jobs that do not go on by themselves. After the child is forgotten they cannot be printed at all (F23)."""
    jobs = printing.needing_staff().select_related("line__order", "line__edition__child")
    rows = []
    for job in jobs.annotate(last=Coalesce(Max("events__at"), "created_at")).order_by("last")[:most]:
        since: datetime = job.last
        due, what = within(since, ACT_WITHIN), f"Print job {job.number}: {job.get_state_display()}"
        if job.line.edition is not None and job.line.edition.child.ended_at is None:
            last_day = timezone.localdate(job.line.edition.child.expires_at)
            due, what = min(due, last_day), f"{what}; can be printed until {_day(last_day)}"
        url = reverse("admin:orders_printjob_change", args=[job.pk])
        rows.append(Row(job.line.order.number, what, since, due, url))
    return rows


def copies_running_out(most: int) -> list[Row]:
    """Orders that will be cancelled soon because nobody approves: worth a call."""
    unapproved = Q(lines__approved_revision=None, lines__cancelled_at=None)
    first = Min("lines__edition__child__expires_at", filter=unapproved)
    orders = review.running_out().annotate(first=first, since=Coalesce("paid_at", "created_at"))
    rows = []
    for order in orders.order_by("first")[:most]:
        by: datetime = timezone.localtime(order.first - review.APPROVAL_MARGIN)
        what = f"Not approved: can be until {_day(by.date())}, {by:%H:%M}. Wishes {order.get_contact_by_display()}"
        url = reverse("admin:orders_order_change", args=[order.pk])
        rows.append(Row(order.number, what, order.since, by.date(), url, act="Look, and call"))
    return rows


def missing_parcels(most: int) -> list[Row]:
    """Customers who say that their parcel has not come."""
    told = Max("events__at", filter=Q(events__kind=delivery.NOT_ARRIVED))
    found = delivery.missing().annotate(told=told)
    return [
        Row(
            number=order.number,
            what="The parcel has not come, the customer says",
            since=order.told or order.created_at,
            due=within(order.told or order.created_at, ACT_WITHIN),
            url=reverse("orders:staff_delivered", args=[order.number]),
            act="Look for it …",
        )
        for order in found.order_by("told")[:most]
    ]


def calls(most: int) -> list[Row]:
    """Customers who wish to be called about a payment that did not work (P64)."""
    told = Max("events__at", filter=Q(events__kind=payment_trouble.TOLD))
    return [
        Row(
            number=order.number,
            what=f"{order.name} wishes to be called: the payment did not work",
            since=order.told or order.created_at,
            due=timezone.localdate(payment_trouble.kept_until(order)),
            url=reverse("orders:staff_calls"),
            act="Call …",
        )
        for order in payment_trouble.to_call().annotate(told=told)[:most]
    ]


def contact_messages(most: int) -> list[Row]:
    """Messages from the contact form."""
    return [
        Row(
            number=message.order_number or message.reference,
            what=f"Message {message.reference}: {message.get_topic_display()}",
            since=message.sent_at,
            due=timezone.localdate(message.answer_by),
            url=reverse("admin:privacy_contactmessage_change", args=[message.pk]),
            act="Read and answer …",
        )
        for message in _unanswered().order_by("answer_by")[:most]
    ]


def register_all() -> None:
    """Put every kind on the desk."""
    refunds, orders = "admin:orders_refund_changelist", "admin:orders_order_changelist"
    for source in (
        Source("refunds-overdue", "Refunds due today or overdue", overdue_refunds, lambda: payouts.overdue().count(),
               "orders.view_refund", lambda: reverse(refunds) + "?waits=overdue", red=True),
        Source("refunds-failed", "Refunds that failed", failed_refunds, lambda: money_back.failed().count(),
               "orders.view_refund", lambda: reverse(refunds) + "?waits=failed", urgent=True),
        Source("refunds-late", "Refunds late at the bank", late_refunds, lambda: payouts.late().count(),
               "orders.view_refund", lambda: reverse(refunds) + "?waits=late", urgent=True),
        Source("proposals", "Refunds that need a second person", proposed_cases,
               lambda: second_person.waiting().count(), "refunds.view_case",
               lambda: reverse("admin:refunds_case_changelist") + "?state__exact=proposed", urgent=True),
        Source("returns", "Returns that wait for us", open_returns, lambda: settling.waiting_for_staff().count(),
               "refunds.view_return", lambda: reverse("admin:refunds_return_changelist") + "?waits=staff", urgent=True),
        Source("parcels", "Parcels that have not arrived", missing_parcels, lambda: delivery.missing().count(),
               "orders.change_printjob", lambda: reverse(orders) + "?waits=missing", urgent=True),
        Source("calls", "Customers to call about a payment", calls, lambda: payment_trouble.to_call().count(),
               "orders.change_payment", lambda: reverse("orders:staff_calls"), urgent=True),
        Source("jobs", "Print jobs that need you", print_jobs, lambda: printing.needing_staff().count(),
               "orders.view_printjob", lambda: reverse("admin:orders_printjob_changelist") + "?waits=staff",
               urgent=True),
        Source("changes", "Change requests to answer", change_requests, lambda: answer_deadlines.waiting().count(),
               "refunds.change_changerequest",
               lambda: reverse("admin:refunds_changerequest_changelist") + "?state__exact=open", urgent=True),
        Source("copies", "Digital copies running out of time", copies_running_out,
               lambda: review.running_out().count(), "orders.view_order",
               lambda: reverse(orders) + "?waits=running_out", urgent=True),
        Source("messages", "Messages from the contact form", contact_messages, lambda: _unanswered().count(),
               "privacy.view_contactmessage",
               lambda: reverse("admin:privacy_contactmessage_changelist") + "?answered_at__isempty=1"),
    ):  # fmt: skip
        register(source)


def _with_order(refunds: QuerySet[Refund]) -> QuerySet[Refund]:
    return refunds.select_related("payment__order", "of_case__case").order_by("decided_at")


def _under_way(refund: Refund, what: str, *, red: bool = False) -> Row:
    of_case = getattr(refund, "of_case", None)  # what was paid twice goes back without a case
    page = cases.case_page(of_case.case) if of_case else reverse("admin:orders_refund_change", args=[refund.pk])
    number, due = refund.payment.order.number, money_back.promised_by(refund)
    return Row(number, f"{_sum(refund)} {what}", refund.decided_at, due, page, red=red)


def _unanswered() -> QuerySet[ContactMessage]:
    return ContactMessage.objects.filter(answered_at=None)


def _sum(refund: Refund) -> str:
    return price(refund.amount, refund.payment.currency)


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"
