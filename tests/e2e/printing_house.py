"""What the printer does: opens the locked files of a job, and answers with the links in the mail."""

import io
from dataclasses import dataclass
from email.message import EmailMessage

import pikepdf
import pypdfium2
import pyzipper
from playwright.sync_api import Page, expect

from tests.e2e.installation import link_in

PASSPHRASE = b"paper-lantern-harbour"
ADDRESS = "jobs@northlight-print.example"


@dataclass(frozen=True)
class Job:
    """The files of a print job, by what they are."""

    files: dict[str, bytes]

    def one(self, word: str) -> bytes:
        found = [data for name, data in self.files.items() if word in name]
        assert len(found) == 1, f"{word} in {sorted(self.files)}"
        return found[0]

    def pages(self, word: str) -> int:
        with pikepdf.open(io.BytesIO(self.one(word))) as pdf:
            return len(pdf.pages)


def words(pdf: bytes) -> str:
    """What can be read on the pages of a PDF."""
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def unlock(mail: EmailMessage) -> Job:
    """Open the attachment with the agreed passphrase. Every file in it must be encrypted with AES-256."""
    attachments = [part for part in mail.iter_attachments() if (part.get_filename() or "").endswith(".zip")]
    assert len(attachments) == 1, [part.get_filename() for part in mail.iter_attachments()]
    content = attachments[0].get_payload(decode=True)
    assert isinstance(content, bytes)
    with pyzipper.AESZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            assert entry.flag_bits & 1, f"{entry.filename} is not encrypted"
            assert entry.wz_aes_strength == 3, f"{entry.filename} is not encrypted with AES-256"
        archive.setpassword(PASSPHRASE)
        return Job({name: archive.read(name) for name in archive.namelist()})


def say_received(page: Page, mail: EmailMessage) -> None:
    page.goto(link_in(mail, "~received"))
    page.get_by_role("button", name="Yes, the files are here").click()
    expect(page.get_by_role("heading", name="Thank you, noted.")).to_be_visible()


def say_shipped(page: Page, mail: EmailMessage, *, carrier: str, tracking: str) -> None:
    page.goto(link_in(mail, "~shipped"))
    page.get_by_label("Carrier").fill(carrier)
    page.get_by_label("Tracking number or link").fill(tracking)
    page.get_by_role("button", name="The parcel has left").click()
    expect(page.get_by_role("heading", name="Thank you, noted.")).to_be_visible()
