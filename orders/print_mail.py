"""What the print partner gets by mail: two PDFs and a job ticket in a locked container, and links to answer with.

The mail itself says nothing about the child or the customer (P17): the name on the book and the address on the parcel
are inside the container, and the customer's e-mail address is nowhere.
"""

import hashlib
import io
from dataclasses import dataclass

import pikepdf
import pyzipper
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from books import fonts
from books.print_files import PrintFiles
from books.print_profiles import PrintProfile
from orders import links, prices, shipping
from orders.models import PrintJob
from privacy.masked import Masked

LARGEST = 20_000_000  # bytes of attachments; in a mail they take a third more
ACTIONS = ("received", "shipped", "delivered", "rejected")


class CannotSend(Exception):
    """This partner's profile cannot be served by mail; the message says why."""


@dataclass(frozen=True)
class Parcel:
    """What is attached: (file name, content), locked with the partner's passphrase."""

    attachments: list[tuple[str, Masked[bytes]]]
    interior_sha256: str
    cover_sha256: str
    page_count: int


def pack(job: PrintJob, files: PrintFiles, *, profile: PrintProfile) -> Parcel:
    """Lock a job's files and ticket as the partner's profile says. Raises `CannotSend`.

    Containers: "zip-aes256" is one zip that 7-Zip and its like open, with the PDFs untouched (PDF/X forbids encryption
    inside the file); "pdf-aes256" is each PDF locked by itself. Plain files never travel by mail.
    """
    interior, cover = files.interior.reveal(), files.cover.reveal()
    hashes = hashlib.sha256(interior).hexdigest(), hashlib.sha256(cover).hexdigest()
    stem = job.number
    named = {
        f"{stem}-interior.pdf": interior,
        f"{stem}-cover.pdf": cover,
        f"{stem}-ticket.pdf": _ticket(job, hashes, files.page_count, profile),
    }
    passphrase = settings.PRINT_PARTNER["passphrase"]
    if profile.container == "zip-aes256":
        attachments = [(f"{stem}.zip", Masked(_zip(named, passphrase)))]
    elif profile.container == "pdf-aes256":
        attachments = [(name, Masked(_locked(pdf, passphrase))) for name, pdf in named.items()]
    else:
        raise CannotSend(f"{profile.label} takes plain files only, and those never travel by mail")
    if sum(len(content.reveal()) for _, content in attachments) > LARGEST:
        raise CannotSend(f"the files are larger than {LARGEST // 1_000_000} MB, which no mail carries: hand them over")
    return Parcel(attachments, *hashes, files.page_count)


def send(job: PrintJob, parcel: Parcel) -> None:
    """Mail a parcel to the print partner. Raises OSError when the mail server does not take it."""
    context = {
        "job": job,
        "copies": job.quantity,
        "format": prices.FORMATS[job.line.format],
        "page_count": parcel.page_count,
        "attachments": [name for name, _ in parcel.attachments],
        "interior_sha256": parcel.interior_sha256,
        "cover_sha256": parcel.cover_sha256,
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
    for name, content in parcel.attachments:
        kind = "application/zip" if name.endswith(".zip") else "application/pdf"
        message.attach(name, content.reveal(), kind)
    message.send()


def _ticket(job: PrintJob, hashes: tuple[str, str], page_count: int, profile: PrintProfile) -> bytes:
    """The job ticket as a page of paper: what to print, how often, and where the parcel goes."""
    import weasyprint
    from weasyprint.urls import URLFetcher

    order = job.line.order
    binding = prices.FORMATS[job.line.format].binding
    context = {
        "job": job,
        "order": order,
        "copies": job.quantity,
        "format": prices.FORMATS[job.line.format],
        "profile": profile,
        "page_count": page_count,
        "spine": profile.spine_of_printed(page_count, binding),
        "wrap": profile.wrap_of_printed(page_count, binding),
        "interior_sha256": hashes[0],
        "cover_sha256": hashes[1],
        "shipping": shipping.method(order.shipping_method, order.country).label,
        "country": shipping.COUNTRIES.get(order.country, order.country),
        # A courier calls before the door; the post does not.
        "phone": order.phone if order.shipping_method == "express" else "",
        "shop_name": settings.SHOP_NAME,
        "controller": settings.CONTROLLER,
        "faces": [(face.family, fonts.file(face).as_uri()) for face in _faces()],
        "text_families": ", ".join(face.family for face in fonts.chain(fonts.TEXT, "nunito")),
        "title_families": ", ".join(face.family for face in fonts.chain(fonts.DISPLAY)),
    }
    html = render_to_string("print/job_ticket.html", context)
    # Fonts come from files; nothing comes from anywhere else.
    nothing_else = URLFetcher(allowed_protocols={"file"})
    return bytes(weasyprint.HTML(string=html, url_fetcher=nothing_else).write_pdf())


def _faces() -> list[fonts.Face]:
    """The packaged fonts that the ticket is set in; an address may be written in any of their scripts."""
    return list(dict.fromkeys((*fonts.chain(fonts.TEXT, "nunito"), *fonts.chain(fonts.DISPLAY))))


def _zip(files: dict[str, bytes], passphrase: str) -> bytes:
    out = io.BytesIO()
    # PDFs are compressed already; storing them keeps it quick.
    with pyzipper.AESZipFile(out, "w", compression=pyzipper.ZIP_STORED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(passphrase.encode())
        archive.setencryption(pyzipper.WZ_AES, nbits=256)
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def _locked(pdf: bytes, passphrase: str) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(out, encryption=pikepdf.Encryption(user=passphrase, owner=passphrase, R=6))
    return out.getvalue()
