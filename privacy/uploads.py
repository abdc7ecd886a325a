"""Uploads that are never on disk in plaintext.

Each file of a form is encrypted while it streams, under a random key that exists only in this process's
memory, into an unnamed temporary file. If the process is killed at any moment, the file is gone with it; if
the disk is taken out, what is on it cannot be decrypted by anybody. The name that the file had on the
parent's phone is not kept.
"""

import os
import struct
import tempfile
from collections.abc import Iterator
from typing import IO, Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

_LENGTH = struct.Struct(">I")
# A file that is too large is read to its end without being kept, so that the parent gets an answer instead of
# a broken connection; beyond this many times the limit nobody is waiting for an answer.
PATIENCE = 5


class EncryptedUpload(UploadedFile):  # type: ignore[type-arg]
    """A file of a form. `read`, `chunks` and `read_all` decrypt in memory; `discard` removes it at once."""

    def __init__(self, sink: "_Sink", *, content_type: str | None) -> None:
        super().__init__(file=None, name="upload", content_type=content_type or "", size=sink.size)
        self._sink = sink
        self._position = 0
        self._plain: bytes | None = None
        self.too_large = sink.too_large

    def __repr__(self) -> str:
        return "<EncryptedUpload>"

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """The plaintext, piece by piece, from the start."""
        yield from self._sink.pieces()

    def multiple_chunks(self, chunk_size: int | None = None) -> bool:
        return True

    def read_all(self) -> bytes:
        """The whole plaintext; empty if the upload was too large or has been discarded."""
        return b"".join(self._sink.pieces())

    def read(self, size: int = -1) -> bytes:
        if self._plain is None:
            self._plain = self.read_all()
        end = len(self._plain) if size is None or size < 0 else self._position + size
        data = self._plain[self._position : end]
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size or 0}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def open(self, mode: str | None = None) -> "EncryptedUpload":  # type: ignore[override]
        self._position = 0
        return self

    def discard(self) -> None:
        """Keep nothing of it: neither ciphertext nor key (P2)."""
        self._plain = None
        self._sink.discard()

    def close(self) -> None:
        """Django closes every upload at the end of its request."""
        self.discard()

    @property
    def closed(self) -> bool:
        return self._sink.discarded


def discard(request: HttpRequest) -> None:
    """Discard every upload of a request, for views that refuse it (P2)."""
    for _, files in request.FILES.lists():
        for file in files:
            file.close()


class EncryptingUploadHandler(FileUploadHandler):
    """Turns the files of a form into `EncryptedUpload`s."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._sinks: list[_Sink] = []
        self._received = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        # On the parent's phone the file may bear the child's name, here or behind the type.
        self.file_name, self.content_type_extra = "", {}
        self._sinks.append(_Sink(limit=settings.PHOTO_MAX_BYTES))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._received += len(raw_data)
        if self._received > PATIENCE * settings.PHOTO_MAX_BYTES:
            raise StopUpload(connection_reset=True)
        self._sinks[-1].write(raw_data)

    def file_complete(self, file_size: int) -> EncryptedUpload:
        sink = self._sinks[-1]
        sink.size = file_size
        return EncryptedUpload(sink, content_type=self.content_type)

    def upload_interrupted(self) -> None:
        for sink in self._sinks:
            sink.discard()


class _Sink:
    """Ciphertext in an unnamed temporary file, and the only key to it."""

    def __init__(self, *, limit: int) -> None:
        self.size = 0
        self.too_large = False
        self.discarded = False
        self._limit = limit
        self._key = AESGCM(AESGCM.generate_key(bit_length=256))
        self._file: IO[bytes] | None = None
        self._pieces = 0

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self._limit:
            self.too_large = True
            self.discard()
        if self.discarded:
            return
        if self._file is None:
            # Unnamed on Linux from the beginning (O_TMPFILE), unlinked at once elsewhere.
            self._file = tempfile.TemporaryFile(  # noqa: SIM115 (open until the upload is discarded)
                dir=settings.FILE_UPLOAD_TEMP_DIR, buffering=0
            )
        sealed = self._key.encrypt(self._nonce(self._pieces), data, None)
        self._file.write(_LENGTH.pack(len(sealed)) + sealed)
        self._pieces += 1

    def pieces(self) -> Iterator[bytes]:
        if self._file is None:
            return
        self._file.seek(0)
        for number in range(self._pieces):
            (length,) = _LENGTH.unpack(self._file.read(_LENGTH.size))
            yield self._key.decrypt(self._nonce(number), self._file.read(length), None)

    def discard(self) -> None:
        self.discarded = True
        if self._file is not None:
            self._file.close()
            self._file = None
        self._key = AESGCM(bytes(32))

    @staticmethod
    def _nonce(number: int) -> bytes:
        return number.to_bytes(12, "big")
