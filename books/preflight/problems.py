"""What a preflight says, and a file opened for it."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pikepdf
from pikepdf import Pdf


@dataclass(frozen=True)
class Problem:
    """`page` counts from 1; 0 is the file as a whole."""

    page: int
    message: str

    def __str__(self) -> str:
        return f"page {self.page}: {self.message}" if self.page else self.message


@contextmanager
def opened(data: bytes) -> Iterator[Pdf | Problem]:
    """The document, or the problem that it cannot be read. Nothing is repaired: a printer's machine may not either."""
    try:
        pdf = pikepdf.open(io.BytesIO(data), attempt_recovery=False)
    except pikepdf.PasswordError:
        yield Problem(0, "the file is encrypted with a password to open it")
        return
    except pikepdf.PdfError:
        damaged = data[:5] == b"%PDF-"
        yield Problem(0, "the file is damaged or cut off" if damaged else "the file is not a PDF")
        return
    with pdf:
        yield pdf
