"""What staff decide about, behind their login and their permissions."""

import pytest
from django.test import Client
from django.urls import reverse

from books.models import Edition
from orders.models import Order, Refund
from privacy import children
from privacy.models import Child
from refunds import changes
from refunds.models import Case, ChangeMessage, ChangeRequest
from tests.orders.factories import CANARY, make_ordered
from tests.orders.test_review import in_review
from tests.payment_sandbox import SandboxAtWork
from tests.refunds.paying import paid_order
from tests.refunds.staff import member, signed_in

pytestmark = pytest.mark.django_db
WHY = {"reason": "the parent asked us to look"}


def asked() -> ChangeRequest:
    return changes.ask(in_review().lines.get(), f"Could {CANARY} have longer hair?")


def pages() -> list[tuple[str, str]]:
    """Each page that decides, and the permission it needs."""
    request = asked()
    return [
        (reverse("refunds:cancel", args=[request.line.order.number]), "refunds.add_case"),
        (reverse("refunds:change", args=[request.pk]), "refunds.change_changerequest"),
    ]


def test_f19_staff_pages_need_a_login_and_their_own_permission() -> None:
    (cancel, may_cancel), (change, may_change) = pages()
    customer = member(email="customer@example.com")
    customer.is_staff = False
    customer.save()
    nobody = member(email="new@example.com")
    for address, other in ((cancel, may_change), (change, may_cancel)):
        for method in ("get", "post"):
            for client in (Client(), signed_in(customer)):
                answer = getattr(client, method)(address, WHY)
                assert answer.status_code == 302
                assert answer.headers["Location"].startswith(reverse("admin:login"))
            assert getattr(signed_in(nobody), method)(address, WHY).status_code == 403
            wrong = member(other, email=f"{method}{len(address)}@example.com")
            assert getattr(signed_in(wrong), method)(address, WHY).status_code == 403
    assert Order.objects.get().state == Order.State.IN_REVIEW
    assert not Case.objects.exists()


def test_p23_staff_cancel_after_seeing_what_goes_back(payment_sandbox: SandboxAtWork) -> None:
    order = paid_order(payment_sandbox)
    user = member("refunds.add_case", "orders.view_order")
    client = signed_in(user)
    address = reverse("refunds:cancel", args=[order.number])
    page = client.get(address).text
    assert f"Cancel {order.number} and give back €34.80" in page
    assert CANARY not in page
    unsure = client.post(address, {"note": "asked on the telephone"})
    assert (unsure.status_code, "Please tick this to go on." in unsure.text) == (422, True)
    assert "asked on the telephone</textarea>" in unsure.text
    assert not Case.objects.exists()
    answer = client.post(address, {"note": "asked on the telephone", "sure": "on"}, follow=True)
    assert "the customer has been told, the money goes back." in answer.text
    case = Case.objects.get()
    assert (case.decided_by, case.note) == (user, "asked on the telephone")
    client.post(address, {"sure": "on"})
    assert Refund.objects.count() == 1
    assert "This order is cancelled already." in client.get(address).text


def test_an_order_that_cannot_be_cancelled_says_so() -> None:
    order = make_ordered(state=Order.State.SHIPPED)
    client = signed_in(member("refunds.add_case", "orders.view_order"))
    address = reverse("refunds:cancel", args=[order.number])
    assert "can no longer be cancelled" in client.get(address).text
    answer = client.post(address, {"sure": "on"}, follow=True)
    assert "The book is at the printer or further" in answer.text


def test_p12_the_words_are_opened_with_a_reason_and_answered() -> None:
    request = asked()
    client = signed_in(member("refunds.change_changerequest", "privacy.view_child_data", "refunds.view_changerequest"))
    address = reverse("refunds:change", args=[request.pk])
    assert CANARY not in client.get(address).text
    missing = client.post(address, {"reason": ""})
    assert (missing.status_code, CANARY in missing.text) == (422, False)
    opened = client.post(address, WHY)
    assert opened.status_code == 200
    assert f"Could {CANARY} have longer hair?" in opened.text
    assert "no-store" in opened.headers["Cache-Control"]
    empty = client.post(address, {**WHY, "text": " "})
    assert (empty.status_code, "Write an answer." in empty.text, CANARY in empty.text) == (422, True, True)
    sent = client.post(address, {**WHY, "text": "Yes, look again."}, follow=True)
    assert "Sent. The parent has been told by mail." in sent.text
    assert CANARY not in sent.text
    assert ChangeMessage.objects.filter(from_staff=True).count() == 1


@pytest.mark.parametrize(
    "permissions,trained,words",
    [
        ([], True, "Your account may not look at children&#x27;s data."),
        (["privacy.view_child_data"], False, "First read and acknowledge the privacy policy that is in force"),
    ],
)
def test_p12_p14_without_permission_or_training_the_words_stay_shut(
    permissions: list[str], trained: bool, words: str
) -> None:
    request = asked()
    client = signed_in(member("refunds.change_changerequest", *permissions, trained=trained))
    for form in (WHY, {**WHY, "text": "Hello"}):
        answer = client.post(reverse("refunds:change", args=[request.pk]), form)
        assert answer.status_code == 403
        assert words in answer.text
        assert CANARY not in answer.text
    assert ChangeMessage.objects.count() == 1


def test_p35_a_forgotten_conversation_is_a_page_that_says_so() -> None:
    request = asked()
    children.forget(Edition.objects.get().child, reason=Child.End.DELETED)
    client = signed_in(member("refunds.change_changerequest", "privacy.view_child_data"))
    address = reverse("refunds:change", args=[request.pk])
    assert client.get(address).status_code == 200
    answer = client.post(address, WHY)
    assert answer.status_code == 410
    assert "Everything about this child has been forgotten." in answer.text


def test_f27_odd_addresses_are_404s() -> None:
    client = signed_in(member("refunds.add_case", "refunds.change_changerequest"))
    for address in (
        "/staff/orders/%00/cancel/",
        "/staff/orders/LD-000000/cancel/",
        "/staff/changes/99999999999999999999/",
    ):
        assert client.get(address).status_code == 404
