"""The latest proof that the shop forgets, for the public policy page."""

from collections.abc import Mapping
from datetime import datetime

from privacy.models import Proof


def record(*, at: datetime, passed: bool, summary: Mapping[str, int | float | str]) -> Proof:
    """Keep the outcome of one run of `manage.py prove_forgetting`; failed runs are kept and shown too."""
    return Proof.objects.create(at=at, passed=passed, summary=dict(summary))


def latest() -> Proof | None:
    """The last run, passed or not; None if there was none on this installation."""
    return Proof.objects.order_by("-at", "-pk").first()
