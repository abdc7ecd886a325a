"""Addresses of the demo's outbox page."""

from django.urls import path

from littledreamers import outbox_views

urlpatterns = [
    path("outbox/", outbox_views.outbox, name="outbox"),
    path("outbox/<int:name>/", outbox_views.mail, name="outbox_mail"),
    path("outbox/<int:name>/body.html", outbox_views.body, name="outbox_body"),
    path("outbox/<int:name>/<int:index>/", outbox_views.attachment, name="outbox_attachment"),
]
