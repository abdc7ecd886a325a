"""Orders whose parcels have left, for tests."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from orders.models import Order, PrintJob
from tests.orders.factories import make_line, make_order


def on_its_way(*, parcels: int = 1, shipped_at: datetime | None = None, **fields: Any) -> tuple[Order, list[PrintJob]]:
    """An order without children that left at `shipped_at` (now), in one parcel for each book."""
    left = shipped_at or timezone.now()
    order = make_order(**{"state": Order.State.SHIPPED, "paid_at": left, "shipped_at": left, **fields})
    jobs = [
        PrintJob.objects.create(
            number=f"J-{order.pk}-{number}",
            line=make_line(order, title=f"Book {number}", approved_revision=1),
            revision=1,
            profile="house",
            state=PrintJob.State.SHIPPED,
            page_count=24,
            carrier="PostNord",
            tracking=f"DK{order.pk:06}{number}",
            sent_at=left,
            shipped_at=left,
        )
        for number in range(1, parcels + 1)
    ]
    return order, jobs
