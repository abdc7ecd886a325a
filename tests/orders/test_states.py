"""The one door of an order's state."""

import pytest
from django.db import transaction

from orders import states
from orders.models import Order, OrderEvent
from tests.orders.factories import make_order

State = Order.State
pytestmark = pytest.mark.django_db

WAY = [
    State.AWAITING_PAYMENT,
    State.PAID,
    State.IN_REVIEW,
    State.APPROVED,
    State.IN_PRINT,
    State.SHIPPED,
    State.DELIVERED,
    State.COMPLETED,
]


def events(order: Order) -> list[tuple[str, str, str]]:
    return list(order.events.values_list("kind", "actor", "detail"))


def test_every_state_has_a_row_in_the_table() -> None:
    assert set(states.TRANSITIONS) == set(State.values)
    assert {to for ways in states.TRANSITIONS.values() for to in ways} == set(State.values) - {State.AWAITING_PAYMENT}


def test_the_whole_way_leaves_one_event_a_move() -> None:
    order = make_order()
    for state in WAY[1:]:
        assert states.move(order, state, actor="system", detail=f"to {state}")
    order.refresh_from_db()
    assert order.state == State.COMPLETED
    assert events(order) == [(state, "system", f"to {state}") for state in WAY[1:]]
    assert all((order.paid_at, order.approved_at, order.shipped_at, order.delivered_at))
    assert order.cancelled_at is None


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("to", State.values)
def test_only_the_ways_of_the_table_are_open(state: str, to: str) -> None:
    order = make_order(state=state)
    if to in states.TRANSITIONS[state]:
        assert states.move(order, to, actor="system")
        assert Order.objects.get(pk=order.pk).state == to
    elif to == state:
        assert not states.move(order, to, actor="system")
        assert OrderEvent.objects.count() == 0
    else:
        with pytest.raises(states.IllegalMove):
            states.move(order, to, actor="system")
        assert Order.objects.get(pk=order.pk).state == state
        assert OrderEvent.objects.count() == 0


def test_who_comes_second_is_told_and_writes_nothing() -> None:
    order = make_order(state=State.IN_REVIEW)
    mine, theirs = Order.objects.get(pk=order.pk), Order.objects.get(pk=order.pk)
    assert states.move(theirs, State.CANCELLED, actor="staff:1")
    assert not states.move(mine, State.APPROVED, actor="customer")
    assert mine.state == State.CANCELLED
    assert mine.cancelled_at == theirs.cancelled_at
    assert mine.approved_at is None
    assert events(order) == [(State.CANCELLED, "staff:1", "")]


def test_state_and_event_live_and_die_together() -> None:
    order = make_order()
    with transaction.atomic():
        states.move(order, State.PAID, actor="system")
        transaction.set_rollback(True)
    assert Order.objects.get(pk=order.pk).state == State.AWAITING_PAYMENT
    assert OrderEvent.objects.count() == 0


def test_a_long_detail_is_cut_to_the_column() -> None:
    order = make_order()
    assert len(states.record(order, "note", actor="system", detail="x" * 300).detail) == 200
