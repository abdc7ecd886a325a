"""The mail to the print partner: what to print, the locked files or a link to them, and links to answer with.

The mail itself says nothing about the child or the customer (P17): the name on the book and the address on the parcel
are inside the container, and the customer's e-mail address is nowhere.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone

from accounts import mail
from accounts.models import OutgoingMail
from books.print_profiles import PROFILES, PrintProfile
from orders import links, prices, print_parcel
from orders.models import PrintJob
from orders.print_parcel import Parcel, Sheet
from privacy import holdings

LARGEST = 20_000_000  # bytes of attachments; in a mail they take a third more
ACTIONS = ("received", "shipped", "delivered", "rejected")


def goes_by_link(parcel: Parcel, profile: PrintProfile) -> bool:
    """Whether the mail carries a link in place of the files: where they are more than a mail takes, and for a printer
    whose machines open no container, so that whoever unlocks them for it has fetched them by name."""
    return profile.container == "none" or parcel.size > LARGEST


def until(job: PrintJob, *, made: datetime) -> datetime:
    """When a link that was made at `made` ends: never after the child's own time (P10)."""
    end = made + links.FILES_LINK_VALID
    return end if job.line.edition is None else min(end, holdings.until(job.line.edition.child))


def send(job: PrintJob, parcel: Parcel) -> None:
    """Mail a parcel, or the link to it, to the print partner. Raises OSError when the mail server does not take it."""
    by_link = goes_by_link(parcel, PROFILES[job.profile])
    context = {
        **_about(job, parcel.interior, parcel.cover),
        "page_count": parcel.page_count,
        "by_link": by_link,
        "links": {action: links.printer_link(job, action) for action in ACTIONS},
        "partner": settings.PRINT_PARTNER["name"],
        "shop_name": settings.SHOP_NAME,
        "site_url": settings.SITE_URL,
        "controller": settings.CONTROLLER,
    }
    folder = "emails/print_job"
    domain = settings.CONTROLLER["email"].rpartition("@")[2]
    message = EmailMultiAlternatives(
        " ".join(render_to_string(f"{folder}/subject.txt", context).split()),
        render_to_string(f"{folder}/body.txt", context),
        to=[settings.PRINT_PARTNER["email"]],
        headers={"Message-ID": f"<job-{job.number}@{domain}>"},
    )
    message.attach_alternative(render_to_string(f"{folder}/body.html", context), "text/html")
    for name, content in parcel.attachments if not by_link else ():
        message.attach(name, content.reveal(), print_parcel.KINDS[name.rpartition(".")[2]])
    message.send()


def fresh_link(job: PrintJob, interior: Sheet, cover: Sheet, *, when: str) -> OutgoingMail:
    """A new link to a job's files, to the partner's own address; once for each `when`."""
    return mail.queue(
        key=f"job:{job.number}:files:{when}",
        template="print_job_link",
        to=settings.PRINT_PARTNER["email"],
        context={
            **_about(job, interior, cover),
            "page_count": job.page_count,
            "partner": settings.PRINT_PARTNER["name"],
        },
    )


def _about(job: PrintJob, interior: Sheet, cover: Sheet) -> dict[str, Any]:
    return {
        "job": job,
        "copies": job.quantity,
        "format": prices.FORMATS[job.line.format],
        "containers": print_parcel.container_names(job, PROFILES[job.profile]),
        "interior": interior,
        "cover": cover,
        "files_link": links.files_link(job),
        "until": until(job, made=timezone.now()),
    }
