"""The proof by itself, so that "last proven" on the policy page stays fresh, and a word to the owner when it fails."""

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.utils import timezone

from accounts import mail
from privacy import proofs

log = structlog.get_logger("littledreamers.proof")

PASSED = 0
LONGEST_SECONDS = 15 * 60
_A_DAY = timedelta(days=1)
OUTCOMES = {1: "something of a child was found, or the search itself was broken", 2: "it could not run"}


def due(now: datetime) -> bool:
    """Whether the last proof is older than `PROOF_INTERVAL`; one that failed is repeated after a day."""
    if not settings.PROOF_INTERVAL:
        return False
    last = proofs.latest()
    if last is None:
        return True
    return last.at + (settings.PROOF_INTERVAL if last.passed else min(settings.PROOF_INTERVAL, _A_DAY)) <= now


def run() -> bool:
    """Run the proof in a process of its own, wait for it, and tell the owner if it did not pass."""
    command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "prove_forgetting"]
    try:
        code = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=LONGEST_SECONDS, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        code = 2
    if code == PASSED:
        return True
    log.error("the proof of forgetting did not pass", code=code)
    _tell_owner(OUTCOMES.get(code, "it ended unexpectedly"))
    return False


def _tell_owner(outcome: str) -> None:
    today = timezone.localdate()
    mail.queue(
        key=f"proof:{today}",
        template="proof_failed",
        to=settings.CONTROLLER["email"],
        context={"outcome": outcome, "link": f"{settings.SITE_URL}/policies/privacy/"},
    )
