"""Whether this process can serve, and whether the shop forgets: for the process group, load balancers and monitors."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from privacy import monitor


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def forgetting(request: HttpRequest) -> HttpResponse:
    """200 when what is due is forgotten and the clock is believed, 503 with a line for each problem otherwise (F10).

    An address of its own: a load balancer that took the shop away because a purge is late would help nobody, since
    the vault refuses by itself. This one is for whoever gets people out of bed.
    """
    problems = monitor.problems()
    text = "".join(f"{line}\n" for line in problems or ["ok"])
    return HttpResponse(text, content_type="text/plain", status=503 if problems else 200)
