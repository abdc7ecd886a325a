"""Background work on payments. Messages carry ids; the rows say what has to be done."""

from celery import shared_task

from orders import payment_trouble, payments, webhooks


@shared_task(name="orders.process_webhook")
def process_webhook(event_pk: int) -> None:
    """Work on one stored event of the payment provider."""
    webhooks.process(event_pk)


@shared_task(name="orders.sweep_webhooks")
def sweep_webhooks() -> None:
    """Work on stored events whose message was lost or whose worker died."""
    webhooks.sweep()


@shared_task(name="orders.sweep_payments")
def sweep_payments() -> None:
    """Ask the provider about open payments, so that a lost webhook never loses an order."""
    payments.sweep()


@shared_task(name="orders.sweep_payment_trouble")
def sweep_payment_trouble() -> None:
    """Tell customers whose payment did not work."""
    payment_trouble.sweep()
