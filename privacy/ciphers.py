"""How something about a child is encrypted: AES-256-GCM, bound to the child, the kind and the number.

Small things are one message: a version byte, a random nonce, the ciphertext. Large things are files of 64 KiB
chunks under a key of their own (derived from the child's key and the file's random name); the chunk's number
and whether it is the last one are its nonce, so that chunks can be neither swapped, repeated nor cut off.
"""

import os
import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
MAGIC = b"LDB1"
CHUNK = 64 * 1024
TAG = 16


class Damaged(Exception):
    """The ciphertext is not what was written in this place."""


def place(child: object, kind: str, number: int) -> bytes:
    """The associated data of a place in the vault: ciphertext moved to another place does not open."""
    return f"littledreamers|{child}|{kind}|{number}".encode()


def seal(key: bytes, data: bytes, where: bytes) -> bytes:
    nonce = os.urandom(12)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, data, where)


def unseal(key: bytes, sealed: bytes, where: bytes) -> bytes:
    """Raises Damaged."""
    if sealed[:1] != VERSION:
        raise Damaged
    try:
        return AESGCM(key).decrypt(sealed[1:13], sealed[13:], where)
    except (InvalidTag, ValueError) as error:
        raise Damaged from error


def seal_file(key: bytes, data: bytes, where: bytes, name: str) -> Iterator[bytes]:
    """The parts of an encrypted file called `name`, to be written one after the other."""
    cipher = _file_cipher(key, where, name)
    yield MAGIC
    view = memoryview(data)
    starts = range(0, len(data), CHUNK) or range(1)
    for index, start in enumerate(starts):
        yield cipher.encrypt(_nonce(index, last=start + CHUNK >= len(data)), view[start : start + CHUNK], where)


def unseal_file(key: bytes, file: BinaryIO, where: bytes, name: str) -> bytes:
    """The plaintext of an encrypted file. Raises Damaged if a bit, an order or a length has changed."""
    if file.read(len(MAGIC)) != MAGIC:
        raise Damaged
    cipher = _file_cipher(key, where, name)
    parts = []
    try:
        for index, (chunk, last) in enumerate(_with_last(iter(lambda: file.read(CHUNK + TAG), b""))):
            parts.append(cipher.decrypt(_nonce(index, last=last), chunk, where))
    except (InvalidTag, ValueError) as error:
        raise Damaged from error
    if not parts:
        raise Damaged
    return b"".join(parts)


def _file_cipher(key: bytes, where: bytes, name: str) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=name.encode(), info=where).derive(key))


def _nonce(index: int, *, last: bool) -> bytes:
    return struct.pack(">QI", index, last)


def _with_last(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    previous: bytes | None = None
    for chunk in chunks:
        if previous is not None:
            yield previous, False
        previous = chunk
    if previous is not None:
        yield previous, True
