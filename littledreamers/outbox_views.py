"""Pages on which a demo installation shows every mail it would have sent. They do not exist in production."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import escape
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin

from littledreamers.outbox import KeptMail, load, newest

# A mail's own look is written into the message, so its page allows inline style and nothing else.
BODY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-top-navigation-by-user-activation"
)


def _load(name: int) -> KeptMail:
    try:
        return load(str(name))
    except (FileNotFoundError, ValueError):
        raise Http404 from None


@never_cache
def outbox(request: HttpRequest) -> HttpResponse:
    """Every kept mail, newest first."""
    return render(request, "outbox/list.html", {"mails": newest(), "partner": settings.PRINT_PARTNER})


@never_cache
def mail(request: HttpRequest, name: int) -> HttpResponse:
    """One mail with its parts."""
    return render(request, "outbox/mail.html", {"mail": _load(name), "partner": settings.PRINT_PARTNER})


@never_cache
@xframe_options_sameorigin
def body(request: HttpRequest, name: int) -> HttpResponse:
    """The HTML part alone, as a mail program shows it."""
    kept = _load(name)
    html = kept.html or f"<pre>{escape(kept.text)}</pre>"
    html = html.replace("<head>", '<head><base target="_top">', 1)
    response = HttpResponse(html)
    response.headers["Content-Security-Policy"] = BODY_POLICY
    return response


@never_cache
def attachment(request: HttpRequest, name: int, index: int) -> HttpResponse:
    """One attachment to download."""
    try:
        filename, content = _load(name).attachments[index]
    except IndexError:
        raise Http404 from None
    return HttpResponse(
        content,
        headers={
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{filename}"',
        },
    )
