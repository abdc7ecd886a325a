"""The pages on which printer, customer and staff say that a parcel arrived, or that it did not."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import OutgoingMail
from orders import delivery, links, timeline
from orders.models import Order, PrintJob
from tests.orders.parcels import on_its_way
from tests.orders.test_review import opened
from tests.refunds.staff import member, signed_in

pytestmark = pytest.mark.django_db
State = Order.State
LEFT = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 13, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def url(name: str, order: Order) -> str:
    return reverse(f"orders:{name}", args=[order.number])


def printer_path(job: PrintJob) -> str:
    return links.printer_link(job, "delivered").removeprefix(settings.SITE_URL)


# --- the printer ---


def test_p24_the_printer_says_when_it_was_delivered(client: Client) -> None:
    order, (job,) = on_its_way(shipped_at=LEFT)
    page = client.get(printer_path(job)).text
    assert 'type="date"' in page
    assert 'min="2026-03-09"' in page
    assert 'max="2026-03-13"' in page
    for hidden in (order.name, order.email, order.number):
        assert hidden not in page
    assert client.post(printer_path(job), {"on": "2026-03-14"}).status_code == 422
    answer = client.post(printer_path(job), {"on": "2026-03-12"}, follow=True)
    assert "the parcel arrived on 12 March 2026" in answer.text
    order.refresh_from_db()
    assert (order.state, order.delivered_at) == (State.DELIVERED, datetime(2026, 3, 12, 11, 0, tzinfo=UTC))
    client.post(printer_path(job), {"on": "2026-03-10"})  # it cannot be taken back
    order.refresh_from_db()
    assert order.delivered_at == datetime(2026, 3, 12, 11, 0, tzinfo=UTC)


def test_the_printer_is_asked_to_say_first_that_it_left(client: Client) -> None:
    _, (job,) = on_its_way(shipped_at=LEFT)
    PrintJob.objects.update(state="received", shipped_at=None)
    assert "Please tell us that first" in client.get(printer_path(job)).text
    assert client.post(printer_path(job), {"on": "2026-03-13"}).status_code == 409


# --- the customer ---


def test_p24_the_customer_says_that_it_has_arrived() -> None:
    order, _ = on_its_way(shipped_at=LEFT)
    browser = opened(order)
    page = browser.get(url("order", order)).text
    assert "Has your parcel arrived?" in page
    assert 'value="2026-03-13"' in page  # today is chosen already
    assert "You can send a faulty book back until" not in page
    answer = browser.post(url("arrived", order), {"on": "2026-03-12"}, follow=True)
    assert "Thank you for telling us" in answer.text
    assert "You can send a faulty book back until <strong>Thursday 19 March 2026</strong>" in answer.text
    assert "Has your parcel arrived?" not in answer.text
    assert "Arrived on <strong>12 March 2026</strong>" in answer.text
    order.refresh_from_db()
    step = timeline.steps(order)[-1]
    assert (step.label, step.place, step.day_only) == ("Delivered", "now", True)
    assert step.at == order.delivered_at
    # Said is said: a second answer, from the mail's link, does not start the days anew.
    assert browser.post(url("arrived", order), {"on": "2026-03-13"}).status_code == 302
    order.refresh_from_db()
    assert order.delivered_at == datetime(2026, 3, 12, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("", "Please give the day on which it arrived."),
        ("yesterday", "Please give the day as in"),
        ("2026-03-14", "That day is still to come."),
        ("2026-03-08", "It left on 9 March."),
    ],
)
def test_p24_a_day_that_cannot_be_is_named(on: str, said: str) -> None:
    order, _ = on_its_way(shipped_at=LEFT)
    answer = opened(order).post(url("arrived", order), {"on": on})
    assert (answer.status_code, said in answer.text) == (422, True)
    order.refresh_from_db()
    assert order.state == State.SHIPPED


def test_p24_of_two_parcels_the_customer_says_which() -> None:
    order, (first, second) = on_its_way(parcels=2, shipped_at=LEFT)
    browser = opened(order)
    assert "What has arrived?" in browser.get(url("order", order)).text
    assert browser.post(url("arrived", order), {"on": "2026-03-12"}).status_code == 422
    browser.post(url("arrived", order), {"on": "2026-03-12", "parcels": [str(first.pk)]})
    first.refresh_from_db()
    second.refresh_from_db()
    order.refresh_from_db()
    assert (first.delivered_at is not None, second.delivered_at, order.state) == (True, None, State.SHIPPED)
    browser.post(url("arrived", order), {"on": "2026-03-13"})
    order.refresh_from_db()
    assert order.state == State.DELIVERED


def test_the_mails_two_links_open_the_two_pages_and_change_nothing(client: Client) -> None:
    order, _ = on_its_way(shipped_at=LEFT)
    for arrived, words in ((True, "Has your parcel arrived?"), (False, "Your parcel has not come?")):
        answer = client.get(links.arrival_link(order, arrived=arrived).removeprefix(settings.SITE_URL), follow=True)
        assert words in answer.text
    order.refresh_from_db()
    assert (order.state, order.events.count()) == (State.SHIPPED, 0)


def test_p24_it_has_not_come_reaches_staff_once() -> None:
    order, _ = on_its_way(shipped_at=LEFT)
    browser = opened(order)
    assert browser.post(url("not_arrived", order), {"what": "eaten"}).status_code == 422
    for _ in range(3):
        answer = browser.post(url("not_arrived", order), {"what": "says_delivered"}, follow=True)
        assert "We are looking for it" in answer.text
    assert [mail.template for mail in OutgoingMail.objects.all()] == ["staff_task"]
    assert list(delivery.missing()) == [order]
    assert order.events.filter(kind="not_arrived").count() == 1
    # It turns up after all.
    assert "Has it turned up meanwhile?" in browser.get(url("order", order)).text
    browser.post(url("arrived", order), {"on": "2026-03-13"})
    assert not delivery.missing().exists()


@pytest.mark.parametrize("state", [State.PAID, State.IN_REVIEW, State.CANCELLED, State.COMPLETED])
def test_there_is_nothing_to_say_about_an_order_that_has_no_parcel_under_way(state: str) -> None:
    order, _ = on_its_way(state=state)
    PrintJob.objects.update(delivered_at=NOW) if state == State.COMPLETED else PrintJob.objects.all().delete()
    browser = opened(order)
    for name in ("arrived", "not_arrived"):
        for answer in (browser.get(url(name, order)), browser.post(url(name, order), {"on": "2026-03-13"})):
            assert (answer.status_code, answer.headers["Location"]) == (302, url("order", order))
    assert order.events.count() == 0


# --- staff ---


def test_p24_staff_say_and_correct_the_day_with_both_dates_kept() -> None:
    order, (job,) = on_its_way(shipped_at=LEFT)
    user = member("orders.change_printjob", "orders.view_order")
    staff = signed_in(user)
    assert url("staff_delivered", order) in staff.get(reverse("admin:orders_order_change", args=[order.pk])).text
    page = staff.get(url("staff_delivered", order)).text
    assert "the customer is told by mail and can send a faulty book back for 7 days" in page
    assert staff.post(url("staff_delivered", order), {"on": "2026-03-20"}).status_code == 422
    staff.post(url("staff_delivered", order), {"on": "2026-03-12"})
    order.refresh_from_db()
    assert delivery.return_until(order) == date(2026, 3, 19)
    assert "takes time from the customer" in staff.get(url("staff_delivered", order)).text
    staff.post(url("staff_delivered", order), {"on": "2026-03-10"})
    order.refresh_from_db()
    assert delivery.return_until(order) == date(2026, 3, 17)
    event = order.events.last()
    assert event is not None
    assert (event.kind, event.actor) == ("delivery_corrected", f"staff:{user.pk}")
    assert event.detail == f"{job.number} on 2026-03-10, not on 2026-03-12"
    assert [mail.template for mail in OutgoingMail.objects.all()] == ["delivered"]


def test_staff_see_what_is_missing_and_tick_it_off() -> None:
    order, _ = on_its_way(shipped_at=LEFT)
    delivery.not_arrived(order, what="returned")
    staff = signed_in(member("orders.change_printjob", "orders.view_order"))
    page = staff.get(url("staff_delivered", order)).text
    assert "It went back, or waits where I cannot fetch it" in page
    assert order.phone in page
    assert order.number in staff.get(reverse("admin:orders_order_changelist") + "?waits=missing").text
    staff.post(url("staff_delivered", order), {"answered": "1"})
    assert not delivery.missing().exists()
    assert order.number not in staff.get(reverse("admin:orders_order_changelist") + "?waits=missing").text


def test_only_staff_who_may_say_it() -> None:
    order, _ = on_its_way(shipped_at=LEFT)
    path = url("staff_delivered", order)
    assert opened(order).post(path, {"on": "2026-03-12"}).status_code == 302
    assert signed_in(member("orders.view_order")).post(path, {"on": "2026-03-12"}).status_code == 403
    order.refresh_from_db()
    assert order.state == State.SHIPPED


def test_the_day_before_the_customers_midnight_is_still_today() -> None:
    with time_machine.travel(NOW + timedelta(hours=15, minutes=30), tick=False):  # 23:30 in Lisbon, 0:30 here
        order, _ = on_its_way(shipped_at=LEFT, country="PT")
        assert 'max="2026-03-13"' in opened(order).get(url("order", order)).text
