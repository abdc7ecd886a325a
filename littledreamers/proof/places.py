"""Where the proof looks: files, and how a canary is planted among them to see that the search finds it there."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol

from littledreamers import outbox
from littledreamers.proof.planting import Plant

# (what it is called in the report, its content or where that lies)
Piece = tuple[str, bytes | Path]


class Place(Protocol):
    """Something that is searched as a whole. `pictures`: a picture or a PDF in it is a hit too."""

    name: str
    pictures: bool
    # What is packed in files older than this (seconds since 1970) is not unpacked again: they are not the shop's.
    unpack_since: float

    def contents(self) -> Iterator[Piece]: ...

    def plant(self, plants: list[Plant]) -> "list[tuple[str, Plant]]":
        """Put plants there, those that fit; returns under which names in `contents` they must be found ("": under any
        name)."""
        ...

    def weed(self) -> None:
        """Take all of them away again."""
        ...


@dataclass
class Files:
    """Every file below some folders. `mine`: which of them; what no place claims is found by the one for the rest."""

    name: str
    folders: list[Path]
    pictures: bool = True
    unpack_since: float = 0.0
    mine: Callable[[Path], bool] = lambda path: True
    planted_name: str = "planted-{}"
    deepest: int = 1000  # how many folders down
    planted: list[Path] = field(default_factory=list)

    def paths(self) -> Iterator[Path]:
        for folder in self.folders:
            for parent, inner, names in os.walk(folder):
                # What is mounted below, such as a machine's /proc, is something else.
                deep = len(Path(parent).relative_to(folder).parts) >= self.deepest
                inner[:] = [] if deep else [name for name in inner if not os.path.ismount(Path(parent, name))]
                for name in sorted(names):
                    path = Path(parent, name)
                    if path.is_file() and not path.is_symlink() and self.mine(path):
                        yield path

    def contents(self) -> Iterator[Piece]:
        for path in self.paths():
            yield self.label(path), path

    def label(self, path: Path) -> str:
        folder = next(folder for folder in self.folders if path.is_relative_to(folder))
        return str(path.relative_to(folder.parent))

    def plant(self, plants: list[Plant]) -> list[tuple[str, Plant]]:
        where = []
        for plant in plants:
            path = self.folders[0] / self.planted_name.format(uuid.uuid4().hex)
            path.write_bytes(plant.content)
            self.planted.append(path)
            where.append((self.label(path), plant))
        return where

    def weed(self) -> None:
        while self.planted:
            self.planted.pop().unlink()


@dataclass
class Mails(Files):
    """The outbox: each mail as it is, and each of its parts decoded."""

    planted_name: str = "9{}.eml"

    def contents(self) -> Iterator[Piece]:
        for label, path in super().contents():
            yield label, path
            assert isinstance(path, Path)
            with suppress(FileNotFoundError):  # forgotten since it was listed
                yield from ((f"{label}, part {number}", part) for number, part in enumerate(_parts(path)))

    def plant(self, plants: list[Plant]) -> list[tuple[str, Plant]]:
        where = []
        for plant in plants:
            mail = EmailMessage(policy=SMTP)
            mail["Subject"] = "planted"
            mail.set_content("planted")
            mail.add_attachment(plant.content, maintype="application", subtype="octet-stream", filename="planted")
            path = self.folders[0] / self.planted_name.format(uuid.uuid4().int)
            path.write_bytes(bytes(mail))
            self.planted.append(path)
            where.append((f"{self.label(path)}, part 2", plant))
        return where


def _parts(path: Path) -> Iterator[bytes]:
    message = outbox.read(path).message
    yield "\n".join(f"{name}: {value}" for name, value in message.items()).encode(errors="replace")
    for part in message.walk():
        if not part.is_multipart():
            yield (part.get_filename() or "").encode() + b"\n" + bytes(part.get_payload(decode=True) or b"")


def changed_since(moment: float, *, by_anybody: bool = False) -> Callable[[Path], bool]:
    """Files that were written after a moment (seconds since 1970) by this user, and that we may read."""

    def changed(path: Path) -> bool:
        with suppress(OSError):
            facts = path.stat()
            mine = by_anybody or facts.st_uid == os.getuid()
            return facts.st_mtime >= moment and mine and os.access(path, os.R_OK)
        return False

    return changed
