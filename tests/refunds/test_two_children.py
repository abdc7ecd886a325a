"""Parent and staff put a book about two children right: proposals, side by side, an earlier version again (P22)."""

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from books import editions, revisions
from books.models import Edition, Revision
from books.personalisation import OLDER, Personalisation
from books.story import Story
from orders.models import Order, OrderLine
from privacy import children, vault
from privacy.models import Child, VaultAccess
from privacy.purposes import Actor, Kind
from refunds import changes, versions
from refunds.models import ChangeMessage, ChangeRequest
from tests.books import making
from tests.orders import jobs
from tests.orders.factories import CANARY, make_line, make_order
from tests.orders.test_review import opened
from tests.refunds.version_staff import WHY, client, user

__all__ = ["client", "user"]
pytestmark = pytest.mark.django_db
PARENT = Actor.parent()
OTHER = "Balthazar-Canary"


@pytest.fixture
def line(small_story: Story) -> OrderLine:
    """A book about two, each with a photo, whose digital copy waits for the parent."""
    order = make_order(state=Order.State.IN_REVIEW, paid_at=timezone.now())
    return make_line(order, edition=jobs.book_of_two(small_story, second=OTHER), title="The Moon")


@pytest.fixture
def asked(line: OrderLine) -> ChangeRequest:
    return changes.ask(line, f"Could {OTHER} have shorter hair?")


def edition() -> Edition:
    return Edition.objects.select_related("child").get()


def said(number: int) -> Personalisation:
    return versions.said(edition(), number, actor=PARENT).reveal()


def changed() -> Personalisation:
    """The second child gets other hair, and the book the older one's words; returns what it said before."""
    before = said(1)
    assert before.sibling is not None
    looks = replace(before.sibling.looks, hairstyle="afro")
    editions.revise(
        edition(), personalisation=replace(before, told_to=OLDER, sibling=replace(before.sibling, looks=looks))
    )
    return before


def address(asked: ChangeRequest, name: str = "change", *args: int) -> str:
    return reverse(f"refunds:{name}", args=[asked.pk, *args])


def token(client: Client, asked: ChangeRequest) -> str:
    return str(client.post(address(asked), {"reason": WHY}).context["pass"])


def proposal(asked: ChangeRequest, client: Client, **other: object) -> dict[str, object]:
    form = making.answers_of_two(**{"name": CANARY, "second-name": OTHER, "second-hairstyle": "buzz"})
    return {**form, "text": "Shorter hair.", "seen": "1", "pass": token(client, asked), **other}


def test_the_orders_page_speaks_of_both(line: OrderLine) -> None:
    visitor, address = opened(line.order), reverse("orders:order", args=[line.order.number])
    page = visitor.get(address).text
    assert "days until everything about both children is forgotten" in page
    assert "What we hold about your children" in page
    assert "about the child " not in page.split("<main")[1]
    children.forget(edition().child, reason=Child.End.DELETED)
    assert "Everything about both children has been forgotten" in visitor.get(address).text


def test_p22_both_versions_of_two_children_lie_side_by_side(line: OrderLine) -> None:
    changed()
    page = opened(line.order).get(reverse("refunds:compare", args=[line.order.number, line.pk]))
    assert "Changed: the second child’s hairstyle, whose age it is written for." in page.text
    # Her portrait's frame holds a photo: only words and the drawn child differ.
    assert "Page 2" in [pair.label for pair in page.context["pairs"].changed]
    assert CANARY not in page.text
    assert OTHER not in page.text


def test_p22_an_earlier_version_taken_again_says_the_same_of_both(line: OrderLine) -> None:
    before = changed()
    take = reverse("refunds:take_again", args=[line.order.number, line.pk])
    assert opened(line.order).post(take, {"version": 1}).status_code == 302
    assert said(3) == before
    assert [child.photo for child in said(3).children] == [1, 1]
    for child in revisions.children(edition()):
        assert vault.numbers(child, Kind.PHOTO) == [1]


def test_p22_staff_see_the_parents_form_with_both_and_both_photos(asked: ChangeRequest, client: Client) -> None:
    page = client.get(address(asked, "propose") + f"?pass={token(client, asked)}").text
    assert f'value="{CANARY}"' in page
    assert f'value="{OTHER}"' in page
    assert "Choose another photo" not in page
    assert 'name="second-photo" disabled hidden' in page
    assert "begin a new book" not in page
    kept = [part for part in page.split('"') if "photo.jpg?pass=" in part]
    one, other = (client.get(found.replace("&amp;", "&")) for found in kept)
    assert one.headers["Content-Type"] == other.headers["Content-Type"] == "image/jpeg"
    assert one.content != other.content
    logged = VaultAccess.objects.filter(actor__startswith="staff:", kind=Kind.PHOTO, reason=WHY)
    assert set(logged.values_list("child", flat=True)) == {child.pk for child in revisions.children(edition())}


def test_p12_the_second_photo_is_not_shown_without_a_reason(asked: ChangeRequest, client: Client) -> None:
    assert client.get(address(asked, "version_second_photo", 1)).status_code == 403
    assert Client().get(address(asked, "version_second_photo", 1)).status_code == 302
    assert not VaultAccess.objects.filter(actor__startswith="staff:", kind=Kind.PHOTO).exists()


def test_p22_a_proposal_changes_what_was_asked_for_of_the_second_child(asked: ChangeRequest, client: Client) -> None:
    answer = client.post(address(asked, "propose"), proposal(asked, client), follow=True)
    assert "Version 2 is made." in answer.text
    assert OTHER not in answer.text
    now = said(2)
    assert now.sibling is not None
    assert now.names == (CANARY, OTHER)
    assert now.sibling.looks.hairstyle == "buzz"
    assert [child.photo for child in now.children] == [1, 1]
    assert editions.latest(edition()).made_by == Revision.MadeBy.STAFF
    assert ChangeMessage.objects.get(from_staff=True).version == 2


def test_p22_a_wrong_proposal_is_named_at_the_right_child(asked: ChangeRequest, client: Client) -> None:
    form = proposal(asked, client, **{"second-name": "", "text": ""})
    quick = client.post(address(asked, "propose"), form, headers={"Accept": "application/json"})
    assert (quick.status_code, set(quick.json()["errors"])) == (422, {"second-name", "text"})
    assert Revision.objects.count() == 1


def test_p22_neither_staffs_photo_nor_another_number_of_children_is_taken(asked: ChangeRequest, client: Client) -> None:
    form = proposal(asked, client, **{"about": "one", "second-photo": making.photo("#20a040")})
    client.post(address(asked, "propose"), form)
    assert said(2).names == (CANARY, OTHER)
    assert vault.numbers(revisions.children(edition())[1], Kind.PHOTO) == [1]
