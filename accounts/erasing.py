"""Erasing what is known about people with an account, and about those who try to sign in.

Each function of the sweep does at most `batch` rows and returns how many; see `accounts.claims`.
"""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress, EmailConfirmation
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from accounts.models import OutgoingMail, User

ADDRESS_CHECK_RETENTION = timedelta(days=30)


def sessions(*, now: datetime, batch: int) -> int:
    """Sessions whose time is over, with whatever they remembered."""
    return _delete(Session.objects.filter(expire_date__lte=now), batch)


def login_attempts(*, now: datetime, batch: int) -> int:
    """What was noted of failed logins, once it can lock nobody out any more (P58)."""
    before = now - settings.LOGIN_ATTEMPT_RETENTION
    return sum(
        _delete(model.objects.filter(attempt_time__lte=before), batch)
        for model in (AccessAttempt, AccessFailureLog, AccessLog)
    )


def address_checks(*, now: datetime, batch: int) -> int:
    """Questions whether an e-mail address is right, answered or not."""
    return _delete(EmailConfirmation.objects.filter(created__lte=now - ADDRESS_CHECK_RETENTION), batch)


def staff_log(*, now: datetime, batch: int) -> int:
    """The admin's history of who changed which row."""
    return _delete(LogEntry.objects.filter(action_time__lte=now - settings.STAFF_LOG_RETENTION), batch)


@transaction.atomic
def account(user: User) -> None:
    """Delete an account: the login, its addresses and second factors, its sessions, and mails to it that are still
    kept. Orders stay for bookkeeping, without the link to the account (P61)."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()
    addresses = {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)}
    OutgoingMail.objects.filter(recipient__in=addresses, template__startswith="account/").delete()
    LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)).update(
        object_repr=f"user {user.pk}"
    )
    user.delete()


def _delete(due: "QuerySet[Model]", batch: int) -> int:
    pks = list(due.order_by("pk").values_list("pk", flat=True)[:batch])
    due.model._default_manager.filter(pk__in=pks).delete()
    return len(pks)
