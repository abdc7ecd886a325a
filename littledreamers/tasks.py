"""Background work of the installation itself."""

from celery import shared_task

from littledreamers import outbox


@shared_task(name="littledreamers.purge_outbox")
def purge_outbox() -> None:
    """Forget the demo's old mails."""
    outbox.forget_old()
