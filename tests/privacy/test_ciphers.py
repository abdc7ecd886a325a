"""Nothing that was changed on disk opens: bits, order, length, place (P11)."""

import io
import secrets

import pytest

from privacy import ciphers

KEY = secrets.token_bytes(32)
WHERE = ciphers.place("child", "photo", 1)
STEP = ciphers.CHUNK + ciphers.TAG
HEAD = len(ciphers.MAGIC)


def sealed(data: bytes, name: str = "a") -> bytes:
    return b"".join(ciphers.seal_file(KEY, data, WHERE, name))


def opened(data: bytes, name: str = "a", key: bytes = KEY, where: bytes = WHERE) -> bytes:
    return ciphers.unseal_file(key, io.BytesIO(data), where, name)


@pytest.mark.parametrize("size", [0, 1, ciphers.CHUNK - 1, ciphers.CHUNK, ciphers.CHUNK + 1, 5 * ciphers.CHUNK])
def test_files_of_every_length(size: int) -> None:
    data = secrets.token_bytes(size)
    assert opened(sealed(data)) == data


def test_every_change_of_a_file_is_found() -> None:
    data = secrets.token_bytes(3 * ciphers.CHUNK)
    good = sealed(data)
    one, two, three = (good[HEAD + i * STEP : HEAD + (i + 1) * STEP] for i in range(3))
    start = good[:HEAD]
    flipped = bytearray(good)
    flipped[5000] ^= 1
    changes = {
        "bit": bytes(flipped),
        "swapped": start + two + one + three,
        "repeated": start + one + one + two + three,
        "last cut off": start + one + two,
        "first cut off": start + two + three,
        "cut in the middle": good[: HEAD + STEP + 100],
        "longer": good + b"\0",
        "another file's end": start + one + two + sealed(data)[HEAD + 2 * STEP :][:-1],
        "only the start": start,
        "empty": b"",
        "another format": b"XXXX" + good[HEAD:],
    }
    for name, bad in changes.items():
        with pytest.raises(ciphers.Damaged):
            print(name, len(opened(bad)))


def test_a_file_opens_in_its_place_only() -> None:
    good = sealed(b"x" * 100)
    for wrong in ({"name": "b"}, {"key": secrets.token_bytes(32)}, {"where": ciphers.place("child", "photo", 2)}):
        with pytest.raises(ciphers.Damaged):
            opened(good, **wrong)
    # A chunk of another file, under the same key and in the same place, does not fit either.
    other = sealed(b"y" * 100, "b")
    with pytest.raises(ciphers.Damaged):
        opened(good[:HEAD] + other[HEAD:])


def test_small_things() -> None:
    message = ciphers.seal(KEY, b"Ada", WHERE)
    assert ciphers.unseal(KEY, message, WHERE) == b"Ada"
    assert ciphers.seal(KEY, b"Ada", WHERE) != message
    for bad in (message[:-1], message + b"\0", b"\x02" + message[1:], b"", message[:13] + bytes(len(message) - 13)):
        with pytest.raises(ciphers.Damaged):
            ciphers.unseal(KEY, bad, WHERE)
    with pytest.raises(ciphers.Damaged):
        ciphers.unseal(KEY, message, ciphers.place("child", "photo", 2))
