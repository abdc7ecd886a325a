from django.apps import AppConfig
from django.conf import settings


class LittleDreamersConfig(AppConfig):
    name = "littledreamers"
    verbose_name = "LittleDreamers"

    def ready(self) -> None:
        from littledreamers import private_process

        if settings.PRIVATE_PROCESS:
            private_process.begin()
