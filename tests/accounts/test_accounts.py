"""Signing up, signing in and choosing a new password: e-mail is the login, mails go through the shop's own queue."""

import pytest
from django.test import Client

from accounts.models import OutgoingMail, User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def sign_up(client: Client, **other: str) -> int:
    data = {"name": "Robin Larkspur", "email": "robin@example.org", "password1": PASSWORD, **other}
    return client.post("/account/signup/", data).status_code


def mail(template: str) -> OutgoingMail:
    return OutgoingMail.objects.get(template=f"account/{template}")


def test_p45_an_account_needs_name_and_mail_address_only(client: Client) -> None:
    assert sign_up(client) == 302
    user = User.objects.get()
    assert (user.name, user.email) == ("Robin Larkspur", "robin@example.org")
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize("missing", ["name", "email", "password1"])
def test_p45_what_is_missing_is_asked_for(client: Client, missing: str) -> None:
    assert sign_up(client, **{missing: ""}) == 200
    assert not User.objects.exists()


def test_p59_the_welcome_mail_verifies_the_address_and_carries_no_password(client: Client) -> None:
    sign_up(client)
    welcome = OutgoingMail.objects.get()
    assert welcome.recipient == "robin@example.org"
    assert "/account/confirm-email/" in welcome.text
    assert PASSWORD not in welcome.text + welcome.html


@pytest.mark.parametrize("password", ["short", "password1234"])
def test_p54_passwords_are_long_and_not_common(client: Client, password: str) -> None:
    assert sign_up(client, password1=password) == 200
    assert not User.objects.exists()


def test_p54_signing_out_ends_the_session(client: Client) -> None:
    sign_up(client)
    client.post("/account/logout/")
    assert client.get("/account/").status_code == 302


def test_the_address_is_the_login_whatever_its_case(client: Client) -> None:
    User.objects.create_user("robin@example.org", PASSWORD)
    client.post("/account/login/", {"login": "Robin@Example.org", "password": PASSWORD})
    assert client.get("/account/").status_code == 200


def test_a_new_password_comes_by_a_link(client: Client) -> None:
    User.objects.create_user("robin@example.org", PASSWORD)
    client.post("/account/password/reset/", {"email": "robin@example.org"})
    assert "/account/password/reset/key/" in mail("password_reset_key").text


def test_asking_for_a_new_password_tells_nobody_who_has_an_account(client: Client) -> None:
    User.objects.create_user("robin@example.org", PASSWORD)
    asked = ("robin@example.org", "nobody@example.org")
    answers = [client.post("/account/password/reset/", {"email": address}) for address in asked]
    assert [answer.headers["Location"] for answer in answers] == ["/account/password/reset/done/"] * 2
    assert mail("unknown_account").recipient == "nobody@example.org"
