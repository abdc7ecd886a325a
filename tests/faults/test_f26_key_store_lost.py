"""F26: the key store is lost: every page about the child says kindly that it is gone (410), and how to make the book
again; orders, payments and refunds are untouched, and the money can go back."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from books import editions
from books.models import Edition
from books.story import Story
from orders.models import Order, Payment, Refund
from privacy import retention, vault
from privacy.models import Child
from refunds import cancelling
from tests.orders.factories import CANARY
from tests.orders.jobs import in_review
from tests.orders.test_review import opened

pytestmark = [pytest.mark.fault, pytest.mark.django_db]


@pytest.fixture
def order(small_story: Story) -> Order:
    """A paid order whose digital copy waits for the parent, after the key store was lost."""
    order = in_review(small_story)
    Payment.objects.create(order=order, idempotency_key="p", amount=order.total, currency="eur", state="paid")
    shutil.rmtree(settings.KEY_STORE_DIR)
    return order


@pytest.fixture
def parent(order: Order) -> Client:
    client = opened(order)
    session = client.session
    session["editions"] = [str(edition.pk) for edition in Edition.objects.all()]
    session.save()
    return client


def addresses(order: Order) -> list[str]:
    """Every address that reads something about the child."""
    line = order.lines.get()
    assert line.edition is not None
    one, number = line.edition.pk, editions.latest(line.edition).number
    return [
        reverse("books:edit", args=[one]),
        reverse("books:page", args=[one, number, 0]),
        reverse("books:full_page", args=[one, number, 1]),
        reverse("books:digital_copy", args=[one, number]),
    ]


def test_f26_pages_about_the_child_are_gone_kindly_and_offer_the_book_anew(order: Order, parent: Client) -> None:
    assert Child.objects.get().ended_at is None
    for address in addresses(order):
        answer = parent.get(address)
        assert answer.status_code == 410, address
        assert CANARY not in answer.text
        assert "Making the book again" in answer.text
        assert "Choose a story" in answer.text
        assert "no-store" in answer.headers["Cache-Control"]


def test_f26_pages_beside_it_still_answer(order: Order, parent: Client) -> None:
    line = order.lines.get()
    assert line.edition is not None
    for address in (
        reverse("orders:order", args=[order.number]),
        reverse("orders:review", args=[order.number, line.pk]),
        reverse("books:preview", args=[line.edition.pk]),
        reverse("privacy:data", args=[line.edition.pk]),
    ):
        answer = parent.get(address)
        assert answer.status_code in (200, 410), address
        assert CANARY not in answer.text
    page = parent.get(reverse("orders:order", args=[order.number])).text
    assert order.number in page
    assert parent.get("/").status_code == 200


def test_f26_the_money_is_untouched_and_goes_back(order: Order, parent: Client) -> None:
    payment = Payment.objects.get()
    assert (order.total, payment.state, payment.amount) == (order.total, "paid", order.total)
    assert parent.post(reverse("refunds:cancel_mine", args=[order.number])).status_code == 302
    order.refresh_from_db()
    assert order.state == Order.State.CANCELLED
    assert Refund.objects.get().amount == order.total


def test_f26_staff_can_send_the_money_back(order: Order) -> None:
    cancelling.cancel_and_refund(order, actor="staff:1")
    assert Refund.objects.get().amount == order.total


def test_f26_the_shop_goes_on_with_a_new_key_store(order: Order, small_story: Story) -> None:
    """Nobody repairs anything: new books are made, and the lost ones are forgotten on time."""
    lost = Child.objects.get()
    in_review(small_story)
    assert len(list((Path(settings.KEY_STORE_DIR) / "hours").iterdir())) == 1
    (found,) = Child.objects.exclude(pk=lost.pk)
    assert vault.is_open(found)
    assert retention.purge().problems == []
    report = retention.purge(now=lost.expires_at)
    assert (report.expired >= 1, report.problems) == (True, [])
