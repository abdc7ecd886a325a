"""Checks that turn red by themselves."""

from datetime import timedelta
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.utils import timezone

from privacy.policies import POLICIES, TITLES

REVIEW_AFTER = timedelta(days=365)


@register(Tags.security)
def policies_reviewed(**_kwargs: Any) -> list[CheckMessage]:
    """Every policy is gone through at least every 12 months (P33)."""
    today = timezone.localdate()
    overdue: list[CheckMessage] = []
    for slug, title in TITLES.items():
        reviewed = max(max(p.effective_from, p.reviewed_on or p.effective_from) for p in POLICIES if p.slug == slug)
        if today - reviewed > REVIEW_AFTER:
            overdue.append(
                Warning(
                    f"{title} was last reviewed on {reviewed:%d %B %Y}.",
                    hint="Read it; set `reviewed_on` in privacy/policies.py, or publish a new version.",
                    id="privacy.W001",
                )
            )
    return overdue
