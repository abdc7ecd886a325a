"""F20: another parent's 1,000 ids. Whoever asks learns nothing, not even that there is something."""

import itertools
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from books.models import Edition, Revision
from books.story import Story
from orders.models import Order, OrderLine
from privacy.models import Child
from tests.faults.addresses import Address, every
from tests.faults.whole_shop import Shop, make_shop
from tests.orders.factories import make_order

pytestmark = [pytest.mark.fault, pytest.mark.django_db]
FOREIGN = 50
# Gaps that name something of somebody's. What is not here names a page that everybody may see.
OF_SOMEBODY = {
    "uuid:edition_id", "uuid:edition", "order:number", "int:line_id", "int:request_id", "int:case_id", "int:refund_id",
    "str:token",
}  # fmt: skip
FOR_EVERYBODY = {
    "slug:slug": "stories and policies",
    "slug:document": "behind an order's number",
    "slug:of_return": "behind an order's number",
    "int:photo": "behind an order's number",
    "slug:layer": "drawings",
    "slug:table": "drawings",
    "slug:option": "drawings",
    "slug:key": "drawn examples",
    "slug:version": "of a story",
    "str:version": "of a drawing or a policy",
    "str:sha256": "a receipt says nothing about anybody",
    "int:number": "behind an id of somebody's, or a story's",
    "int:page": "behind an id of somebody's, or a story's",
    "int:width": "behind an id of somebody's",
    "int:which": "behind an id of somebody's",
    "int:name": "the demo's outbox, which a real shop does not have",
    "int:index": "the demo's outbox, which a real shop does not have",
    "regex:key": "random and mailed",
    "regex:uidb36": "beside a random key",
}
Seen = tuple[int, tuple[tuple[str, str], ...], str]


@pytest.fixture
def shop(small_story: Story) -> Shop:
    return make_shop(small_story)


@pytest.fixture
def foreign(shop: Shop) -> list[tuple[Edition, Order, OrderLine]]:
    """Books and orders of other parents; nothing of them is in the vault, nobody gets as far."""
    now = timezone.now()
    made = []
    for number in range(FOREIGN):
        child = Child.objects.create(collected_at=now, expires_at=now + timedelta(days=14), abandoned_at=None)
        edition = Edition.objects.create(child=child, story=shop.story.slug, story_version=shop.story.version)
        Revision.objects.create(edition=edition, number=1, full_wanted=True, full_ready_at=now)
        owner = User.objects.create_user(f"parent{number}@example.com", "x") if number % 2 else None
        order = make_order(state=Order.State.IN_REVIEW, user=owner)
        line = OrderLine.objects.create(
            order=order, edition=edition, title="The Moon", format="softcover", quantity=1, unit_price=2990
        )
        made.append((edition, order, line))
    return made


def strangers(shop: Shop) -> dict[str, Callable[[], Client]]:
    """Somebody without anything, and somebody signed in with an order and a book of their own."""
    customer = User.objects.create_user("customer@example.com", "x")
    make_order(user=customer)
    signed_in = Client()
    signed_in.force_login(customer, backend="django.contrib.auth.backends.ModelBackend")
    session = signed_in.session
    session.update({"orders": ["LD-OWN001"], "editions": [str(uuid.uuid4())], "basket": "own"})
    session.save()
    key = str(signed_in.session.session_key)

    def again() -> Client:
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = key
        return client

    return {"nobody": Client, "a customer": again}


def ids(gap: str, foreign: list[tuple[Edition, Order, OrderLine]]) -> Iterator[tuple[object, object]]:
    """Endless pairs: an id that is another parent's, and one that never was."""
    for edition, order, line in itertools.cycle(foreign):
        yield {
            "uuid": (edition.pk, uuid.uuid4()),
            "order": (order.number, f"LD-{uuid.uuid4().hex[:6].upper().translate(str.maketrans('01', '89'))}"),
            "int": (line.pk, 10**9 + line.pk),
            "str": (f"{order.number}.1xxxxx.{'A' * 43}", f"LD-ZZZZZZ.1xxxxx.{'A' * 43}"),
        }[gap.partition(":")[0]]


def seen(client: Client, method: str, path: str, **data: str) -> tuple[Seen, int]:
    """An answer without what differs between any two answers, and how many queries it took."""
    with CaptureQueriesContext(connection) as queries:
        answer: HttpResponse = getattr(client, method)(path, data)
    nonces = re.findall(r"'nonce-([^']+)'", answer.headers.get("Content-Security-Policy", ""))

    def same(text: str) -> str:
        for nonce in nonces:
            text = text.replace(nonce, "NONCE")
        text = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1TOKEN", text)
        return text.replace(path, "PATH")

    headers = tuple(
        sorted(
            (name, same(value))
            for name, value in answer.headers.items()
            if name not in ("X-Request-ID", "Date", "Expires")
        )
    )
    cookies = tuple(sorted(("cookie", name) for name in answer.cookies))
    return (answer.status_code, headers + cookies, same(answer.content.decode())), len(queries)


def test_f20_every_gap_in_an_address_is_known() -> None:
    for address in every():
        for gap in address.gaps if not address.is_admin else ():
            assert gap in OF_SOMEBODY or gap in FOR_EVERYBODY, f"{gap} in {address.route}: whose is it?"


@pytest.mark.parametrize("who", ["nobody", "a customer"])
def test_f20_a_thousand_ids_of_other_parents_look_like_none(
    shop: Shop, foreign: list[tuple[Edition, Order, OrderLine]], who: str
) -> None:
    stranger = strangers(shop)[who]
    guarded = [address for address in every() if not address.is_admin and OF_SOMEBODY & set(address.gaps)]
    assert len(guarded) > 20
    asked = 0
    per_address = -(-500 // len(guarded) // 2)
    for address in guarded:
        gap = next(gap for gap in address.gaps if gap in OF_SOMEBODY)

        def path(value: object, address: Address = address, gap: str = gap) -> str:
            return address.path(lambda of, name: value if name == gap else shop.fill(of, name))

        for method in ("get", "post"):
            for theirs, nobodys in itertools.islice(ids(gap, foreign), per_address):
                answer, queries = seen(stranger(), method, path(theirs))
                nothing, queries_for_nothing = seen(stranger(), method, path(nobodys))
                assert answer == nothing, (address.route, method)
                assert queries == queries_for_nothing, (address.route, method)
                assert answer[0] in (404, 405, 302), (address.route, method, answer[0])
                asked += 1
    assert asked >= 500


def test_f20_books_of_others_behind_an_order_of_ones_own(
    shop: Shop, foreign: list[tuple[Edition, Order, OrderLine]]
) -> None:
    """The numbers of lines are not random: an own order in front of them opens nothing."""
    for address in every():
        if "int:line_id" not in address.gaps:
            continue
        for _, _, line in foreign[:5]:

            def path(number: int, address: Address = address) -> str:
                return address.path(lambda of, gap: number if gap == "int:line_id" else shop.fill(of, gap))

            theirs = seen(shop.client(), "get", path(line.pk))
            assert theirs == seen(shop.client(), "get", path(10**9))
            assert theirs[0][0] in (404, 405)


def test_f20_another_ones_basket_line(shop: Shop) -> None:
    from orders.models import BasketLine

    line = BasketLine.objects.get()
    for data in ({"remove": "1"}, {"format": "hardcover", "quantity": "2"}):
        stranger: dict[str, Any] = {**data, "line": str(line.pk)}
        assert seen(Client(), "post", "/basket/change/", **stranger) == seen(
            Client(), "post", "/basket/change/", **{**stranger, "line": "999999"}
        )
    line.refresh_from_db()
    assert (line.format, line.quantity) == ("softcover", 1)


def test_f20_the_comparison_itself_sees_a_difference(shop: Shop) -> None:
    """The owner's answer differs from a stranger's: the comparison is not blind."""
    path = f"/books/{shop.edition.pk}/"
    assert seen(shop.client(), "get", path) != seen(Client(), "get", path)
    assert seen(Client(), "get", path)[0] == seen(Client(), "get", f"/books/{uuid.uuid4()}/")[0]
