"""The daily mail with the head of the chain of receipts: a copy that this machine cannot take back (F24)."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts import mail
from accounts.models import OutgoingMail
from privacy import receipts
from privacy.models import Receipt


def mail_head(*, now: datetime | None = None) -> OutgoingMail:
    """Mail today's head to `RECEIPTS_MAIL_TO`: once a day however often it is called, and also on days on which
    nothing was forgotten, so that silence means that the machine has stopped."""
    at = now or timezone.now()
    key = f"receipts:{timezone.localdate(at)}"
    sent = OutgoingMail.objects.filter(key=key).first()
    if sent is not None:
        return sent
    found = receipts.verify()
    last = Receipt.objects.order_by("-pk").values_list("at", flat=True).first()
    return mail.queue(
        key=key,
        template="receipts_head",
        to=settings.RECEIPTS_MAIL_TO,
        context={
            "count": found.count,
            "head": found.head,
            "problems": found.problems,
            "last_at": last,
            "now": at,
            "link": settings.SITE_URL + reverse("privacy:receipts"),
        },
    )
