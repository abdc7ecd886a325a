"""Every way in which staff could see a child without permission, training, reason and log (P3, P12, P14)."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import OutgoingMail, User
from books import editions
from books.models import Edition
from orders import mails
from orders.models import Order
from privacy import access_log, contact, policies, training
from privacy.models import PolicyVersion, StaffTraining, VaultAccess
from refunds import changes
from refunds.models import ChangeRequest
from tests.orders.factories import CANARY
from tests.orders.test_review import in_review
from tests.refunds.staff import member, signed_in

pytestmark = pytest.mark.django_db
WHY = "The parent asked about page five"
MAY = ("refunds.change_changerequest", "refunds.view_changerequest", "privacy.view_child_data")


@pytest.fixture
def order() -> Order:
    return in_review()


def asked(order: Order) -> ChangeRequest:
    return changes.ask(order.lines.get(), f"Could {CANARY} have longer hair?")


def boss(*, trained: bool = True) -> User:
    user = User.objects.create_superuser("boss@example.com", "a-long-password")
    if trained:
        training.acknowledge(user, policies.current("privacy"))
    return user


def page_of(request: ChangeRequest) -> str:
    return reverse("refunds:change", args=[request.pk])


def looks() -> int:
    return VaultAccess.objects.filter(actor__startswith="staff:").count()


def test_p12_a_look_with_everything_is_logged_and_shown_to_the_parent(order: Order) -> None:
    request = asked(order)
    user = member(*MAY)
    assert CANARY in signed_in(user).post(page_of(request), {"reason": WHY}).text
    child = Edition.objects.get().child
    (look,) = access_log.of(child).people
    assert (look.who, look.what, look.why) == (f"Our staff (no. {user.pk})", "messages between you and us", WHY)


def test_p12_an_address_opens_nothing_without_a_typed_reason(order: Order) -> None:
    address = page_of(asked(order))
    client = signed_in(member(*MAY))
    for answer in (
        client.get(address),
        client.get(f"{address}?reason={WHY}"),
        client.head(address),
        client.post(f"{address}?reason={WHY}"),
        client.post(address, {"text": "Hello"}),
        client.post(address, {"reason": "asdf asdf asdf", "text": "Hello"}),
    ):
        assert answer.status_code in (200, 405, 422)
        assert CANARY not in answer.text
        assert "no-store" in answer.headers["Cache-Control"]
    assert looks() == 0


def test_p12_a_reason_is_for_one_child_and_is_kept_nowhere(order: Order) -> None:
    one, other = asked(order), asked(in_review())
    client = signed_in(member(*MAY))
    opened = client.post(page_of(one), {"reason": WHY})
    assert CANARY in opened.text
    assert "no-store" in opened.headers["Cache-Control"]
    assert WHY not in str(dict(client.session))
    for address in (page_of(one), page_of(other)):
        again = client.get(address)
        assert CANARY not in again.text
        assert WHY not in again.text
    assert CANARY not in client.post(page_of(other), {"text": "Hello"}).text
    assert set(VaultAccess.objects.filter(reason=WHY).values_list("child", flat=True)) == {
        one.line.edition.child_id  # type: ignore[union-attr]
    }


@pytest.mark.parametrize("why", ["untrained", "old policy", "a year ago", "not yet"])
def test_p14_even_a_superuser_needs_a_valid_acknowledgement(order: Order, why: str) -> None:
    request = asked(order)
    user = boss(trained=False)
    current = policies.current("privacy")
    if why == "old policy":
        training.acknowledge(user, current)
        PolicyVersion.objects.create(
            slug="privacy", version="3", effective_from=timezone.localdate(), html="<p>x</p>", sha256="2" * 64,
            published_at=timezone.now(),
        )  # fmt: skip
    elif why != "untrained":
        when = timezone.now() + (timedelta(days=1) if why == "not yet" else -timedelta(days=365))
        StaffTraining.objects.create(user=user, policy=current, acknowledged_at=when)
    answer = signed_in(user).post(page_of(request), {"reason": WHY})
    assert answer.status_code == 403
    assert CANARY not in answer.text
    assert f'<a href="{reverse("privacy:training")}">Read and acknowledge them here</a>' in answer.text
    assert looks() == 0


def test_p12_whoever_has_left_is_out_at_once(order: Order) -> None:
    request = asked(order)
    user = member(*MAY)
    client = signed_in(user)
    assert CANARY in client.post(page_of(request), {"reason": WHY}).text
    for gone in ({"is_active": False}, {"is_active": True, "is_staff": False}):
        User.objects.filter(pk=user.pk).update(**gone)
        answer = client.post(page_of(request), {"reason": WHY})
        assert (answer.status_code, CANARY in answer.text) == (302, False)


def test_p12_staff_do_not_open_a_parents_own_pages(order: Order) -> None:
    edition = Edition.objects.get()
    line = order.lines.get()
    number = editions.latest(edition).number
    addresses = [
        reverse("books:preview", args=[edition.pk]),
        reverse("books:edit", args=[edition.pk]),
        reverse("books:page", args=[edition.pk, number, 1]),
        reverse("books:full_page", args=[edition.pk, number, 1]),
        reverse("books:photo", args=[edition.pk, number]),
        reverse("books:digital_copy", args=[edition.pk, number]),
        reverse("privacy:data", args=[edition.pk]),
        reverse("privacy:download", args=[edition.pk]),
        reverse("privacy:forget", args=[edition.pk]),
        reverse("orders:order", args=[order.number]),
        reverse("orders:review", args=[order.number, line.pk]),
    ]
    client = signed_in(boss())
    for address in addresses:
        assert client.get(address).status_code in (404, 405), address
        assert client.post(address, {"reason": WHY}).status_code in (404, 405), address
    assert looks() == 0


def test_p12_no_page_of_the_admin_shows_a_child(order: Order) -> None:
    asked(order)
    client = signed_in(boss())
    for model, site in admin.site._registry.items():
        where = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        shown = [client.get(reverse(f"{where}_changelist"))]
        shown += [client.get(reverse(f"{where}_change", args=[row.pk])) for row in model._default_manager.all()[:3]]
        for answer in shown:
            assert answer.status_code == 200, (where, site)
            assert CANARY not in answer.text, where
    assert looks() == 0


def test_p12_a_mail_in_the_admin_is_no_way_in(order: Order) -> None:
    link = mails.fresh_link(order)
    User.objects.create_user("karen@example.com", "a-long-password")
    Client().post(reverse("account_reset_password"), {"email": "karen@example.com"})
    key = OutgoingMail.objects.get(template__startswith="account/password_reset")
    client = signed_in(boss())
    for row, secret in ((link, "/orders/"), (key, "/account/password/reset/")):
        assert secret in OutgoingMail.objects.get(pk=row.pk).text
        page = client.get(reverse("admin:accounts_outgoingmail_change", args=[row.pk])).text
        assert "http://testserver" not in page.partition('id="content"')[2]
        for word in OutgoingMail.objects.get(pk=row.pk).text.split():
            if "://" in word:
                assert word not in page
    assert "(a link)" in client.get(reverse("admin:accounts_outgoingmail_change", args=[link.pk])).text


def test_p12_staff_cannot_become_a_customer() -> None:
    customer = User.objects.create_user("karen@example.com", "a-long-password", name="Karen")
    client = signed_in(boss())
    password = {"password1": "another-long-password", "password2": "another-long-password", "usable_password": "true"}
    assert client.post(f"/admin/accounts/user/{customer.pk}/password/", password).status_code == 403
    client.post(
        f"/admin/accounts/user/{customer.pk}/change/",
        {"email": "boss+karen@example.com", "name": "Karen Holm", "is_active": "on", "is_staff": "on"},
    )
    customer.refresh_from_db()
    assert (customer.email, customer.name, customer.is_staff) == ("karen@example.com", "Karen Holm", False)
    assert customer.check_password("a-long-password")
    for hidden in ("/admin/account/emailaddress/", "/admin/mfa/authenticator/"):
        assert client.get(hidden).status_code == 404


def test_p12_staff_do_not_raise_themselves() -> None:
    user = member("accounts.view_user", "accounts.change_user")
    superuser = boss()
    client = signed_in(user)
    form = {"email": user.email, "name": "", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    client.post(f"/admin/accounts/user/{user.pk}/change/", form)
    user.refresh_from_db()
    assert not user.is_superuser
    password = {"password1": "another-long-password", "password2": "another-long-password", "usable_password": "true"}
    assert client.post(f"/admin/accounts/user/{superuser.pk}/password/", password).status_code == 403
    assert client.post(f"/admin/accounts/user/{superuser.pk}/change/", form).status_code == 403


def test_staff_are_made_in_the_admin() -> None:
    form = {
        "email": "new@example.com", "name": "New", "is_staff": "on", "usable_password": "true",
        "password1": "a-very-long-password", "password2": "a-very-long-password",
    }  # fmt: skip
    assert signed_in(boss()).post("/admin/accounts/user/add/", form).status_code == 302
    assert User.objects.get(email="new@example.com").is_staff


@pytest.mark.parametrize(("permissions", "trained"), [((), True), (("privacy.view_child_data",), False)])
def test_p12_p14_a_message_to_us_is_shut_to_those_who_may_not_look(permissions: tuple[str, ...], trained: bool) -> None:
    said = {"name": "Jo", "email": "jo@example.com", "topic": "other", "order_number": "", "message": f"About {CANARY}"}
    message = contact.receive(said)
    address = reverse("admin:privacy_contactmessage_change", args=[message.pk])
    rights = ("privacy.view_contactmessage", "privacy.change_contactmessage")
    shut = signed_in(member(*rights, *permissions, trained=trained)).get(address)
    assert (shut.status_code, CANARY in shut.text) == (200, False)
    assert "You may not read this" in shut.text
    may = member(*rights, "privacy.view_child_data", email="may@example.com")
    assert CANARY in signed_in(may).get(address).text


def test_p12_an_edition_that_does_not_exist_looks_the_same_to_staff(order: Order) -> None:
    client = signed_in(boss())
    there = client.get(reverse("privacy:data", args=[Edition.objects.get().pk]))
    nowhere = client.get(reverse("privacy:data", args=[UUID(int=7)]))
    assert (there.status_code, nowhere.status_code) == (404, 404)
