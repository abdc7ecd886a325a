"""What the order's page in the admin says about refunds: what staff may do, and what was decided."""

from django.urls import reverse

from orders.admin import Link
from orders.models import Order
from refunds import amounts, cancelling, cases
from refunds.models import Case


def to_do(order: Order) -> list[Link]:
    """The pages that act, as the order's state allows; each says what will happen before anything does."""
    proposed = order.cases.filter(state=Case.State.PROPOSED)
    links = [
        Link(reverse("refunds:decide", args=[case.pk]), "Agree to what a colleague proposed, or decline it …")
        for case in proposed
    ]
    if cancelling.can_cancel(order) and not any(case.whole for case in proposed):
        links.append(Link(reverse("refunds:cancel", args=[order.number]), "Cancel and refund …"))
        living = [line for line in order.lines.select_related("order") if line.cancelled_at is None]
        for line in living if len(living) > 1 else []:
            if cancelling.can_cancel_book(line):
                words = f"Cancel only {line.quantity} × {line.title}, {line.format} …"
                links.append(Link(reverse("refunds:cancel_book", args=[order.number, line.pk]), words))
    if amounts.left_of(order):
        links.append(Link(reverse("refunds:goodwill", args=[order.number]), "Give a part of the money back …"))
    return links


def happened(order: Order) -> list[Link]:
    """Cases and returns of an order, with their states."""
    found = [
        Link(cases.case_page(case), f"{case.get_kind_display()} ({case.get_state_display()})")
        for case in order.cases.order_by("pk")
    ]
    returns = order.returns.order_by("pk")
    found += [
        Link(reverse("refunds:staff_return", args=[one.number]), f"{one.number} ({one.get_state_display()})")
        for one in returns
    ]
    if order.held_at is not None:
        found.append(Link("", "held: nothing of it is sent to the printer while staff decide"))
    return found
