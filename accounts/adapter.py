"""How django-allauth treats customers here."""

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts import mail
from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Staff are made in the admin, customers sign themselves up; mails go through the shop's own mail queue."""

    def populate_username(self, request: HttpRequest, user: User) -> None:
        """There are no user names; the e-mail address is the login."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue allauth's mails (password reset, address check) like every other mail.

        The links in them are secrets that work for a short time, so each request is a mail of its own.
        """
        name = template_prefix.rpartition("/")[2].removesuffix("_message")
        link = context.get("password_reset_url") or context.get("activate_url") or context.get("signup_url") or ""
        mail.queue(
            key=f"{name}:{secrets.token_hex(12)}",
            template=f"account/{name}",
            to=email,
            context={"link": link, "code": context.get("code", "")},
        )
