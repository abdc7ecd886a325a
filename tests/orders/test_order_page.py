"""The order's own page, before and after the child is forgotten."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from books import access as book_access
from books.models import Edition
from orders import timeline
from orders.models import Order, Payment, PrintJob, Refund
from privacy import children
from privacy.models import Child
from tests.orders.factories import CANARY, finish_copies, make_line, make_order, make_ordered
from tests.orders.test_review import book_of, change, opened

pytestmark = pytest.mark.django_db
State = Order.State


def page_of(order: Order) -> str:
    answer = opened(order).get(reverse("orders:order", args=[order.number]))
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert CANARY not in answer.text
    return answer.text


def test_p35_p48_the_page_shows_the_order_its_options_and_what_it_cost() -> None:
    order = make_ordered(books=2)
    page = page_of(order)
    for said in (
        order.number,
        "Making your digital copy",
        "1 × Softcover, 21 × 21 cm, 170 g/m² silk paper",
        "Karen Holm<br>Strandvejen 1<br>2100 Copenhagen<br>Denmark",
        "€64.70",
        "VAT contained (25 %)",
        "Paid on",
        "Until you approve, you can cancel",
    ):
        assert said in page


def test_a_ready_copy_shows_cover_approval_date_and_days_left() -> None:
    order = make_ordered()
    finish_copies(order)
    line = order.lines.get()
    edition = book_of(line)
    page = page_of(order)
    assert reverse("books:page", args=[edition.pk, 1, 0]) in page
    assert f'src="{reverse("books:portrait", args=[edition.pk, 1])}"' in page
    assert reverse("orders:review", args=[order.number, line.pk]) in page
    assert reverse("books:edit", args=[edition.pk]) in page
    assert reverse("privacy:forget", args=[edition.pk]) in page
    assert "13 days until everything about the child is forgotten" in page
    by = timezone.localtime(edition.child.expires_at - timedelta(hours=12))
    assert by.strftime("%H:%M</time>") in page
    change(edition)
    assert "We are making your digital copy." in page_of(order)
    finish_copies(order)
    assert "version 2 of" in page_of(order)


def test_p35_after_day_14_the_order_is_there_without_the_child() -> None:
    order = make_ordered(state=State.SHIPPED)
    line = order.lines.get()
    edition = book_of(line)
    line.approved_revision, line.approved_at = 1, timezone.now()
    line.save()
    client = opened(order)
    url = reverse("orders:order", args=[order.number])
    with time_machine.travel(edition.child.expires_at, tick=False):
        page = client.get(url).text
        assert "Everything about the child has been forgotten on" in page
        assert "You approved it on" in page
        assert str(edition.pk) not in page
    children.forget(edition.child, reason=Child.End.EXPIRED)
    with time_machine.travel(edition.child.expires_at + timedelta(days=300), tick=False):
        page = opened(order).get(url).text
        assert "Everything about the child has been forgotten on" in page
        assert "The Night Post" in page
        assert client.get(reverse("orders:review", args=[order.number, line.pk])).status_code in (404, 410)


def test_the_line_of_a_purged_edition_still_shows() -> None:
    order = make_order(state=State.COMPLETED)
    make_line(order)
    assert "The Night Post" in page_of(order)


def test_p65_the_tracking_link_is_marked_as_external() -> None:
    order = make_ordered(state=State.SHIPPED)
    job = PrintJob.objects.create(
        number="J-1", line=order.lines.get(), revision=1, profile="house", state=PrintJob.State.SHIPPED,
        carrier="PostNord", tracking="https://carrier.example/t/1", shipped_at=timezone.now(),
    )  # fmt: skip
    page = page_of(order)
    assert 'href="https://carrier.example/t/1" rel="external noopener noreferrer"' in page
    assert "another site, opens in a new tab" in page
    PrintJob.objects.filter(pk=job.pk).update(tracking='javascript:alert("x")')
    assert 'href="javascript' not in page_of(order)


def test_p29_money_on_its_way_back_is_shown_with_the_day() -> None:
    order = make_ordered(state=State.CANCELLED)
    payment = Payment.objects.create(order=order, idempotency_key="p", amount=3480, currency="eur", state="paid")
    refund = Refund.objects.create(payment=payment, idempotency_key="r", amount=3480, reason="cancelled")
    decided = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
    Refund.objects.filter(pk=refund.pk).update(decided_at=decided)
    page = page_of(order)
    assert "€34.80 is on its way back to your card. It is there by 10 December 2026 at the latest." in page
    Refund.objects.filter(pk=refund.pk).update(state=Refund.State.SUCCEEDED, settled_at=decided + timedelta(days=1))
    assert "€34.80 went back to your card on 21 November 2026." in page_of(order)
    Refund.objects.filter(pk=refund.pk).update(state=Refund.State.FAILED, failure="expired_or_canceled_card")
    page = page_of(order)
    assert "Your bank sent €34.80 back to us. We are looking into it and write to you" in page
    assert "expired_or_canceled_card" not in page
    Refund.objects.create(payment=payment, idempotency_key=f"again-{refund.pk}", amount=3480, reason="cancelled")
    page = page_of(order)
    assert "€34.80 is on its way back to your card." in page
    assert "looking into it" not in page


def test_f20_a_strangers_order_is_the_404_of_an_order_that_does_not_exist() -> None:
    order = make_ordered()
    stranger = Client()
    stranger.force_login(User.objects.create_user("other@example.com", "a-long-password"))
    theirs = stranger.get(reverse("orders:order", args=[order.number]))
    none = stranger.get(reverse("orders:order", args=["LD-999999"]))
    assert (theirs.status_code, theirs.content) == (404, none.content)


@pytest.mark.parametrize(
    "number", ["x", "ld-t00001", "LD-T0000", "LD-T000011", "%00", "LD-%00%00%00%00%00%00", "LD-ÆØÅÆØÅ"]
)
def test_f27_what_is_no_order_number_never_reaches_the_database(
    client: Client, number: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert client.get(f"/orders/{number}/").status_code == 404


def test_the_signed_in_owner_sees_the_order_and_its_books() -> None:
    user = User.objects.create_user("karen@example.com", "a-long-password")
    order = make_ordered(user=user)
    client = Client()
    client.force_login(user)
    assert client.get(reverse("orders:order", args=[order.number])).status_code == 200


def test_whoever_opened_the_order_may_open_its_books_and_nobody_elses(rf: RequestFactory) -> None:
    mine, other = make_ordered(), make_ordered()
    client = opened(mine)
    request = rf.get("/")
    request.session = client.session
    request.user = AnonymousUser()
    assert book_access.allowed(request, book_of(mine.lines.get()))
    assert not book_access.allowed(request, book_of(other.lines.get()))
    assert children.find(request, book_of(mine.lines.get()).pk) == Child.objects.get(edition__order_line__order=mine)
    assert children.find(request, book_of(other.lines.get()).pk) is None


@pytest.mark.parametrize("state", [state for state in State.values if state != State.AWAITING_PAYMENT])
def test_every_state_has_words_and_a_place_on_the_way(state: str) -> None:
    order = make_ordered(state=state)
    page = page_of(order)
    assert timeline.said(order).label in page
    places = [step.place for step in timeline.steps(order)]
    if state == State.COMPLETED:
        assert places == ["done"] * 7
    elif state == State.CANCELLED:
        assert places == ["done", "done", "now"]
    else:
        now = places.index("now")
        assert places == ["done"] * now + ["now"] + ["next"] * (6 - now)


def test_nothing_of_the_child_is_in_the_orders_tables() -> None:
    order = make_ordered()
    finish_copies(order)
    assert Edition.objects.exists()
    for model in apps.get_app_config("orders").get_models():
        for row in model._default_manager.values():
            assert CANARY not in repr(row)
