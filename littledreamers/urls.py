"""Every address of the shop."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from littledreamers.health import forgetting, healthz

urlpatterns = [
    path("", include("books.urls")),
    path("", include("orders.urls")),
    path("", include("refunds.urls")),
    path("", include("privacy.urls")),
    path("", include("accounts.urls")),
    path("", include("littledreamers.outbox_urls" if settings.DEMO else "littledreamers.no_urls")),
    path("account/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("healthz", healthz),
    path("healthz/forgetting", forgetting),
]
