"""A new copy for a faulty one: from the stored book, or made anew after the child was forgotten (P43)."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.models import OutgoingMail, User
from books import access as book_access
from books.models import Edition
from orders import invoices, papers, points, printing
from orders import tasks as order_tasks
from orders.models import Invoice, Order, Payment, PrintJob
from privacy import children
from privacy.models import Child, Consent
from refunds import returns, settling, tasks
from refunds.models import Case, Return
from refunds.returns import Refused
from tests.orders.factories import CANARY, make_edition
from tests.orders.test_review import opened
from tests.refunds.returning import ask, delivered
from tests.refunds.staff import member

pytestmark = pytest.mark.django_db
State = Return.State
Job = PrintJob.State


@pytest.fixture
def staff() -> User:
    return member("refunds.inspect_return")


def verified(staff: User, *, quantity: int = 1, copies: int = 1) -> Return:
    """A verified fault; the customer would like a new copy."""
    of = ask(delivered(days_ago=0, quantity=quantity), wish="reprint", copies=copies)
    returns.inspect(of, staff=staff, verified=True, basis="photos")
    return of


def child_of(of: Return) -> Child:
    edition = of.order.lines.get().edition
    assert edition is not None
    return edition.child


def mails() -> list[str]:
    return list(OutgoingMail.objects.order_by("pk").values_list("template", flat=True))


def send(job: PrintJob) -> None:
    """The printer says that the parcel has left."""
    PrintJob.objects.filter(pk=job.pk).update(state=Job.SENT)
    job.refresh_from_db()
    printing.shipped(job, carrier="GLS", tracking="1")


# --- from the stored book ---------------------------------------------------------------------------------------------


def test_p43_before_day_14_a_new_copy_is_printed_and_the_return_settled_when_it_leaves(staff: User) -> None:
    of = verified(staff, quantity=3, copies=2)
    (job,) = settling.print_again(of, staff=staff)
    assert (job.copies, job.state) == (2, Job.QUEUED)
    assert of.lines.get().reprint == job
    assert settling.jobs(of) == [job]
    with pytest.raises(Refused, match="being made already"):
        settling.print_again(of, staff=staff)
    send(job)
    of.refresh_from_db()
    assert (of.state, of.case) == (State.SETTLED, None)
    assert mails()[-2:] == ["return_reprint", "reprint_on_its_way"]
    assert Order.objects.get().state == Order.State.DELIVERED
    assert not Case.objects.exists()


def test_p24_a_new_copy_with_a_fault_can_go_back_too(staff: User) -> None:
    of = verified(staff)
    (job,) = settling.print_again(of, staff=staff)
    assert returns.copies_left(of.order.lines.get()) == 0
    send(job)
    assert returns.copies_left(of.order.lines.get()) == 1
    again = ask(of.order, wish="refund")
    returns.inspect(again, staff=staff, verified=True, basis="photos")
    assert settling.give_back(again, staff=staff).amount == 3480


def test_p43_a_forgotten_book_is_not_printed_and_the_customer_chooses(staff: User) -> None:
    of = verified(staff)
    children.forget(child_of(of), reason=Child.End.DELETED)
    assert settling.must_choose(of)
    assert settling.print_again(of, staff=staff) == []
    assert PrintJob.objects.filter(reprint_of__isnull=False).count() == 0
    assert mails().count("return_choose_again") == 1
    shown = opened(of.order).get(reverse("refunds:return", args=[of.order.number, of.number])).text
    assert "Make the book anew" in shown
    assert "I take my money back" in shown


def test_p43_f23_a_book_forgotten_while_its_new_copy_waited_asks_the_customer(staff: User) -> None:
    of = verified(staff)
    (job,) = settling.print_again(of, staff=staff)
    children.forget(child_of(of), reason=Child.End.DELETED)
    job.refresh_from_db()
    assert job.state == Job.BLOCKED
    assert settling.must_choose(of)
    assert mails().count("return_choose_again") == 1
    settling.choose(of, "refund", actor="customer")
    job.refresh_from_db()
    assert job.state == Job.CANCELLED
    assert settling.give_back(of, staff=staff).amount == 3480


def test_p43_a_rejected_new_copy_is_queued_again_and_still_belongs_to_the_return(staff: User) -> None:
    of = verified(staff)
    (job,) = settling.print_again(of, staff=staff)
    PrintJob.objects.filter(pk=job.pk).update(state=Job.SENT)
    job.refresh_from_db()
    printing.rejected(job, reason="Stains")
    fresh = printing.again(job, actor="staff:1")
    assert of.lines.get().reprint == fresh
    send(fresh)
    of.refresh_from_db()
    assert of.state == State.SETTLED


def test_p27_nobody_gets_both_the_money_and_a_new_copy(staff: User) -> None:
    of = verified(staff)
    (job,) = settling.print_again(of, staff=staff)
    with pytest.raises(Refused):
        settling.give_back(of, staff=staff)
    PrintJob.objects.filter(pk=job.pk).update(state=Job.SENT)
    with pytest.raises(Refused, match="at the printer"):
        settling.choose(of, "refund", actor="customer")
    paid = verified(member(email="other@example.com"))
    settling.choose(paid, "refund", actor="customer")
    settling.give_back(paid, staff=staff)
    for act in (lambda: settling.print_again(paid, staff=staff), lambda: settling.choose(paid, "reprint", actor="x")):
        with pytest.raises(Refused):
            act()


# --- made anew --------------------------------------------------------------------------------------------------------


def forgotten(staff: User) -> Return:
    of = verified(staff)
    child = child_of(of)
    Consent.objects.filter(child=child).update(verified_at=timezone.now() - timedelta(days=1))
    children.forget(child, reason=Child.End.DELETED)
    return of


def test_p43_after_day_14_the_parent_makes_it_anew_and_it_costs_nothing(staff: User) -> None:
    of = forgotten(staff)
    client = opened(of.order)
    act = reverse("refunds:return_act", args=[of.order.number, of.number])
    answer = client.post(act, {"do": "anew"})
    assert answer["Location"] == reverse("books:personalise", args=["night-post"])
    assert client.session["new_copy"] == of.number
    edition = make_edition()
    session = client.session
    session[book_access.SESSION_KEY] = [str(edition.pk)]
    session.save()
    preview = client.get(reverse("books:preview", args=[edition.pk])).text
    assert "Use this for my new copy" in preview
    assert "Put it in the basket" not in preview
    answer = client.post(act, {"do": "use", "edition": str(edition.pk)})
    order = Order.objects.get(replaces=of.order)
    assert answer["Location"] == reverse("orders:order", args=[order.number])
    assert (order.state, order.total, order.items_total, order.shipping_total) == (Order.State.PAID, 0, 0, 0)
    assert (order.street, order.email, order.user) == (of.order.street, of.order.email, of.order.user)
    line = order.lines.get()
    assert (line.edition, line.quantity, line.unit_price, line.format) == (edition, 1, 0, "softcover")
    edition.child.refresh_from_db()
    assert edition.child.abandoned_at is None
    assert edition.child.expires_at > child_of(of).expires_at
    given = Consent.objects.get(child=edition.child)
    assert given.verified_at is not None
    assert given.given_at > Consent.objects.get(child=child_of(of)).given_at
    assert "new_copy" not in client.session
    assert mails()[-1] == "return_new_book"
    assert "order_confirmed" not in mails()
    page = client.get(reverse("orders:order", args=[order.number])).text
    assert f"Free of charge, in place of a faulty book of order {of.order.number}" in page
    client.post(act, {"do": "use", "edition": str(edition.pk)})
    assert Order.objects.filter(replaces=of.order).count() == 1


def made_anew(staff: User) -> tuple[Return, Order]:
    of = forgotten(staff)
    order = settling.make_anew(of, child=make_edition().child)
    of.refresh_from_db()
    return of, order


def test_p43_an_order_that_costs_nothing_has_no_payment_no_invoice_and_is_swept_by_nobody(staff: User) -> None:
    _, order = made_anew(staff)
    assert not invoices.due().filter(pk=order.pk).exists()
    with pytest.raises(invoices.NothingToInvoice):
        invoices.make(order)
    assert papers.of_order(order) == []
    assert not Payment.objects.filter(order=order).exists()
    order_tasks.sweep_reviews()
    order_tasks.sweep_invoices()
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        order_tasks.sweep_unpaid()
    order.refresh_from_db()
    assert order.state in (Order.State.PAID, Order.State.IN_REVIEW)
    assert not Invoice.objects.filter(order=order).exists()
    assert "order_confirmed" not in mails()


def test_p43_the_return_is_settled_when_the_new_book_leaves(staff: User) -> None:
    of, order = made_anew(staff)
    tasks.sweep_returns()
    of.refresh_from_db()
    assert of.state == State.VERIFIED
    Order.objects.filter(pk=order.pk).update(state=Order.State.SHIPPED)
    tasks.sweep_returns()
    of.refresh_from_db()
    assert of.state == State.SETTLED


def test_p43_a_new_book_that_was_cancelled_leaves_the_choice_again(staff: User) -> None:
    of, order = made_anew(staff)
    with pytest.raises(Refused):
        settling.choose(of, "refund", actor="customer")
    Order.objects.filter(pk=order.pk).update(state=Order.State.CANCELLED)
    tasks.sweep_returns()
    of.refresh_from_db()
    assert (of.state, of.replacement) == (State.VERIFIED, None)
    assert settling.must_choose(of)
    settling.choose(of, "refund", actor="customer")
    assert settling.give_back(of, staff=staff).amount == 3480


def test_p43_only_the_same_story_and_only_a_free_book_is_taken(staff: User) -> None:
    of = forgotten(staff)
    edition = make_edition()
    Edition.objects.filter(pk=edition.pk).update(story="another")
    with pytest.raises(Refused):
        settling.make_anew(of, child=Edition.objects.get(pk=edition.pk).child)
    assert not Order.objects.filter(replaces__isnull=False).exists()


def test_p26_a_free_order_gives_no_money_back_by_mistake(staff: User) -> None:
    _, order = made_anew(staff)
    Order.objects.filter(pk=order.pk).update(state=Order.State.DELIVERED, delivered_at=timezone.now())
    order.refresh_from_db()
    line = order.lines.get()
    of = returns.ask(order=order, copies={line.pk: 1}, reason="print", wish="refund")
    Return.objects.filter(pk=of.pk).update(state=State.VERIFIED, inspected_at=timezone.now())
    of.refresh_from_db()
    with pytest.raises(Refused, match="cost nothing"):
        settling.give_back(of, staff=staff)
    assert not Case.objects.exists()
    back = settling.would_go_back(of)
    assert back is not None
    assert (back.money, back.shipping, back.points) == (0, 0, 0)
    assert points.earned_with(order) == 0
    form = opened(order).get(reverse("refunds:return_ask", args=[order.number])).text
    assert CANARY not in form
