"""Who may open a book: everybody else gets what they would get for a book that does not exist (F20)."""

import re
import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.urls import reverse

from books import access
from books.models import Edition
from privacy import children
from tests.books import making
from tests.books.making import answers, personalised, story

__all__ = ["story"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("story")]


def addresses(key: object) -> list[str]:
    return [
        reverse("books:preview", args=[key]),
        reverse("books:edit", args=[key]),
        reverse("books:page", args=[key, 1, 0]),
        reverse("books:full_page", args=[key, 1, 0]),
        reverse("books:digital_copy", args=[key, 1]),
        reverse("books:photo", args=[key, 1]),
        reverse("books:second_photo", args=[key, 1]),
    ]


def same(content: bytes, key: object) -> bytes:
    """The answer without what differs between any two requests: the address asked for and single-use tokens."""
    text = content.replace(str(key).encode(), b"KEY")
    return re.sub(rb'(nonce|csrfmiddlewaretoken" value)="[^"]*"', b"", text)


def test_f20_another_parents_book_answers_like_one_that_does_not_exist(client: Client) -> None:
    edition = personalised(client, photo=making.photo())
    nobody = uuid.uuid4()
    stranger = Client()
    for theirs, none in zip(addresses(edition.pk), addresses(nobody), strict=True):
        first, second = stranger.get(theirs), stranger.get(none)
        assert first.status_code == second.status_code == 404, theirs
        assert same(first.content, edition.pk) == same(second.content, nobody), theirs
        kept = {name: value for name, value in first.items() if name not in ("X-Request-ID", "Content-Security-Policy")}
        assert kept == {name: second[name] for name in kept}
    posted = stranger.post(reverse("books:edit", args=[edition.pk]), answers())
    assert posted.status_code == 404
    assert edition.revisions.count() == 1


def test_the_parent_may_open_every_page_of_the_own_book(client: Client) -> None:
    edition = personalised(client, photo=making.photo())
    status = {address.rsplit("/", 1)[1]: client.get(address).status_code for address in addresses(edition.pk)}
    # Full pages and the digital copy exist once a book is ordered.
    assert status == {
        "": 200, "page-0.jpg": 200, "full-0.jpg": 404, "digital-copy.pdf": 404, "photo.jpg": 200,
        "second-photo.jpg": 404,
    }  # fmt: skip


def test_an_order_opens_its_book(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = personalised(client)
    monkeypatch.setattr(access, "_CHECKS", [])
    access.register(lambda request, found: request.headers.get("X-Order") == "mine" and found == edition)
    stranger = Client()
    address = reverse("books:preview", args=[edition.pk])
    assert stranger.get(address).status_code == 404
    assert stranger.get(address, headers={"X-Order": "mine"}).status_code == 200


def test_a_session_remembers_a_limited_number_of_books() -> None:
    request = RequestFactory().get("/")
    request.session = Client().session
    books = [Edition(id=uuid.uuid4()) for _ in range(40)]
    for book in books:
        access.grant(request, book)
        access.grant(request, book)
    assert request.session[access.SESSION_KEY] == [str(book.pk) for book in books[-30:]]


def test_p8_whoever_may_open_the_book_may_have_it_forgotten(client: Client) -> None:
    edition = personalised(client)
    factory = RequestFactory().get("/")
    factory.session, factory.user = client.session, AnonymousUser()
    assert children.find(factory, edition.pk) == edition.child
    factory.session = Client().session
    assert children.find(factory, edition.pk) is None
    assert children.find(factory, uuid.uuid4()) is None
