"""What the print partner gets: two PDFs and a job ticket, in a container that opens with the agreed passphrase only.

Whether it travels in the mail or behind a link in it, the container is the same (docs/decisions/0013).
"""

import hashlib
import io
from dataclasses import dataclass

import pikepdf
import pyzipper
from django.conf import settings
from django.template.loader import render_to_string

from books import fonts
from books.print_files import PrintFiles
from books.print_profiles import PrintProfile
from orders import prices, shipping
from orders.models import PrintJob
from privacy.masked import Masked

KINDS = {"zip": "application/zip", "pdf": "application/pdf"}


@dataclass(frozen=True)
class Sheet:
    """One of the two print files as it is inside the container: what the partner checks it by."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Parcel:
    """`attachments`: (file name, content), locked with the passphrase. `interior`, `cover`: what is in them."""

    attachments: list[tuple[str, Masked[bytes]]]
    interior: Sheet
    cover: Sheet
    page_count: int

    @property
    def size(self) -> int:
        """Bytes of everything."""
        return sum(len(content.reveal()) for _, content in self.attachments)


def interior_name(job: PrintJob) -> str:
    return f"{job.number}-interior.pdf"


def cover_name(job: PrintJob) -> str:
    return f"{job.number}-cover.pdf"


def container_names(job: PrintJob, profile: PrintProfile) -> list[str]:
    """What `pack` calls the locked files."""
    if profile.container == "pdf-aes256":
        return [interior_name(job), cover_name(job), _ticket_name(job)]
    return [f"{job.number}.zip"]


def pack(job: PrintJob, files: PrintFiles, *, profile: PrintProfile) -> Parcel:
    """Lock a job's files and ticket as the partner's profile says.

    Containers: "zip-aes256" is one zip that 7-Zip and its like open, with the PDFs untouched (PDF/X forbids encryption
    inside the file); "pdf-aes256" is each PDF locked by itself. A printer whose machines take plain files ("none")
    gets the zip as well: whoever hands them to the machines opens it first. Nothing plain ever leaves us.
    """
    interior, cover = files.interior.reveal(), files.cover.reveal()
    inside = Sheet(interior_name(job), len(interior), hashlib.sha256(interior).hexdigest())
    outside = Sheet(cover_name(job), len(cover), hashlib.sha256(cover).hexdigest())
    named = {
        inside.name: interior,
        outside.name: cover,
        _ticket_name(job): _ticket(job, inside, outside, files.page_count, profile),
    }
    passphrase = settings.PRINT_PARTNER["passphrase"]
    if profile.container == "pdf-aes256":
        locked = [_locked(pdf, passphrase) for pdf in named.values()]
    else:
        locked = [_zip(named, passphrase)]
    attachments = list(zip(container_names(job, profile), map(Masked, locked), strict=True))
    return Parcel(attachments, inside, outside, files.page_count)


def _ticket_name(job: PrintJob) -> str:
    return f"{job.number}-ticket.pdf"


def _ticket(job: PrintJob, interior: Sheet, cover: Sheet, page_count: int, profile: PrintProfile) -> bytes:
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
        "interior_sha256": interior.sha256,
        "cover_sha256": cover.sha256,
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
