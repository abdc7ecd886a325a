"""Addresses of the shop's pages."""

from django.urls import path, register_converter

from orders import numbers, tracking, webhooks
from orders.views import account, basket, catalogue, checkout, delivery, invoice, order, printer, printer_files, staff

register_converter(numbers.OrderNumberConverter, "order")

app_name = "orders"
urlpatterns = [
    path("", catalogue.home, name="home"),
    path("stories/<slug:slug>/", catalogue.story, name="story"),
    path("stories/<slug:slug>/sample/<slug:version>/<int:page>.jpg", catalogue.sample, name="sample"),
    path(
        "stories/<slug:slug>/sample/<slug:version>/pair-<int:page>.jpg",
        catalogue.sample,
        {"pair": True},
        name="pair_sample",
    ),
    path("drawn/<slug:key>.<slug:version>.svg", catalogue.example_child, name="example_child"),
    path("basket/", basket.show, name="basket"),
    path("basket/add/<uuid:edition_id>/", basket.add, name="basket_add"),
    path("basket/change/", basket.change, name="basket_change"),
    path("checkout/", checkout.show, name="checkout"),
    path("checkout/quote/", checkout.quote, name="checkout_quote"),
    path("orders/open/<str:token>/", order.open_link, name="order_link"),
    path("orders/open/<str:token>/invoice/", order.open_link, {"page": "orders:invoice"}, name="invoice_link"),
    path("orders/open/<str:token>/arrived/", order.open_link, {"page": "orders:arrived"}, name="arrived_link"),
    path("orders/open/<str:token>/missing/", order.open_link, {"page": "orders:not_arrived"}, name="not_arrived_link"),
    path("orders/open/<str:token>/pay/", order.open_link, {"page": "orders:pay"}, name="pay_link"),
    path("orders/open/<str:token>/again/", order.fresh_link, name="fresh_link"),
    path("orders/<order:number>/", order.show, name="order"),
    path("orders/<order:number>/invoice.pdf", invoice.invoice, name="invoice"),
    path("orders/<order:number>/pay/", checkout.pay, name="pay"),
    path("orders/<order:number>/pay/go/", checkout.to_payment, name="to_payment"),
    path("orders/<order:number>/paid/", checkout.pay_return, name="pay_return"),
    path("orders/<order:number>/back-to-basket/", checkout.take_back, name="take_back"),
    path("orders/<order:number>/books/<int:line_id>/", order.copy, name="review"),
    path("orders/<order:number>/books/<int:line_id>/progress/", order.copy_progress, name="copy_progress"),
    path("orders/<order:number>/books/<int:line_id>/approve/", order.approve, name="approve"),
    path("orders/<order:number>/arrived/", delivery.arrived, name="arrived"),
    path("orders/<order:number>/missing/", delivery.not_arrived, name="not_arrived"),
    path("staff/orders/<order:number>/delivered/", staff.delivered, name="staff_delivered"),
    path("staff/payments/calls/", staff.calls, name="staff_calls"),
    path("account/", account.show, name="account"),
    path("printer/<str:token>/", printer.printer, name="printer"),
    path("printer/<str:token>/files/", printer_files.files, name="printer_files"),
    path("printer/<str:token>/files/again/", printer_files.again, name="printer_files_again"),
    path("payments/webhook/", webhooks.webhook, name="webhook"),
    path("parcels/webhook/", tracking.webhook, name="tracking"),
]
