"""The page on which staff decide about a return: what it shows, what it asks for, and who may (P12, P14, P26)."""

import pytest
from django.urls import reverse

from accounts.models import OutgoingMail, User
from privacy import access_log
from privacy.models import VaultAccess
from refunds import desk, returns, settling
from refunds.models import Case, Return
from tests.orders.test_review import opened
from tests.refunds.returning import CANARY, ask, delivered
from tests.refunds.staff import member, signed_in

pytestmark = pytest.mark.django_db
State = Return.State
WHY = "To see what is torn"
ALL = (
    "refunds.view_return", "refunds.change_return", "refunds.inspect_return", "refunds.add_case",
    "privacy.view_child_data",
)  # fmt: skip


@pytest.fixture
def boss() -> User:
    return member(*ALL, email="boss@example.com")


def page(of: Return) -> str:
    return reverse("refunds:staff_return", args=[of.number])


def test_p12_the_page_opens_nothing_and_photos_only_after_a_reason_which_the_customer_reads(boss: User) -> None:
    of = ask(delivered())
    client = signed_in(boss)
    assert CANARY not in client.get(page(of)).text
    answer = client.post(page(of), {"do": "look", "reason": "x"})
    assert answer.status_code == 422
    assert CANARY not in answer.text
    assert not VaultAccess.objects.filter(actor__startswith="staff").exists()
    answer = client.post(page(of), {"do": "look", "reason": WHY})
    assert CANARY in answer.text
    assert "data:image/jpeg;base64," in answer.text
    assert of.evidence is not None
    looks = access_log.of(of.evidence).people
    assert {(look.who, look.what, look.why) for look in looks} == {
        (f"Our staff (no. {boss.pk})", "photos of the fault", WHY),
        (f"Our staff (no. {boss.pk})", "messages between you and us", WHY),
    }
    shown = opened(of.order).get(reverse("refunds:return", args=[of.order.number, of.number])).text
    assert WHY in shown
    assert f"Our staff (no. {boss.pk})" in shown


def test_p14_without_permission_or_training_nothing_opens() -> None:
    of = ask(delivered())
    for user in (
        member("refunds.view_return", email="a@example.com"),
        member(*ALL, email="b@example.com", trained=False),
    ):
        answer = signed_in(user).post(page(of), {"do": "look", "reason": WHY})
        assert answer.status_code == 403
        assert CANARY not in answer.text
    assert signed_in(member(email="c@example.com")).get(page(of)).status_code == 403


def test_each_action_needs_its_permission() -> None:
    of = ask(delivered())
    client = signed_in(member("refunds.view_return"))
    for button in ("more", "instruct", "receive", "inspect", "appeal", "refund", "reprint"):
        assert client.post(page(of), {"do": button, "what": "x", "verified": "yes"}).status_code == 403
    assert client.post(page(of), {"do": "nonsense"}).status_code == 404
    of.refresh_from_db()
    assert of.state == State.ASKED


def test_every_action_says_the_mail_and_the_sum_before_it_is_done(boss: User) -> None:
    of = ask(delivered())
    client = signed_in(boss)
    text = client.get(page(of)).text
    assert "Hand the parcel in by" in text  # the mail with the label
    assert "(what you write)" in text
    client.post(page(of), {"do": "instruct"})
    client.post(page(of), {"do": "receive"})
    assert client.post(page(of), {"do": "inspect", "verified": "no", "finding": " "}).status_code == 422
    client.post(page(of), {"do": "inspect", "verified": "yes", "finding": "Torn."})
    text = client.get(page(of)).text
    assert "Give back €34.80" in text
    assert "€4.90 of it for the delivery" in text
    assert "goes back to the card you paid with" in text  # the mail
    assert not Case.objects.exists()
    client.post(page(of), {"do": "refund"})
    assert client.post(page(of), {"do": "refund"}, follow=True).status_code == 200
    of.refresh_from_db()
    assert (of.state, Case.objects.get().amount) == (State.SETTLED, 3480)
    assert OutgoingMail.objects.filter(template="return_money_back").count() == 1


def test_an_appeal_is_not_offered_to_whoever_decided_first(boss: User) -> None:
    of = ask(delivered())
    returns.inspect(of, staff=boss, verified=False, basis="photos", finding="Nothing is torn.")
    returns.appeal(of)
    text = signed_in(boss).get(page(of)).text
    assert "An appeal is decided by a colleague" in text
    assert 'value="appeal"' not in text
    colleague = member(*ALL, email="colleague@example.com")
    assert 'value="appeal"' in signed_in(colleague).get(page(of)).text
    signed_in(boss).post(page(of), {"do": "appeal", "verified": "yes", "finding": "Oh."})
    of.refresh_from_db()
    assert of.state == State.APPEALED
    signed_in(colleague).post(page(of), {"do": "appeal", "verified": "yes", "finding": "There it is."})
    of.refresh_from_db()
    assert of.state == State.VERIFIED


def test_what_waits_for_staff_is_in_the_list_and_on_the_desk(boss: User) -> None:
    waiting = ask(delivered())
    answered = ask(delivered())
    returns.instruct(answered, staff=boss)
    assert list(settling.waiting_for_staff()) == [waiting]
    (row,) = desk.look(boss, kind="returns").rows
    assert row.url == page(waiting)
    listed = signed_in(member("refunds.view_return", email="d@example.com"))
    text = listed.get(reverse("admin:refunds_return_changelist") + "?waits=staff").text
    assert waiting.number in text
    assert answered.number not in text
