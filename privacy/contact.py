"""The contact form: works without an account, is acknowledged by mail, and forgets its messages (P9)."""

import secrets
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import mail
from privacy import ciphers, keystore, receipts
from privacy.models import ContactMessage
from privacy.register import ANSWER_WITHIN, MESSAGE_RETENTION

REFERENCE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class ContactForm(forms.Form):
    """Name, e-mail address, topic, perhaps an order number, and the message."""

    name = forms.CharField(
        label="Your name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Please tell us your name."},
    )
    email = forms.EmailField(
        label="Your e-mail address",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": "Please tell us where to answer.",
            "invalid": "This does not look like an e-mail address. Please check it.",
        },
    )
    topic = forms.ChoiceField(
        label="What is it about?",
        choices=[("", "Please choose"), *ContactMessage.Topic.choices],
        error_messages={"required": "Please choose what it is about."},
    )
    order_number = forms.CharField(
        label="Order number",
        max_length=12,
        required=False,
        help_text="As in LD-7K3M9Q; it is in every mail about your order.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    message = forms.CharField(
        label="Your message",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={"required": "Please write what we can do for you."},
    )
    # People do not see this field; programs that fill in everything do.
    website = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    @property
    def is_spam(self) -> bool:
        return bool(self.cleaned_data.get("website"))

    def clean_order_number(self) -> str:
        number: str = self.cleaned_data["order_number"]
        return number.strip().upper()


def receive(said: dict[str, Any]) -> ContactMessage:
    """Store a message with its own day of deletion and acknowledge it by mail. The mail does not repeat the
    message, which may speak of a child."""
    now = timezone.now()
    reference = "C-" + "".join(secrets.choice(REFERENCE_LETTERS) for _ in range(6))
    key = keystore.current().create_single(reference)
    with transaction.atomic():
        message = ContactMessage.objects.create(
            reference=reference,
            name=said["name"],
            email=said["email"],
            topic=said["topic"],
            order_number=said["order_number"],
            sealed=ciphers.seal(key, said["message"].encode(), _place(reference)),
            sent_at=now,
            answer_by=now + ANSWER_WITHIN,
            purge_at=now + MESSAGE_RETENTION,
        )
        mail.queue(
            key=f"contact:{message.reference}",
            template="contact_received",
            to=message.email,
            context={
                "reference": message.reference,
                "topic": ContactMessage.Topic(message.topic).label,
                "answer_by": message.answer_by,
                "message_days": MESSAGE_RETENTION.days,
                "link": f"{settings.SITE_URL}/policies/privacy/",
            },
        )
    return message


def words(message: ContactMessage) -> str | None:
    """What was written, for the staff who answer it; None once its key is gone."""
    try:
        key = keystore.current().get_single(message.reference)
        return ciphers.unseal(key, bytes(message.sealed), _place(message.reference)).decode()
    except (keystore.KeyGone, ciphers.Damaged, ValueError):
        return None


def forget(messages: Sequence[ContactMessage]) -> int:
    """Delete messages: their keys first, so that no backup tells what they said. One receipt for all of them."""
    keys = keystore.current().destroy_singles(message.reference for message in messages)
    with transaction.atomic():
        count = ContactMessage.objects.filter(pk__in=[message.pk for message in messages]).delete()[0]
        if count:
            receipts.append(at=timezone.now(), reason="messages", counts={"keys": keys, "messages": count})
    return count


def _place(reference: str) -> bytes:
    return f"littledreamers|contact|{reference}".encode()
