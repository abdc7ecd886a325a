from django.apps import AppConfig


class RefundsConfig(AppConfig):
    name = "refunds"

    def ready(self) -> None:
        from orders import payments, review, webhooks
        from privacy import children
        from refunds import cases, changes, payouts

        payments.on_paid_after_cancel(payouts.paid_after_cancel)
        for event in ("refund.created", "refund.updated", "refund.failed"):
            webhooks.register(event, payouts.from_webhook)
        review.on_approved(changes.close)
        children.on_forget(cases.child_forgotten)
