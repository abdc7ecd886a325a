"""What gunicorn is told wherever it is started from this folder; the command line says the rest."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "littledreamers.settings")
logger_class = "littledreamers.gunicorn_log.GunicornLog"
