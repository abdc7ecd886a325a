"""Addresses of the privacy pages."""

from django.urls import path

from privacy import data_views, receipt_views, training_views, views

app_name = "privacy"
urlpatterns = [
    path("policies/<slug:slug>/", views.policy, name="policy"),
    path("policies/<slug:slug>/<str:version>/", views.policy, name="policy_version"),
    path("contact/", views.contact, name="contact"),
    path("contact/received/", views.contact_received, name="contact_received"),
    path("my-book/<uuid:edition>/data/", data_views.data, name="data"),
    path("my-book/<uuid:edition>/data/download/", data_views.download, name="download"),
    path("my-book/<uuid:edition>/data/delete/", data_views.forget, name="forget"),
    path("my-book/<uuid:edition>/data/withdraw/", data_views.withdraw, name="withdraw"),
    path("staff/privacy/", training_views.acknowledge, name="training"),
    path("receipts/", receipt_views.chain, name="receipts"),
    path("receipts/chain.json", receipt_views.chain_as_json, name="receipts_json"),
    path("receipts/<str:sha256>/", data_views.receipt, name="receipt"),
]
