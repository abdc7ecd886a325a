"""The pages behind the link to a job's files in the printer's mail.

Opening the link shows what there is and opens nothing, because mail scanners open links; a button downloads.
"""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from books.views.private import private
from orders import links, prices, print_downloads, print_mail, print_parcel, printing
from orders.models import PrintJob
from orders.print_downloads import NothingThere, Over
from privacy import rate_limits

DOWNLOADS_PER_HOUR = 120  # from one address: a printing house fetches many jobs
LINKS_PER_HOUR = 20
_CHUNK = 64 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
@private
def files(request: HttpRequest, token: str) -> HttpResponseBase:
    """A job's locked files: what they are, and each with a button that downloads it."""
    job, link, expired = _opened(token)
    try:
        if expired:
            print_downloads.files_of(job)  # where there is nothing any more, a new link would not help
            raise NothingThere(Over.EXPIRED)
        if request.method == "POST":
            if not rate_limits.allow(request, action="print-files", limit=DOWNLOADS_PER_HOUR, seconds=3600):
                return _page(request, job, link, status=429, too_many=True)
            return _download(job, request.POST.get("file", ""))
        return _page(request, job, link)
    except NothingThere as nothing:
        return _over(request, job, token, nothing.why)


@require_POST
@private
def again(request: HttpRequest, token: str) -> HttpResponse:
    """Mail a new link to the print partner's own address, for a link that is too old."""
    job, _, _ = _opened(token)
    if not rate_limits.allow(request, action="print-link", limit=LINKS_PER_HOUR, seconds=3600):
        return _over(request, job, token, Over.EXPIRED, status=429, too_many=True)
    try:
        print_downloads.send_link(job, actor=printing.PRINTER)
    except NothingThere:
        return redirect("orders:printer_files", token)  # which says why
    return render(request, "orders/printer_files_sent.html", {"job": job})


def _opened(token: str) -> tuple[PrintJob, links.FilesLink, bool]:
    """The job, the link, and whether the link is too old."""
    try:
        link, expired = links.read_files(token)
    except links.BadLink:
        raise Http404 from None
    found = PrintJob.objects.select_related("line__order", "line__edition__child", "reprint_of")
    job = found.filter(number=link.job).first()
    if job is None:
        raise Http404
    return job, link, expired


def _download(job: PrintJob, name: str) -> StreamingHttpResponse:
    try:
        content = print_downloads.fetch(job, name).reveal()
    except KeyError:
        raise Http404 from None
    response = StreamingHttpResponse(_pieces(content), content_type=print_parcel.KINDS[name.rpartition(".")[2]])
    response["Content-Length"] = str(len(content))
    # The job's number is all that a file name tells.
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _pieces(content: bytes) -> Iterator[bytes]:
    with memoryview(content) as whole:
        for start in range(0, len(whole), _CHUNK):
            yield bytes(whole[start : start + _CHUNK])


def _page(
    request: HttpRequest, job: PrintJob, link: links.FilesLink, *, status: int = 200, too_many: bool = False
) -> HttpResponse:
    page: dict[str, Any] = {
        "job": job,
        "format": prices.FORMATS[job.line.format],
        "files": print_downloads.files_of(job),
        "until": print_mail.until(job, made=link.made),
        "received": links.printer_link(job, "received") if job.state == PrintJob.State.SENT else "",
        "too_many": too_many,
    }
    return render(request, "orders/printer_files.html", page, status=status)


def _over(
    request: HttpRequest, job: PrintJob, token: str, why: Over, *, status: int = 410, too_many: bool = False
) -> HttpResponse:
    page = {
        "job": job, "token": token, "why": why.value, "days": links.FILES_LINK_VALID.days, "too_many": too_many,
    }  # fmt: skip
    return render(request, "orders/printer_files_over.html", page, status=status)
