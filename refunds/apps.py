from django.apps import AppConfig


class RefundsConfig(AppConfig):
    name = "refunds"

    def ready(self) -> None:
        from orders import payments, review, webhooks
        from privacy import children, choices, exports
        from refunds import cases, changes, data_export, if_forgotten, payouts

        payments.on_paid_after_cancel(payouts.paid_after_cancel)
        for event in ("refund.created", "refund.updated", "refund.failed"):
            webhooks.register(event, payouts.from_webhook)
        review.on_approved(changes.close)
        children.on_forget(cases.child_forgotten)
        choices.register_consequence(if_forgotten.consequence)
        exports.register(data_export.part)
