"""A return in the browser: asking, the day-8 page, what is shown, and who may see it (P24, P25, P43)."""

import io
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.models import Order
from privacy import consent
from privacy.models import Child, Consent, ContactMessage, VaultItem
from refunds import evidence, returns
from refunds.models import Return
from tests.books.small_story import portrait
from tests.orders.test_review import opened
from tests.refunds.returning import CANARY, ask, delivered, draft
from tests.refunds.staff import member

pytestmark = pytest.mark.django_db
State = Return.State


def picture(name: str = "fault.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, portrait(400), "image/jpeg")


def said(order: Order, **changes: Any) -> dict[str, Any]:
    """A form that is right."""
    line = order.lines.order_by("pk")[0]
    answers = {
        f"copies_{line.pk}": "on", "reason": "print", "wish": "refund", "words": CANARY, "photos": [picture()],
        "consent": "on",
    }  # fmt: skip
    return {key: value for key, value in (answers | changes).items() if value is not None}


def asking(order: Order) -> str:
    return reverse("refunds:return_ask", args=[order.number])


def page(of: Return, name: str = "return", *more: object) -> str:
    return reverse(f"refunds:{name}", args=[of.order.number, of.number, *more])


# --- asking -----------------------------------------------------------------------------------------------------------


def test_p24_a_parent_tells_us_from_the_order_s_page() -> None:
    order = delivered()
    client = opened(order)
    assert asking(order) in client.get(reverse("orders:order", args=[order.number])).text
    form = client.get(asking(order)).text
    assert consent.evidence_sentence() in form
    assert 'name="consent"' in form
    assert "checked" not in form.split('name="consent"')[1].split(">")[0]
    answer = client.post(asking(order), said(order))
    assert answer.status_code == 302
    of = Return.objects.get()
    assert answer["Location"] == page(of)
    assert (of.reason, of.wish, of.lines.get().copies) == ("print", "refund", 1)
    assert of.evidence is not None
    assert evidence.photo_numbers(of.evidence) == [1]
    given = Consent.objects.get(child=of.evidence)
    assert given.wording == consent.evidence_sentence()
    shown = client.get(page(of)).text
    assert CANARY in shown
    assert page(of, "return_photo", 1) in shown
    answer = client.get(page(of, "return_photo", 1))
    assert answer["Content-Type"] == "image/jpeg"
    assert "no-store" in answer["Cache-Control"]


def test_p2_without_the_box_nothing_is_kept_and_the_words_are_still_there() -> None:
    order = delivered()
    before = (Child.objects.count(), VaultItem.objects.count())
    answer = opened(order).post(asking(order), said(order, consent=None))
    assert answer.status_code == 400
    assert CANARY in answer.text
    assert "Please tick the box" in answer.text
    assert (Child.objects.count(), VaultItem.objects.count(), Return.objects.count()) == (*before, 0)


def test_a_return_needs_neither_photos_nor_words_nor_consent() -> None:
    order = delivered()
    opened(order).post(asking(order), said(order, consent=None, words="", photos=None))
    of = Return.objects.get()
    assert of.evidence is None
    assert "What you sent us" not in opened(order).get(page(of)).text


def test_a_mistake_loses_neither_words_nor_photos() -> None:
    order = delivered()
    client = opened(order)
    answer = client.post(asking(order), said(order, reason="", photos=[picture(), picture()]))
    assert answer.status_code == 422
    assert CANARY in answer.text
    child = Child.objects.latest("collected_at")
    token = evidence.token(child, order)
    assert f'value="{token}"' in answer.text
    assert evidence.photo_numbers(child) == [1, 2]
    shown = reverse("refunds:draft_photo", args=[order.number, token, 2])
    assert shown in answer.text
    assert client.get(shown).status_code == 200
    assert client.post(asking(order), said(order, photos=None, draft=token, remove=["1"])).status_code == 302
    of = Return.objects.get()
    assert of.evidence == child
    assert evidence.photo_numbers(child) == [2]
    assert client.get(shown).status_code == 404  # it is no draft any more


def test_a_bad_photo_is_named_and_the_good_ones_stay() -> None:
    order = delivered()
    bad = SimpleUploadedFile("x.jpg", b"GIF89a....", "image/jpeg")
    answer = opened(order).post(asking(order), said(order, photos=[picture(), bad]))
    assert answer.status_code == 422
    assert "Photo 2: This is a GIF" in answer.text
    assert evidence.photo_numbers(Child.objects.latest("collected_at")) == [1]
    assert not Return.objects.exists()


def test_p25_at_most_five_photos() -> None:
    order = delivered()
    answer = opened(order).post(asking(order), said(order, photos=[picture() for _ in range(6)]))
    assert answer.status_code == 422
    assert "At most 5 photos" in answer.text
    assert evidence.photo_numbers(Child.objects.latest("collected_at")) == [1, 2, 3, 4, 5]


def test_f20_a_draft_opens_for_its_order_and_nobody_else() -> None:
    order, other = delivered(), delivered()
    token = evidence.token(draft(), order)
    assert opened(order).get(reverse("refunds:draft_photo", args=[order.number, token, 1])).status_code == 200
    for client, number in ((opened(other), other.number), (opened(other), order.number), (Client(), order.number)):
        assert client.get(reverse("refunds:draft_photo", args=[number, token, 1])).status_code == 404
    assert evidence.draft(token, other) is None


def test_p24_on_day_8_the_page_is_kind_and_names_the_law_and_a_person() -> None:
    order = delivered(days_ago=8)
    client = opened(order)
    for answer, status in ((client.get(asking(order)), 200), (client.post(asking(order), said(order)), 409)):
        assert answer.status_code == status
        text = answer.text
        assert "The 7 days of our promise are over" in text
        assert f"{(timezone.localtime(order.delivered_at) + timedelta(days=7)):%-d %B %Y}" in text
        assert "Directive (EU) 2019/771" in text
        assert "two years" in text
        assert f"topic=complaint&amp;order_number={order.number}" in text
        assert "mailto:" in text
    assert not Return.objects.exists()
    assert not Child.objects.filter(evidence_of__isnull=False).exists()
    assert VaultItem.objects.filter(kind="evidence").count() == 0


def test_p43_a_complaint_is_one_click_away_and_knows_the_order() -> None:
    order = delivered(days_ago=30)
    client = opened(order)
    form = client.get(reverse("privacy:contact"), {"topic": "complaint", "order_number": order.number}).text
    assert f'value="{order.number}"' in form
    client.post(
        reverse("privacy:contact"),
        {"name": "A", "email": "a@example.com", "topic": "complaint", "order_number": order.number, "message": "Torn"},
    )
    ticket = ContactMessage.objects.get()
    assert (ticket.topic, ticket.order_number) == ("complaint", order.number)


# --- the return's page ------------------------------------------------------------------------------------------------


def test_f20_a_return_is_nobody_else_s() -> None:
    of = ask(delivered())
    other = opened(delivered())
    for name, more in (("return", ()), ("return_photo", (1,)), ("return_more", ()), ("return_label", ())):
        address = page(of, name, *more)
        assert Client().get(address).status_code == 404
        assert other.get(address).status_code == 404
    assert other.post(page(of, "return_act"), {"do": "withdraw"}).status_code == 404
    of.refresh_from_db()
    assert of.state == State.ASKED


def test_p25_the_photo_is_410_from_its_second_on_and_the_page_goes_on() -> None:
    of = ask(delivered(days_ago=0))
    client = opened(of.order)
    assert of.evidence is not None
    with time_machine.travel(of.evidence.expires_at - timedelta(seconds=1), tick=False):
        assert client.get(page(of, "return_photo", 1)).status_code == 200
    with time_machine.travel(of.evidence.expires_at, tick=False):
        assert client.get(page(of, "return_photo", 1)).status_code == 410
        shown = client.get(page(of))
        assert shown.status_code == 200
        assert CANARY not in shown.text
        assert "Photos and words: forgotten" in shown.text


def test_p8_photos_and_words_are_forgotten_by_one_button() -> None:
    of = ask(delivered())
    client = opened(of.order)
    assert client.post(page(of, "return_act"), {"do": "forget"}).status_code == 302
    assert client.get(page(of, "return_photo", 1)).status_code == 410
    assert "See the receipt" in client.get(page(of)).text
    assert of.evidence is not None
    assert client.get(reverse("privacy:data", args=[of.evidence_id])).status_code == 200


def test_p6_photos_and_words_can_be_downloaded_by_the_customer_and_nobody_else() -> None:
    of = ask(delivered())
    about = reverse("privacy:data", args=[of.evidence_id])
    assert "Photos of the fault" in opened(of.order).get(about).text
    assert Client().get(about).status_code == 404
    address = reverse("privacy:download", args=[of.evidence_id])
    answer = opened(of.order).post(address)
    assert answer.status_code == 200
    assert b"fault-1.jpg" in answer.content
    assert Client().post(address).status_code == 404


def test_p25_the_label_has_the_number_and_our_address_and_comes_with_the_instructions() -> None:
    of = ask(delivered())
    client = opened(of.order)
    assert client.get(page(of, "return_label")).status_code == 404
    returns.instruct(of, staff=member())
    answer = client.get(page(of, "return_label"))
    assert answer["Content-Type"] == "application/pdf"
    sheet = pypdfium2.PdfDocument(io.BytesIO(answer.content))
    words = sheet[0].get_textpage().get_text_range()
    assert len(sheet) == 1
    assert of.number in words
    assert "Karen Holm, Strandvejen 1" in words
    assert "LittleDreamers" in words


def test_the_link_in_a_mail_opens_the_return_without_a_password() -> None:
    from refunds import return_mails

    of = ask(delivered())
    path = return_mails.return_link(of).removeprefix("http://localhost:8000")
    client = Client()
    answer = client.get(path[path.index("/orders/") :])
    assert answer["Location"] == page(of)
    assert client.get(page(of)).status_code == 200
    assert Client().get(f"/orders/open/nonsense/returns/{of.number}/").status_code == 404


def test_more_photos_and_an_appeal_go_through_their_pages() -> None:
    of = ask(delivered(), evidence=False)
    client, staff = opened(of.order), member()
    returns.ask_for_more(of, staff=staff, what="The spine, please.")
    assert "The spine, please." in client.get(page(of)).text
    assert client.post(page(of, "return_more"), {"consent": "on"}).status_code == 422
    assert client.post(page(of, "return_more"), {"photos": [picture()]}).status_code == 400
    assert client.post(page(of, "return_more"), {"photos": [picture()], "consent": "on"}).status_code == 302
    of.refresh_from_db()
    assert of.evidence is not None
    assert (of.state, evidence.photo_numbers(of.evidence)) == (State.ASKED, [1])
    returns.inspect(of, staff=staff, verified=False, basis="photos", finding="Nothing is torn.")
    shown = client.get(page(of)).text
    assert "Nothing is torn." in shown
    assert page(of, "return_appeal") in shown
    client.post(page(of, "return_appeal"), {"words": "Look at page five"})
    of.refresh_from_db()
    assert of.state == State.APPEALED


def test_a_second_click_says_kindly_that_it_has_moved_on() -> None:
    of = ask(delivered())
    client = opened(of.order)
    client.post(page(of, "return_act"), {"do": "withdraw"})
    answer = client.post(page(of, "return_act"), {"do": "withdraw"}, follow=True)
    assert answer.status_code == 200
    assert "has moved on meanwhile" in answer.text
