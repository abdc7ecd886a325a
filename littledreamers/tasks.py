"""Background work of the installation itself."""

from celery import shared_task
from django.utils import timezone

from littledreamers import outbox
from littledreamers.proof import weekly


@shared_task(name="littledreamers.purge_outbox")
def purge_outbox() -> None:
    """Forget the demo's old mails."""
    outbox.forget_old()


@shared_task(name="littledreamers.prove_forgetting")
def prove_forgetting() -> None:
    """Prove once a week that the shop forgets. The kept proofs say when; messages are only hints."""
    if weekly.due(timezone.now()):
        weekly.run()
