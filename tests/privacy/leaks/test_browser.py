"""What reaches a browser and what is kept about it: no child in any address, header, cookie, session or cache, and
no page about a child in any cache on the way (P11, and the leaks of sessions, forms and messages)."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from books.story import Story
from tests.books.making import ADDRESS, answers, photo
from tests.faults.addresses import Address, every
from tests.faults.test_f22_forced_errors import posted
from tests.faults.whole_shop import CANARIES, DEDICATION, MESSAGE, NAME, Shop, canaries_in, undone
from tests.orders.factories import make_order

pytestmark = pytest.mark.django_db
ABOUT_A_CHILD = re.compile(r"(books|my-book)/<uuid|orders/<order|staff/|/personalise/$|^basket|^checkout|^account/$")


def sessions() -> str:
    return " ".join(repr(session.get_decoded()) for session in Session.objects.all())


def visible(answer: Any) -> str:
    """Everything of an answer but its body: it is stored and shown by browsers, proxies and logs."""
    return repr(answer.headers) + repr({name: cookie.value for name, cookie in answer.cookies.items()})


def test_every_page_about_a_child_is_kept_by_nobody(shop: Shop) -> None:
    addresses = [address for address in every() if ABOUT_A_CHILD.search(address.route)]
    assert len(addresses) > 22
    answered = 0
    for address in addresses:
        for method in ("get", "post"):
            with undone():
                answer = getattr(shop.client(), method)(address.path(shop.fill), posted(address))
            if answer.status_code in (404, 405):
                continue
            answered += 1
            assert "no-store" in answer.headers.get("Cache-Control", ""), (address.route, method, answer.status_code)
            assert canaries_in(visible(answer)) == [], address.route
    assert answered > 25


def test_whatever_shows_a_canary_is_kept_by_nobody(shop: Shop) -> None:
    """The other way round, over every address: a body that holds the child forbids to be kept."""
    shown: list[Address] = []
    for address in every():
        with undone():
            answer = shop.client().get(address.path(shop.fill))
        body = b"" if answer.streaming else answer.content
        if any(canary.encode() in body for canary in CANARIES):
            shown.append(address)
            assert re.search("no-store|private", answer.headers["Cache-Control"]), address.route
        if answer.headers["Content-Type"] in ("image/jpeg", "application/pdf") and "<uuid" in address.route:
            shown.append(address)
            assert "no-store" in answer.headers["Cache-Control"], address.route
    assert {"edit", "review", "page", "photo", "digital_copy"} <= {address.name for address in shown}


def test_no_session_message_cookie_or_cache_remembers_a_child(
    shop: Shop, cached: Callable[[], dict[str, str]], client: Client
) -> None:
    """After every form of the shop was sent, right and wrong."""
    wrong: list[dict[str, Any]] = [{"age": "99"}, {"guardian": None}, {"skin": "x"}, {"name": NAME * 20}]
    for changes in [{}, *wrong]:
        answer = client.post(
            ADDRESS, {**answers(**{"name": NAME, "dedication": DEDICATION, **changes}), "photo": photo()}
        )
        assert canaries_in(visible(answer)) == []
        assert (answer.status_code == 302) is (changes == {})
        again = client.get(ADDRESS)  # a new form knows nothing of the one before
        assert canaries_in(again.text) == []
    for address in every():
        if not address.is_admin and not address.route.startswith("account/"):
            shop.client().post(address.path(shop.fill), posted(address)) if address.name not in (
                "forget", "withdraw", "cancel", "cancel_mine"
            ) else None  # fmt: skip
    told = sessions() + repr(cached())
    assert "editions" in told
    assert canaries_in(told) == []


def test_what_was_typed_is_in_the_answer_to_its_sender_only(client: Client, small_story: Story) -> None:
    answer = client.post(ADDRESS, answers(name=NAME, dedication=DEDICATION, age="99"))
    assert answer.status_code == 422
    assert canaries_in(answer.text) == [NAME, DEDICATION]
    assert canaries_in(Client().get(ADDRESS).text) == []


def test_addresses_hold_ids_only_and_are_told_to_nobody_else(shop: Shop) -> None:
    for address in every():
        assert canaries_in(address.path(shop.fill)) == []
    page = shop.client().get(f"/books/{shop.edition.pk}/")
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert canaries_in(" ".join(re.findall(r'(?:href|src|action)="([^"]+)"', page.text))) == []


def test_a_contact_message_is_in_no_session(client: Client) -> None:
    data = {"name": "Karen", "email": "k@example.test", "topic": "other", "message": MESSAGE}
    assert client.post("/contact/", {**data, "order_number": make_order().number}).status_code == 302
    assert "contact_reference" in sessions()
    assert canaries_in(sessions()) == []
