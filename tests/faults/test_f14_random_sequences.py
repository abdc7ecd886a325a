"""F14: prices, coupons, points, partial returns, goodwill, cancellations, webhooks and refunds in any order: whatever
happens, every sum holds. `F14_SEQUENCES=10000` runs as many sequences as the target asks for."""

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import pytest
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from accounts.models import User
from orders import allocation, coupons, invoices, payments, points, states, stripe_gateway, vat
from orders.allocation import Priced
from orders.models import (
    Coupon,
    Invoice,
    Order,
    OrderLine,
    Payment,
    PointsAccount,
    Refund,
    WebhookEvent,
)  # fmt: skip
from orders.stripe_gateway import PaymentProviderDown, PaymentRefused, ProviderRefund
from refunds import amounts, cancelling, cases, credit_notes, payouts, second_person
from refunds.models import Case, CaseLine, CreditNote, Return, ReturnLine
from tests.orders.factories import ADDRESS

pytestmark = [pytest.mark.fault, pytest.mark.django_db]
SEQUENCES = int(os.environ.get("F14_SEQUENCES", "40"))
VALUE = 5
_ids = count(1)

LINES = st.lists(st.builds(Priced, st.integers(500, 4000), st.integers(1, 4)), min_size=1, max_size=3)
# What somebody does next, and three numbers that say to what and how much.
STEPS = (
    "return", "return", "goodwill", "cancel book", "cancel", "agree", "decline", "pay out", "pay out", "webhook",
    "webhook", "bank sends back", "send again", "deliver", "spend",
)  # fmt: skip
STEP = st.tuples(st.sampled_from(STEPS), st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 7))


@dataclass
class Provider:
    """The payment provider's own books: what it was asked under which key, and what became of it."""

    charged: dict[str, int] = field(default_factory=dict)
    by_key: dict[str, ProviderRefund] = field(default_factory=dict)
    mood: int = 0

    def back(self, intent: str) -> int:
        kept = ("failed", "canceled")
        return sum(one.amount for one in self.by_key.values() if one.intent_id == intent and one.status not in kept)

    def create(self, refund: Refund) -> ProviderRefund:
        mood, intent = self.mood % 6, str(refund.payment.intent_id)
        if mood == 0:
            raise PaymentProviderDown("nothing was done")
        known = self.by_key.get(refund.idempotency_key)
        if known is None:
            if refund.amount > self.charged[intent] - self.back(intent):
                raise AssertionError("the shop asked for more than was charged")
            if mood == 1:
                raise PaymentRefused("card closed", code="card_declined")
            status = "pending" if mood in (2, 3) else "succeeded"
            known = ProviderRefund(f"re_{len(self.by_key)}", status, refund.amount, "eur", intent, "")
            self.by_key[refund.idempotency_key] = known
            if mood in (3, 4):
                raise PaymentProviderDown("done, and the answer is lost")
        return known

    def fetch(self, provider_id: str) -> ProviderRefund:
        return next(one for one in self.by_key.values() if one.id == provider_id)

    def turn(self, at: int, status: str) -> ProviderRefund | None:
        """The bank answers, or sends back what had arrived."""
        keys = [key for key, one in self.by_key.items() if one.status in ("pending", "succeeded")]
        if not keys:
            return None
        key = keys[at % len(keys)]
        old = self.by_key[key]
        if old.status == "succeeded" and status == "succeeded":
            return old
        self.by_key[key] = ProviderRefund(old.id, status, old.amount, "eur", old.intent_id, "")
        return self.by_key[key]


def placed(provider: Provider, lines: list[Priced], coupon_off: int, wanted: int) -> Order:
    """A paid order as the checkout makes one: a coupon, and points of the customer."""
    number = next(_ids)
    user = User.objects.create_user(f"f14-{number}@example.com")
    points.correct(user, 1500, note="a present", staff=user, key=f"f14-{number}")
    items = sum(line.unit_price * line.quantity for line in lines)
    coupon = Coupon.objects.create(code=f"F{number}", kind=Coupon.Kind.PERCENT, value=coupon_off, limit=1)
    discount = coupons.quote(coupon.code, items=items, user=user)
    most = allocation.most_points(lines, discount=discount.amount, point_value=VALUE)
    used = min(wanted, 1500, most)
    offs = allocation.take_off(lines, discount=discount.amount, points=used, point_value=VALUE)
    total = items + 490 - discount.amount - used * VALUE
    order = Order.objects.create(
        number=f"LD-S{number:05}", checkout_key=f"f14-{number}", currency="eur", user=user, items_total=items,
        shipping_total=490, discount_total=discount.amount, points_used=used, point_value=VALUE, total=total,
        vat_rate_bp=2500, vat_total=vat.contained(gross=total, rate_bp=2500), no_withdrawal_shown_at=timezone.now(),
        **ADDRESS,
    )  # fmt: skip
    for line, off in zip(lines, offs, strict=True):
        OrderLine.objects.create(
            order=order, title="The Night Post", format="softcover", quantity=line.quantity,
            unit_price=line.unit_price, discount=off.discount, points=off.points,
        )  # fmt: skip
    coupons.take(discount, order)
    if used:
        points.spend(order, used)
    payment = Payment.objects.create(
        order=order, idempotency_key=f"f14-{number}", amount=total, currency="eur", state=Payment.State.PAID,
        intent_id=f"pi_{number}", paid_at=timezone.now(),
    )  # fmt: skip
    assert sum(item.quantity * item.unit_amount for item in payments._line_items(order)) == total
    provider.charged[str(payment.intent_id)] = total
    states.move(order, Order.State.PAID, actor="test")
    invoices.make(order)
    return order


def step(order: Order, provider: Provider, staff: tuple[User, User], what: str, one: int, two: int, mood: int) -> None:
    """Do one thing; what cannot be done now is refused with one of the errors that pages expect."""
    order.refresh_from_db()
    lines = list(order.lines.order_by("pk"))
    line = lines[one % len(lines)]
    provider.mood = mood
    if what == "return":
        back = Return.objects.create(
            number=f"R-{next(_ids)}", order=order, reason="print", wish="refund", state=Return.State.VERIFIED,
            inspected_at=timezone.now(),
        )  # fmt: skip
        ReturnLine.objects.create(of=back, line=line, copies=1 + two % line.quantity)
        cases.decide_return(back, staff=staff[0], actor="staff")
    elif what == "goodwill":
        cases.give_goodwill(order, amount=1 + two, staff=staff[0], note="")
    elif what == "cancel book":
        cancelling.cancel_book(line, actor="customer")
    elif what == "cancel":
        cancelling.cancel_and_refund(order, actor="staff", staff=staff[0] if two % 2 else None)
    elif what in ("agree", "decline"):
        proposed = Case.objects.filter(order=order, state=Case.State.PROPOSED).first()
        if proposed and what == "agree":
            second_person.agree(proposed, staff=staff[1])
        elif proposed:
            second_person.decline(proposed, staff=staff[1], why="")
    elif what == "pay out":
        Refund.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        for refund in payouts.waiting():
            payouts.execute(refund.pk)
    elif what in ("webhook", "bank sends back"):
        said = provider.turn(one, "failed" if what == "bank sends back" else "succeeded")
        if said is not None:
            for _ in range(1 + two % 3):  # messages come more than once
                payouts.from_webhook(WebhookEvent(event_id="evt", type="refund.updated", object_id=said.id))
    elif what == "send again":
        failed = Refund.objects.filter(payment__order=order, state=Refund.State.FAILED)
        for refund in failed[:1]:
            payouts.again(refund, actor="staff")
    elif what == "deliver" and order.state == Order.State.PAID:
        for state in ("in_review", "approved", "in_print", "shipped", "delivered"):
            states.move(order, state, actor="test")
    elif what == "spend":
        balance = points.balance(order.user)
        if balance and order.user is not None:
            points.correct(
                order.user, -(1 + two % balance), note="spent elsewhere", staff=staff[0], key=str(next(_ids))
            )


REFUSED = (
    amounts.TooManyCopies, cases.CannotDecide, cancelling.CannotCancel, payouts.NothingLeft, payouts.NotWrittenYet,
    second_person.NotThisPerson, second_person.NotProposed, points.NotEnough,
)  # fmt: skip


def check(order: Order, provider: Provider) -> None:
    """Every invariant, whatever has happened."""
    order.refresh_from_db()
    (payment,) = order.payments.all()
    mine = Refund.objects.filter(payment=payment)
    decided = mine.exclude(state=Refund.State.FAILED).aggregate(sum=Sum("amount", default=0))["sum"]
    assert 0 <= decided <= payment.amount == order.total, "P27: 0 <= refunds <= paid"
    assert provider.back(str(payment.intent_id)) <= payment.amount, "the provider sent more than it charged"
    known = {one.provider_id for one in mine if one.provider_id}
    assert known <= {one.id for one in provider.by_key.values()}
    standing = Case.objects.filter(order=order).exclude(state=Case.State.DECLINED)
    copies: Counter[int] = Counter()
    spent_back = earlier = 0
    for case in standing.prefetch_related("lines", "refunds__refund"):
        for line in case.lines.all():
            copies[line.line_id] += line.copies
        assert case.shipping <= case.amount
        refunds = [one.refund for one in case.refunds.all()]
        alive = sum(one.amount for one in refunds if one.state != Refund.State.FAILED)
        if case.state in (Case.State.APPROVED, Case.State.REFUNDED):
            assert alive == case.amount > 0, "a case pays what it owes"
        elif case.state in (Case.State.PROPOSED, Case.State.UNPAID):
            assert not refunds
        if case.state == Case.State.REFUNDED:
            assert all(one.state == Refund.State.SUCCEEDED for one in refunds if one.state != Refund.State.FAILED)
        if case.state != Case.State.PROPOSED:
            spent_back += case.points
        earlier += case.shipping
    assert earlier <= order.shipping_total, "the delivery goes back once"
    assert all(copies[line.pk] <= line.quantity for line in order.lines.all()), "no copy goes back twice"
    assert spent_back <= order.points_used
    account = PointsAccount.objects.get(user=order.user)
    booked = account.entries.aggregate(sum=Sum("points", default=0))["sum"]
    assert account.balance == booked >= 0, "P40: the ledger explains the balance"
    assert account.owed >= 0
    uses = Coupon.objects.filter(uses__order=order).annotate(free=F("uses__released_at")).get()
    assert uses.used == (uses.free is None)
    assert (uses.free is not None) == (order.state == Order.State.CANCELLED)


def settle_everything(order: Order, provider: Provider) -> None:
    """The days pass: what waits is sent and answered, what failed is sent again."""
    provider.mood = 5
    for _ in range(4):
        Refund.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        for refund in payouts.waiting():
            payouts.execute(refund.pk)
        while said := next((one for one in provider.by_key.values() if one.status == "pending"), None):
            at = [key for key, one in provider.by_key.items() if one.status in ("pending", "succeeded")]
            provider.turn(at.index(next(key for key, one in provider.by_key.items() if one is said)), "succeeded")
        for refund in Refund.objects.filter(payment__order=order, state=Refund.State.FAILED):
            try:
                payouts.again(refund, actor="staff")
            except payouts.NothingLeft:
                continue


@pytest.fixture
def provider_at_hand(monkeypatch: pytest.MonkeyPatch) -> list[Provider]:
    current: list[Provider] = []
    monkeypatch.setattr(stripe_gateway, "create_refund", lambda refund: current[0].create(refund))
    monkeypatch.setattr(stripe_gateway, "fetch_refund", lambda provider_id: current[0].fetch(provider_id))
    return current


@settings(
    max_examples=SEQUENCES, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck), database=None,
)  # fmt: skip
@given(
    lines=LINES, coupon_off=st.integers(1, 9000), wanted=st.integers(0, 1500), script=st.lists(STEP, max_size=12)
)  # fmt: skip
def test_f14_whatever_happens_every_sum_holds(
    provider_at_hand: list[Provider],
    lines: list[Priced],
    coupon_off: int,
    wanted: int,
    script: list[tuple[str, int, int, int]],
) -> None:
    provider = Provider()
    provider_at_hand[:] = [provider]
    with transaction.atomic():
        one, two = (User.objects.create_user(f"f14-{next(_ids)}@example.com", is_staff=True) for _ in range(2))
        order = placed(provider, lines, coupon_off, wanted)
        for what, which, how, mood in script:
            try:
                with transaction.atomic():
                    step(order, provider, (one, two), what, which, how, mood)
            except REFUSED as error:
                event(type(error).__name__)
            check(order, provider)
        settle_everything(order, provider)
        check(order, provider)
        credit_notes.sweep()
        books_agree(order)
        transaction.set_rollback(True)


def books_agree(order: Order) -> None:
    """The credit notes say exactly what is back, and never more than the invoice; all of it means to the cent."""
    invoice = Invoice.objects.get(order=order)
    notes = CreditNote.objects.filter(invoice=invoice).aggregate(
        gross=Sum("gross", default=0), net=Sum("net", default=0), vat=Sum("vat", default=0)
    )
    there = Refund.objects.filter(payment__order=order, state=Refund.State.SUCCEEDED)
    assert -notes["gross"] == there.aggregate(sum=Sum("amount", default=0))["sum"]
    assert -notes["net"] <= invoice.net
    assert -notes["vat"] <= invoice.vat
    if -notes["gross"] == invoice.gross:
        assert (-notes["net"], -notes["vat"]) == (invoice.net, invoice.vat)
    for note in CreditNote.objects.filter(invoice=invoice):
        for part in ("gross", "net", "vat"):
            assert sum(line[part] for line in note.lines) == getattr(note, part)
    assert not CaseLine.objects.filter(case__order=order, copies=0).exists()
