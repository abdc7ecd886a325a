"""Background work of the vault."""

import structlog
from celery import shared_task

from privacy import retention

log = structlog.get_logger("littledreamers.privacy")


@shared_task(name="privacy.purge")
def purge() -> None:
    """Forget what is due, and at once again if more is due than one run may do."""
    report = retention.purge()
    if report.did_something:
        log.info("purged", report=str(report))
    if report.remaining:
        purge.delay()
