from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        from books import editions, rendering
        from orders import (
            access,
            data_export,
            invoices,
            mails,
            payment_trouble,
            payments,
            printing,
            review,
            tracking,
            webhooks,
        )
        from privacy import children, choices, exports, holdings

        access.register()
        payments.on_paid(review.begin)
        payments.on_paid(invoices.want)
        review.on_approved(printing.queue_jobs)
        editions.on_full_ready(review.full_ready)
        rendering.on_hopeless(mails.book_needs_staff)
        webhooks.register("payment_intent.payment_failed", payment_trouble.attempt_failed)
        webhooks.register("checkout.session.async_payment_failed", payment_trouble.money_never_came)
        webhooks.register(tracking.EVENT, tracking.delivered)
        children.register_finder(access.find_child)
        children.on_forget(review.child_forgotten)
        children.on_forget(printing.child_forgotten)
        choices.register_place(data_export.place)
        holdings.register(data_export.staying)
        exports.register(data_export.part)
