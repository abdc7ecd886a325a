"""What a signed-in customer sees of their orders, and of what we hold about their children."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import User
from orders import points, timeline
from orders.models import Order, OrderLine
from privacy import children, clock, holdings


@dataclass(frozen=True)
class HeldChild:
    """A book's child on the account page: until when, or since when not any more. Nothing about the child."""

    line: OrderLine
    open: bool
    until: datetime
    left: str


@never_cache
@login_required
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The customer's own orders, newest first (P46), the way to each child's data (P6), and their points (P40)."""
    assert isinstance(request.user, User)
    orders = Order.objects.filter(user=request.user).prefetch_related(
        Prefetch("lines", OrderLine.objects.select_related("edition__child__second"))
    )
    shown = list(orders.order_by("-pk")[:100])
    now = clock.latest()
    context = {
        "rows": [{"order": order, "said": timeline.said(order)} for order in shown],
        "held": [_held(line, now) for order in shown for line in order.lines.all() if line.edition is not None],
        "points_per": settings.POINTS_PER,
        "point_value": settings.POINT_VALUE,
        "points": points.ledger_of(request.user),
        "now": now,
    }
    return render(request, "orders/account.html", context)


def _held(line: OrderLine, now: datetime) -> HeldChild:
    assert line.edition is not None
    child = line.edition.child
    until = min(child.ended_at, holdings.until(child)) if child.ended_at else holdings.until(child)
    return HeldChild(line=line, open=children.is_open(child), until=until, left=holdings.left(until, now))
