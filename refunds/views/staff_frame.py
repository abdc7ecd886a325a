"""What every page of staff shares; it lives with the orders, which have such pages too."""

from orders.views.staff_frame import framed, member, staff_only

__all__ = ["framed", "member", "staff_only"]
