"""The link in the mails: opens the order for thirty days, and leaves the token behind."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts.models import OutgoingMail
from orders import links
from orders.models import Order, PrintJob
from tests.orders.factories import make_line, make_order

pytestmark = pytest.mark.django_db


def path_of(order: Order) -> str:
    link = links.order_link(order)
    assert link.startswith(settings.SITE_URL + "/")
    return link.removeprefix(settings.SITE_URL)


def token_of(order: Order) -> str:
    return path_of(order).split("/")[-2]


def test_the_link_opens_the_order_and_leaves_the_address_bar(client: Client) -> None:
    order = make_order(state=Order.State.PAID)
    page = f"/orders/{order.number}/"
    assert client.get(page).status_code == 404
    answer = client.get(path_of(order))
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    assert "no-store" in answer.headers["Cache-Control"]
    assert client.get(page).status_code == 200
    assert dict(client.session.items()) == {"orders": [order.number]}


def test_the_link_opens_no_other_order(client: Client) -> None:
    order, other = make_order(state=Order.State.PAID), make_order(state=Order.State.PAID)
    client.get(path_of(order))
    assert client.get(f"/orders/{other.number}/").status_code == 404


def test_a_link_works_for_thirty_days_and_not_a_second_longer() -> None:
    order = make_order()
    made = timezone.now().replace(microsecond=0)
    with time_machine.travel(made, tick=False):
        token = token_of(order)
    with time_machine.travel(made + timedelta(days=30), tick=False):
        assert links.read_order(token) == order.number
    with time_machine.travel(made + timedelta(days=30, seconds=1), tick=False):
        with pytest.raises(links.ExpiredLink) as expired:
            links.read_order(token)
        assert expired.value.subject == order.number


def test_an_expired_link_offers_a_fresh_one_to_the_orders_own_address(client: Client) -> None:
    order = make_order(state=Order.State.PAID, email="karen@example.com")
    path = path_of(order)
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        page = client.get(path)
        assert page.status_code == 410
        assert "This link is too old" in page.text
        assert order.email not in page.text
        assert "orders" not in client.session
        answers = [client.post(f"{path}again/", {"email": "thief@example.com"}) for _ in range(5)]
        (mail,) = OutgoingMail.objects.all()
        assert (mail.recipient, mail.template) == ("karen@example.com", "fresh_link")
        assert len({answer.text for answer in answers}) == 1
        fresh = next(line for line in mail.text.splitlines() if "/orders/open/" in line)
        assert client.get(fresh.removeprefix(settings.SITE_URL)).status_code == 302
    with time_machine.travel(timezone.now() + timedelta(days=31, hours=1), tick=False):
        client.post(f"{path}again/")
        assert OutgoingMail.objects.count() == 2


def test_f20_a_forged_link_is_the_404_of_a_page_that_does_not_exist(client: Client) -> None:
    order = make_order(state=Order.State.PAID)
    token = token_of(order)
    number, stamp, signature = token.split(".")
    other = make_order(state=Order.State.PAID).number
    forged = [
        f"{other}.{stamp}.{signature}",
        f"{number}.{signing.b62_encode(9_999_999_999)}.{signature}",
        f"{number}.{stamp}.{signature[:-1]}{'A' if signature[-1] != 'A' else 'B'}",
        token.replace(".", ":"),
        number,
        "x",
        signing.TimestampSigner(salt="orders.links.order", sep=".").sign("LD-999999"),
        signing.TimestampSigner(salt="orders.links.printer", sep=".").sign(number),
    ]
    nothing = client.get("/no/such/page/")
    for bad in forged:
        for answer in (client.get(f"/orders/open/{bad}/"), client.get(f"/orders/{bad}/")):
            assert (answer.status_code, answer.content) == (404, nothing.content)
    assert client.post("/orders/open/x/again/").status_code == 404
    assert not OutgoingMail.objects.exists()


def test_the_printers_link_names_job_and_action_and_nothing_else_can_be_read_with_it() -> None:
    line = make_line(make_order())
    job = PrintJob.objects.create(number="J-7K3M9Q-1", line=line, revision=1, profile="house")
    signer = signing.TimestampSigner(salt="orders.links.printer", sep=".")
    made = timezone.now().replace(microsecond=0)
    with time_machine.travel(made, tick=False):
        token = signer.sign("J-7K3M9Q-1~received")
    with time_machine.travel(made + timedelta(days=60), tick=False):
        assert links.read_printer(token) == links.PrinterLink(job=job.number, action="received")
    with time_machine.travel(made + timedelta(days=60, seconds=1), tick=False), pytest.raises(links.ExpiredLink):
        links.read_printer(token)
    for bad in (token[:-1], token.replace("received", "rejected"), token_of(line.order)):
        with pytest.raises(links.BadLink):
            links.read_printer(bad)
