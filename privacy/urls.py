"""Addresses of the privacy pages."""

from django.urls import path

from privacy import receipt_views, views

app_name = "privacy"
urlpatterns = [
    path("policies/<slug:slug>/", views.policy, name="policy"),
    path("policies/<slug:slug>/<str:version>/", views.policy, name="policy_version"),
    path("contact/", views.contact, name="contact"),
    path("contact/received/", views.contact_received, name="contact_received"),
    path("my-book/<uuid:edition>/data/", views.forget, name="forget"),
    path("receipts/", receipt_views.chain, name="receipts"),
    path("receipts/chain.json", receipt_views.chain_as_json, name="receipts_json"),
    path("receipts/<str:sha256>/", views.receipt, name="receipt"),
]
