"""From the basket to the payment page and back.

The browser is sent to the payment page by a page of ours and not by a redirect: our Content-Security-Policy lets forms
go nowhere but to the shop, and a redirect that answers a form counts as the form's target.
"""

import contextlib
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from orders import (
    access,
    allocation,
    basket,
    checkout,
    coupons,
    payment_trouble,
    payments,
    points,
    prices,
    shipping,
    states,
)
from orders.forms import CheckoutForm
from orders.models import Order, Payment
from orders.stripe_gateway import PaymentProviderDown, PaymentRefused
from orders.views import savings
from privacy import children, vault


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """The checkout page; posting it places the order and goes on to the payment page."""
    if request.method == "POST":
        return _place(request)
    opened = basket.open_basket(basket.key_of(request.session))
    if not opened.items:
        return _nothing_to_order(request)
    return _page(request, opened, CheckoutForm(initial=_prefill(request)))


@never_cache
@require_POST
def quote(request: HttpRequest) -> HttpResponse:
    """Delivery choices and sums for another country, delivery, coupon or number of points: the parts of the checkout
    page that depend on them. Posted, because neither an e-mail address nor a code belongs into an address."""
    opened = basket.open_basket(basket.key_of(request.session))
    form = CheckoutForm(initial=request.POST.dict())
    return render(request, "orders/checkout_quote.html", _sums(request, opened, form) | {"form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest, number: str) -> HttpResponse:
    """An order that waits to be paid: pay it now, or change it."""
    order = access.order_for(request, number)
    if order.state != Order.State.AWAITING_PAYMENT:
        return redirect("orders:order", order.number)
    if request.method == "POST":
        return _to_payment(request, order)
    context = {
        "order": order,
        "lines": list(order.lines.all()),
        "country": shipping.COUNTRIES.get(order.country, order.country),
        "down": "no-answer" in request.GET,
        "happened": payment_trouble.what_happened(order),
        "kept_until": payment_trouble.kept_until(order),
    }
    return render(request, "orders/pay.html", context)


@never_cache
@require_GET
def to_payment(request: HttpRequest, number: str) -> HttpResponse:
    """The page that takes the browser to the payment page."""
    order = access.order_for(request, number)
    payment = order.payments.filter(state=Payment.State.OPEN).order_by("-pk").first()
    if order.state != Order.State.AWAITING_PAYMENT or payment is None or not payment.session_url:
        return redirect("orders:pay", order.number)
    return render(request, "orders/to_payment.html", {"order": order, "address": payment.session_url})


@never_cache
@require_GET
def pay_return(request: HttpRequest, number: str) -> HttpResponse:
    """Back from the payment page: thanks, or still waiting. The provider is asked; the address proves nothing."""
    order = access.order_for(request, number)
    if order.state == Order.State.AWAITING_PAYMENT:
        down = _ask_provider(order)
        order.refresh_from_db()
        if order.state == Order.State.AWAITING_PAYMENT:
            return render(request, "orders/payment_waiting.html", {"order": order, "down": down})
    if order.state == Order.State.CANCELLED:
        return redirect("orders:order", order.number)
    return render(request, "orders/thanks.html", {"order": order, "lines": list(order.lines.all())})


@never_cache
@require_POST
def take_back(request: HttpRequest, number: str) -> HttpResponse:
    """Put an unpaid order back into the basket, to change it."""
    order = access.order_for(request, number)
    key = basket.ensure_key(request.session)
    if order.state == Order.State.AWAITING_PAYMENT:
        # Whoever paid in another tab a moment ago must not lose the order to this click. With the provider down the
        # sweeper closes the page later, and money that comes anyway goes back.
        with contextlib.suppress(PaymentProviderDown, PaymentRefused):
            payments.close(order)
        order.refresh_from_db()
    try:
        checkout.take_back(order, basket_key=key)
    except checkout.AlreadyPaid:
        if order.state != Order.State.CANCELLED:
            messages.info(request, "This order is paid already, so it can no longer go back to the basket.")
        return redirect("orders:order", order.number)
    messages.success(request, f"Order {order.number} is cancelled and its books are back in your basket.")
    return redirect("orders:basket")


def _place(request: HttpRequest) -> HttpResponse:
    ticket = checkout.read_ticket(request.POST.get("ticket", ""))
    known = checkout.placed(ticket) if ticket else None
    if known is not None:  # a second click, or the back button
        access.grant(request, known)
        return _to_payment(request, known)
    opened = basket.open_basket(basket.key_of(request.session))
    if not opened.items:
        return _nothing_to_order(request)
    if "apply" in request.POST:  # without scripts: coupon and points worked in, and everything that was typed stays
        return _page(request, opened, CheckoutForm(initial=request.POST.dict()))
    form = CheckoutForm(request.POST)
    if not form.is_valid():
        return _page(request, opened, form, status=422)
    saved = savings.shown(request, form, opened.lines)
    shown_total = form.cleaned_data["shown_total"]
    if ticket is None or opened.dropped or saved.refused or shown_total is None:
        return _page(request, opened, form, status=422, changed=True)
    user = request.user if isinstance(request.user, User) else None
    try:
        order = checkout.place(
            delivery=form.delivery(), basket_key=opened.key, ticket=ticket, user=user, savings=saved.wished,
            shown_total=shown_total,
        )  # fmt: skip
    except (checkout.SumChanged, coupons.Refused, points.NotEnough, allocation.TooMuch):
        # Nobody is to pay a sum that was not on the button (Directive 2011/83/EU, Article 8(2)).
        return _page(request, opened, form, status=422, changed=True)
    except checkout.EmptyBasket:
        return _nothing_to_order(request)
    except vault.Forgotten:
        return redirect("orders:basket")
    access.grant(request, order)
    return _to_payment(request, order)


def _to_payment(request: HttpRequest, order: Order) -> HttpResponse:
    if order.state != Order.State.AWAITING_PAYMENT:
        return redirect("orders:order", order.number)
    if not all(
        line.edition is not None and children.is_open(line.edition.child)
        for line in order.lines.select_related("edition__child")
    ):
        states.move(order, Order.State.CANCELLED, actor="system", detail="a book was forgotten before it was paid")
        return redirect("orders:order", order.number)
    try:
        payment = payments.start(order)
    except (PaymentProviderDown, PaymentRefused):
        return redirect(reverse("orders:pay", args=[order.number]) + "?no-answer")
    except payments.NothingToPay:
        return redirect("orders:order", order.number)
    if payment.state == Payment.State.PAID:
        return redirect("orders:pay_return", order.number)
    return redirect("orders:to_payment", order.number)


def _ask_provider(order: Order) -> bool:
    """Ask about every open payment of an order. True: the provider does not answer."""
    open_pages = order.payments.filter(state=Payment.State.OPEN).exclude(session_id=None)
    try:
        for session_id in list(open_pages.values_list("session_id", flat=True)):
            payments.fulfil(str(session_id))
    except (PaymentProviderDown, PaymentRefused):
        return True
    return False


def _nothing_to_order(request: HttpRequest) -> HttpResponse:
    waiting = checkout.waiting_order(request.session.get(access.SESSION_KEY, []))
    return redirect("orders:pay", waiting.number) if waiting else redirect("orders:basket")


def _page(
    request: HttpRequest,
    opened: basket.Basket,
    form: CheckoutForm,
    *,
    status: int = 200,
    changed: bool = False,
) -> HttpResponse:
    context = _sums(request, opened, form) | {
        "form": form,
        "ticket": checkout.new_ticket(),
        "changed": changed,
        "dropped": opened.dropped,
        "sign_in": f"{reverse('account_login')}?next={reverse('orders:checkout')}",
    }
    return render(request, "orders/checkout.html", context, status=status)


def _sums(request: HttpRequest, opened: basket.Basket, form: CheckoutForm) -> dict[str, Any]:
    country, chosen = form.country_now, form.shipping_now
    saved = savings.shown(request, form, opened.lines)
    if form.is_bound:  # an order was refused: these are among what has to be looked at
        for name, error in saved.errors.items():
            if name not in form.errors:
                form.add_error(name, error)
    today = timezone.localdate()
    offers = []
    for method in shipping.methods(country).values():
        first, last = shipping.arrival(by=method, approved_on=today)
        offers.append({"method": method, "first": first, "last": last, "chosen": method.key == chosen})
    return {
        "basket": opened,
        "offers": offers,
        "savings": saved,
        "totals": prices.totals(opened.lines, chosen, country, discount=saved.amount, points=saved.points),
        "country": shipping.COUNTRIES[country],
        "printing_days": shipping.PRINTING_DAYS,
    }


def _prefill(request: HttpRequest) -> dict[str, Any]:
    """What a signed-in customer gave last time; for others the country their browser speaks of."""
    user = request.user
    if not isinstance(user, User):
        return {"country": _browser_country(request)}
    last = Order.objects.filter(user=user).order_by("-pk").first()
    if last is None:
        return {"email": user.email, "name": user.name, "country": _browser_country(request)}
    kept = ("name", "phone", "contact_by", "street", "street_2", "postal_code", "city", "country", "shipping_method")
    return {"email": user.email} | {name: getattr(last, name) for name in kept}


def _browser_country(request: HttpRequest) -> str:
    first = request.headers.get("Accept-Language", "").split(",")[0].split(";")[0]
    region = first.rpartition("-")[2].upper()
    return region if region in shipping.COUNTRIES and "-" in first else shipping.HOME
