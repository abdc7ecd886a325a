"""The digital copy and its approval: what is printed is what the parent saw (P21)."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import OutgoingMail
from books import digital_copies, editions, revisions
from books.models import Edition, Revision
from books.personalisation import Personalisation
from orders import payments, review, states, tasks
from orders.models import Order, OrderLine
from privacy import children, vault
from privacy.models import Child
from privacy.purposes import Actor, Purpose
from tests.orders.factories import CANARY, finish_copies, make_line, make_order, make_ordered

pytestmark = pytest.mark.django_db
State = Order.State


def in_review(books: int = 1) -> Order:
    order = make_ordered(books=books)
    finish_copies(order)
    order.refresh_from_db()
    assert order.state == State.IN_REVIEW
    OutgoingMail.objects.all().delete()
    return order


def book_of(line: OrderLine) -> Edition:
    return Edition.objects.get(order_line=line)


def change(edition: Edition) -> Revision:
    """The parent changes the dedication."""
    before = editions.latest(edition)
    said = editions.personalisation(edition, before.number, purpose=Purpose.PREVIEW, actor=Actor.parent()).reveal()
    return editions.revise(
        edition,
        personalisation=Personalisation(name=said.name, age=said.age, looks=said.looks, dedication="Sleep well"),
    )


def opened(order: Order) -> Client:
    client = Client()
    session = client.session
    session["orders"] = [order.number]
    session.save()
    return client


def sent() -> list[str]:
    return list(OutgoingMail.objects.order_by("pk").values_list("template", flat=True))


# --- from paid to the parent ----------------------------------------------------------------------------------------


def test_p21_a_paid_order_is_put_before_the_parent_when_every_copy_is_ready() -> None:
    order = make_ordered(books=2)
    review.begin(order)
    one, two = (book_of(line) for line in order.lines.all())
    assert Revision.objects.filter(full_wanted=True).count() == 2
    digital_copies.announce(editions.latest(one))
    order.refresh_from_db()
    assert (order.state, sent()) == (State.PAID, ["order_confirmed"])
    for _ in range(2):
        digital_copies.announce(editions.latest(two))
    order.refresh_from_db()
    assert (order.state, sent()) == (State.IN_REVIEW, ["order_confirmed", "digital_copy_ready"])
    assert [event.kind for event in order.events.all()] == [State.IN_REVIEW]


def test_copies_of_an_unpaid_order_wait_for_the_money() -> None:
    order = make_ordered(state=State.AWAITING_PAYMENT)
    finish_copies(order)
    order.refresh_from_db()
    assert (order.state, sent()) == (State.AWAITING_PAYMENT, [])


def test_the_sweeper_takes_on_an_order_whose_message_was_lost() -> None:
    order = make_ordered()
    Revision.objects.update(full_wanted=True, full_ready_at=order.paid_at)
    for _ in range(2):
        tasks.sweep_reviews()
    order.refresh_from_db()
    assert (order.state, sent()) == (State.IN_REVIEW, ["order_confirmed", "digital_copy_ready"])


def test_p22_a_changed_book_brings_a_new_copy_and_one_mail() -> None:
    order = in_review()
    edition = book_of(order.lines.get())
    for number in (2, 3):
        assert change(edition).number == number
        finish_copies(order)
        finish_copies(order)
    assert sent() == ["new_copy_ready", "new_copy_ready"]
    order.refresh_from_db()
    assert order.state == State.IN_REVIEW
    assert [event.detail for event in order.events.filter(kind="new_copy")] == [
        "The Night Post, revision 2",
        "The Night Post, revision 3",
    ]


# --- approving --------------------------------------------------------------------------------------------------------


def test_p21_approving_pins_the_revision_locks_the_book_and_hands_the_order_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handed: list[str] = []
    monkeypatch.setattr(review, "_ON_APPROVED", [lambda order: handed.append(order.number)])
    order = in_review()
    line = order.lines.get()
    edition = book_of(line)
    change(edition)
    finish_copies(order)
    OutgoingMail.objects.all().delete()
    assert review.approve(line, 2, actor="customer")
    line.refresh_from_db()
    order.refresh_from_db()
    edition.refresh_from_db()
    assert line.approved_revision == 2
    assert line.approved_at is not None
    assert edition.locked_at is not None
    assert order.state == State.APPROVED
    assert order.approved_at is not None
    assert handed == [order.number]
    assert sent() == ["book_approved"]
    assert [(event.kind, event.actor) for event in order.events.all()][-2:] == [
        ("book_approved", "customer"),
        (State.APPROVED, "customer"),
    ]
    with pytest.raises(editions.EditionLocked):
        change(edition)


def test_a_second_click_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[str] = []
    monkeypatch.setattr(review, "_ON_APPROVED", [lambda order: handed.append(order.number)])
    order = in_review()
    line = order.lines.get()
    assert [review.approve(line, 1, actor="customer") for _ in range(3)] == [True, False, False]
    assert (len(handed), sent(), order.events.filter(kind="book_approved").count()) == (1, ["book_approved"], 1)


def test_an_order_is_approved_when_its_last_book_is() -> None:
    order = in_review(books=2)
    one, two = order.lines.all()
    assert review.approve(one, 1, actor="customer")
    order.refresh_from_db()
    assert (order.state, sent()) == (State.IN_REVIEW, [])
    assert review.approve(two, 1, actor="customer")
    order.refresh_from_db()
    assert (order.state, sent()) == (State.APPROVED, ["book_approved"])


def test_p21_an_approval_of_an_overtaken_revision_is_refused() -> None:
    order = in_review()
    line = order.lines.get()
    change(book_of(line))
    for _ in range(2):  # before and after the new copy is ready
        with pytest.raises(review.Outdated) as outdated:
            review.approve(line, 1, actor="customer")
        assert outdated.value.latest == 2
        finish_copies(order)
    line.refresh_from_db()
    assert line.approved_revision is None
    assert book_of(line).locked_at is None


def test_p21_a_copy_that_nobody_can_have_seen_cannot_be_approved() -> None:
    order = in_review()
    change(book_of(order.lines.get()))
    with pytest.raises(review.NotReady):
        review.approve(order.lines.get(), 2, actor="customer")
    with pytest.raises(review.NotReady):
        review.approve(make_ordered().lines.get(), 1, actor="customer")


@pytest.mark.parametrize("state", [State.AWAITING_PAYMENT, State.CANCELLED])
def test_p21_nothing_is_approved_that_was_not_paid(state: str) -> None:
    order = make_ordered(state=state)
    Revision.objects.update(full_wanted=True, full_ready_at=order.created_at)
    with pytest.raises(review.NotPaid):
        review.approve(order.lines.get(), 1, actor="customer")
    assert book_of(order.lines.get()).locked_at is None


def test_p10_nothing_is_approved_from_the_second_on_in_which_the_child_is_forgotten() -> None:
    order = in_review()
    line = order.lines.get()
    end = book_of(line).child.expires_at
    client = opened(order)
    with time_machine.travel(end, tick=False):
        with pytest.raises(vault.Forgotten):
            review.approve(line, 1, actor="customer")
        url = reverse("orders:approve", args=[order.number, line.pk])
        assert client.post(url, {"revision": 1, "seen": "on"}).status_code == 410
    with time_machine.travel(end - timedelta(seconds=1), tick=False):
        assert review.approve(line, 1, actor="customer")


def test_an_approval_and_its_effects_live_and_die_together(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(order: Order) -> None:
        raise RuntimeError

    monkeypatch.setattr(review, "_ON_APPROVED", [breaks])
    order = in_review()
    line = order.lines.get()
    with pytest.raises(RuntimeError):
        review.approve(line, 1, actor="customer")
    order.refresh_from_db()
    line.refresh_from_db()
    assert (order.state, line.approved_revision, sent()) == (State.IN_REVIEW, None, [])
    assert book_of(line).locked_at is None


def test_the_rules_are_registered_where_others_look_for_them() -> None:
    assert review.begin in payments._on_paid
    assert review.full_ready in digital_copies._WHEN_READY


def test_p5_an_unpaid_order_ends_with_its_child() -> None:
    unpaid = make_ordered(state=State.AWAITING_PAYMENT)
    children.forget(book_of(unpaid.lines.get()).child, reason=Child.End.DELETED)
    unpaid.refresh_from_db()
    assert unpaid.state == State.CANCELLED
    paid = make_ordered()
    review.child_forgotten(book_of(paid.lines.get()).child)  # what becomes of the money is decided elsewhere
    paid.refresh_from_db()
    assert paid.state == State.PAID


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_every_page_the_pdf_and_one_decision() -> None:
    order = in_review()
    line = order.lines.get()
    edition = book_of(line)
    answer = opened(order).get(reverse("orders:review", args=[order.number, line.pk]))
    page = answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    pages = editions.page_numbers(revisions.story_of(edition))
    assert [reverse("books:full_page", args=[edition.pk, 1, number]) in page for number in pages] == [True] * len(pages)
    assert reverse("books:digital_copy", args=[edition.pk, 1]) in page
    assert reverse("books:edit", args=[edition.pk]) in page
    assert "I have looked at every page. Print it exactly like this." in page
    assert 'name="revision" value="1"' in page
    assert CANARY not in page


def test_the_box_is_never_ticked_for_the_parent() -> None:
    order = in_review()
    line = order.lines.get()
    client = opened(order)
    assert " checked" not in client.get(reverse("orders:review", args=[order.number, line.pk])).text
    answer = client.post(reverse("orders:approve", args=[order.number, line.pk]), {"revision": "1"})
    assert answer.status_code == 422
    assert "Please tick the box once you have looked at every page." in answer.text
    line.refresh_from_db()
    assert line.approved_revision is None


def test_approving_on_the_page_leads_back_to_the_order_twice_over() -> None:
    order = in_review()
    line = order.lines.get()
    client = opened(order)
    for _ in range(2):
        answer = client.post(reverse("orders:approve", args=[order.number, line.pk]), {"revision": "1", "seen": "on"})
        assert answer.headers["Location"] == reverse("orders:order", args=[order.number])
    line.refresh_from_db()
    assert line.approved_revision == 1
    page = client.get(reverse("orders:review", args=[order.number, line.pk])).text
    assert "Your book as you approved it" in page
    assert "Approve for print" not in page


def test_approving_a_page_from_another_tab_is_refused_kindly_and_shows_the_new_version() -> None:
    order = in_review()
    line = order.lines.get()
    edition = book_of(line)
    change(edition)
    finish_copies(order)
    answer = opened(order).post(
        reverse("orders:approve", args=[order.number, line.pk]), {"revision": "1", "seen": "on"}
    )
    assert answer.status_code == 409
    assert "The book has changed meanwhile" in answer.text
    assert 'name="revision" value="2"' in answer.text
    assert "Approve version 2 for print" in answer.text
    assert "Versions of this book" in answer.text


@pytest.mark.parametrize("revision", ["", "0", "-1", "one", "9" * 30])
def test_a_revision_that_nobody_was_shown_is_not_approved(revision: str) -> None:
    order = in_review()
    line = order.lines.get()
    answer = opened(order).post(
        reverse("orders:approve", args=[order.number, line.pk]), {"revision": revision, "seen": "on"}
    )
    assert answer.status_code in (409, 422)
    line.refresh_from_db()
    assert line.approved_revision is None


def test_f20_the_copy_is_a_404_for_everybody_else_and_for_lines_of_other_orders() -> None:
    order, other = in_review(), make_ordered()
    line, theirs = order.lines.get(), other.lines.get()
    stranger, owner = Client(), opened(order)
    nothing = stranger.get("/no/such/page/").content
    for client, number, line_id in (
        (stranger, order.number, line.pk),
        (owner, order.number, theirs.pk),
        (owner, other.number, theirs.pk),
    ):
        for answer in (
            client.get(reverse("orders:review", args=[number, line_id])),
            client.post(reverse("orders:approve", args=[number, line_id]), {"revision": "1", "seen": "on"}),
        ):
            assert (answer.status_code, answer.content) == (404, nothing)
    theirs.refresh_from_db()
    assert theirs.approved_revision is None


def test_states_and_lines_without_a_book_do_not_break_the_page() -> None:
    order = make_order(state=State.CANCELLED)
    line = make_line(order)
    assert opened(order).get(reverse("orders:review", args=[order.number, line.pk])).status_code == 404
    with pytest.raises(states.IllegalMove):
        states.move(order, State.APPROVED, actor="customer")
