"""The contact form works without login and forgets (P9)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin import site
from django.test import Client, RequestFactory

from accounts.models import OutgoingMail, User
from privacy import contact, keystore, policies, retention, training, views
from privacy.admin import ContactMessageAdmin
from privacy.models import ContactMessage
from privacy.register import ANSWER_WITHIN, MESSAGE_RETENTION

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.privacy.urlconf")]
SAID = {
    "name": "Jo Parent",
    "email": "jo@example.test",
    "topic": "privacy",
    "order_number": " ld-7k3m9q ",
    "message": "Please delete what you know about Zephyrine.",
    "website": "",
}


def test_p9_a_message_arrives_and_is_acknowledged(client: Client) -> None:
    with time_machine.travel("2026-03-01T10:00:00+00:00", tick=False):
        answer = client.post("/contact/", SAID)
        page = client.get("/contact/received/").content.decode()
    assert (answer.status_code, answer.headers["Location"]) == (302, "/contact/received/")
    message = ContactMessage.objects.get()
    assert (message.name, message.email, message.topic) == ("Jo Parent", "jo@example.test", "privacy")
    assert message.order_number == "LD-7K3M9Q"
    assert contact.words(message) == SAID["message"]
    assert b"Zephyrine" not in bytes(message.sealed)
    assert message.answer_by - message.sent_at == ANSWER_WITHIN == timedelta(days=30)
    assert message.purge_at - message.sent_at == MESSAGE_RETENTION
    mail = OutgoingMail.objects.get()
    assert (mail.recipient, mail.template) == ("jo@example.test", "contact_received")
    assert message.reference in mail.subject
    assert "31 March 2026" in mail.text
    assert message.reference in page


def test_p9_neither_mail_nor_session_nor_admin_name_repeats_the_message(client: Client) -> None:
    client.post("/contact/", SAID)
    mail = OutgoingMail.objects.get()
    assert "Zephyrine" not in f"{mail.subject}{mail.text}{mail.html}"
    assert dict(client.session.items()) == {"contact_reference": ContactMessage.objects.get().reference}
    assert "Zephyrine" not in str(ContactMessage.objects.get())


@pytest.mark.parametrize("field", ["name", "email", "topic", "message"])
def test_a_missing_field_is_named_and_the_rest_stays(client: Client, field: str) -> None:
    answer = client.post("/contact/", SAID | {field: ""})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert f'id="id_{field}-error"' in text
    assert text.count("field__error") == 1
    kept = "Zephyrine" if field != "message" else "Jo Parent"
    assert kept in text
    assert not ContactMessage.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_a_bad_address_and_topic_are_refused(client: Client) -> None:
    assert client.post("/contact/", SAID | {"email": "jo"}).status_code == 422
    assert client.post("/contact/", SAID | {"topic": "spam"}).status_code == 422
    assert client.post("/contact/", SAID | {"message": "x" * 5001}).status_code == 422


def test_programs_are_thanked_and_ignored(client: Client) -> None:
    answer = client.post("/contact/", SAID | {"website": "https://spam.example"})
    assert answer.headers["Location"] == "/contact/received/"
    assert not ContactMessage.objects.exists()
    assert not OutgoingMail.objects.exists()
    assert client.get("/contact/received/").status_code == 200


def test_p53_a_flood_is_slowed_down(client: Client, cached: Callable[[], dict[str, str]]) -> None:
    statuses = [client.post("/contact/", SAID).status_code for _ in range(views.MESSAGES_PER_HOUR + 2)]
    assert statuses == [302] * views.MESSAGES_PER_HOUR + [429] * 2
    assert ContactMessage.objects.count() == views.MESSAGES_PER_HOUR
    assert client.post("/contact/", SAID, REMOTE_ADDR="10.0.0.9").status_code == 302
    assert cached()
    assert not any("127.0.0.1" in key for key in cached())


def test_who_is_signed_in_need_not_type_it_again(client: Client) -> None:
    client.force_login(
        User.objects.create_user("jo@example.test", "correct horse battery", name="Jo Parent"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    text = client.get("/contact/?topic=return&order_number=LD-7K3M9Q").content.decode()
    for known in ('value="jo@example.test"', 'value="Jo Parent"', 'value="LD-7K3M9Q"', 'value="return" selected'):
        assert known in text


def test_what_was_typed_comes_back_escaped(client: Client) -> None:
    answer = client.post("/contact/", SAID | {"message": "</textarea><script>", "name": ""})
    assert "<script>" not in answer.content.decode().split("<main")[1].split("</main")[0]


def test_p9_after_its_day_neither_row_nor_key_is_left(client: Client) -> None:
    client.post("/contact/", SAID)
    kept = ContactMessage.objects.get()
    with time_machine.travel(kept.purge_at - timedelta(seconds=1), tick=False):
        assert retention.purge().messages == 0
        assert contact.words(kept) == SAID["message"]
    with time_machine.travel(kept.purge_at, tick=False):
        assert retention.purge().messages == 1
    assert not ContactMessage.objects.exists()
    # The row as a backup has it: without its key it says nothing.
    assert contact.words(kept) is None
    with pytest.raises(keystore.KeyGone):
        keystore.current().get_single(kept.reference)


def test_staff_read_the_words_in_the_admin_and_cannot_change_them(client: Client) -> None:
    client.post("/contact/", SAID)
    message = ContactMessage.objects.get()
    shown = ContactMessageAdmin(ContactMessage, site)
    assert shown.words(message) == SAID["message"]
    request = RequestFactory().get("/")
    request.user = User.objects.create_superuser("boss@example.test", "correct horse battery")
    fields, fixed = shown.get_fields(request, message), shown.get_readonly_fields(request, message)
    assert set(fields) - set(fixed) == {"answered_at"}
    assert ("words" in fields, "why_shut" in fields) == (False, True)
    training.acknowledge(request.user, policies.current("privacy"))
    assert "words" in shown.get_fields(request, message)
    keystore.current().destroy_singles([message.reference])
    assert shown.words(message) == "The words are gone."
