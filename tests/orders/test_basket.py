"""The basket: what is in it, what it costs, and what drops out when its time is over."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from books import access as book_access
from books.models import Edition
from orders import basket
from orders.models import BasketLine
from privacy import children
from privacy.models import Child
from tests.orders.factories import CANARY, make_edition, make_ordered

pytestmark = pytest.mark.django_db


def remember(client: Client, *editions: Edition) -> None:
    """As if this browser had made the books."""
    session = client.session
    session[book_access.SESSION_KEY] = [str(edition.pk) for edition in editions]
    session.save()


def fill(client: Client, *editions: Edition, format: str = "softcover", quantity: int = 1) -> None:
    remember(client, *editions)
    for edition in editions:
        answer = client.post(reverse("orders:basket_add", args=[edition.pk]), {"format": format, "quantity": quantity})
        assert answer.status_code == 302


def test_an_empty_basket_says_so_and_shows_the_way(client: Client) -> None:
    answer = client.get(reverse("orders:basket"))
    assert answer.status_code == 200
    assert "There is no book in your basket yet" in answer.text
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_session_holds_a_random_key_and_nothing_about_the_book(client: Client) -> None:
    edition = make_edition()
    fill(client, edition, quantity=2)
    session = dict(client.session.items())
    assert set(session) == {basket.SESSION_KEY, book_access.SESSION_KEY}
    assert len(session[basket.SESSION_KEY]) == 43
    line = BasketLine.objects.get()
    assert (line.basket, line.edition, line.format, line.quantity) == (session["basket"], edition, "softcover", 2)


def test_the_page_shows_title_cover_price_vat_and_how_long_it_is_kept(client: Client) -> None:
    edition = make_edition()
    fill(client, edition, format="hardcover", quantity=2)
    page = client.get(reverse("orders:basket")).text
    assert "The Night Post" in page
    assert reverse("books:page", args=[edition.pk, 1, 0]) in page
    assert f'src="{reverse("books:portrait", args=[edition.pk, 1])}"' in page
    assert "€79.80" in page
    assert "€15.96" in page  # 25 % VAT in 79.80
    assert "from €4.90" in page
    until = timezone.localtime(edition.child.abandoned_at)
    assert until.strftime("%H:%M") in page
    assert CANARY not in page


def test_siblings_lie_side_by_side_and_the_same_book_only_once(client: Client) -> None:
    one, two = make_edition(), make_edition()
    fill(client, one, two)
    fill(client, one, format="hardcover", quantity=3)
    assert list(BasketLine.objects.values_list("edition", "format", "quantity")) == [
        (one.pk, "hardcover", 3),
        (two.pk, "softcover", 1),
    ]


def test_lines_change_and_go(client: Client) -> None:
    fill(client, make_edition())
    line = BasketLine.objects.get()
    client.post(reverse("orders:basket_change"), {"line": line.pk, "format": "hardcover", "quantity": "20"})
    line.refresh_from_db()
    assert (line.format, line.quantity) == ("hardcover", 20)
    client.post(reverse("orders:basket_change"), {"line": line.pk, "remove": "1"})
    assert not BasketLine.objects.exists()
    assert Edition.objects.exists()


@pytest.mark.parametrize(
    ("posted", "message"),
    [
        ({"format": "softcover", "quantity": "0"}, "Please order at least one copy, or take the book out."),
        ({"format": "softcover", "quantity": "21"}, "We print at most 20 copies in one order."),
        ({"format": "softcover", "quantity": "two"}, "Please give the number of copies in figures."),
        ({"format": "softcover", "quantity": ""}, "Please say how many copies you would like."),
    ],
)
def test_a_wrong_change_is_named_and_changes_nothing(client: Client, posted: dict[str, str], message: str) -> None:
    fill(client, make_edition())
    line = BasketLine.objects.get()
    answer = client.post(reverse("orders:basket_change"), {"line": line.pk, **posted})
    assert answer.status_code == 422
    assert message in answer.text
    line.refresh_from_db()
    assert (line.format, line.quantity) == ("softcover", 1)


def test_f20_nobody_changes_the_line_of_another_basket(client: Client) -> None:
    fill(client, make_edition())
    line = BasketLine.objects.get()
    other = Client()
    fill(other, make_edition())
    for posted in ({"remove": "1"}, {"format": "hardcover", "quantity": "9"}):
        other.post(reverse("orders:basket_change"), {"line": line.pk, **posted})
    other.post(reverse("orders:basket_change"), {"line": "x" * 50, "remove": "1"})
    line.refresh_from_db()
    assert (line.format, line.quantity) == ("softcover", 1)


def test_f20_a_book_of_somebody_else_is_a_404_like_one_that_does_not_exist(client: Client) -> None:
    theirs = client.post(reverse("orders:basket_add", args=[make_edition().pk]), {"format": "softcover"})
    none = client.post(
        reverse("orders:basket_add", args=["6b1f7a52-0000-4000-8000-000000000000"]), {"format": "softcover"}
    )
    assert (theirs.status_code, none.status_code) == (404, 404)
    assert theirs.content == none.content
    assert not BasketLine.objects.exists()


def test_p10_a_forgotten_book_drops_out_with_a_kind_note(client: Client) -> None:
    gone, kept = make_edition(), make_edition()
    fill(client, gone, kept)
    children.forget(gone.child, reason=Child.End.DELETED)
    page = client.get(reverse("orders:basket")).text
    assert "A book has been forgotten" in page
    assert CANARY not in page
    assert [line.edition for line in BasketLine.objects.all()] == [kept]
    assert "A book has been forgotten" not in client.get(reverse("orders:basket")).text


def test_p10_an_unordered_book_is_out_of_the_basket_at_its_very_second(client: Client) -> None:
    edition = make_edition()
    fill(client, edition)
    until = edition.child.abandoned_at
    assert until is not None
    with time_machine.travel(until - timedelta(seconds=1), tick=False):
        assert len(basket.open_basket(client.session["basket"]).items) == 1
    with time_machine.travel(until, tick=False):
        opened = basket.open_basket(client.session["basket"])
    assert (opened.items, opened.dropped) == ([], ["The Night Post"])


def test_an_ordered_book_leads_to_its_order(client: Client) -> None:
    order = make_ordered()
    edition = order.lines.get().edition
    assert edition is not None
    remember(client, edition)
    answer = client.post(reverse("orders:basket_add", args=[edition.pk]), {"format": "softcover", "quantity": "1"})
    assert answer.headers["Location"] == reverse("orders:order", args=[order.number])
    assert not BasketLine.objects.exists()


def test_a_basket_takes_a_dozen_books(client: Client) -> None:
    books = [make_edition() for _ in range(basket.MAX_BOOKS + 1)]
    fill(client, *books)
    assert BasketLine.objects.count() == basket.MAX_BOOKS
