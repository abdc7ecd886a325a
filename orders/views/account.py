"""What a signed-in customer sees of their orders."""

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import User
from orders import timeline
from orders.models import Order, OrderLine


@never_cache
@login_required
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The customer's own orders, newest first (P46)."""
    assert isinstance(request.user, User)
    orders = Order.objects.filter(user=request.user).prefetch_related(
        Prefetch("lines", OrderLine.objects.select_related("edition__child"))
    )
    rows = [{"order": order, "said": timeline.said(order)} for order in orders.order_by("-pk")[:100]]
    return render(request, "orders/account.html", {"rows": rows})
