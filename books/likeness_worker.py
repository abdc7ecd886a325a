"""The process that looks at photos and paints from them. It is a script, started by `books.photo_process`, and imports
nothing of the shop but what it looks and paints with.

    likeness_worker.py FOLDER_OF_THE_SHOP FOLDER_OF_PACKAGES

It loads the models once and then forks for every photo: only the fork reads the photo, works and answers, and whatever
it knew ends with it. Neither may write a file, and a fork has little memory and time. In: the job and the size, then
the RGB pixels. Out: a length, then so many bytes. Of LOOK: JSON, boxes of faces, colours and lengths of hair, and
nothing of a face's shape. Of PAINT: the painted pixels of a square, as many as came in.
"""

import ctypes
import os
import resource
import select
import struct
import sys

READY = b"ready"
LOOK, PAINT = 1, 2
REQUEST = struct.Struct(">BII")
LENGTH = struct.Struct(">I")
ADDRESS_SPACE = 1_500_000_000  # bytes
CPU_SECONDS = {LOOK: 5, PAINT: 10}  # a large portrait takes 2.3 s
ANSWERED = 0


def limit() -> None:
    """Take away what looking at photos does not need, from this process and its forks."""
    for what, value in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(4, 0)  # not dumpable


def main() -> None:
    shop, packages = sys.argv[1:3]
    sys.path[:0] = [shop, packages]
    limit()
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints is no answer
    from books import faces
    from books.likeness_look import look
    from books.painting.easel import paint

    try:
        detector = faces.Detector()
    except faces.ModelsMissing:
        detector = None  # nothing is seen, and everything is painted alike
    for work in (look, paint):
        work(bytes(64 * 64 * 3), 64, 64, detector)  # whatever is loaded late is loaded now
    answers.write(READY)
    while select.select([0], [], [])[0]:
        child = os.fork()
        if child == 0:
            job, width, height = REQUEST.unpack(_read(REQUEST.size))
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS[job], CPU_SECONDS[job]))
            work = look if job == LOOK else paint
            answer = work(_read(width * height * 3), width, height, detector)
            answers.write(LENGTH.pack(len(answer)) + answer)
            os._exit(ANSWERED)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != ANSWERED:
            break  # nobody knows what is still in the pipe


def _read(length: int) -> bytes:
    """Exactly so many bytes, unbuffered: not one of them stays behind for the next fork. Ends the fork where there is
    nothing more to read."""
    parts = bytearray()
    while len(parts) < length:
        part = os.read(0, length - len(parts))
        if not part:
            os._exit(1)
        parts += part
    return bytes(parts)


if __name__ == "__main__":
    main()
