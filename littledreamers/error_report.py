"""What Django puts into the mail or page about an error: its kind and the places it came through (F22)."""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter

from littledreamers.log_lines import plain_traceback


class ErrorReport(ExceptionReporter):
    """In place of Django's report, which shows local variables, the request and the words of the error."""

    def get_traceback_text(self) -> SafeString:
        said: Any = plain_traceback(None, "error", {"exc_info": self.exc_value})
        chain = [said, *said.get("because", ())] if "error" in said else []
        parts = ["\n".join([part["error"], *(f"  {place}" for place in part["traceback"])]) for part in chain]
        return mark_safe("\n\n".join(parts))  # plain text: types, files and lines

    def get_traceback_html(self) -> SafeString:
        return format_html("<!doctype html><title>Error</title><pre>{}</pre>", str(self.get_traceback_text()))
