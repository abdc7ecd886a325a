"""A coupon, points and delivery spread over copies: parts always add up (P27)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders import allocation
from orders.allocation import Off, Priced, TooMuch
from orders.models import Order, OrderLine

LINES = st.lists(st.builds(Priced, st.integers(1, 6000), st.integers(1, 20)), min_size=1, max_size=5)


def test_p27_a_coupon_and_points_are_spread_over_lines_by_largest_remainder() -> None:
    lines = [Priced(2990, 1), Priced(3990, 2)]
    assert allocation.take_off(lines, discount=1000, points=7, point_value=5) == [Off(273, 2), Off(727, 5)]
    assert allocation.most_points(lines, discount=1000, point_value=5) == 1993
    with pytest.raises(TooMuch):
        allocation.take_off(lines, discount=10_971, points=0, point_value=5)
    with pytest.raises(TooMuch):
        allocation.take_off(lines, discount=1000, points=1994, point_value=5)


@settings(max_examples=300, deadline=None)
@given(lines=LINES, data=st.data(), shipping=st.integers(0, 2000), value=st.integers(1, 40))
def test_f14_copies_add_up_to_the_order_whatever_is_taken_off(
    lines: list[Priced], data: st.DataObject, shipping: int, value: int
) -> None:
    items = sum(line.unit_price * line.quantity for line in lines)
    discount = data.draw(st.integers(0, items))
    points = data.draw(st.integers(0, allocation.most_points(lines, discount=discount, point_value=value)))
    offs = allocation.take_off(lines, discount=discount, points=points, point_value=value)
    assert (sum(off.discount for off in offs), sum(off.points for off in offs)) == (discount, points)
    order = Order(shipping_total=shipping, point_value=value, points_used=points)
    rows = [
        OrderLine(pk=pk, unit_price=line.unit_price, quantity=line.quantity, discount=off.discount, points=off.points)
        for pk, (line, off) in enumerate(zip(lines, offs, strict=True))
    ]
    copies = allocation.split(order, rows)
    assert all(copy.money >= 0 and copy.points >= 0 for copy in copies)
    assert sum(copy.money for copy in copies) == items - discount - points * value
    assert sum(copy.points for copy in copies) == points
    assert sum(copy.shipping for copy in copies) == shipping
    for row in rows:
        mine = [copy for copy in copies if copy.line_id == row.pk]
        assert len(mine) == row.quantity
        assert sum(copy.points for copy in mine) == row.points
        # No copy of a line costs more than another one by more than a cent and a point.
        assert max(copy.money for copy in mine) - min(copy.money for copy in mine) <= 1 + value
