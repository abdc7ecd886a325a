"""What is known about a child, and for how long."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models.signals import post_migrate


def _publish_policies(**_kwargs: Any) -> None:
    from privacy import policies

    policies.publish()


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        if settings.DEBUG:
            raise ImproperlyConfigured("DEBUG shows variables and SQL to visitors; this shop never runs with it.")
        from privacy import checks  # noqa: F401 (registers them)

        # Policies are texts in code that every database needs, like its tables.
        post_migrate.connect(_publish_policies, sender=self, dispatch_uid="privacy.publish_policies")
