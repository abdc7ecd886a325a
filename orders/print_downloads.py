"""A job's locked files, for the printer to download from a link in a mail (docs/decisions/0013).

They are packed when they are asked for, from what lies in the vault, so that they end with the job and with the child
(P10), and so that the parent sees each time who looked (P12).
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from books import print_files
from books.print_profiles import PROFILES
from orders import job_states, print_mail, print_parcel, printing
from orders.job_states import TooLate
from orders.models import PrintJob
from orders.print_parcel import Sheet
from privacy import children, vault
from privacy.masked import Masked
from privacy.purposes import Actor

State = PrintJob.State
DOWNLOADED = "downloaded"
LINK_SENT = "link sent again"
PAUSE = timedelta(hours=1)  # between two links that the printer asks for
# A job that is being sent may be at the printer already: the mail leaves before its row says so.
_AT_THE_PRINTER = (State.SENDING, State.SENT, State.RECEIVED)


class Over(StrEnum):
    """Why a link opens nothing any more."""

    FORGOTTEN = "forgotten"
    JOB = "job"
    EXPIRED = "expired"
    MISSING = "missing"


class NothingThere(Exception):
    """The files cannot be had; `why` says what to tell the printer."""

    def __init__(self, why: Over) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True)
class Files:
    """What can be downloaded: the names of the locked files, and what is in them."""

    containers: list[str]
    interior: Sheet
    cover: Sheet


def files_of(job: PrintJob) -> Files:
    """What a job's link offers. Opens nothing. Raises NothingThere."""
    line = job.line
    if line.edition is None or not children.is_open(line.edition.child):
        raise NothingThere(Over.FORGOTTEN)
    if job.state not in _AT_THE_PRINTER or line.cancelled_at is not None or not printing.goes_on(line.order, job):
        raise NothingThere(Over.JOB)
    sizes = print_files.stored_sizes(line.edition, job.revision)
    if sizes is None or not job.interior_sha256:
        raise NothingThere(Over.MISSING)
    return Files(
        print_parcel.container_names(job, PROFILES[job.profile]),
        Sheet(print_parcel.interior_name(job), sizes[0], job.interior_sha256),
        Sheet(print_parcel.cover_name(job), sizes[1], job.cover_sha256),
    )


def fetch(job: PrintJob, name: str) -> Masked[bytes]:
    """One of the locked files, opened in the vault by the printer (P12) and written down with the job.

    Raises NothingThere, and KeyError for a name that the job does not have.
    """
    if name not in files_of(job).containers:
        raise KeyError(name)
    assert job.line.edition is not None
    try:
        stored = print_files.stored(job.line.edition, job.revision, pages=job.page_count, actor=Actor.printer())
    except vault.Forgotten:
        raise NothingThere(Over.FORGOTTEN) from None
    except vault.NotInVault:
        raise NothingThere(Over.MISSING) from None
    parcel = print_parcel.pack(job, stored, profile=PROFILES[job.profile])
    if (parcel.interior.sha256, parcel.cover.sha256) != (job.interior_sha256, job.cover_sha256):
        raise NothingThere(Over.MISSING)  # made anew by another job: not what this job's mail has announced
    job_states.record(job, DOWNLOADED, actor=printing.PRINTER, detail=name)
    return dict(parcel.attachments)[name]


def send_link(job: PrintJob, *, actor: str) -> bool:
    """Mail a new link to the print partner's own address. The printer gets one an hour; False: it has had it.

    Raises NothingThere, and `TooLate` with words for staff for a job that is not at the printer.
    """
    with transaction.atomic():
        job_states.hold(job)
        try:
            files = files_of(job)
        except NothingThere as error:
            raise error if actor == printing.PRINTER else TooLate(f"{job.number}: {_FOR_STAFF[error.why]}") from None
        sent = job.events.filter(kind=LINK_SENT)
        if actor == printing.PRINTER and sent.filter(at__gt=timezone.now() - PAUSE).exists():
            return False
        print_mail.fresh_link(job, files.interior, files.cover, when=str(sent.count() + 1))
        job_states.record(job, LINK_SENT, actor=actor)
    return True


_FOR_STAFF = {
    Over.FORGOTTEN: "the child was forgotten, and its print files with it.",
    Over.JOB: "it is not at the printer, so there are no files to send.",
    Over.MISSING: "its files are not there. Ask the printer to reject the job, and queue it again.",
}
