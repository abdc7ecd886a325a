"""Background work on mail."""

from celery import shared_task

from accounts import mail


@shared_task(name="accounts.deliver_mail")
def deliver_mail(mail_id: int) -> None:
    """Send one mail."""
    mail.deliver(mail_id)


@shared_task(name="accounts.sweep_mail")
def sweep_mail() -> None:
    """Send what waits, at most 100 a time."""
    for mail_id in list(mail.waiting().order_by("pk").values_list("pk", flat=True)[:100]):
        mail.deliver(mail_id)
