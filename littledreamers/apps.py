from django.apps import AppConfig


class LittleDreamersConfig(AppConfig):
    name = "littledreamers"
    verbose_name = "LittleDreamers"
