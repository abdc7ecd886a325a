"""No addresses: what stands in for the demo's pages in production."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
