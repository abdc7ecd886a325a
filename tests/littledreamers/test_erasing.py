"""Every erasing function really erases what is due, and leaves what is not (P10, P36)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress, EmailConfirmation
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import models
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts import erasing as account_erasing
from accounts import mail
from accounts.models import OutgoingMail, User
from orders import invoices
from orders.models import (
    BasketLine,
    Coupon,
    Invoice,
    Order,
    OrderEvent,
    Payment,
    PointsAccount,
    PointsEntry,
    PrintJob,
    Refund,
    WebhookEvent,
)
from privacy import children, erasing, rate_limits
from privacy.models import Child, Consent
from refunds.models import Case, CaseEvent, Return, ReturnEvent
from tests.orders.factories import ADDRESS, make_edition, make_line, make_order, make_ordered

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
Held = Callable[[], bool]


def _sent_mail() -> OutgoingMail:
    row = mail.queue(key="k", template="staff_task", to="karen@example.com", context={"what": "x", "link": "y"})
    OutgoingMail.objects.filter(pk=row.pk).update(state=OutgoingMail.State.SENT, sent_at=NOW)
    return row


def forget_bodies() -> Held:
    _sent_mail()
    return lambda: OutgoingMail.objects.filter(recipient="karen@example.com").exclude(text="").exists()


def forget_marks() -> Held:
    _sent_mail()
    return lambda: bool(OutgoingMail.objects.exists())


def sessions() -> Held:
    store = SessionStore()
    store["basket"] = "key"
    store.create()
    return lambda: bool(Session.objects.exists())


def login_attempts() -> Held:
    AccessAttempt.objects.create(username="karen@example.com", ip_address="fd00::1", failures_since_start=1)
    return lambda: bool(AccessAttempt.objects.exists())


def address_checks() -> Held:
    user = User.objects.create_user("karen@example.com")
    address = EmailAddress.objects.create(user=user, email=user.email)
    EmailConfirmation.objects.create(email_address=address, key="k", created=NOW)
    return lambda: bool(EmailConfirmation.objects.exists())


def staff_log() -> Held:
    user = User.objects.create_user("staff@example.com")
    LogEntry.objects.create(
        user=user, object_id="1", object_repr="x", action_flag=2, content_type=ContentType.objects.first()
    )
    return lambda: bool(LogEntry.objects.exists())


def forget_old_consents() -> Held:
    child = make_edition().child
    children.forget(child, reason=Child.End.DELETED)
    return lambda: bool(Consent.objects.exists())


def forget_baskets() -> Held:
    edition = make_edition()
    BasketLine.objects.create(basket="key", edition=edition, format="softcover")
    return lambda: bool(BasketLine.objects.exists())


def forget_events() -> Held:
    WebhookEvent.objects.create(event_id="evt", type="x", object_id="y", processed_at=NOW)
    return lambda: bool(WebhookEvent.objects.exists())


def forget_customers() -> Held:
    order = make_ordered(user=User.objects.create_user("karen@example.com"))
    OrderEvent.objects.create(order=order, kind="paid", actor="staff:1", detail="x")
    payment = Payment.objects.create(
        order=order, idempotency_key="k", amount=1, currency="eur", session_id="cs", session_url="u", intent_id="pi"
    )
    Refund.objects.create(payment=payment, idempotency_key="k", amount=1, reason="x", provider_id="re", failure="f")
    PrintJob.objects.create(number="J-1", line=order.lines.get(), revision=1, profile="house", tracking="T")

    def held() -> bool:
        row = Order.objects.get()
        kept = [getattr(row, name) for name in ADDRESS if name != "shipping_method"]
        for name in ("session_id", "session_url", "intent_id"):
            kept.append(getattr(Payment.objects.get(), name))
        kept += [Refund.objects.get().provider_id, Refund.objects.get().failure, PrintJob.objects.get().tracking]
        kept += [row.user, OrderEvent.objects.exists()]
        gone = not any(kept)
        assert gone or all(kept[:3])
        assert (row.total, row.number[:3], row.lines.get().title) == (3480, "LD-", "The Night Post")
        return not gone

    return held


def forget_invoices() -> Held:
    order = make_order(paid_at=NOW)
    make_line(order)
    made = invoices.make(order)

    def held() -> bool:
        row = Invoice.objects.get()
        assert (row.number, row.gross) == (made.number, 3480)
        return any((row.customer_name, row.customer_address, row.country))

    return held


def forget_cases() -> Held:
    staff = User.objects.create_user("staff@example.com")
    order = make_order()
    case = Case.objects.create(order=order, kind=Case.Kind.GOODWILL, note="on the telephone", decided_by=staff)
    CaseEvent.objects.create(case=case, kind="approved", actor=f"staff:{staff.pk}")
    back = Return.objects.create(number="R-1", order=order, reason="print", wish="refund", inspected_by=staff)
    ReturnEvent.objects.create(of=back, kind="asked", actor="customer")
    Return.objects.filter(pk=back.pk).update(finding="The spine is torn.")

    def held() -> bool:
        kept = [
            Case.objects.exclude(note="", decided_by=None, proposed_by=None).exists(),
            Return.objects.exclude(finding="", inspected_by=None).exists(),
            CaseEvent.objects.exists(),
            ReturnEvent.objects.exists(),
        ]
        assert all(kept) or not any(kept)
        return all(kept)

    return held


def forget_makers() -> Held:
    staff = User.objects.create_user("staff@example.com")
    Coupon.objects.create(code="AUTUMN", kind=Coupon.Kind.AMOUNT, value=500, made_by=staff)
    account = PointsAccount.objects.create(user=User.objects.create_user("karen@example.com"), balance=5)
    PointsEntry.objects.create(account=account, kind=PointsEntry.Kind.STAFF, points=5, key="k", staff=staff)

    def held() -> bool:
        kept = [Coupon.objects.get().made_by, PointsEntry.objects.get().staff]
        assert all(kept) or not any(kept)
        return all(kept)

    return held


YEAR_OF_ORDER_ENDS = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)  # midnight in Copenhagen
CASES: dict[str, tuple[Callable[[], Held], datetime]] = {
    "accounts.mail.forget_bodies": (forget_bodies, NOW + timedelta(days=30)),
    "accounts.mail.forget_marks": (forget_marks, NOW + timedelta(days=365)),
    "accounts.erasing.sessions": (sessions, NOW + timedelta(days=14)),
    "accounts.erasing.login_attempts": (login_attempts, NOW + timedelta(hours=24)),
    "accounts.erasing.address_checks": (address_checks, NOW + timedelta(days=30)),
    "accounts.erasing.staff_log": (staff_log, NOW + timedelta(days=365)),
    "privacy.consent.forget_old": (forget_old_consents, NOW + timedelta(days=5 * 365)),
    "orders.bookkeeping.forget_baskets": (forget_baskets, NOW + timedelta(hours=48)),
    "orders.bookkeeping.forget_events": (forget_events, NOW + timedelta(days=90)),
    "orders.bookkeeping.forget_customers": (forget_customers, YEAR_OF_ORDER_ENDS.replace(year=2031)),
    "orders.invoices.forget_customers": (forget_invoices, YEAR_OF_ORDER_ENDS.replace(year=2031)),
    "orders.bookkeeping.forget_makers": (forget_makers, YEAR_OF_ORDER_ENDS.replace(year=2031)),
    "refunds.erasing.forget_cases": (forget_cases, YEAR_OF_ORDER_ENDS.replace(year=2031)),
}


@pytest.mark.parametrize("path", sorted(erasing.erasers()))
def test_p10_p36_it_erases_what_is_due_and_not_a_second_before(path: str) -> None:
    make, due = CASES[path]
    erase = erasing.erasers()[path]
    with time_machine.travel(NOW, tick=False):
        held = make()
    assert held()
    erase(now=due - SECOND, batch=100)
    assert held()
    assert erase(now=due + SECOND, batch=100) == 1
    assert not held()
    assert erase(now=due + SECOND, batch=100) == 0


@pytest.mark.parametrize("path", sorted(erasing.erasers()))
def test_p10_the_work_is_bounded(path: str) -> None:
    if path != "accounts.erasing.sessions":
        return
    for _ in range(5):
        sessions()
    later = NOW + timedelta(days=400)
    assert erasing.erasers()[path](now=later, batch=3) == 3
    assert Session.objects.count() == 2
    sessions()
    assert erasing.erase_due(now=later, batch=2)[path] == 3


def test_an_order_that_nobody_paid_loses_its_customer_after_thirty_days() -> None:
    def unpaid(**fields: object) -> Order:
        return make_order(state=Order.State.CANCELLED, cancelled_at=NOW, **fields)

    due, waiting = unpaid(), unpaid()
    Payment.objects.create(
        order=waiting, idempotency_key="k", amount=1, currency="eur", state=Payment.State.OPEN, session_id="cs"
    )
    paid, open_one = unpaid(paid_at=NOW), make_order(state=Order.State.AWAITING_PAYMENT)
    erase = erasing.erasers()["orders.bookkeeping.forget_customers"]
    assert erase(now=NOW + timedelta(days=30) - SECOND, batch=9) == 0
    assert erase(now=NOW + timedelta(days=30), batch=9) == 1
    names = {order.pk: order.name for order in Order.objects.all()}
    assert names == {due.pk: "", waiting.pk: "Karen Holm", paid.pk: "Karen Holm", open_one.pk: "Karen Holm"}


def test_a_mail_that_could_not_be_sent_is_forgotten_too() -> None:
    with time_machine.travel(NOW, tick=False):
        row = mail.queue(key="k", template="staff_task", to="karen@example.com", context={"what": "x", "link": "y"})
    OutgoingMail.objects.filter(pk=row.pk).update(state=OutgoingMail.State.QUEUED, sent_at=None)
    assert mail.forget_bodies(now=NOW + timedelta(days=31)) == 1
    row.refresh_from_db()
    assert (row.recipient, row.text, row.state) == ("", "", OutgoingMail.State.FAILED)


def test_p61_deleting_an_account_ends_its_sessions_and_leaves_no_address() -> None:
    user, other = (User.objects.create_user(f"{name}@example.com", "a-long-password") for name in ("karen", "ole"))
    boss = User.objects.create_superuser("boss@example.com", "a-long-password")
    clients = {}
    for one in (user, other, boss):
        clients[one.email] = Client()
        clients[one.email].force_login(one)
    EmailAddress.objects.create(user=user, email=user.email)
    order = make_order(user=user)
    make_line(order)
    mail.queue(
        key="reset", template="account/password_reset_key", to=user.email, context={"link": "https://x", "code": ""}
    )
    LogEntry.objects.create(
        user=boss, object_id=str(user.pk), object_repr=user.email, action_flag=2,
        content_type=ContentType.objects.get_for_model(User),
    )  # fmt: skip
    account_erasing.account(user)
    assert clients["karen@example.com"].get("/my-orders/").status_code in (302, 404)
    assert "_auth_user_id" not in clients["karen@example.com"].session
    assert clients["ole@example.com"].session["_auth_user_id"] == str(other.pk)
    order.refresh_from_db()
    assert order.user is None
    for table in (User, EmailAddress, OutgoingMail, LogEntry):
        assert not _mentions(table, "karen@example.com"), table


def test_p61_the_admin_deletes_accounts_in_the_same_way() -> None:
    user = User.objects.create_user("karen@example.com", "a-long-password")
    boss, visitor = Client(), Client()
    boss.force_login(User.objects.create_superuser("boss@example.com", "a-long-password"))
    visitor.force_login(user)
    assert boss.post(f"/admin/accounts/user/{user.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=user.pk).exists()
    assert "_auth_user_id" not in visitor.session
    assert not _mentions(LogEntry, "karen@example.com")


def test_p58_a_failed_login_leaves_no_network_address(settings: Settings) -> None:
    settings.AXES_ENABLED = True
    User.objects.create_user("karen@example.com", "a-long-password")
    Client(REMOTE_ADDR="203.0.113.77").post(
        "/account/login/", {"login": "karen@example.com", "password": "wrong-password-wrong"}
    )
    attempt = AccessAttempt.objects.get()
    assert str(attempt.ip_address).startswith("fd")
    assert not _mentions(AccessAttempt, "203.0.113.77")
    assert not _mentions(AccessAttempt, "wrong-password-wrong")
    request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.77")
    assert rate_limits.stand_in_address(request) == str(attempt.ip_address)
    request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.78")
    assert rate_limits.stand_in_address(request) != str(attempt.ip_address)


def _mentions(table: type[models.Model], word: str) -> bool:
    return any(word in str(value) for row in table._default_manager.values() for value in row.values())
