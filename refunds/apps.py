from django.apps import AppConfig


class RefundsConfig(AppConfig):
    name = "refunds"

    def ready(self) -> None:
        from orders import papers, payments, review, webhooks
        from privacy import children, choices, exports
        from refunds import changes, credit_notes, data_export, forgetting, if_forgotten, payouts

        payments.on_paid_after_cancel(payouts.paid_after_cancel)
        for event in ("refund.created", "refund.updated", "refund.failed"):
            webhooks.register(event, payouts.from_webhook)
        review.on_book_approved(changes.close_book)
        review.on_new_copy(changes.announce)
        papers.register(credit_notes.of_order)
        children.on_forget(forgetting.child_forgotten)
        choices.register_consequence(if_forgotten.consequence)
        exports.register(data_export.part)
