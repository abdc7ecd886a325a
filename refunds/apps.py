from django.apps import AppConfig


class RefundsConfig(AppConfig):
    name = "refunds"

    def ready(self) -> None:
        from orders import papers, payments, reprints, review, webhooks
        from privacy import children, choices, exports
        from refunds import (
            changes,
            credit_notes,
            data_export,
            desk_sources,
            evidence_holder,
            forgetting,
            if_forgotten,
            payouts,
            settling,
        )

        payments.on_paid_after_cancel(payouts.paid_after_cancel)
        for event in ("refund.created", "refund.updated", "refund.failed"):
            webhooks.register(event, payouts.from_webhook)
        review.on_book_approved(changes.close_book)
        review.on_new_copy(changes.announce)
        papers.register(credit_notes.of_order)
        children.on_forget(forgetting.child_forgotten)
        choices.register_consequence(if_forgotten.consequence)
        exports.register(data_export.part)
        exports.register(evidence_holder.part)
        children.register_finder(evidence_holder.find)
        choices.register_place(evidence_holder.place)
        choices.register_consequence(evidence_holder.consequence)
        reprints.on_reprint(settling.reprint_changed)
        desk_sources.register_all()
