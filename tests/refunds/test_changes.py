"""Parent and staff talk about a digital copy; the words are the child's and go with it."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import OutgoingMail
from books.models import Edition
from orders.models import Order, OrderLine
from orders.views import order as order_views
from privacy import children, vault
from privacy.models import Child, VaultAccess
from privacy.purposes import Actor, Kind
from refunds import changes
from refunds.models import ChangeMessage, ChangeRequest
from refunds.templatetags import changes as tags
from tests.orders.factories import CANARY, make_ordered
from tests.orders.test_review import in_review, opened
from tests.refunds.staff import member

pytestmark = pytest.mark.django_db
WORDS = f"Could {CANARY} have longer hair?"
READERS = ("refunds.change_changerequest", "privacy.view_child_data")


def asked() -> OrderLine:
    line = in_review().lines.get()
    changes.ask(line, WORDS)
    return line


def ask_address(line: OrderLine) -> str:
    return reverse("refunds:ask_change", args=[line.order.number, line.pk])


def words(line: OrderLine) -> list[tuple[bool, str]]:
    return [(one.from_staff, one.text.reveal()) for one in changes.conversation(line, actor=Actor.parent())]


def test_p22_parent_asks_staff_answer_and_both_read_it() -> None:
    line = asked()
    request = ChangeRequest.objects.get()
    changes.answer(request, staff=member(*READERS), text="Of course. Please look again.")
    request.refresh_from_db()
    assert request.state == ChangeRequest.State.ANSWERED
    changes.ask(line, "Thank you!")
    request.refresh_from_db()
    assert (request.state, ChangeRequest.objects.count()) == (ChangeRequest.State.OPEN, 1)
    assert words(line) == [(False, WORDS), (True, "Of course. Please look again."), (False, "Thank you!")]
    (mail,) = OutgoingMail.objects.filter(template="change_answered")
    assert "Please look again" not in mail.text


def test_p22_the_page_of_the_digital_copy_shows_the_talk_and_takes_a_message() -> None:
    line = in_review().lines.get()
    client = opened(line.order)
    answer = client.post(ask_address(line), {"text": WORDS})
    assert answer.status_code == 302
    page = client.get(reverse("orders:review", args=[line.order.number, line.pk])).text
    assert WORDS in page.replace("&#x27;", "'")
    assert "We answer within a working day" in page
    assert str(order_views.CHANGES[0]) == "refunds/changes.html"


def test_p35_the_words_lie_in_the_vault_and_nowhere_else() -> None:
    line = asked()
    for model in (ChangeRequest, ChangeMessage, Order, OutgoingMail):
        for row in model._default_manager.values():
            assert CANARY not in repr(row)
    edition = Edition.objects.get(order_line=line)
    assert vault.numbers(edition.child, Kind.MESSAGE) == [1]
    assert CANARY not in repr(changes.conversation(line, actor=Actor.parent()))


@pytest.mark.parametrize("reason", [Child.End.EXPIRED, Child.End.DELETED])
def test_p35_after_forgetting_the_page_around_the_talk_still_shows(reason: Child.End) -> None:
    line = asked()
    children.forget(Edition.objects.get().child, reason=reason)
    line = OrderLine.objects.select_related("order", "edition__child").get(pk=line.pk)
    shown = tags.conversation({"csrf_token": "t"}, line)
    assert shown["messages"] == []
    assert ChangeRequest.objects.get().state == ChangeRequest.State.CLOSED
    assert opened(line.order).get(reverse("orders:order", args=[line.order.number])).status_code == 200


def test_p10_nobody_can_say_more_about_a_forgotten_child() -> None:
    line = asked()
    Order.objects.update(state=Order.State.IN_REVIEW)
    children.forget(Edition.objects.get().child, reason=Child.End.EXPIRED)
    Order.objects.update(state=Order.State.IN_REVIEW)
    with pytest.raises(vault.Forgotten):
        changes.ask(line, "Hello?")
    with pytest.raises(vault.Forgotten):
        changes.answer(ChangeRequest.objects.get(), staff=member(), text="Hello")
    assert ChangeMessage.objects.count() == 1


@pytest.mark.parametrize(
    "state", [Order.State.AWAITING_PAYMENT, Order.State.APPROVED, Order.State.SHIPPED, Order.State.CANCELLED]
)
def test_a_book_that_can_no_longer_be_changed_takes_no_messages(state: str) -> None:
    line = make_ordered(state=state).lines.get()
    with pytest.raises(changes.CannotAsk):
        changes.ask(line, "Please")
    answer = opened(line.order).post(ask_address(line), {"text": "Please"})
    assert answer.status_code == 409
    assert "can no longer be changed" in answer.text


def test_wrong_input_keeps_what_was_typed() -> None:
    line = in_review().lines.get()
    client = opened(line.order)
    answer = client.post(ask_address(line), {"text": "x" * 2001})
    assert answer.status_code == 422
    assert "Please use at most 2000 characters." in answer.text
    assert "x" * 2001 in answer.text
    for nothing in ({}, {"text": "  "}):
        answer = client.post(ask_address(line), nothing)
        assert (answer.status_code, "Please write what we can do for you." in answer.text) == (422, True)
    assert not ChangeMessage.objects.exists()


def test_p53_an_hour_takes_twenty_messages(client: Client) -> None:
    line = in_review().lines.get()
    client = opened(line.order)
    statuses = [client.post(ask_address(line), {"text": f"{n}"}).status_code for n in range(21)]
    assert statuses == [302] * 20 + [429]
    assert ChangeMessage.objects.count() == 20


def test_f20_a_strangers_conversation_is_a_404() -> None:
    line, other = asked(), make_ordered()
    assert Client().post(ask_address(line), {"text": "Hi"}).status_code == 404
    address = reverse("refunds:ask_change", args=[other.number, line.pk])
    assert opened(other).post(address, {"text": "Hi"}).status_code == 404


def test_p12_staff_read_with_a_reason_that_the_parent_sees() -> None:
    line = asked()
    user = member(*READERS)
    with pytest.raises(vault.AccessRefused):
        changes.conversation(line, actor=Actor.staff(user))
    changes.conversation(line, actor=Actor.staff(user), reason="the parent asked for it")
    looked = VaultAccess.objects.get(actor=f"staff:{user.pk}")
    assert (looked.kind, looked.reason) == ("message", "the parent asked for it")
