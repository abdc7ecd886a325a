"""The shop's policies and their versions: published once, never changed afterwards (P31, P32).

The code holds the text in force, or about to be. What was published before stays in the database of the installation
that published it, and stays readable there.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from privacy import register
from privacy.models import PolicyVersion


@dataclass(frozen=True)
class Policy:
    """One version of one policy. A changed text is a new version with a later date."""

    slug: str
    title: str
    version: str
    effective_from: date
    template: str
    reviewed_on: date | None = None


POLICIES: tuple[Policy, ...] = (
    Policy("privacy", "Privacy policy", "2", date(2026, 11, 29), "policies/privacy-2.html"),
    Policy("refunds", "Refund policy", "2", date(2026, 11, 29), "policies/refunds-2.html"),
    Policy("cookies", "Cookies", "1", date(2026, 11, 22), "policies/cookies-1.html"),
)

TITLES = {policy.slug: policy.title for policy in POLICIES}


class PolicyChanged(Exception):
    """The text of a published version is not what it was. Give the new text a new version."""


class NoSuchPolicy(LookupError):
    """There is no policy of this name."""


def text(policy: Policy) -> str:
    """The HTML of a policy, with the same numbers that the purge and the refunds use."""
    return render_to_string(policy.template, _numbers()).strip() + "\n"


def publish() -> list[PolicyVersion]:
    """Store every version that is not stored yet; returns those. Raises PolicyChanged before storing
    anything."""
    known = {(version.slug, version.version): version.sha256 for version in PolicyVersion.objects.all()}
    new = []
    for policy in POLICIES:
        html = text(policy)
        sha256 = hashlib.sha256(html.encode()).hexdigest()
        published = known.get((policy.slug, policy.version))
        if published is None:
            new.append(
                PolicyVersion(
                    slug=policy.slug,
                    version=policy.version,
                    effective_from=policy.effective_from,
                    html=html,
                    sha256=sha256,
                    published_at=timezone.now(),
                )
            )
        elif published != sha256:
            raise PolicyChanged(
                f"The text of {policy.slug} version {policy.version} is not the one that was published."
                " Put a new version into privacy/policies.py in its place; the published one stays readable."
            )
    stored = []
    for version in new:
        try:
            with transaction.atomic():
                version.save(force_insert=True)
            stored.append(version)
        except IntegrityError:
            continue  # another process published it at this moment
    return stored


def current(slug: str, on: date | None = None) -> PolicyVersion:
    """The version in force on a day (today). Before the first one took effect it is the first one. Raises
    NoSuchPolicy."""
    if slug not in TITLES:
        raise NoSuchPolicy(slug)
    day = on or timezone.localdate()
    versions = PolicyVersion.objects.filter(slug=slug).order_by("effective_from", "pk")
    found = versions.filter(effective_from__lte=day).last() or versions.first()
    if found is None:
        publish()
        found = versions.filter(effective_from__lte=day).last() or versions.get()
    return found


def _numbers() -> dict[str, Any]:
    first, last = settings.REFUND_BUSINESS_DAYS
    return {
        "shop": settings.SHOP_NAME,
        "retention_days": settings.CHILD_RETENTION.days,
        "abandoned_hours": int(settings.ABANDONED_RETENTION.total_seconds() // 3600),
        "return_days": settings.RETURN_WINDOW.days,
        "refund_first": first,
        "refund_last": last,
        "mail_days": settings.MAIL_BODY_RETENTION.days,
        "purposes": register.purposes(),
        "roles": register.ROLES,
        "cookies": register.cookies(),
        "message_days": register.MESSAGE_RETENTION.days,
        "answer_days": register.ANSWER_WITHIN.days,
        "access_days": register.ACCESS_LOG_RETENTION.days,
    }
