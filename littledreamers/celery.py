"""The Celery application and every periodic task.

Messages are only hints that carry ids; the state of a row is the truth, and the sweepers below find whatever waits.
"""

import os
from typing import Any

from celery import Celery, signals
from kombu.transport import TRANSPORT_ALIASES

from littledreamers import task_log  # noqa: F401 (connects itself)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "littledreamers.settings")

TRANSPORT_ALIASES["folder"] = "littledreamers.folder_queue:Transport"

app = Celery("littledreamers")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
for _more in ("payment_tasks", "print_tasks"):
    app.autodiscover_tasks(["orders"], related_name=_more)


def _every(seconds: float, task: str) -> dict[str, object]:
    """A sweep that is dropped rather than piled up when no worker runs."""
    return {"task": task, "schedule": seconds, "options": {"expires": max(seconds, 5.0)}}


app.conf.beat_schedule = {
    "send waiting mail": _every(10, "accounts.sweep_mail"),
    "forget children whose time has come": _every(300, "privacy.purge"),
    "make waiting revisions": _every(5, "books.sweep_revisions"),
    "work on stored payment events": _every(5, "orders.sweep_webhooks"),
    "ask about open payments": _every(60, "orders.sweep_payments"),
    "tell customers whose payment did not work": _every(60, "orders.sweep_payment_trouble"),
    "take paid orders on to the parent": _every(10, "orders.sweep_reviews"),
    "make missing invoices": _every(60, "orders.sweep_invoices"),
    "cancel what nobody paid": _every(600, "orders.sweep_unpaid"),
    "send approved books to the printer": _every(10, "orders.sweep_print_jobs"),
    "ask about parcels, and complete orders whose time for a return is over": _every(3600, "orders.sweep_deliveries"),
    "carry out decided refunds": _every(10, "refunds.sweep_payouts"),
    "write missing credit notes": _every(60, "refunds.sweep_credit_notes"),
    "tell staff about late refunds": _every(3600, "refunds.sweep_deadlines"),
    "remind of returned parcels and settle what is put right": _every(600, "refunds.sweep_returns"),
    "announce versions that staff made": _every(600, "refunds.sweep_proposals"),
    "remind of digital copies and cancel what nobody approved": _every(3600, "refunds.sweep_unapproved"),
    "remind staff of the rules": _every(3600, "privacy.remind_staff"),
    "mail the head of the receipts, once a day": _every(3600, "privacy.mail_receipts"),
    "erase what else is due": _every(3600, "privacy.erase_due"),
    "prove that the shop forgets, once a week": _every(3600, "littledreamers.prove_forgetting"),
    "forget the demo's old mails": _every(3600, "littledreamers.purge_outbox"),
}


@signals.worker_ready.connect
def _begin(sender: Any, **_kwargs: Any) -> None:
    """Forget what is due before any work (F7), and load fonts and templates before the first book is wanted."""
    from books import publishing
    from privacy import retention

    retention.purge_at_start()
    if "press" in sender.app.amqp.queues.consume_from:
        publishing.warm()


@signals.setup_logging.connect
def _keep_logging(**_kwargs: Any) -> None:
    """Celery would set up logging of its own, which knows nothing of leaving personal data out."""
