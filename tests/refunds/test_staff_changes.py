"""Staff look at versions and propose one: after saying why, with permission and training, every look logged."""

import json

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from books import editions, revisions
from books.models import Edition, Revision
from books.personalisation import Crop
from books.photo import SanitisedPhoto
from books.story import Story
from orders.models import Order, OrderLine
from privacy import access_log, children, vault
from privacy.masked import Masked
from privacy.models import Child, StaffTraining, VaultAccess
from privacy.purposes import Actor, Kind
from refunds import changes, versions
from refunds.models import ChangeMessage, ChangeRequest
from tests.books.making import LOOKS
from tests.books.making import answers as personalised
from tests.books.small_story import portrait
from tests.orders import jobs
from tests.orders.factories import CANARY
from tests.refunds.staff import member, signed_in
from tests.refunds.version_staff import WHY, client, user

__all__ = ["client", "user"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(small_story: Story) -> ChangeRequest:
    return changes.ask(
        jobs.in_review(small_story).lines.get(), changes.Wish(f"Could {CANARY} have longer hair?", page=5)
    )


def edition() -> Edition:
    return Edition.objects.select_related("child").get()


def with_photo() -> None:
    said = versions.said(edition(), 1, actor=Actor.parent()).reveal()
    photo = SanitisedPhoto(Masked(portrait(400)), 400, 400)
    said = type(said)(said.name, said.age, LOOKS, said.dedication, None, Crop(x=0.0, y=0.0, size=1.0))
    editions.revise(edition(), personalisation=said, photo=photo)


def address(asked: ChangeRequest, name: str = "change", *args: int) -> str:
    return reverse(f"refunds:{name}", args=[asked.pk, *args])


def pages(asked: ChangeRequest) -> list[str]:
    return [
        address(asked, "staff_compare"),
        address(asked, "propose"),
        address(asked, "version_page", 1, 5),
        address(asked, "version_photo", 2),
    ]


def token(client: Client, asked: ChangeRequest) -> str:
    opened = client.post(address(asked), {"reason": WHY})
    return str(opened.context["pass"])


def looks() -> set[tuple[str, str]]:
    return set(VaultAccess.objects.filter(actor__startswith="staff:").values_list("kind", "reason"))


def proposal(asked: ChangeRequest, client: Client, **other: object) -> dict[str, object]:
    said = {**personalised(name=CANARY, age="5", dedication="For you"), "text": "A red coat.", "seen": "1"}
    return {**said, "outfit": "raincoat-red", "pass": token(client, asked), **other}


# --- who may ----------------------------------------------------------------------------------------------------------


def test_p12_nothing_is_shown_without_a_reason(asked: ChangeRequest, client: Client) -> None:
    with_photo()
    for page in pages(asked):
        for query in ("", "?pass=made-up", f"?reason={WHY}"):
            answer = client.get(page + query)
            assert answer.status_code in (200, 302, 403), page
            assert CANARY not in answer.text if answer.headers.get("Content-Type", "").startswith("text") else False
            assert "no-store" in answer.headers["Cache-Control"]
    assert looks() == set()


@pytest.mark.parametrize(("permissions", "trained"), [((), True), (("privacy.view_child_data",), False)])
def test_p12_p14_a_reason_alone_opens_nothing(
    asked: ChangeRequest, client: Client, permissions: tuple[str, ...], trained: bool
) -> None:
    with_photo()
    mine = token(client, asked)
    barred = signed_in(
        member("refunds.change_changerequest", *permissions, trained=trained, email="barred@example.com")
    )
    compared = barred.post(address(asked, "staff_compare"), {"reason": WHY})
    assert compared.status_code == 403
    for page in pages(asked):
        answer = barred.get(f"{page}?pass={mine}")  # a pass of somebody else
        assert answer.status_code in (200, 302, 403)
        assert answer.headers["Content-Type"] != "image/jpeg"
        assert not answer.headers["Content-Type"].startswith("text/html") or CANARY not in answer.text
    assert {actor for actor in VaultAccess.objects.values_list("actor", flat=True) if "staff" in actor} == {
        f"staff:{User.objects.get(email='staff@example.com').pk}"
    }


def test_p14_a_pass_is_worth_nothing_when_training_or_permission_have_gone(
    asked: ChangeRequest, client: Client, user: User
) -> None:
    mine = token(client, asked)
    picture = address(asked, "version_page", 1, 5) + f"?pass={mine}"
    assert client.get(picture).headers["Content-Type"] == "image/jpeg"
    StaffTraining.objects.filter(user=user).delete()
    assert client.get(picture).status_code == 403


def test_p12_a_customer_and_a_colleague_without_the_permission_do_not_get_in(asked: ChangeRequest) -> None:
    for page in pages(asked):
        for method in ("get", "post"):
            assert getattr(Client(), method)(page).status_code == 302
            nobody = signed_in(User.objects.filter(email="no@example.com").first() or member(email="no@example.com"))
            assert getattr(nobody, method)(page).status_code == 403


# --- what they see ----------------------------------------------------------------------------------------------------


def test_p22_p12_the_pages_concerned_stand_beside_the_words_and_every_look_is_logged(
    asked: ChangeRequest, client: Client, user: User
) -> None:
    page = client.post(address(asked), {"reason": WHY})
    mine = page.context["pass"]
    assert "About page\xa05, as it is now" in page.text
    assert "Answer by" in page.text
    picture = client.get(address(asked, "version_page", 1, 5) + f"?pass={mine}")
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert "no-store" in picture.headers["Cache-Control"]
    assert client.get(address(asked, "version_page", 1, 99) + f"?pass={mine}").status_code == 404
    assert client.get(address(asked, "version_page", 7, 1) + f"?pass={mine}").status_code == 404
    again = client.get(address(asked) + f"?pass={mine}")
    assert CANARY in again.text
    assert WHY not in again.text
    assert looks() == {("message", WHY), ("personalisation", WHY)}
    shown = access_log.of(edition().child).people
    assert {look.why for look in shown} == {WHY}


def test_p22_staff_compare_what_the_parent_compares(asked: ChangeRequest, client: Client) -> None:
    said = versions.said(edition(), 1, actor=Actor.parent()).reveal()
    editions.revise(edition(), personalisation=type(said)(said.name, said.age, said.looks, "Sleep well"))
    page = client.post(address(asked, "staff_compare"), {"reason": WHY})
    assert "<strong>dedication</strong>. 1 of 8 pages look different" in page.text
    pair = page.context["pairs"].changed[0]
    left, right = client.get(pair.left), client.get(pair.right)
    assert (left.status_code, right.status_code, left.content != right.content) == (200, 200, True)
    held = vault.numbers(edition().child, Kind.PREVIEW_PAGE)
    assert held == [revisions.place(editions.latest(edition()), 1)]  # the older one was not kept
    assert ("personalisation", WHY) in looks()
    mine = page.context["pass"]
    other = client.get(address(asked, "staff_compare") + f"?pass={mine}&left=2&right=1")
    assert other.context["found"].left.number == 2
    assert client.get(address(asked, "staff_compare") + f"?pass={mine}&left=8").status_code == 404


def test_p10_versions_of_a_forgotten_child_are_gone_for_staff_too(asked: ChangeRequest, client: Client) -> None:
    with_photo()
    mine = token(client, asked)
    children.forget(edition().child, reason=Child.End.DELETED)
    assert client.post(address(asked, "staff_compare"), {"reason": WHY}).status_code == 410
    for name, numbers in (("version_page", (1, 5)), ("version_photo", (2,))):
        assert client.get(address(asked, name, *numbers) + f"?pass={mine}").status_code == 410
    for page in (address(asked), address(asked, "staff_compare")):
        gone = client.get(page + f"?pass={mine}")
        assert (gone.status_code, "has been forgotten" in gone.text) == (410, True)
    refused = client.get(address(asked, "propose") + f"?pass={mine}", follow=True)
    assert "approved or cancelled meanwhile" in refused.text
    assert CANARY not in refused.text


# --- what they propose ------------------------------------------------------------------------------------------------


def test_p22_the_form_is_the_parents_without_a_photo_to_choose(asked: ChangeRequest, client: Client) -> None:
    with_photo()
    page = client.get(address(asked, "propose") + f"?pass={token(client, asked)}")
    assert page.status_code == 200
    assert f'value="{CANARY}"' in page.text
    assert "Could Wilhelmina-Canary have longer hair?" in page.text
    assert "Choose another photo" not in page.text
    assert 'name="photo" disabled hidden' in page.text
    (photo,) = [part for part in page.text.split('"') if "photo.jpg?pass=" in part]
    assert client.get(photo).headers["Content-Type"] == "image/jpeg"
    assert ("photo", WHY) in looks()


def test_p22_a_proposal_makes_the_version_and_says_so(asked: ChangeRequest, client: Client, user: User) -> None:
    answer = client.post(address(asked, "propose"), proposal(asked, client), follow=True)
    assert "Version 2 is made. The parent is told by mail when its copy is ready." in answer.text
    assert CANARY not in answer.text
    said = versions.said(edition(), 2, actor=Actor.parent()).reveal()
    assert (said.name, said.looks.outfit, said.dedication) == (CANARY, "raincoat-red", "For you")
    assert editions.latest(edition()).made_by == Revision.MadeBy.STAFF
    assert ChangeMessage.objects.get(from_staff=True).version == 2
    page = client.post(address(asked), {"reason": WHY}).text
    assert "with version 2" in page
    assert "our staff, for the parent" in page


def test_p22_a_photo_that_staff_send_along_is_not_taken(asked: ChangeRequest, client: Client) -> None:
    from tests.books.making import photo

    client.post(address(asked, "propose"), proposal(asked, client, photo=photo()))
    assert vault.numbers(edition().child, Kind.PHOTO) == []
    assert versions.said(edition(), 2, actor=Actor.parent()).reveal().photo is None


def test_p22_a_proposal_without_words_or_with_a_wrong_name_stays_in_the_form(
    asked: ChangeRequest, client: Client
) -> None:
    where = address(asked, "propose")
    silent = client.post(where, proposal(asked, client, text=" "))
    assert (silent.status_code, "Tell the parent what you have changed." in silent.text) == (422, True)
    nameless = client.post(where, proposal(asked, client, name=""))
    assert (nameless.status_code, "A red coat.</textarea>" in nameless.text) == (422, True)
    quick: HttpResponse = client.post(  # type: ignore[assignment]
        where, proposal(asked, client, text="", name=""), headers={"Accept": "application/json"}
    )
    assert set(json.loads(quick.content)["errors"]) == {"name", "text"}
    assert Revision.objects.count() == 1


def test_p22_a_book_changed_meanwhile_is_not_overwritten(asked: ChangeRequest, client: Client) -> None:
    form = proposal(asked, client)
    said = versions.said(edition(), 1, actor=Actor.parent()).reveal()
    editions.revise(edition(), personalisation=said)
    answer = client.post(address(asked, "propose"), form)
    assert (answer.status_code, "The parent has changed the book meanwhile: version 2." in answer.text) == (422, True)
    assert Revision.objects.count() == 2


def test_p7_p21_an_approved_book_takes_no_answer_and_no_proposal(asked: ChangeRequest, client: Client) -> None:
    form = proposal(asked, client)
    Order.objects.update(state=Order.State.APPROVED)
    OrderLine.objects.update(approved_revision=1)
    changes.close_book(OrderLine.objects.get())
    refused = client.post(address(asked, "propose"), form, follow=True)
    assert "approved or cancelled meanwhile" in refused.text
    late = client.post(address(asked), {"reason": WHY, "text": "Of course"})
    assert (late.status_code, "Your answer was not sent." in late.text) == (409, True)
    read = client.post(address(asked), {"reason": WHY})
    assert CANARY in read.text
    assert "Send the answer" not in read.text
    assert Revision.objects.count() == 1
    assert not ChangeMessage.objects.filter(from_staff=True).exists()


def test_p22_the_list_of_staff_begins_with_the_longest_wait(
    asked: ChangeRequest, client: Client, small_story: Story
) -> None:
    later = changes.ask(jobs.in_review(small_story).lines.get(), "Hello")
    changes.answer(
        changes.ask(jobs.in_review(small_story).lines.get(), "Hello"), staff=member(email="b@example.com"), text="Hello"
    )
    page = client.get(reverse("admin:refunds_changerequest_changelist"))
    assert [row.pk for row in page.context["cl"].result_list][:2] == [asked.pk, later.pk]
    late = client.get(reverse("admin:refunds_changerequest_changelist") + "?waits=overdue")
    assert late.context["cl"].result_count == 0
