"""Versions of a book side by side, going back to an earlier one, and versions that staff propose (P22, P7)."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import OutgoingMail, User
from books import editions, revisions
from books.models import Edition, Revision
from books.personalisation import Personalisation
from books.story import Story
from orders import review
from orders.models import Order, OrderLine
from privacy import children, vault
from privacy.models import Child
from privacy.purposes import Actor, Kind
from refunds import answer_deadlines, changes, versions
from refunds.models import ChangeMessage, ChangeRequest
from tests.orders import jobs
from tests.orders.factories import CANARY, finish_copies, make_ordered
from tests.orders.test_review import in_review, opened, sent
from tests.refunds.staff import member

pytestmark = pytest.mark.django_db
PARENT = Actor.parent()


@pytest.fixture
def line(small_story: Story) -> OrderLine:
    return jobs.in_review(small_story).lines.get()


def book(line: OrderLine) -> Edition:
    return Edition.objects.select_related("child").get(order_line=line)


def said(line: OrderLine, number: int | None = None) -> Personalisation:
    edition = book(line)
    return versions.said(edition, number or editions.latest(edition).number, actor=PARENT).reveal()


def changed(line: OrderLine, dedication: str = "Sleep well") -> Revision:
    return editions.revise(book(line), personalisation=replace(said(line), dedication=dedication))


def proposed(line: OrderLine, *, staff: User | None = None, seen: int = 1) -> Revision:
    request = changes.ask(line, f"{CANARY} wears a coat of another colour")
    wish = replace(said(line), looks=replace(said(line).looks, outfit="raincoat-red"))
    staff = staff or member()
    return changes.propose(request, staff=staff, personalisation=wish, text="A red coat.", seen=seen)


def compare_address(line: OrderLine, **numbers: int) -> str:
    query = "&".join(f"{name}={number}" for name, number in numbers.items())
    return reverse("refunds:compare", args=[line.order.number, line.pk]) + (f"?{query}" if query else "")


def take(client: Client, line: OrderLine, version: object) -> int:
    address = reverse("refunds:take_again", args=[line.order.number, line.pk])
    return client.post(address, {"version": version}).status_code


# --- staff propose ----------------------------------------------------------------------------------------------------


def test_p22_a_proposal_is_a_new_version_with_words_an_event_and_one_mail(line: OrderLine) -> None:
    staff = member()
    expires = book(line).child.expires_at
    revision = proposed(line, staff=staff)
    assert (revision.number, revision.made_by, revision.full_wanted) == (2, Revision.MadeBy.STAFF, True)
    assert said(line).looks.outfit == "raincoat-red"
    assert book(line).child.expires_at == expires
    message = ChangeMessage.objects.get(from_staff=True)
    assert (message.version, message.staff) == (2, staff)
    assert ChangeRequest.objects.get().state == ChangeRequest.State.ANSWERED
    event = line.order.events.get(kind="version_proposed")
    assert (event.actor, event.detail) == (f"staff:{staff.pk}", "The Moon, revision 2")
    assert sent() == []  # the copy is being made
    for _ in range(2):
        finish_copies(line.order)
    answer_deadlines.tell_of_silent_proposals()
    (mail,) = OutgoingMail.objects.all()
    assert mail.subject == f"Your order {line.order.number}: we have made version 2 for you"
    assert "/answer/" in mail.text
    for words in ("red coat", CANARY):
        assert words not in mail.text + mail.html + mail.subject
        assert not [row for row in line.order.events.values() if words in repr(row)]


def test_p22_a_proposal_whose_copy_is_overtaken_is_announced_all_the_same(line: OrderLine) -> None:
    proposed(line)
    changed(line)
    finish_copies(line.order)
    assert sent() == ["new_copy_ready"]
    answer_deadlines.tell_of_silent_proposals()
    assert sent() == ["new_copy_ready"]
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        for _ in range(2):
            answer_deadlines.tell_of_silent_proposals()
    assert sent() == ["new_copy_ready", "change_answered"]


def test_p22_a_proposal_before_the_first_copy_is_told_at_once() -> None:
    order = make_ordered()
    proposed(order.lines.get())
    assert sent() == ["change_answered"]


def test_p22_staff_do_not_overwrite_what_the_parent_changed_meanwhile(line: OrderLine) -> None:
    request = changes.ask(line, "Longer hair, please")
    seen = said(line)
    changed(line)
    with pytest.raises(editions.Overtaken) as overtaken:
        changes.propose(request, staff=member(), personalisation=seen, text="Done", seen=1)
    assert overtaken.value.latest == 2
    assert (said(line).dedication, Revision.objects.count()) == ("Sleep well", 2)
    assert not ChangeMessage.objects.filter(from_staff=True).exists()
    assert ChangeRequest.objects.get().state == ChangeRequest.State.OPEN


@pytest.mark.parametrize("state", [Order.State.APPROVED, Order.State.CANCELLED, Order.State.SHIPPED])
def test_p7_p21_nothing_is_proposed_for_a_book_that_is_settled(line: OrderLine, state: str) -> None:
    request = changes.ask(line, "Longer hair, please")
    Order.objects.update(state=state)
    with pytest.raises(changes.CannotAsk):
        changes.propose(request, staff=member(), personalisation=said(line), text="Done", seen=1)
    with pytest.raises(changes.CannotAsk):
        changes.answer(request, staff=member(email="other@example.com"), text="Done")
    assert Revision.objects.count() == 1


def test_p22_approving_a_book_ends_its_conversation_though_another_waits() -> None:
    order = in_review(books=2)
    one, other = order.lines.all()
    for each in (one, other):
        changes.ask(each, "Longer hair, please")
    assert review.approve(one, 1, actor="customer")
    closed, still_open = (each.change_requests.get() for each in (one, other))
    assert (closed.state, closed.waits_since) == (ChangeRequest.State.CLOSED, None)
    assert still_open.state == ChangeRequest.State.OPEN
    one.refresh_from_db()
    with pytest.raises(changes.CannotAsk):
        changes.ask(one, "And shorter again")
    with pytest.raises(changes.CannotAsk):
        changes.answer(closed, staff=member(), text="Too late")
    assert closed.state == ChangeRequest.objects.get(pk=closed.pk).state


def test_p22_the_parent_reads_the_proposal_and_compares(line: OrderLine) -> None:
    proposed(line)
    finish_copies(line.order)
    page = opened(line.order).get(reverse("orders:review", args=[line.order.number, line.pk])).text
    assert "We made version 2 for you." in page
    assert "A red coat." in page
    assert f'href="{compare_address(line)}?left=1&amp;right=2"' in page
    assert "Approve version 2 for print" in page
    assert f'href="{reverse("refunds:cancel_mine", args=[line.order.number])}"' in page


# --- side by side -----------------------------------------------------------------------------------------------------


def test_p22_the_newest_version_lies_beside_the_one_before(line: OrderLine) -> None:
    changed(line)
    changed(line, "Sleep very well")
    client = opened(line.order)
    page = client.get(compare_address(line))
    assert page.status_code == 200
    found = page.context["found"]
    assert (found.left.number, found.right.number) == (2, 3)
    assert "Changed: dedication. 1 of 8 pages look different" in page.text
    assert [pair.label for pair in page.context["pairs"].changed] == ["Page 1"]
    assert page.context["pairs"].changed[0].left == reverse("books:page", args=[book(line).pk, 2, 1])
    assert len(page.context["pairs"].same) == 7
    assert "no-store" in page.headers["Cache-Control"]
    chosen = client.get(compare_address(line, left=3, right=1)).context["found"]
    assert (chosen.left.number, chosen.right.number) == (3, 1)
    same = client.get(compare_address(line, left=2, right=2))
    assert "Both versions say and show the same." in same.text


def test_p22_one_version_alone_and_odd_numbers(line: OrderLine) -> None:
    client = opened(line.order)
    alone = client.get(compare_address(line))
    assert alone.headers["Location"] == reverse("orders:review", args=[line.order.number, line.pk])
    changed(line)
    assert client.get(compare_address(line, left=1, right=9)).status_code == 404
    odd = client.get(compare_address(line) + "?left=one&right=-3")
    assert (odd.context["found"].left.number, odd.context["found"].right.number) == (1, 2)


def test_p22_comparing_keeps_nothing_of_older_versions(line: OrderLine) -> None:
    changed(line)
    edition = book(line)
    client = opened(line.order)
    old, new = (reverse("books:page", args=[edition.pk, number, 1]) for number in (1, 2))
    client.get(compare_address(line))
    before, after = client.get(old), client.get(new)
    assert (before.status_code, after.status_code) == (200, 200)
    assert before.content != after.content
    newest = editions.latest(edition)
    assert vault.numbers(edition.child, Kind.PREVIEW_PAGE) == [revisions.place(newest, 1)]


def test_p53_pictures_of_older_versions_are_limited_those_of_the_newest_are_not(
    line: OrderLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("books.views.preview.OLD_PAGES_PER_HOUR", 2)
    changed(line)
    edition = book(line)
    client = opened(line.order)
    old, new = (reverse("books:page", args=[edition.pk, number, 1]) for number in (1, 2))
    assert [client.get(old).status_code for _ in range(3)] == [200, 200, 429]
    assert [client.get(new).status_code for _ in range(3)] == [200, 200, 200]


def test_p10_versions_are_gone_with_the_child(line: OrderLine) -> None:
    changed(line)
    children.forget(book(line).child, reason=Child.End.EXPIRED)
    client = opened(line.order)
    assert client.get(compare_address(line)).status_code == 410
    assert take(client, line, 1) == 410
    assert Revision.objects.count() == 2


# --- going back -------------------------------------------------------------------------------------------------------


def test_p22_an_earlier_version_taken_again_is_a_new_one_that_says_the_same(line: OrderLine) -> None:
    first = said(line)
    proposed(line)
    expires = book(line).child.expires_at
    assert take(opened(line.order), line, 1) == 302
    newest = editions.latest(book(line))
    assert (newest.number, newest.again, newest.made_by, newest.full_wanted) == (3, 1, Revision.MadeBy.PARENT, True)
    assert said(line) == first
    assert said(line, 2).looks.outfit == "raincoat-red"  # nothing is lost
    assert book(line).child.expires_at == expires
    event = line.order.events.get(kind="version_taken_again")
    assert (event.actor, event.detail) == ("customer", "The Moon, revision 1 as revision 3")
    finish_copies(line.order)
    assert sent() == ["new_copy_ready"]
    page = opened(line.order).get(reverse("orders:review", args=[line.order.number, line.pk])).text
    assert "version 1 again" in page
    assert "made by us for you" in page


def test_p22_taking_the_newest_again_changes_nothing_and_odd_ones_are_404s(line: OrderLine) -> None:
    client = opened(line.order)
    assert take(client, line, 1) == 302
    for odd in (2, "", "x", "-1", "9" * 20):
        assert take(client, line, odd) == 404
    assert Revision.objects.count() == 1


def test_p7_p21_an_approved_book_stays_as_it_is(line: OrderLine) -> None:
    changed(line)
    finish_copies(line.order)
    assert review.approve(line, 2, actor="customer")
    client = opened(line.order)
    assert take(client, line, 1) == 302
    assert "it can no longer be changed" in client.get(reverse("orders:order", args=[line.order.number])).text
    assert Revision.objects.count() == 2
    page = client.get(compare_address(line)).text  # looking is still allowed
    assert "Take version" not in page


def test_f20_versions_of_others_are_404s(line: OrderLine, small_story: Story) -> None:
    changed(line)
    other = jobs.in_review(small_story)
    assert Client().get(compare_address(line)).status_code == 404
    assert take(Client(), line, 1) == 404
    for name in ("refunds:compare", "refunds:take_again"):
        address = reverse(name, args=[other.number, line.pk])
        client = opened(other)
        assert client.get(address).status_code in (404, 405)
        assert client.post(address, {"version": 1}).status_code in (404, 405)
    assert Revision.objects.filter(edition=book(line)).count() == 2
