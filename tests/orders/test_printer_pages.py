"""The pages behind the links in the printer's mail."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import OutgoingMail
from orders import links
from orders.models import Order, PrintJob
from tests.orders.factories import CANARY, make_ordered
from tests.orders.jobs import job_at_the_printer

pytestmark = pytest.mark.django_db
State = PrintJob.State


def at_the_printer(state: str = State.SENT) -> PrintJob:
    return job_at_the_printer(make_ordered(state=Order.State.IN_PRINT), state=state)


def path(job: PrintJob, action: str) -> str:
    return links.printer_link(job, action).removeprefix(settings.SITE_URL)


@pytest.mark.parametrize("action", ["received", "shipped", "rejected"])
def test_opening_a_link_changes_nothing_and_names_nobody(client: Client, action: str) -> None:
    job = at_the_printer()
    for answer in (client.get(path(job, action)), client.head(path(job, action))):
        assert answer.status_code == 200
        assert "no-store" in answer.headers["Cache-Control"]
    page = client.get(path(job, action)).text
    for hidden in (CANARY, job.line.order.name, job.line.order.email, job.line.order.number):
        assert hidden not in page
    assert "softcover, 21 × 21 cm, 24 pages" in page
    job.refresh_from_db()
    assert (job.state, OutgoingMail.objects.count()) == (State.SENT, 0)


def test_received_then_shipped(client: Client) -> None:
    job = at_the_printer()
    answer = client.post(path(job, "received"), follow=True)
    assert "We have told the customer that the book is being made." in answer.text
    assert len(answer.redirect_chain) == 1
    client.post(path(job, "received"))
    answer = client.post(path(job, "shipped"), {"carrier": "PostNord", "tracking": "DK123"}, follow=True)
    assert "Please delete the files now" in answer.text
    job.refresh_from_db()
    assert (job.state, job.carrier, job.tracking) == (State.SHIPPED, "PostNord", "DK123")
    assert list(OutgoingMail.objects.order_by("pk").values_list("template", flat=True)) == ["in_print", "shipped"]
    late = client.post(path(job, "rejected"), {"reason": "the spine"})
    assert late.status_code == 409
    assert "This job has moved on" in late.text


def test_missing_words_are_named_and_nothing_is_lost(client: Client) -> None:
    job = at_the_printer()
    answer = client.post(path(job, "shipped"), {"carrier": "", "tracking": "DK123"})
    assert answer.status_code == 422
    assert "Please say who carries the parcel." in answer.text
    assert 'value="DK123"' in answer.text
    answer = client.post(path(job, "rejected"), {"reason": " "})
    assert answer.status_code == 422
    assert "Please say in a few words why it cannot be printed." in answer.text
    job.refresh_from_db()
    assert job.state == State.SENT


def test_a_rejection_reaches_staff(client: Client) -> None:
    job = at_the_printer(State.RECEIVED)
    answer = client.post(path(job, "rejected"), {"reason": "The spine is 1 mm too narrow."}, follow=True)
    assert "Please do not print this job." in answer.text
    job.refresh_from_db()
    assert (job.state, job.rejection) == (State.REJECTED, "The spine is 1 mm too narrow.")
    (mail,) = OutgoingMail.objects.all()
    assert (mail.template, mail.recipient) == ("staff_task", settings.CONTROLLER["email"])
    assert "too narrow" not in mail.text


def test_old_and_foreign_links_are_told_apart_kindly(client: Client) -> None:
    job = at_the_printer()
    link = path(job, "received")
    assert client.get(link[:-2] + "x/").status_code == 404
    assert client.get(path(job, "burnt")).status_code == 404
    with time_machine.travel(timezone.now() + timedelta(days=61), tick=False):
        answer = client.post(link)
    assert answer.status_code == 410
    assert "This link is too old" in answer.text
    job.refresh_from_db()
    assert job.state == State.SENT
