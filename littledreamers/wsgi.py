"""The WSGI entry point. What is due is forgotten before the first request is served (F7)."""

import os
import threading

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "littledreamers.settings")
application = get_wsgi_application()


def _start() -> None:
    from books import publishing
    from privacy import retention

    retention.purge_at_start()
    # Fonts and templates take a second to load: in the background, so that a restart serves pages at once. Not as a
    # daemon: a process that ends meanwhile has to wait, or the PDF library is taken from under the thread's feet.
    threading.Thread(target=publishing.warm).start()


_start()
