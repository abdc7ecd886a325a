"""Orders that were paid at the payment sandbox, over HTTP, for tests of what goes back."""

from orders import payments
from orders.models import Order, Payment
from tests.orders.factories import finish_copies, make_ordered
from tests.payment_sandbox import CARD, SandboxAtWork

FAILS_LATER = "4000000000005126"
ARRIVES_LATER = "4000000000007726"


def paid_order(sandbox: SandboxAtWork, *, card: str = CARD, books: int = 1, ready: bool = True) -> Order:
    """A paid order; `ready`: its digital copies wait for the parent."""
    order = make_ordered(state=Order.State.AWAITING_PAYMENT, books=books)
    payment = payments.start(order)
    sandbox.pay(payment.session_url, card)
    payments.fulfil(str(payment.session_id))
    if ready:
        finish_copies(order)
    order.refresh_from_db()
    assert order.state == (Order.State.IN_REVIEW if ready else Order.State.PAID)
    return order


def payment_of(order: Order) -> Payment:
    return Payment.objects.get(order=order, state=Payment.State.PAID)


def went_back(sandbox: SandboxAtWork) -> int:
    """What the provider has sent back and not got again, in minor units."""
    return sum(refund["amount"] for refund in sandbox.objects("refund") if refund["status"] != "failed")
