"""Everything about a child as one ZIP for the parent (P6): data as JSON, pictures, the book, and a README.

Made in memory when it is asked for, never written to disk. Every look into the vault is for the purpose RIGHTS and
lands in the log that the ZIP itself ends with.
"""

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from privacy import access_log, children, holdings, together
from privacy.forgetting import Forgotten
from privacy.masked import Masked
from privacy.models import Child, Consent, VaultAccess
from privacy.vault import end_reason

FORMAT = "littledreamers-child-data/1"
NAME = "childs-data.zip"
_STORED = (".jpg", ".pdf")  # compressed in themselves


@dataclass(frozen=True)
class File:
    """A file of the ZIP. Its name says what it is, never whose."""

    name: str
    content: Masked[bytes]
    says: str


@dataclass(frozen=True)
class Part:
    """What one app knows: an entry of data.json under `key`, explained by `says`, and files."""

    key: str
    says: str
    data: Masked[Any]
    files: Sequence[File] = ()


_PARTS: list[Callable[[Child], Part | None]] = []


def register(call: Callable[[Child], Part | None]) -> None:
    """Add what another app knows about a child. Called for an open child; None: nothing."""
    if call not in _PARTS:
        _PARTS.append(call)


def make(child: Child, *, now: datetime | None = None) -> Masked[bytes]:
    """The ZIP. Raises privacy.vault.Forgotten once the child is forgotten (P10)."""
    if not children.is_open(child):
        raise Forgotten(end_reason(child))
    at = now or timezone.now()
    parts = [_child(child, at)]
    parts += [part for call in reversed(_PARTS) if (part := call(child)) is not None]
    parts.append(_who_looked(child))  # last, so that it has the looks of this very export
    data = {"format": FORMAT, "made_at": at} | {part.key: part.data.reveal() for part in parts}
    files = [file for part in parts for file in part.files]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, "README.txt", _readme(parts, files, at).encode(), at)
        _write(archive, "data.json", json.dumps(data, ensure_ascii=False, indent=2, default=_plain).encode(), at)
        for file in files:
            _write(archive, file.name, file.content.reveal(), at)
    return Masked(buffer.getvalue())


def _write(archive: zipfile.ZipFile, name: str, content: bytes, at: datetime) -> None:
    entry = zipfile.ZipInfo(name, timezone.localtime(at).timetuple()[:6])
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(_STORED) else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    archive.writestr(entry, content)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")  # the value itself may be about the child


def _child(child: Child, at: datetime) -> Part:
    consents = Consent.objects.filter(child__in=together.everyone(child)).select_related("policy").order_by("pk")
    return Part(
        "child",
        "collected_at: when you sent it; forgotten_at: when the key is destroyed; consents: each with the sentences as"
        " shown, the policy’s version and its SHA-256, when and how it was given, confirmed by a card payment"
        " (verified_at) and withdrawn",
        Masked(
            {
                "collected_at": child.collected_at,
                "forgotten_at": holdings.until(child),
                "days_kept_at_most": settings.CHILD_RETENTION.days,
                "consents": [
                    {
                        "given_at": consent.given_at,
                        "method": consent.method,
                        "wording": consent.wording,
                        "policy_version": consent.policy.version,
                        "policy_sha256": consent.policy_sha256,
                        "verified_at": consent.verified_at,
                        "withdrawn_at": consent.withdrawn_at,
                    }
                    for consent in consents
                ],
            }
        ),
    )


def _who_looked(child: Child) -> Part:
    rows = VaultAccess.objects.filter(child__in=together.everyone(child)).order_by("hour", "pk")
    looks: list[Mapping[str, Any]] = [
        {
            "hour": row.hour,
            "who": row.actor,
            "what": row.kind,
            "purpose": row.purpose,
            "reason": row.reason,
            "in_words": f"{access_log.who(row.actor)}: {row.reason or access_log.why(row.kind, row.purpose)}",
            "times": row.count,
        }
        for row in rows
    ]
    return Part(
        "who_looked",
        "every look into your child’s data: the hour it happened in, who (parent is you, system is our machine, staff"
        " has a number), what was looked at, for which purpose, the reason that staff typed, and how many times",
        Masked(looks),
    )


def _readme(parts: Sequence[Part], files: Sequence[File], at: datetime) -> str:
    when = timezone.localtime(at).strftime("%d %B %Y, %H:%M").lstrip("0")
    width = max((len(file.name) for file in files), default=9)
    lines = [
        f"What {settings.SHOP_NAME} holds about your child, as of {when}",
        "",
        "This is all of it. It is about a child: keep it where only you can see it.",
        "We delete our own copy when we said we would, whether you keep this one or not.",
        "",
        "FILES",
        "",
        f"  {'data.json':<{width}}  everything that is words and numbers, for people and for programs",
        *(f"  {file.name:<{width}}  {file.says}" for file in files),
        "",
        "WHAT THE KEYS OF data.json MEAN",
        "",
        "  Times are ISO 8601 with their zone. Money is in cents.",
        "",
        f"  format: {FORMAT}",
        "  made_at: when this file was made",
        *(f"  {part.key}: {part.says}" for part in parts),
        "",
        f"{settings.CONTROLLER['name']}, {settings.CONTROLLER['address']}",
        str(settings.CONTROLLER["email"]),
        "",
    ]
    return "\n".join(lines)
