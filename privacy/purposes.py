"""What the vault may be opened for, what lies in it, and who asks."""

from dataclasses import dataclass, field
from enum import StrEnum

from accounts.models import User


class Purpose(StrEnum):
    """The only reasons to open the vault (P3). Whatever is not here does not happen with a child's data."""

    PREVIEW = "preview"
    RENDER = "render"
    PRINT = "print"
    RIGHTS = "rights"


class Kind(StrEnum):
    """What lies in the vault."""

    PERSONALISATION = "personalisation"
    PHOTO = "photo"
    PORTRAIT = "portrait"
    PREVIEW_PAGE = "preview page"
    FULL_PAGE = "full page"
    DIGITAL_COPY = "digital copy"
    INTERIOR = "interior"
    COVER = "cover"
    MESSAGE = "message"
    EVIDENCE = "evidence"


@dataclass(frozen=True)
class Actor:
    """Who opens the vault. The label goes into the access log and is shown to the parent: a role, never a
    name."""

    label: str
    user: User | None = field(default=None, repr=False, compare=False)

    @classmethod
    def parent(cls) -> "Actor":
        return cls("parent")

    @classmethod
    def staff(cls, user: User) -> "Actor":
        return cls(f"staff:{user.pk}", user)

    @classmethod
    def system(cls, name: str) -> "Actor":
        return cls(f"system:{name}")

    @classmethod
    def printer(cls) -> "Actor":
        return cls("printer")

    @property
    def role(self) -> str:
        """ "parent", "staff", "system" or "printer"."""
        return self.label.partition(":")[0]

    @property
    def is_staff(self) -> bool:
        return self.role == "staff"
