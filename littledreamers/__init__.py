"""The project: settings, addresses, background work, and the commands that run the whole shop."""

from littledreamers.celery import app as celery_app

__all__ = ["celery_app"]
