"""Staff lists and pages: nothing about a child, no question per row, nothing to change by hand."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from books.story import Story
from orders.models import Order, Payment, PrintJob, Refund, WebhookEvent
from refunds import changes
from refunds.models import Case, CaseRefund, ChangeRequest
from tests.orders.factories import CANARY, make_ordered
from tests.orders.jobs import job_at_the_printer, queued
from tests.orders.test_review import in_review
from tests.refunds.staff import member, signed_in

pytestmark = pytest.mark.django_db
MODELS = (Order, PrintJob, Payment, Refund, WebhookEvent, Case, ChangeRequest)


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.com", "a-long-password"))
    return client


def address(model: type, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)  # type: ignore[attr-defined]


def one_of_each(turn: int) -> None:
    order = make_ordered(state=Order.State.CANCELLED)
    job_at_the_printer(order, number=f"J-A-{turn}", state=PrintJob.State.CANCELLED)
    payment = Payment.objects.create(order=order, idempotency_key=f"p{turn}", amount=3480, currency="eur", state="paid")
    refund = Refund.objects.create(payment=payment, idempotency_key=f"r{turn}", amount=3480, reason="test")
    case = Case.objects.create(order=order, kind=Case.Kind.CANCELLATION, amount=3480)
    CaseRefund.objects.create(case=case, refund=refund)
    WebhookEvent.objects.create(event_id=f"evt_{turn}", type="refund.updated", object_id=f"re_{turn}")
    changes.ask(in_review().lines.get(), f"About {CANARY}")


@pytest.mark.parametrize("model", MODELS)
def test_lists_ask_the_same_number_of_questions_for_one_row_and_for_four(boss: Client, model: type) -> None:
    one_of_each(1)
    boss.get(address(model, "changelist"))
    asked = []
    for turns in ((), (2, 3, 4)):
        for turn in turns:
            one_of_each(turn)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = boss.get(address(model, "changelist"))
        assert answer.status_code == 200
        assert CANARY not in answer.text
        asked.append(len(queries))
    assert asked[0] == asked[1]


@pytest.mark.parametrize("model", MODELS)
def test_pages_show_nothing_of_a_child_and_cannot_be_changed(boss: Client, model: type) -> None:
    one_of_each(1)
    row = model._default_manager.order_by("pk")[0]  # type: ignore[attr-defined]
    answer = boss.get(address(model, "change", row.pk))
    assert answer.status_code == 200
    assert CANARY not in answer.text
    assert 'name="_save"' not in answer.text
    assert boss.post(address(model, "change", row.pk), {}).status_code in (403, 405)
    assert boss.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert boss.get(address(model, "add")).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_f19_lists_need_their_permission(model: type) -> None:
    assert model in admin.site._registry
    assert signed_in(member()).get(address(model, "changelist")).status_code == 403
    assert Client().get(address(model, "changelist")).status_code == 302


def test_the_orders_page_shows_money_as_people_write_it_and_the_way_to_cancel(boss: Client) -> None:
    order = make_ordered(state=Order.State.IN_REVIEW)
    page = boss.get(address(Order, "change", order.pk)).text
    for said in ("€29.90", "€4.90", "€34.80", "(25 %)", reverse("refunds:cancel", args=[order.number])):
        assert said in page
    Order.objects.update(state=Order.State.SHIPPED)
    assert reverse("refunds:cancel", args=[order.number]) not in boss.get(address(Order, "change", order.pk)).text


def test_a_stopped_job_is_queued_again_by_those_who_may(boss: Client, small_story: Story) -> None:
    job = queued(small_story)
    PrintJob.objects.update(state=PrintJob.State.BLOCKED)
    action = {"action": "queue_again", "_selected_action": [job.pk]}
    signed_in(member("orders.view_printjob")).post(address(PrintJob, "changelist"), action)
    assert PrintJob.objects.count() == 1
    page = boss.post(address(PrintJob, "changelist"), action, follow=True).text
    assert f"{job.number} is queued again as {job.number}r2." in page
    page = boss.post(address(PrintJob, "changelist"), action, follow=True).text
    assert "is neither rejected nor stopped." in page
    assert PrintJob.objects.count() == 2


def test_p28_a_failed_refund_is_sent_again_by_those_who_may(boss: Client) -> None:
    one_of_each(1)
    Refund.objects.update(state="failed")
    refund = Refund.objects.get()
    action = {"action": "send_again", "_selected_action": [refund.pk]}
    signed_in(member("orders.view_refund")).post(address(Refund, "changelist"), action)
    assert Refund.objects.count() == 1
    for said in ("goes out again as refund", "goes out again as refund"):
        assert said in boss.post(address(Refund, "changelist"), action, follow=True).text
    assert Refund.objects.count() == 2
