"""Parent and staff talk about a digital copy; the words are the child's and go with it."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import OutgoingMail
from books.models import Edition
from orders import review
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


# --- about pages, several at once -----------------------------------------------------------------------------------


def test_p22_several_wishes_about_pages_go_together() -> None:
    line = in_review().lines.get()
    client = opened(line.order)
    sent = {"page": ["7", "book", "0", "12"], "text": [WORDS, "All in all lovely", "A bigger moon", "  "]}
    assert client.post(ask_address(line), sent).status_code == 302
    said = changes.conversation(line, actor=Actor.parent())
    assert [(one.page, one.text.reveal()) for one in said] == [
        (7, WORDS),
        (None, "All in all lovely"),
        (0, "A bigger moon"),
    ]
    assert ChangeRequest.objects.count() == 1
    assert line.order.events.filter(kind="change_asked").count() == 1
    page = client.get(reverse("orders:review", args=[line.order.number, line.pk])).text
    assert "About page\xa07" in page
    assert "About the\xa0front\xa0cover" in page
    assert page.count('class="talk__page" href="#page-7"') == 1
    assert reverse("books:page", args=[Edition.objects.get().pk, 1, 7]) in page


def test_p22_each_page_offers_to_say_something_about_it_also_without_scripts() -> None:
    line = in_review().lines.get()
    client = opened(line.order)
    address = reverse("orders:review", args=[line.order.number, line.pk])
    page = client.get(address).text
    assert f'<a class="flipbook__about" href="{address}?page=5#ask-{line.pk}">Something about page\xa05</a>' in page
    chosen = client.get(f"{address}?page=5").text
    assert '<option value="5" selected>Page 5</option>' in chosen
    odd = client.get(f"{address}?page=999")
    assert (odd.status_code, "selected>Page" in odd.text) == (200, False)


def test_p22_without_scripts_there_is_room_for_one_more_wish() -> None:
    line = in_review().lines.get()
    client = opened(line.order)
    more = client.post(ask_address(line), {"page": "7", "text": WORDS, "more": "1"})
    assert more.status_code == 200
    assert more.text.count("<textarea") == 2
    assert '<option value="7" selected>' in more.text
    assert WORDS in more.text.replace("&#x27;", "'")
    assert not ChangeMessage.objects.exists()
    full = client.post(ask_address(line), {"text": ["a word"] * 9, "page": ["1"] * 9, "more": "1"})
    assert full.text.count("<textarea") <= 9


def test_p22_a_page_that_the_book_does_not_have_is_refused() -> None:
    line = in_review().lines.get()
    answer = opened(line.order).post(ask_address(line), {"page": "99", "text": WORDS})
    assert (answer.status_code, "Please choose one of the pages." in answer.text) == (422, True)
    assert not ChangeMessage.objects.exists()


def test_p22_name_looks_photo_and_dedication_are_offered_to_do_oneself_first() -> None:
    line = in_review().lines.get()
    page = opened(line.order).get(reverse("orders:review", args=[line.order.number, line.pk])).text
    edit = reverse("books:edit", args=[Edition.objects.get().pk])
    places = [page.index(f'href="{edit}#step-{step}"') for step in ("who", "looks", "photo", "words")]
    assert places == sorted(places)
    assert places[-1] < page.index("For these, write to us:") < page.index("Your message to us")


def test_p23_whoever_gives_up_finds_the_way_to_the_money_in_the_conversation() -> None:
    line = in_review().lines.get()
    page = opened(line.order).get(reverse("orders:review", args=[line.order.number, line.pk])).text
    assert f'<a href="{reverse("refunds:cancel_mine", args=[line.order.number])}">cancel the order' in page


def test_p22_after_approval_the_words_can_be_read_and_nothing_more_said() -> None:
    line = asked()
    assert review.approve(line, 1, actor="customer")
    client = opened(line.order)
    page = client.get(reverse("orders:review", args=[line.order.number, line.pk])).text
    assert WORDS in page.replace("&#x27;", "'")
    assert "Your message to us" not in page
    assert "flipbook__about" not in page
    refused = client.get(ask_address(line)).text
    assert "can no longer be changed" in refused


def test_p22_the_mail_leads_to_the_answer() -> None:
    line = asked()
    changes.answer(ChangeRequest.objects.get(), staff=member(*READERS), text="Of course.")
    (mail,) = OutgoingMail.objects.filter(template="change_answered")
    (link,) = [word for word in mail.text.split() if "/answer/" in word]
    client = Client()
    first = client.get(link.removeprefix("http://testserver"), follow=False)
    assert first.status_code == 302
    place = client.get(first.headers["Location"]).headers["Location"]
    assert place == reverse("orders:review", args=[line.order.number, line.pk]) + f"#messages-{line.pk}"
    assert "Of course." in client.get(place).text
    assert Client().get(reverse("refunds:answer", args=[line.order.number])).status_code == 404
    nothing = make_ordered()
    plain = opened(nothing).get(reverse("refunds:answer", args=[nothing.number]))
    assert plain.headers["Location"] == reverse("orders:order", args=[nothing.number])


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
