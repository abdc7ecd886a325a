"""Background work of the vault."""

import structlog
from celery import shared_task

from privacy import erasing, receipt_mails, retention, training

log = structlog.get_logger("littledreamers.privacy")


@shared_task(name="privacy.purge")
def purge() -> None:
    """Forget what is due, and at once again if more is due than one run may do."""
    report = retention.purge()
    if report.did_something:
        log.info("purged", report=str(report))
    if report.remaining:
        purge.delay()


@shared_task(name="privacy.erase_due")
def erase_due() -> None:
    """Erase what is due of everything else: see the records in every app's `personal_data.py`."""
    done = erasing.erase_due()
    if any(done.values()):
        log.info("erased", **{path: count for path, count in done.items() if count})


@shared_task(name="privacy.mail_receipts")
def mail_receipts() -> None:
    """Mail the head of the chain of receipts, once a day."""
    receipt_mails.mail_head()


@shared_task(name="privacy.remind_staff")
def remind_staff() -> None:
    """Remind staff of the rules, every 90 days and of each new policy (P15)."""
    training.remind()
