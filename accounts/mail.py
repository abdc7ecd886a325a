"""Mail to people: decided once, kept as a row, sent by the worker, found again by a sweeper.

A mail names the order, never the child (see docs/decisions/0006). It is rendered when it is decided, so that what was
promised at that moment is what arrives.
"""

import re
from datetime import datetime, timedelta
from email.utils import make_msgid
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.hints import hint
from accounts.models import OutgoingMail

log = structlog.get_logger("littledreamers.mail")

LEASE = timedelta(minutes=2)
MAX_TRIES = 12


def queue(*, key: str, template: str, to: str, context: dict[str, Any]) -> OutgoingMail:
    """Render `templates/emails/<template>/` and store the mail; a second call with the same key changes nothing.

    `context` must hold nothing about the child. The mail leaves after the surrounding transaction is committed.
    """
    existing = OutgoingMail.objects.filter(key=key).first()
    if existing is not None:
        return existing
    context = {
        "shop_name": settings.SHOP_NAME,
        "site_url": settings.SITE_URL,
        "controller": settings.CONTROLLER,
        "retention_days": settings.CHILD_RETENTION.days,
        **context,
    }
    folder = f"emails/{template}"
    mail, created = OutgoingMail.objects.get_or_create(
        key=key,
        defaults={
            "template": template,
            "recipient": to,
            "subject": " ".join(render_to_string(f"{folder}/subject.txt", context).split()),
            "text": render_to_string(f"{folder}/body.txt", context).strip() + "\n",
            "html": render_to_string(f"{folder}/body.html", context),
            "message_id": make_msgid(domain=settings.CONTROLLER["email"].rpartition("@")[2]),
        },
    )
    if created:
        from accounts.tasks import deliver_mail

        hint(deliver_mail, mail.pk)
    return mail


def waiting() -> QuerySet[OutgoingMail]:
    """Mails that nobody is sending: queued ones, and those whose sender died or was refused and whose lease is over."""
    now = timezone.now()
    return OutgoingMail.objects.filter(
        Q(state=OutgoingMail.State.QUEUED) | Q(state=OutgoingMail.State.SENDING, lease_until__lt=now)
    )


def deliver(mail_id: int) -> bool:
    """Send one waiting mail. False: somebody else has it, or it could not be sent now and will be tried again.

    A sender that dies after the server took the mail causes a second one with the same Message-ID, which mail
    programs show once.
    """
    now = timezone.now()
    if (
        not waiting()
        .filter(pk=mail_id)
        .update(state=OutgoingMail.State.SENDING, lease_until=now + LEASE, tries=F("tries") + 1)
    ):
        return False
    mail = OutgoingMail.objects.get(pk=mail_id)
    message = EmailMultiAlternatives(
        mail.subject, mail.text, to=[mail.recipient], headers={"Message-ID": mail.message_id}
    )
    message.attach_alternative(mail.html, "text/html")
    try:
        message.send()
    except OSError as error:  # smtplib's errors are OSErrors too
        log.warning("mail not sent", mail=mail.pk, template=mail.template, error=type(error).__name__)
        over = mail.tries >= MAX_TRIES
        OutgoingMail.objects.filter(pk=mail_id, state=OutgoingMail.State.SENDING).update(
            state=OutgoingMail.State.FAILED if over else OutgoingMail.State.SENDING,
            lease_until=now + timedelta(seconds=10) * 2 ** min(mail.tries, 8),
        )
        return False
    OutgoingMail.objects.filter(pk=mail_id).update(
        state=OutgoingMail.State.SENT, sent_at=timezone.now(), lease_until=None
    )
    return True


def shown(mail: OutgoingMail) -> str:
    """The text for eyes of staff, without its links: whoever has an order's link sees the child, and whoever has a link
    for a new password is that customer (P12)."""
    if mail.template.startswith("account/"):
        return "Not shown: it holds a key to the account."
    return re.sub(r"\S*https?://\S+", "(a link)", mail.text)


def forget_bodies(*, now: datetime | None = None, batch: int = 1000) -> int:
    """Drop the words and the address of mails older than `MAIL_BODY_RETENTION`, sent or given up; returns how many."""
    before = (now or timezone.now()) - settings.MAIL_BODY_RETENTION
    over = Q(state=OutgoingMail.State.SENT, sent_at__lt=before) | Q(created_at__lt=before)
    due = OutgoingMail.objects.filter(over).exclude(recipient="", text="").order_by("pk")
    pks = list(due.values_list("pk", flat=True)[:batch])
    # A mail that could not be sent in all that time is not sent any more: what it says is no longer true.
    return OutgoingMail.objects.filter(pk__in=pks).update(
        recipient="",
        subject="",
        text="",
        html="",
        state=Case(
            When(state=OutgoingMail.State.SENT, then=Value(OutgoingMail.State.SENT)),
            default=Value(OutgoingMail.State.FAILED),
        ),
    )


def forget_marks(*, now: datetime | None = None, batch: int = 1000) -> int:
    """Drop what is left of a mail, that it was sent, after `MAIL_MARK_RETENTION`; returns how many."""
    due = OutgoingMail.objects.filter(created_at__lte=(now or timezone.now()) - settings.MAIL_MARK_RETENTION)
    pks = list(due.order_by("pk").values_list("pk", flat=True)[:batch])
    return OutgoingMail.objects.filter(pk__in=pks).delete()[0]
